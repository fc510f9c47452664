//! One key or one sequence at the front of some bytes.
//!
//! In: bytes, at least one. Out: a [`Step`]: how many of them belong together and what they mean, or that the rest
//! has not come. What is well formed but unknown means nothing and is passed over.

use super::mouse;
use crate::keys::{Chord, Input, Key, Modifiers};

/// What stands at the front of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes that mean this; `None` is nothing to us.
    Done { length: usize, input: Option<Input> },
    /// So many bytes that open a paste.
    PasteStart { length: usize },
    /// The beginning of something whose rest has not come.
    Unfinished,
}

const ESC: u8 = 0x1b;

/// Bytes after `ESC [ M`: button, column and row of a mouse report of the old kind.
const OLD_MOUSE_REPORT: usize = 6;

/// Reads what stands at the front.
pub(super) fn read(bytes: &[u8]) -> Step {
    match bytes {
        [] | [ESC] => Step::Unfinished,
        // Escape twice is the key twice; the second may begin a sequence.
        [ESC, ESC, ..] => done(1, press(Chord::plain(Key::Esc))),
        [ESC, b'[', rest @ ..] => control_sequence(rest),
        [ESC, b'O', rest @ ..] => match rest {
            [] => Step::Unfinished,
            [letter, ..] => pass(3, letter_key(*letter).map(|key| press(Chord::plain(key)))),
        },
        [ESC, b'P' | b']' | b'_' | b'^' | b'X', rest @ ..] => string(rest),
        [ESC, rest @ ..] => match character(rest) {
            Some(Ok((length, chord))) => {
                done(1 + length, press(Chord::new(chord.key(), Modifiers { alt: true, ..chord.modifiers() })))
            }
            Some(Err(length)) => pass(1 + length, None),
            None => Step::Unfinished,
        },
        _ => match character(bytes) {
            Some(Ok((length, chord))) => done(length, press(chord)),
            Some(Err(length)) => pass(length, None),
            None => Step::Unfinished,
        },
    }
}

/// A key pressed anew, as far as the bytes say.
pub(super) fn press(chord: Chord) -> Input {
    Input::Key { chord, repeat: false }
}

/// A character pressed together with alt.
pub(super) fn press_alt(character: char) -> Input {
    press(Chord::new(Key::Char(character), Modifiers { alt: true, ..Modifiers::default() }))
}

fn done(length: usize, input: Input) -> Step {
    Step::Done { length, input: Some(input) }
}

fn pass(length: usize, input: Option<Input>) -> Step {
    Step::Done { length, input }
}

/// Reads one character or control key: its length and chord, `Err` with the length of what is no character,
/// `None` if its rest has not come.
fn character(bytes: &[u8]) -> Option<Result<(usize, Chord), usize>> {
    let first = *bytes.first()?;
    let chord = match first {
        b'\r' => Chord::plain(Key::Enter),
        b'\t' => Chord::plain(Key::Tab),
        0x7f | 0x08 => Chord::plain(Key::Backspace),
        0 => Chord::ctrl(' '),
        // Control clears the upper bits of the character.
        0x01..=0x1a => Chord::ctrl(char::from(first - 1 + b'a')),
        0x1b => Chord::plain(Key::Esc),
        0x1c..=0x1f => Chord::ctrl(char::from(first + 0x40)),
        0x20..=0x7e => Chord::from(char::from(first)),
        0x80.. => return utf8(bytes),
    };
    Some(Ok((1, chord)))
}

/// Reads one character of more than one byte, as [`character`] does.
fn utf8(bytes: &[u8]) -> Option<Result<(usize, Chord), usize>> {
    let front = bytes.get(..4).unwrap_or(bytes);
    let valid = match std::str::from_utf8(front) {
        Ok(text) => text,
        Err(error) => match (error.valid_up_to(), error.error_len()) {
            (0, None) => return None,
            (0, Some(length)) => return Some(Err(length)),
            (length, _) => std::str::from_utf8(front.get(..length)?).ok()?,
        },
    };
    let character = valid.chars().next()?;
    let length = character.len_utf8();
    // U+0080 to U+009F are control characters of another kind; no key sends them.
    Some(if character.is_control() { Err(length) } else { Ok((length, Chord::from(character))) })
}

