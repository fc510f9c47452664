//! The terminal as the environment describes it: what stands between us and the glass.
//!
//! In: environment variables, handed in by who may read them. Out: a [`Host`]. No terminal is asked: its answer would
//! come among the keys, and many never give one.
//!
//! Words to the terminal that are no cells (a copy, a notification) mean something to most terminals, nothing to some,
//! and have to be wrapped to get through a multiplexer. Sources: the manuals of tmux (`allow-passthrough`) and screen
//! ("Virtual Terminal": `ESC P` outputs a string directly to the host terminal), xterm's ctlseqs for strings.

/// What shows our cells in one of its own windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multiplexer {
    /// The terminal itself, or something that we cannot tell from it.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// What is known of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// What is in between.
    pub multiplexer: Multiplexer,
    /// Whether the bytes go through SSH (or mosh, which begins with it).
    pub is_remote: bool,
    /// Whether it may know words that are no cells. A console or a serial line does not.
    pub takes_words: bool,
}

/// Bytes of one piece that screen hands on: it keeps less than 768 for a string and throws away a longer one (4.9.0).
const SCREEN_PIECE: usize = 512;

impl Host {
    /// Reads the environment by a function that returns the value of a variable.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).unwrap_or_default();
        let is_set = |name: &str| !value(name).is_empty();
        let term = value("TERM");
        // Through SSH only TERM comes along. `screen` may be either then, and a wrapped word that nobody unwraps
        // would be text on the glass.
        let multiplexer = if is_set("TMUX") || term.starts_with("tmux") {
            Multiplexer::Tmux
        } else if is_set("STY") {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        };
        let is_remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().any(is_set);
        let is_bare = matches!(term.as_str(), "" | "dumb" | "linux" | "unknown")
            || ["vt1", "vt2", "vt3", "vt4", "vt5", "cons25", "ansi"].iter().any(|old| term.starts_with(old));
        Self { multiplexer, is_remote, takes_words: !is_bare }
    }

    /// Wraps words so that they pass the multiplexer.
    pub(super) fn through(&self, words: &[u8]) -> Vec<u8> {
        match self.multiplexer {
            Multiplexer::None => words.to_vec(),
            Multiplexer::Tmux => {
                let mut wrapped = b"\x1bPtmux;".to_vec();
                for byte in words {
                    if *byte == 0x1b {
                        wrapped.push(0x1b);
                    }
                    wrapped.push(*byte);
                }
                wrapped.extend_from_slice(b"\x1b\\");
                wrapped
            }
            Multiplexer::Screen => words
                .chunks(SCREEN_PIECE)
                .flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"])
                .flatten()
                .copied()
                .collect(),
        }
    }
}

impl Default for Host {
    /// A terminal of which nothing is known: local, and as capable as most.
    fn default() -> Self {
        Self { multiplexer: Multiplexer::None, is_remote: false, takes_words: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(variables: &[(&str, &str)]) -> Host {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Host::of(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_says_what_is_in_between() {
        for (variables, multiplexer) in [
            (&[("TERM", "xterm-256color")][..], Multiplexer::None),
            (&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], Multiplexer::Tmux),
            (&[("TERM", "tmux-256color")], Multiplexer::Tmux),
            (&[("TERM", "screen"), ("STY", "1.pts-0.host")], Multiplexer::Screen),
            // Through SSH: screen, or tmux with its default; nobody knows.
            (&[("TERM", "screen")], Multiplexer::None),
            // tmux within screen: the inner one is spoken to.
            (&[("TERM", "tmux"), ("STY", "1.pts-0.host"), ("TMUX", "x")], Multiplexer::Tmux),
        ] {
            assert_eq!(host(variables).multiplexer, multiplexer, "{variables:?}");
        }
    }

    #[test]
    fn any_sign_of_ssh_is_enough_and_an_empty_one_is_none() {
        for name in ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"] {
            assert!(host(&[("TERM", "xterm"), (name, "x")]).is_remote, "{name}");
            assert!(!host(&[("TERM", "xterm"), (name, "")]).is_remote, "{name}");
        }
    }

    #[test]
    fn consoles_and_serial_lines_get_no_words() {
        for (term, takes_words) in [
            ("xterm", true),
            ("screen", true),
            ("foot", true),
            ("linux", false),
            ("dumb", false),
            ("vt220", false),
            ("", false),
        ] {
            assert_eq!(host(&[("TERM", term)]).takes_words, takes_words, "{term:?}");
        }
    }

    #[test]
    fn words_are_wrapped_for_what_is_in_between() {
        let through = |multiplexer| {
            let host = Host { multiplexer, ..Host::default() };
            String::from_utf8(host.through(b"\x1b]9;go\x07")).unwrap()
        };
        assert_eq!(through(Multiplexer::None), "\x1b]9;go\x07");
        assert_eq!(through(Multiplexer::Tmux), "\x1bPtmux;\x1b\x1b]9;go\x07\x1b\\");
        assert_eq!(through(Multiplexer::Screen), "\x1bP\x1b]9;go\x07\x1b\\");
    }

    #[test]
    fn screen_gets_long_words_in_pieces_that_it_keeps() {
        let host = Host { multiplexer: Multiplexer::Screen, ..Host::default() };
        let wrapped = host.through(&[b'x'; 2000]);
        let wrapped = String::from_utf8(wrapped).unwrap();
        let pieces: Vec<&str> = wrapped.split_terminator("\x1b\\").collect();
        assert!(pieces.iter().all(|piece| piece.starts_with("\x1bP") && piece.len() <= 2 + SCREEN_PIECE));
        assert_eq!(pieces.concat().replace("\x1bP", "").len(), 2000);
    }
}
