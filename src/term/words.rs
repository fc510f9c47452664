//! Words to the terminal that are no cells: a copy for its clipboard, a bell, a notification on the desktop.
//!
//! In: text, and the [`Host`] that it goes to. Out: bytes for the output thread, which never puts them into the middle
//! of a frame. No terminal answers them: what was sent may have been taken, or not.
//!
//! Foreign text is stripped of everything that could end the word early; its length is bounded.
//!
//! Sources: xterm's ctlseqs for OSC 52; iTerm2's documentation for OSC 9; urxvt's `OSC 777 ; notify`.

use base64::{Engine, prelude::BASE64_STANDARD};
use thiserror::Error;

use super::host::{Host, Multiplexer};

/// Longest text in bytes that is copied: xterm takes 100,000 bytes of OSC 52, which is so much after base64.
pub const LONGEST_COPY: usize = 74_994;

/// Longest text of a notification in characters: desktops show a line or two of it.
const LONGEST_NOTICE: usize = 160;

/// How a desktop is notified. Terminals know one of these or none; what they do not know they pass over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// `OSC 9`: iTerm2, WezTerm, Ghostty, foot, kitty, Windows' ConEmu.
    Osc9,
    /// `OSC 777`: urxvt, foot, WezTerm, Ghostty, VTE of some distributions.
    Osc777,
}

/// Why a text was not copied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CopyError {
    /// Copying nothing would clear the clipboard.
    #[error("there is nothing to copy")]
    Empty,
    /// A part of it would be a lie.
    #[error("cannot copy {bytes} bytes: terminals take {LONGEST_COPY} at most\nhint: copy a line instead")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The console of Linux, a serial line.
    #[error(
        "cannot copy: a terminal of this kind (TERM) has no clipboard that a program can reach\n\
         hint: select the text with the mouse"
    )]
    NoClipboard,
    /// Everything before it is still on its way.
    #[error("cannot copy now: the terminal has not taken what was sent before\nhint: try again")]
    Busy,
    /// There is no terminal any more.
    #[error("cannot copy: the terminal has been given back")]
    GivenBack,
}

/// The bytes that put a text into the clipboard of the terminal.
///
/// tmux gets it twice. It takes the plain one with `set-clipboard on` and hands the wrapped one on with
/// `allow-passthrough on`; with both, the clipboard is set to the same text twice.
pub(super) fn copy(text: &str, host: &Host) -> Result<Vec<u8>, CopyError> {
    match text.len() {
        0 => return Err(CopyError::Empty),
        bytes if bytes > LONGEST_COPY => return Err(CopyError::TooLong { bytes }),
        _ if !host.takes_words => return Err(CopyError::NoClipboard),
        _ => {}
    }
    let word = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text)).into_bytes();
    let mut bytes = host.through(&word);
    if host.multiplexer == Multiplexer::Tmux {
        bytes.extend(word);
    }
    Ok(bytes)
}

/// The bytes of a bell, if there shall be one, and of a notification.
#[must_use]
pub fn alert(bell: bool, notify: Notify, title: &str, text: &str, host: &Host) -> Vec<u8> {
    let (title, text) = (strip(title), strip(text));
    let word = match notify {
        _ if !host.takes_words => None,
        Notify::Off => None,
        Notify::Osc9 => Some(format!("\x1b]9;{title}: {text}\x07")),
        // A semicolon ends the title.
        Notify::Osc777 => Some(format!("\x1b]777;notify;{};{text}\x07", title.replace(';', ","))),
    };
    let mut bytes = word.map(|word| host.through(word.as_bytes())).unwrap_or_default();
    if bell {
        bytes.push(0x07);
    }
    bytes
}

/// Without control characters, and short.
fn strip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_NOTICE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(multiplexer: Multiplexer) -> Host {
        Host { multiplexer, ..Host::default() }
    }

    #[test]
    fn a_copy_is_base64_and_passes_the_multiplexer() {
        let copied = |multiplexer| String::from_utf8(copy("né", &inside(multiplexer)).unwrap()).unwrap();
        assert_eq!(copied(Multiplexer::None), "\x1b]52;c;bsOp\x07");
        assert_eq!(copied(Multiplexer::Screen), "\x1bP\x1b]52;c;bsOp\x07\x1b\\");
        assert_eq!(
            copied(Multiplexer::Tmux),
            "\x1bPtmux;\x1b\x1b]52;c;bsOp\x07\x1b\\\x1b]52;c;bsOp\x07",
            "both ways, since one of them is mostly switched off"
        );
    }

    #[test]
    fn what_cannot_be_copied_whole_is_refused_with_the_reason() {
        let host = Host::default();
        assert_eq!(copy("", &host), Err(CopyError::Empty));
        let longest = "x".repeat(LONGEST_COPY);
        assert!(copy(&longest, &host).unwrap().len() <= 100_000);
        let error = copy(&(longest + "x"), &host).unwrap_err();
        assert!(error.to_string().contains("74995 bytes") && error.to_string().contains("hint:"), "{error}");
        let console = Host { takes_words: false, ..host };
        assert_eq!(copy("x", &console), Err(CopyError::NoClipboard));
    }

    #[test]
    fn an_alert_is_what_was_asked_for() {
        let said = |bell, notify, host: &Host| {
            String::from_utf8(alert(bell, notify, "gonogo", "NO-GO errors in free", host)).unwrap()
        };
        let host = Host::default();
        assert_eq!(said(true, Notify::Off, &host), "\x07");
        assert_eq!(said(false, Notify::Off, &host), "");
        assert_eq!(said(false, Notify::Osc9, &host), "\x1b]9;gonogo: NO-GO errors in free\x07");
        assert_eq!(said(true, Notify::Osc777, &host), "\x1b]777;notify;gonogo;NO-GO errors in free\x07\x07");
        let tmux = said(true, Notify::Osc9, &inside(Multiplexer::Tmux));
        assert_eq!(tmux, "\x1bPtmux;\x1b\x1b]9;gonogo: NO-GO errors in free\x07\x1b\\\x07");
        // The console rings, and shows no word that it does not know.
        assert_eq!(said(true, Notify::Osc9, &Host { takes_words: false, ..host }), "\x07");
    }

    #[test]
    fn foreign_text_cannot_end_the_word_and_is_cut() {
        let evil = "a;b\x1b\\\x07\u{9c}\n".to_owned() + &"x".repeat(1000);
        let said = alert(false, Notify::Osc777, &evil, &evil, &Host::default());
        let said = String::from_utf8(said).unwrap();
        let inner = said.strip_prefix("\x1b]777;notify;").and_then(|rest| rest.strip_suffix('\x07')).unwrap();
        assert!(!inner.chars().any(char::is_control), "{inner:?}");
        assert!(inner.starts_with("a,b") && inner.chars().count() <= 2 * LONGEST_NOTICE + 1);
    }
}