/// Passes over a string that the terminal sends in answer to somebody's question.
fn string(rest: &[u8]) -> Step {
    let end = rest.iter().enumerate().find_map(|(at, byte)| match (byte, rest.get(at + 1)) {
        (0x07, _) => Some(at + 1),
        (&ESC, Some(b'\\')) => Some(at + 2),
        _ => None,
    });
    end.map_or(Step::Unfinished, |end| pass(2 + end, None))
}

/// Reads what follows `ESC [`.
fn control_sequence(rest: &[u8]) -> Step {
    // The console of Linux sends its first function keys as `ESC [ [ A` to `ESC [ [ E`.
    if let [b'[', tail @ ..] = rest {
        return match tail {
            [] => Step::Unfinished,
            [letter @ b'A'..=b'E', ..] => done(4, press(Chord::plain(Key::F(letter - b'A' + 1)))),
            _ => pass(3, None),
        };
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return Step::Unfinished;
    };
    let (Some(parameters), Some(&last)) = (rest.get(..end), rest.get(end)) else { return Step::Unfinished };
    let length = 2 + end + 1;
    match last {
        // Not a last byte: the sequence was cut off, and something else begins here.
        0..0x40 | 0x7f.. => pass(length - 1, None),
        b'M' if parameters.is_empty() => match rest.len() + 2 {
            ..OLD_MOUSE_REPORT => Step::Unfinished,
            _ => pass(OLD_MOUSE_REPORT, None),
        },
        b'I' if parameters.is_empty() => done(length, Input::FocusGained),
        b'O' if parameters.is_empty() => done(length, Input::FocusLost),
        b'~' if parameters == b"200" => Step::PasteStart { length },
        b'M' | b'm' if parameters.first() == Some(&b'<') => pass(length, mouse::read(parameters, last)),
        _ => pass(length, key(parameters, last)),
    }
}

/// Reads the key of a control sequence; `None` if it is none that we know.
fn key(parameters: &[u8], last: u8) -> Option<Input> {
    // Any other byte makes it private to some other purpose: answers about the terminal.
    if !parameters.iter().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')) {
        return None;
    }
    let text = std::str::from_utf8(parameters).ok()?;
    let mut parts = text.split(';');
    let mut first = number(parts.next());
    let held = parts.next().unwrap_or_default();
    let (mask, kind) = held.split_once(':').unwrap_or((held, ""));
    let key = match (last, first) {
        (b'~', Some(27)) => {
            first = number(parts.next());
            code_key(first?)?
        }
        (b'u', Some(code)) => code_key(code)?,
        (b'~', Some(number)) => numbered_key(number)?,
        (b'Z', _) => Key::BackTab,
        // `CSI R` with numbers of its own is where the cursor is, an answer to somebody's question.
        (b'R', Some(row)) if row != 1 => return None,
        (letter, None | Some(1)) => letter_key(letter)?,
        _ => return None,
    };
    // One more than the bits: 1 shift, 2 alt, 4 control.
    let bits = number(Some(mask)).unwrap_or(1).saturating_sub(1);
    let modifiers = Modifiers { shift: bits & 1 != 0, alt: bits & 2 != 0, ctrl: bits & 4 != 0 };
    match kind {
        "3" => None,
        kind => Some(Input::Key { chord: Chord::new(key, modifiers), repeat: kind == "2" }),
    }
}

/// Reads a parameter without what is appended to it by colons.
fn number(part: Option<&str>) -> Option<u32> {
    part?.split(':').next()?.parse().ok()
}

/// The key of a letter at the end of `CSI` or after `SS3`.
fn letter_key(letter: u8) -> Option<Key> {
    Some(match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter,
        b'P'..=b'S' => Key::F(letter - b'P' + 1),
        _ => return None,
    })
}

/// The key of `CSI number ~`.
fn numbered_key(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => function_key(number - 10)?,
        17..=21 => function_key(number - 11)?,
        23..=26 => function_key(number - 12)?,
        28 | 29 => function_key(number - 13)?,
        31..=34 => function_key(number - 14)?,
        _ => return None,
    })
}

fn function_key(number: u32) -> Option<Key> {
    u8::try_from(number).ok().map(Key::F)
}

/// The key of a character code in `CSI u`.
fn code_key(code: u32) -> Option<Key> {
    Some(match code {
        9 => Key::Tab,
        13 => Key::Enter,
        27 => Key::Esc,
        8 | 127 => Key::Backspace,
        // A private range in which the protocol numbers keys that type nothing.
        57_344..=63_743 => return None,
        _ => char::from_u32(code).filter(|c| !c.is_control()).map(Key::Char)?,
    })
}
