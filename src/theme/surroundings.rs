//! What the environment says about a terminal, and what follows from it.
//!
//! In: values of environment variables, handed in. Out: how many colours it shows, whether it shows more than ASCII.
//! This file never reads the environment: the command line does. Whatever is found out here a person can overrule.

use super::{Depth, Graphs};

/// Environment variables by name; empty where unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR`: set and not empty means no colours (<https://no-color.org>).
    pub no_color: String,
    /// `CLICOLOR`: `0` means no colours (<https://bixense.com/clicolors>).
    pub clicolor: String,
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `LC_ALL`.
    pub lc_all: String,
    /// `LC_CTYPE`.
    pub lc_ctype: String,
    /// `LANG`.
    pub lang: String,
}

/// Terminals that show 24 bits and say so only by their name, because `COLORTERM` does not pass SSH.
const RGB_TERMINALS: [&str; 7] =
    ["alacritty", "foot", "xterm-ghostty", "xterm-kitty", "wezterm", "iterm2", "contour"];

impl Surroundings {
    /// Reads them with a function such as the one that reads the environment.
    pub fn read(value: impl Fn(&str) -> String) -> Self {
        Self {
            no_color: value("NO_COLOR"),
            clicolor: value("CLICOLOR"),
            term: value("TERM").to_ascii_lowercase(),
            colorterm: value("COLORTERM"),
            lc_all: value("LC_ALL"),
            lc_ctype: value("LC_CTYPE"),
            lang: value("LANG"),
        }
    }

    /// How many colours the terminal shows.
    pub fn depth(&self) -> Depth {
        let term = self.term.as_str();
        if !self.no_color.is_empty() || self.clicolor == "0" || is_colourless(term) {
            return Depth::Mono;
        }
        let claimed = if self.colorterm.eq_ignore_ascii_case("truecolor")
            || self.colorterm.eq_ignore_ascii_case("24bit")
            || term.ends_with("-direct")
            || RGB_TERMINALS.contains(&term)
        {
            Depth::Rgb
        } else if term.contains("256") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        };
        if term == "linux" || term.starts_with("linux-") {
            // The console takes more and shows the nearest of its 16.
            claimed.min(Depth::Ansi16)
        } else if term.starts_with("screen") {
            // GNU screen hands COLORTERM through from outside and then garbles 24-bit colours. tmux sets it itself, and
            // only where it can.
            claimed.min(Depth::Ansi256)
        } else {
            claimed
        }
    }

    /// Whether the terminal shows only ASCII.
    ///
    /// A locale that names another charset than UTF-8 says so; no locale at all does not, because containers and SSH
    /// sessions often have none in front of a capable terminal. On the Linux console UTF-8 is understood, but its
    /// default font has the 256 characters of code page 437 and with them none of ✔ ✘ ‖ … ● ◐ ★ ▸ ┃ and the eighths of
    /// a block (`drivers/tty/vt/cp437.uni` of the kernel): they would all be the same square.
    pub fn is_ascii(&self) -> bool {
        let locales = [&self.lc_all, &self.lc_ctype, &self.lang];
        let locale = locales.into_iter().find(|locale| !locale.is_empty());
        let locale = locale.map(|locale| locale.to_ascii_lowercase()).unwrap_or_default();
        let is_other_charset = match locale.split_once('.') {
            Some((_, charset)) => !charset.starts_with("utf-8") && !charset.starts_with("utf8"),
            // Without a charset `de_DE@euro` is ISO 8859-15; `en_US` alone is often written for UTF-8.
            None => locale == "c" || locale == "posix" || locale.ends_with("@euro"),
        };
        let term = self.term.as_str();
        is_other_charset
            || matches!(term, "linux" | "dumb")
            || term.starts_with("linux-")
            || is_video_terminal(term)
    }

    /// Whether the terminal says that it cannot place text: it only writes one line below the other.
    pub fn is_dumb(&self) -> bool {
        matches!(self.term.as_str(), "dumb" | "unknown")
    }

    /// The graphs that every font has that shows the signs. Braille is missing from many, so it is only drawn for who
    /// asks for it.
    pub fn graphs(&self) -> Graphs {
        if self.is_ascii() { Graphs::Ascii } else { Graphs::Block }
    }
}

/// Whether a terminal of that name has no colours.
fn is_colourless(term: &str) -> bool {
    let is_mono = ["-m", "-mono", "-nocolor"].iter().any(|end| term.ends_with(end));
    term.is_empty() || term == "dumb" || is_mono || is_video_terminal(term)
}

/// Whether `term` is a DEC video terminal such as `vt100`, which has no colours.
fn is_video_terminal(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Surroundings {
        let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        Surroundings::read(|name| value(name).unwrap_or_default().to_owned())
    }

    #[test]
    fn the_environment_decides_the_depth() {
        for (term, colorterm, depth) in [
            ("dumb", "truecolor", Depth::Mono),
            ("", "", Depth::Mono),
            ("vt220", "", Depth::Mono),
            ("xterm-mono", "", Depth::Mono),
            ("xterm", "", Depth::Ansi16),
            ("linux", "", Depth::Ansi16),
            ("linux", "truecolor", Depth::Ansi16),
            ("xterm-256color", "", Depth::Ansi256),
            ("tmux-256color", "", Depth::Ansi256),
            ("tmux-256color", "24bit", Depth::Rgb),
            ("tmux", "", Depth::Ansi16),
            ("xterm", "TrueColor", Depth::Rgb),
            ("Xterm-Kitty", "", Depth::Rgb),
            ("xterm-direct", "", Depth::Rgb),
            ("screen.xterm-256color", "truecolor", Depth::Ansi256),
            ("screen-256color", "", Depth::Ansi256),
            ("screen", "", Depth::Ansi16),
        ] {
            assert_eq!(
                with(&[("TERM", term), ("COLORTERM", colorterm)]).depth(),
                depth,
                "{term} {colorterm}"
            );
        }
        let capable = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        for (name, value, depth) in [
            ("NO_COLOR", "1", Depth::Mono),
            ("NO_COLOR", "", Depth::Rgb),
            ("CLICOLOR", "0", Depth::Mono),
            ("CLICOLOR", "1", Depth::Rgb),
        ] {
            assert_eq!(with(&[&capable[..], &[(name, value)]].concat()).depth(), depth, "{name}={value}");
        }
    }

    #[test]
    fn a_locale_without_utf8_gets_ascii_and_no_locale_does_not() {
        for (lc_all, lc_ctype, lang, term, is_ascii) in [
            ("", "", "en_US.UTF-8", "xterm", false),
            ("", "", "", "xterm", false),
            ("", "C.utf8", "de_DE.ISO-8859-1", "xterm", false),
            ("", "", "en_US", "xterm", false),
            ("C", "en_US.UTF-8", "en_US.UTF-8", "xterm", true),
            ("", "", "de_DE.ISO-8859-1", "xterm", true),
            ("", "", "de_DE@euro", "xterm", true),
            ("", "", "en_US.UTF-8", "linux", true),
            ("", "", "en_US.UTF-8", "vt100", true),
            ("", "", "en_US.UTF-8", "dumb", true),
        ] {
            let terminal =
                with(&[("LC_ALL", lc_all), ("LC_CTYPE", lc_ctype), ("LANG", lang), ("TERM", term)]);
            assert_eq!(terminal.is_ascii(), is_ascii, "{terminal:?}");
            assert_eq!(terminal.graphs(), if is_ascii { Graphs::Ascii } else { Graphs::Block });
        }
    }
}
