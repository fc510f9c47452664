//! Foreign text, made safe before it can reach a terminal, a log or a page.
//!
//! Flag names, comments of customers and error messages come from strangers. A [`Text`] holds no
//! control character, no escape sequence and no bidirectional override, and at most
//! [`MAX_TEXT`] characters. It is the only string type that events carry for words from outside.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The longest text in characters: a long comment; the rest is cut with an ellipsis.
pub const MAX_TEXT: usize = 500;

/// A line of foreign text without anything that a terminal would obey.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Text(Arc<str>);

impl Text {
    /// Strips and cuts. Line breaks and tabs become one space; other control characters, escape
    /// sequences and bidirectional controls vanish.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        // A word of plain letters, as most names are, is as it should be.
        if raw.len() <= MAX_TEXT && raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Self(Arc::from(raw));
        }
        let mut clean = String::with_capacity(raw.len().min(4 * MAX_TEXT));
        let mut kept = 0;
        let mut rest = raw.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => skip_escape(&mut rest),
                '\u{9b}' => skip_csi(&mut rest),
                '\n' | '\r' | '\t' | ' ' => {
                    if !clean.is_empty() && !clean.ends_with(' ') {
                        clean.push(' ');
                        kept += 1;
                    }
                }
                c if c.is_control() || is_invisible(c) => {}
                c => {
                    clean.push(c);
                    kept += 1;
                }
            }
            if kept >= MAX_TEXT {
                clean.push('…');
                break;
            }
        }
        Self(Arc::from(clean.trim_end()))
    }

    /// Words that are clean already: a name. They are shared, not copied.
    pub(super) const fn of_name(name: Arc<str>) -> Self {
        Self(name)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cuts a text to `columns` of display width, with an ellipsis when something is lost.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut width = 0;
    for cluster in text.graphemes(true) {
        width += cluster.width();
        if width + 1 > columns {
            break;
        }
        shown.push_str(cluster);
    }
    if columns > 0 {
        shown.push('…');
    }
    shown
}

/// A count as a person writes it, thousands separated: `12,000`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let length = number.checked_ilog10().unwrap_or_default();
    let mut text = String::with_capacity(length as usize / 3 * 4 + 4);
    let mut rest = number;
    for place in (0..=length).rev() {
        let unit = 10_u64.pow(place);
        text.push(char::from(b'0' + (rest / unit) as u8));
        rest %= unit;
        if place > 0 && place.is_multiple_of(3) {
            text.push(',');
        }
    }
    text
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(rest: &mut Rest<'_>) {
    match rest.next() {
        Some('[') => skip_csi(rest),
        // OSC, DCS, PM, APC, SOS: up to BEL or ST (ESC \).
        Some(']' | 'P' | '^' | '_' | 'X') => {
            while let Some(c) = rest.next() {
                if c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && rest.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        _ => {}
    }
}

fn skip_csi(rest: &mut Rest<'_>) {
    while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0.to_string()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_gone() {
        let clean = |raw| Text::new(raw).as_str().to_owned();
        assert_eq!(clean("a\u{1b}[31mred\u{1b}[0m b"), "ared b");
        assert_eq!(clean("x\u{1b}]0;title\u{7}y"), "xy");
        assert_eq!(clean("x\u{1b}]8;;http://e\u{1b}\\y"), "xy");
        assert_eq!(clean("\u{9b}2Jz"), "z");
        assert_eq!(clean("ab\u{202e}cd\u{0}\u{8}"), "abcd");
        assert_eq!(clean("  two\r\n\tlines \n"), "two lines");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_long_text_is_cut_by_what_it_shows() {
        assert_eq!(Text::new(&"x".repeat(900)).as_str().chars().count(), MAX_TEXT + 1);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn no_text_ever_holds_a_control_character(raw in ".*") {
            proptest::prop_assert!(!Text::new(&raw).as_str().chars().any(char::is_control));
        }
    }
}
