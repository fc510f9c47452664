//! A line of text that a person types into a panel.
//!
//! In: chords and pastes. Out: the words. Typing happens at the end; backspace takes the last character
//! as it is seen, ctrl-u everything. What is pasted is stripped like all foreign text.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::Text;
use crate::keys::{Chord, Key};

/// Longest text in bytes: a long reason; the journal's lines stay readable.
const MAX_BYTES: usize = 400;

/// A line being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field(String);

impl Field {
    /// A line that has a text to go on with.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What is typed so far.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The words without spaces around them; `None` while there are none.
    pub fn words(&self) -> Option<Text> {
        let words = self.0.trim();
        (!words.is_empty()).then(|| Text::new(words))
    }

    /// Takes a chord if it edits, and says whether it did.
    pub fn edit(&mut self, chord: Chord) -> bool {
        if let Some(c) = chord.typed() {
            if !c.is_control() && self.0.len() + c.len_utf8() <= MAX_BYTES {
                self.0.push(c);
            }
            return true;
        }
        if chord.key() == Key::Backspace {
            let last = self.0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
            self.0.truncate(last);
            return true;
        }
        if chord == Chord::ctrl('u') {
            self.0.clear();
            return true;
        }
        false
    }

    /// Takes a paste, stripped, as far as there is room.
    pub fn paste(&mut self, raw: &str) {
        for cluster in Text::new(raw).as_str().graphemes(true) {
            if self.0.len() + cluster.len() > MAX_BYTES {
                break;
            }
            self.0.push_str(cluster);
        }
    }

    /// The end of the text that fits into `columns`.
    pub fn tail(&self, columns: usize) -> &str {
        let mut start = self.0.len();
        let mut width = 0;
        for (at, cluster) in self.0.grapheme_indices(true).rev() {
            width += cluster.width();
            if width > columns {
                break;
            }
            start = at;
        }
        self.0.get(start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_pasting_and_taking_back() {
        let mut field = Field::default();
        assert_eq!(field.words(), None);
        for c in " é日".chars() {
            assert!(field.edit(Chord::from(c)));
        }
        field.paste("e\u{301}\u{1b}[2J\nx");
        assert_eq!(field.words(), Some(Text::new("é日e\u{301} x")));
        for _ in 0..3 {
            assert!(field.edit(Chord::plain(Key::Backspace)));
        }
        assert_eq!(field.words(), Some(Text::new("é日")));
        assert_eq!(field.tail(2), "日");
        assert_eq!(field.tail(1), "");
        assert!(!field.edit(Chord::plain(Key::Enter)));
        field.paste(&"x".repeat(10_000));
        assert!(field.tail(usize::MAX).len() <= MAX_BYTES);
    }
}
