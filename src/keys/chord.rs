//! A key together with its modifiers, as written in key lists, help and the man page.
//!
//! In: text such as `w`, `K`, `enter`, `ctrl-z`. Out: a [`Chord`], and the same text again.
//! A chord has one spelling: shift on a letter is the capital letter, and control on a letter has no
//! case, because terminals cannot tell these apart. [`Chord::new`] is where that is settled.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the key of that name")]
pub enum Key {
    /// A key that types a character; the space bar is `Char(' ')`.
    Char(char),
    /// A function key; 1 is F1.
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// Every key that is written as a word, with its word.
const NAMES: [(Key, &str); 16] = [
    (Key::Enter, "enter"),
    (Key::Esc, "esc"),
    (Key::Tab, "tab"),
    (Key::BackTab, "backtab"),
    (Key::Backspace, "backspace"),
    (Key::Delete, "delete"),
    (Key::Insert, "insert"),
    (Key::Up, "up"),
    (Key::Down, "down"),
    (Key::Left, "left"),
    (Key::Right, "right"),
    (Key::Home, "home"),
    (Key::End, "end"),
    (Key::PageUp, "pageup"),
    (Key::PageDown, "pagedown"),
    (Key::Char(' '), "space"),
];

/// Highest function key that terminals send.
const LAST_FUNCTION_KEY: u8 = 24;

/// The keys held down together with another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Modifiers {
    /// Control.
    pub ctrl: bool,
    /// Alt, or escape sent in front of the key.
    pub alt: bool,
    /// Shift; never set on a letter, whose capital says the same.
    pub shift: bool,
}

/// A key with its modifiers, in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    modifiers: Modifiers,
}

/// Why a text is not a chord.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "cannot read the key {text:?}: {cause}\n\
     hint: write one character, or enter, esc, tab, backtab, space, up, f1 …, with ctrl-, alt- or shift- in front"
)]
pub struct ChordError {
    text: String,
    cause: &'static str,
}

impl Chord {
    /// Makes a chord and settles its spelling: shift with a letter becomes the capital, shift with any
    /// other character is dropped (the character says it already), shift-tab becomes backtab.
    pub fn new(key: Key, modifiers: Modifiers) -> Self {
        let mut key = key;
        let mut modifiers = modifiers;
        match key {
            Key::Char(c) => {
                if modifiers.ctrl {
                    key = Key::Char(c.to_ascii_lowercase());
                } else if modifiers.shift {
                    key = Key::Char(c.to_ascii_uppercase());
                }
                modifiers.shift = false;
            }
            Key::Tab if modifiers.shift => key = Key::BackTab,
            _ => {}
        }
        if key == Key::BackTab {
            modifiers.shift = false;
        }
        Self { key, modifiers }
    }

    /// Makes a chord without modifiers.
    pub fn plain(key: Key) -> Self {
        Self::new(key, Modifiers::default())
    }

    /// Makes the chord of a letter held with control.
    pub fn ctrl(letter: char) -> Self {
        Self::new(Key::Char(letter), Modifiers { ctrl: true, ..Modifiers::default() })
    }

    /// The key without its modifiers.
    pub fn key(&self) -> Key {
        self.key
    }

    /// The modifiers held down.
    pub fn modifiers(&self) -> Modifiers {
        self.modifiers
    }

    /// The character that this chord types into a text field; `None` for a command.
    pub fn typed(&self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.modifiers.ctrl && !self.modifiers.alt => Some(c),
            _ => None,
        }
    }

    /// Whether terminal multiplexers or flow control swallow this chord, so that it must not be bound:
    /// ctrl-b (tmux), ctrl-a (screen), ctrl-s and ctrl-q (XOFF, XON).
    pub fn is_swallowed(&self) -> bool {
        ['a', 'b', 's', 'q'].into_iter().any(|letter| *self == Self::ctrl(letter))
    }
}

