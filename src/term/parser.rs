//! From the bytes that a terminal sends to what the person did.
//!
//! In: bytes, in whatever pieces they come, and the word that for a while none came. Out: [`Input`]s.
//!
//! Written by us because the event reader of crossterm never ends when the terminal does, and blocks within a cut
//! sequence. What holds here:
//! - Any bytes in any pieces: no panic, and nothing waits for ever.
//! - What is not understood is swallowed whole. The rest of an unknown sequence must not run as keys: the
//!   last byte of a mouse report can be a `K`.
//! - Pasted text is one [`Input::Paste`], whatever it contains.
//! - Escape and a key are two keys when they come in two pieces, and alt with the key when they come in one. Only what
//!   may be the rest of a cut sequence is waited for. A slow link may still join two keys into one piece; what is made
//!   of alt with a key that is bound to nothing is up to the view.
//!
//! Sources: ECMA-48 for control sequences, xterm's ctlseqs for keys and pastes, the kitty keyboard protocol
//! for `CSI u` (not asked for, but some multiplexers send it).
//!
//! This file keeps the unfinished bytes; `sequence` understands finished ones, `mouse` reports of the mouse.

mod mouse;
mod sequence;

use std::time::Duration;

use sequence::Step;

use crate::keys::{Chord, Input, Key};

/// Time after which an unfinished sequence is taken for what it is so far: escape alone is the escape key. Long
/// enough for a sequence that the network cut in two, too short to be noticed.
const SEQUENCE_PATIENCE: Duration = Duration::from_millis(40);

/// Time after which a paste without an end is taken as ended, so that a lost end mark does not swallow every key.
const PASTE_PATIENCE: Duration = Duration::from_secs(5);

/// Longest pasted text in bytes; a reason or a filter needs a line. The rest is dropped.
const LONGEST_PASTE: usize = 64 * 1024;

/// Longest unfinished sequence in bytes; what a terminal answers is shorter.
const LONGEST_SEQUENCE: usize = 4096;

const ESC: u8 = 0x1b;

/// Marks the end of a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// Reads bytes and keeps what is unfinished.
#[derive(Debug, Default)]
pub(super) struct Parser {
    unread: Vec<u8>,
    /// The text so far, while a paste is coming in.
    paste: Option<Vec<u8>>,
}

impl Parser {
    /// Reads more bytes and appends what they mean.
    pub(super) fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        let mut unread = std::mem::take(&mut self.unread);
        if unread == [ESC] && bytes.first().is_some_and(|byte| !may_follow_escape(*byte)) {
            inputs.push(sequence::press(Chord::plain(Key::Esc)));
            unread.clear();
        }
        unread.extend_from_slice(bytes);
        let mut rest = unread.as_slice();
        while !rest.is_empty() {
            if let Some(paste) = &mut self.paste {
                let Some(after) = continue_paste(paste, rest) else { return };
                inputs.extend(self.end_paste());
                rest = after;
                continue;
            }
            match sequence::read(rest) {
                Step::Unfinished if rest.len() < LONGEST_SEQUENCE => {
                    self.unread = rest.to_vec();
                    return;
                }
                Step::Unfinished => return,
                Step::PasteStart { length } => {
                    self.paste = Some(Vec::new());
                    rest = rest.get(length..).unwrap_or_default();
                }
                Step::Done { length, input } => {
                    inputs.extend(input);
                    rest = rest.get(length..).unwrap_or_default();
                }
            }
        }
    }

    /// How long to wait for more bytes before [`Self::pause`]; `None` is for ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        match (&self.paste, self.unread.is_empty()) {
            (Some(_), _) => Some(PASTE_PATIENCE),
            (None, false) => Some(SEQUENCE_PATIENCE),
            (None, true) => None,
        }
    }

    /// Settles what is unfinished, because nothing came for [`Self::patience`].
    pub(super) fn pause(&mut self, inputs: &mut Vec<Input>) {
        inputs.extend(self.end_paste());
        inputs.extend(match std::mem::take(&mut self.unread).as_slice() {
            [ESC] => Some(sequence::press(Chord::plain(Key::Esc))),
            // Alt with a key that could also have begun a sequence.
            [ESC, byte] if byte.is_ascii_graphic() => Some(sequence::press_alt(char::from(*byte))),
            _ => None,
        });
    }

    fn end_paste(&mut self) -> Option<Input> {
        let mut bytes = self.paste.take()?;
        bytes.truncate(LONGEST_PASTE);
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\r', "\n");
        Some(Input::Paste(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()))
    }
}

