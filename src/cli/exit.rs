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
    let apart = |line: &str| {
        // The report of a file has its hints on lines of their own already, below what they are about.
        if line.trim_start().starts_with("hint: ") {
            line.to_owned()
        } else {
            line.replace(" hint: ", "\nhint: ")
        }
    };
    message.lines().map(apart).collect::<Vec<_>>().join("\n")
}

impl From<std::io::Error> for Failure {
    /// A closed pipe (`gonogo journal x | head`) is none: see `out`.
    fn from(cause: std::io::Error) -> Self {
        Self::lost(format!("cannot write the output: {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_stands_on_a_line_of_its_own_and_no_line_is_torn_apart() {
        assert_eq!(with_hints_apart("it failed: no. hint: try again"), "it failed: no.\nhint: try again");
        for whole in [
            "it failed\nhint: try again",
            "keys.toml:2:1: wrong\n  2 | x\n    | ^\n  hint: did you mean `y`?",
        ] {
            assert_eq!(with_hints_apart(whole), whole);
        }
    }
}
