//! How a command ends: the exit codes, which are a contract with scripts.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, or done.
    Done,
    /// No-go, or refused.
    NoGo,
    /// Wrong usage or configuration.
    Usage,
    /// Contact lost, or not confirmed.
    Lost,
    /// Interrupted.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::NoGo => 1,
            Exit::Usage => 2,
            Exit::Lost => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// What each code means, for the manual page.
pub const CODES: [(u8, &str); 5] = [
    (0, "healthy, or done"),
    (1, "no-go, or refused"),
    (2, "usage or configuration"),
    (3, "lost contact, or not confirmed"),
    (130, "interrupted"),
];

/// Why a command could not be carried out.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Wrong usage or configuration.
    pub fn usage(cause: impl Display) -> Self {
        Self { exit: Exit::Usage, message: cause.to_string() }
    }

    /// Contact lost.
    pub fn lost(cause: impl Display) -> Self {
        Self { exit: Exit::Lost, message: cause.to_string() }
    }

    /// The words.
    pub fn into_message(self) -> String {
        self.message
    }

    /// Says it on standard error.
    pub fn tell(self) -> Exit {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "gonogo: {}", with_hints_apart(&self.message));
        self.exit
    }
}

/// The message with each hint on a line of its own, also where the message passed through a text of one line.
pub fn with_hints_apart(message: &str) -> String {
    message.split(" hint: ").map(str::trim_end).collect::<Vec<_>>().join("\nhint: ")
}

impl From<std::io::Error> for Failure {
    /// A closed pipe (`gonogo journal x | head`) ends the output quietly enough: as lost contact.
    fn from(cause: std::io::Error) -> Self {
        Self::lost(format!("cannot write the output: {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_has_a_line_of_its_own_and_none_that_is_empty_before_it() {
        assert_eq!(with_hints_apart("no such file hint: look"), "no such file\nhint: look");
        let report = "f.toml:2:6: no\n  2 | a\n    | ^\n  hint: yes\n\nf.toml:3:1: no\n  hint: b";
        let told = "f.toml:2:6: no\n  2 | a\n    | ^\nhint: yes\n\nf.toml:3:1: no\nhint: b";
        assert_eq!(with_hints_apart(report), told);
    }
}