/// Whether a byte that comes in a piece of its own may be the rest of a sequence that the network has cut behind its
/// escape. As keys of their own, such a rest could do anything.
const fn may_follow_escape(byte: u8) -> bool {
    matches!(byte, ESC | b'[' | b'O' | b'P' | b']' | b'_' | b'^' | b'X')
}

/// Adds bytes to a paste; returns what follows its end, `None` if the end has not come.
fn continue_paste<'a>(paste: &mut Vec<u8>, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let before = paste.len();
    // The end mark may have begun in the piece before.
    let search_from = before.saturating_sub(PASTE_END.len() - 1);
    paste.extend_from_slice(bytes);
    let found = paste
        .get(search_from..)
        .and_then(|recent| recent.windows(PASTE_END.len()).position(|window| window == PASTE_END));
    if let Some(found) = found {
        let end = search_from + found;
        paste.truncate(end);
        return bytes.get((end + PASTE_END.len()).saturating_sub(before)..);
    }
    // Keep what may be the beginning of the end mark, and drop what is too much.
    let recent = paste.len().saturating_sub(PASTE_END.len() - 1);
    if recent > LONGEST_PASTE {
        paste.drain(LONGEST_PASTE..recent);
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::Mouse;

    fn read(pieces: &[&[u8]]) -> Vec<Input> {
        let mut parser = Parser::default();
        let mut inputs = Vec::new();
        for piece in pieces {
            parser.feed(piece, &mut inputs);
        }
        if parser.patience().is_some() {
            parser.pause(&mut inputs);
        }
        assert_eq!(parser.patience(), None, "something waits for ever");
        inputs
    }

    fn key(text: &str) -> Input {
        Input::Key { chord: text.parse().unwrap(), repeat: false }
    }

    #[test]
    fn keys_read_the_same_however_the_network_cuts_them() {
        for (bytes, expected) in [
            ("w", "w"),
            ("K", "K"),
            ("é", "é"),
            ("漢", "漢"),
            (" ", "space"),
            ("\r", "enter"),
            ("\t", "tab"),
            ("\x7f", "backspace"),
            ("\x08", "backspace"),
            ("\x1a", "ctrl-z"),
            ("\x03", "ctrl-c"),
            ("\0", "ctrl-space"),
            ("\x1c", "ctrl-\\"),
            ("\x1b", "esc"),
            ("\x1b[A", "up"),
            ("\x1bOA", "up"),
            ("\x1b[1;5C", "ctrl-right"),
            ("\x1b[1;2B", "shift-down"),
            ("\x1b[Z", "backtab"),
            ("\x1b[H", "home"),
            ("\x1b[4~", "end"),
            ("\x1b[3~", "delete"),
            ("\x1b[5;3~", "alt-pageup"),
            ("\x1bOP", "f1"),
            ("\x1b[11~", "f1"),
            ("\x1b[[A", "f1"),
            ("\x1b[24~", "f12"),
            ("\x1b[107;5u", "ctrl-k"),
            ("\x1b[27;5;13~", "ctrl-enter"),
        ] {
            let whole = bytes.as_bytes();
            assert_eq!(read(&[whole]), [key(expected)], "{bytes:?}");
            let single: Vec<&[u8]> = whole.chunks(1).collect();
            assert_eq!(read(&single), [key(expected)], "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn keys_that_come_together_are_all_read() {
        assert_eq!(read(&[b"w\x1b[AK\r"]), [key("w"), key("up"), key("K"), key("enter")]);
        assert_eq!(read(&[b"\x1b\x1b"]), [key("esc"), key("esc")]);
    }

    #[test]
    fn a_held_key_is_marked_where_the_terminal_says_so_and_a_release_is_nothing() {
        let held = Input::Key { chord: Chord::from('K'), repeat: true };
        assert_eq!(read(&[b"\x1b[107;2:2u"]), [held]);
        assert_eq!(read(&[b"\x1b[107;2:3u"]), []);
    }

    #[test]
    fn what_is_not_understood_is_swallowed_whole() {
        for bytes in [
            "\x1b[M KK",                 // a mouse report whose coordinates are keys
            "\x1b[<35;75;75M",           // the mouse moved
            "\x1b]11;rgb:0000/KKKK\x07", // an answer about colours
            "\x1bP1$rKK\x1b\\",          // an answer about settings
            "\x1b[?1;2c",                // an answer about the terminal
            "\x1b[200",                  // a cut sequence
            "\x1b[12;40R",               // an answer about the cursor
        ] {
            assert_eq!(read(&[bytes.as_bytes()]), [], "{bytes:?}");
        }
        assert_eq!(read(&[b"\x1b[<35;75;75Mw"]), [key("w")]);
    }

    #[test]
    fn escape_and_a_key_in_one_piece_are_alt_and_in_two_are_two() {
        for (rest, alone) in [("x", "x"), ("K", "K"), ("\r", "enter"), ("é", "é"), ("\x1a", "ctrl-z")] {
            let together = format!("\x1b{rest}");
            assert_eq!(
                read(&[together.as_bytes()]),
                [key(&format!("alt-{alone}").replace("alt-ctrl", "ctrl-alt"))]
            );
            assert_eq!(read(&[b"\x1b", rest.as_bytes()]), [key("esc"), key(alone)], "{rest:?} after escape");
        }
        // What may be the rest of a cut sequence is waited for, and is alt with that key if nothing comes.
        assert_eq!(read(&[b"\x1b", b"O"]), [key("alt-O")]);
    }

    #[test]
    fn reports_of_the_mouse_are_read_however_they_are_cut() {
        let bytes = b"\x1b[<65;12;3M";
        let expected = [Input::Mouse { kind: Mouse::ScrollDown, column: 11, row: 2 }];
        assert_eq!(read(&[bytes]), expected);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), expected);
    }

    #[test]
    fn a_paste_is_one_input_and_never_keys_however_it_is_cut() {
        let bytes = b"\x1b[200~K\r\nwiden\x1b[31m\x03\x1b[201~w";
        let expected = [Input::Paste("K\nwiden[31m".to_owned()), key("w")];
        assert_eq!(read(&[bytes]), expected);
        for cut in 1..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            // A cut within the opening mark or the last key is waited for, not settled.
            assert_eq!(read(&[a, b]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_paste_is_bounded_and_its_end_is_still_found() {
        let mut bytes = b"\x1b[200~".to_vec();
        bytes.extend(std::iter::repeat_n(b'K', 3 * LONGEST_PASTE));
        bytes.extend(b"\x1b[201~w");
        let pieces: Vec<&[u8]> = bytes.chunks(1000).collect();
        let inputs = read(&pieces);
        assert_eq!(inputs.len(), 2);
        assert!(matches!(inputs.first(), Some(Input::Paste(text)) if text.len() == LONGEST_PASTE));
        assert_eq!(inputs.last(), Some(&key("w")));
    }

    #[test]
    fn a_paste_without_an_end_gives_the_keys_back_after_a_while() {
        let mut parser = Parser::default();
        let mut inputs = Vec::new();
        parser.feed(b"\x1b[200~text", &mut inputs);
        assert_eq!((inputs.len(), parser.patience()), (0, Some(PASTE_PATIENCE)));
        parser.pause(&mut inputs);
        parser.feed(b"K", &mut inputs);
        assert_eq!(inputs, [Input::Paste("text".to_owned()), key("K")]);
    }

    #[test]
    fn the_window_comes_to_the_front_and_goes() {
        assert_eq!(read(&[b"\x1b[I\x1b[O"]), [Input::FocusGained, Input::FocusLost]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_are_survived_and_keys_work_afterwards(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
        ) {
            let mut parser = Parser::default();
            let mut inputs = Vec::new();
            for piece in &pieces {
                parser.feed(piece, &mut inputs);
            }
            parser.pause(&mut inputs);
            inputs.clear();
            parser.feed(b"K", &mut inputs);
            prop_assert_eq!(inputs, vec![key("K")]);
        }
    }
}