impl From<char> for Chord {
    fn from(c: char) -> Self {
        Self::plain(Key::Char(c))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Modifiers { ctrl, alt, shift } = self.modifiers;
        for (held, word) in [(ctrl, "ctrl-"), (alt, "alt-"), (shift, "shift-")] {
            if held {
                f.write_str(word)?;
            }
        }
        if let Some((_, name)) = NAMES.iter().find(|(key, _)| *key == self.key) {
            return f.write_str(name);
        }
        match self.key {
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "f{n}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let fail = |cause| ChordError { text: text.to_owned(), cause };
        let mut rest = text;
        let mut modifiers = Modifiers::default();
        loop {
            let (held, tail) = if let Some(tail) = rest.strip_prefix("ctrl-") {
                (&mut modifiers.ctrl, tail)
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                (&mut modifiers.alt, tail)
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                (&mut modifiers.shift, tail)
            } else {
                break;
            };
            if *held {
                return Err(fail("a modifier is named twice"));
            }
            *held = true;
            rest = tail;
        }
        let key = parse_key(rest).ok_or_else(|| fail("no key of that name"))?;
        match key {
            Key::Char(c) if modifiers.shift && !c.is_ascii_alphabetic() => {
                Err(fail("what shift does to this key depends on the keyboard; write the character it types"))
            }
            _ => Ok(Self::new(key, modifiers)),
        }
    }
}

/// Reads a key without modifiers; `None` if there is no such key.
fn parse_key(text: &str) -> Option<Key> {
    if let Some((key, _)) = NAMES.iter().find(|(_, name)| *name == text) {
        return Some(*key);
    }
    let mut characters = text.chars();
    match (characters.next(), characters.as_str()) {
        (Some(c), "") if !c.is_control() && c != ' ' => Some(Key::Char(c)),
        (Some('f'), digits) if !digits.starts_with('0') => {
            digits.parse().ok().filter(|n| (1..=LAST_FUNCTION_KEY).contains(n)).map(Key::F)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_in_the_help_reads_back_as_itself() {
        for text in [
            "w",
            "K",
            "?",
            ":",
            "/",
            "-",
            "+",
            "enter",
            "esc",
            "tab",
            "backtab",
            "space",
            "backspace",
            "delete",
            "insert",
            "up",
            "down",
            "left",
            "right",
            "home",
            "end",
            "pageup",
            "pagedown",
            "f1",
            "f12",
            "ctrl-z",
            "ctrl-c",
            "ctrl--",
            "alt-x",
            "alt-X",
            "shift-up",
            "ctrl-alt-delete",
            "é",
        ] {
            let chord: Chord = text.parse().unwrap();
            assert_eq!(chord.to_string(), text);
        }
    }

    #[test]
    fn what_a_terminal_cannot_tell_apart_is_one_chord() {
        let read = |text: &str| text.parse::<Chord>().unwrap();
        assert_eq!(read("shift-k"), read("K"));
        assert_eq!(read("ctrl-Z"), read("ctrl-z"));
        assert_eq!(read("shift-tab"), read("backtab"));
        assert_ne!(read("k"), read("K"));
        let shift = Modifiers { shift: true, ..Modifiers::default() };
        assert_eq!(Chord::new(Key::Char('?'), shift), read("?"));
    }

    #[test]
    fn nonsense_is_refused_with_the_text_and_a_hint() {
        for text in ["", "ctrl-", "entr", "f0", "f25", "f01", "shift-1", "ctrl-ctrl-x", "ab", " ", "\u{1b}"] {
            let message = text.parse::<Chord>().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}")) && message.contains("hint:"), "{message}");
        }
    }

    #[test]
    fn only_plain_characters_are_typed() {
        let typed = |text: &str| text.parse::<Chord>().unwrap().typed();
        assert_eq!(typed("K"), Some('K'));
        assert_eq!(typed("space"), Some(' '));
        assert_eq!(typed("ctrl-k"), None);
        assert_eq!(typed("enter"), None);
    }

    proptest! {
        #[test]
        fn any_chord_survives_being_written_and_read(
            c in any::<char>().prop_filter("printable", |c| !c.is_control()),
            ctrl: bool, alt: bool, shift: bool,
        ) {
            let chord = Chord::new(Key::Char(c), Modifiers { ctrl, alt, shift });
            prop_assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord));
        }
    }
}
