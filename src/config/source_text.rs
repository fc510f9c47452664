//! The text of a rollout file: from a place in it to line, column and a line to look at.
//!
//! A line is shown with everything masked that could be a secret, with control characters
//! replaced, and cut around the place when it is very long.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::problem::Problem;

/// Bytes of the file, from and to.
pub(crate) type Place = Range<usize>;

/// The most characters of a line that are shown before and after a place: with both and the line
/// number a report still fits a wide terminal.
const WINDOW: usize = 60;

/// The text, its name, and what of it must not be shown.
pub(crate) struct SourceText<'a> {
    origin: String,
    text: &'a str,
    masked: Vec<Place>,
}

impl<'a> SourceText<'a> {
    /// Takes the name that messages use, the text, and the places that must not be shown.
    pub fn new(origin: &str, text: &'a str, masked: Vec<Place>) -> Self {
        Self { origin: origin.to_owned(), text, masked }
    }

    /// One fault on one line: `file:line:column: message; hint`.
    pub fn brief(&self, problem: &Problem) -> String {
        let (line, column) = self.position(problem.place.start);
        let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"));
        printable(&format!("{}:{line}:{column}: {}{hint}", self.origin, problem.message)).replace('\n', " ")
    }

    /// One fault: `file:line:column: message`, the line with carets, the hint.
    pub fn show(&self, problem: &Problem) -> String {
        let (line, column) = self.position(problem.place.start);
        let mut shown = printable(&format!("{}:{line}:{column}: {}", self.origin, problem.message));
        shown.push_str(&self.snippet(&problem.place, line));
        if let Some(earlier) = &problem.earlier {
            shown.push_str(&format!("\n  the first one is in line {}", self.position(earlier.start).0));
        }
        if let Some(hint) = &problem.hint {
            shown.push_str(&format!("\n  hint: {}", printable(hint)));
        }
        shown
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let start = self.line_start(at);
        let line = self.text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        let column = self.text.get(start..self.floor(at)).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }

    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..self.floor(at)).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// The line of a place and carets under it; empty for an empty line.
    fn snippet(&self, place: &Place, number: usize) -> String {
        let start = self.line_start(place.start);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        // What is missing from the file as a whole has no line to look at.
        if line.trim().is_empty() || *place == (0..0) {
            return String::new();
        }
        let marked = place.start..place.end.max(place.start + 1);
        let (mut shown, mut carets) = (String::new(), String::new());
        let before = line.char_indices().filter(|(at, _)| start + at < marked.start).count();
        let first = before.saturating_sub(WINDOW);
        if first > 0 {
            shown.push_str("...");
            carets.push_str("   ");
        }
        let mut cut = false;
        for (index, (at, c)) in line.char_indices().enumerate().skip(first) {
            if index > before + WINDOW {
                cut = true;
                break;
            }
            let at = start + at;
            let c = if self.is_masked(at) { '*' } else { visible(c) };
            shown.push(c);
            let mark = if marked.contains(&at) { '^' } else { ' ' };
            carets.extend(std::iter::repeat_n(mark, c.width().unwrap_or(0)));
        }
        if cut {
            shown.push_str("...");
        }
        // A place at the end of the line (something is missing there) has no character to mark.
        if !carets.contains('^') {
            carets.push('^');
        }
        let gutter = number.to_string();
        let blank = " ".repeat(gutter.len());
        format!("\n  {gutter} | {}\n  {blank} | {}", shown.trim_end(), carets.trim_end())
    }

    fn is_masked(&self, at: usize) -> bool {
        self.masked.iter().any(|place| place.contains(&at))
    }
}

/// A character that a terminal does not obey, in its place.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() || c.width().is_none_or(|width| width == 0) => '?',
        // Bidirectional controls have no width in most tables, but not in all.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '?',
        c => c,
    }
}

/// A text for a terminal: what it would obey becomes `?`.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, place: Place, masked: Vec<Place>) -> String {
        SourceText::new("f.toml", text, masked).show(&Problem::new(place, "no").hint("yes"))
    }

    #[test]
    fn a_fault_is_shown_with_its_line_and_carets() {
        assert_eq!(
            show("a = 1\nbé = 2\n", 12..13, vec![]),
            "f.toml:2:6: no\n  2 | bé = 2\n    |      ^\n  hint: yes"
        );
    }

    #[test]
    fn wide_characters_and_tabs_do_not_shift_the_carets() {
        assert_eq!(
            show("\t\"日\" = x", 8..9, vec![]),
            "f.toml:1:7: no\n  1 |  \"日\" = x\n    |        ^\n  hint: yes"
        );
    }

    #[test]
    fn masked_bytes_and_controls_never_show() {
        let shown = show("t = 'abc\u{1b}[31m'", 0..1, std::iter::once(5..8).collect());
        assert!(shown.contains("t = '***?[31m'"), "{shown}");
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let shown = show(&text, 5000..5001, vec![]);
        assert!(shown.starts_with("f.toml:1:5001: no"));
        assert!(shown.lines().all(|line| line.len() < 140), "{shown}");
        assert!(shown.contains("aX") && shown.contains("..."));
    }

    #[test]
    fn a_place_past_the_end_is_the_last_position() {
        assert_eq!(show("abc", 900..901, vec![]).lines().next(), Some("f.toml:1:4: no"));
        assert_eq!(show("", 0..0, vec![]), "f.toml:1:1: no\n  hint: yes");
    }
}
