//! Large letters: what a war room reads from ten metres.
//!
//! In: a text and how many cells a point of a letter takes. Out: cells of one sign, `█` or `#`, each one cell wide. A text with
//! a letter that is not here is not drawn at all; whoever asks writes it small then.
//!
//! An own font, because what there is does not fit: tui-big-text draws half and quarter blocks, which an ASCII terminal does
//! not have, takes at most one cell for a point, so that it does not grow with the screen, and has no sign for a verdict. The
//! letters are those of common 5×7 dot-matrix displays; each row is five bits, the leftmost point the highest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::domain::Verdict;

/// Points from top to bottom.
pub const HEIGHT: u16 = 7;
/// Points between two letters.
const GAP: u16 = 1;

/// Columns of a letter in points, and its rows.
type Letter = (u16, [u8; HEIGHT as usize]);

/// How many cells a point takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

impl Scale {
    /// The smallest: one cell for a point.
    pub const SMALL: Self = Self { columns: 1, rows: 1 };
}

/// The sign of a verdict, as large as a letter.
pub const fn sign(verdict: Verdict) -> Letter {
    let rows = match verdict {
        Verdict::Go => [0x00, 0x01, 0x03, 0x16, 0x1C, 0x08, 0x00],
        Verdict::Wait => [0x00, 0x00, 0x00, 0x00, 0x00, 0x15, 0x00],
        Verdict::Hold => [0x1B; 7],
        Verdict::NoGo => [0x11, 0x1B, 0x0E, 0x04, 0x0E, 0x1B, 0x11],
    };
    (5, rows)
}

/// The letters of a text; small ones are drawn as capitals. `None`: one of them is not here.
pub fn letters(text: &str) -> Option<Vec<Letter>> {
    text.chars().map(|c| letter(c.to_ascii_uppercase())).collect()
}

/// The width of letters in points.
pub fn points(letters: &[Letter]) -> u16 {
    let sum = letters.iter().fold(0_u16, |sum, (columns, _)| sum.saturating_add(columns + GAP));
    sum.saturating_sub(GAP)
}

/// Draws letters from the upper left of the area, cut at its edges.
pub fn draw(buf: &mut Buffer, area: Rect, letters: &[Letter], scale: Scale, sign: &str, style: Style) {
    let area = area.intersection(buf.area);
    // A full block in reverse would not be seen.
    let style = style.remove_modifier(Modifier::REVERSED);
    let mut left = 0_u16;
    for (columns, rows) in letters {
        for (y, row) in (0_u16..).zip(rows) {
            for x in (0..*columns).filter(|x| row >> (columns - 1 - x) & 1 == 1) {
                let point = Rect {
                    x: area.x.saturating_add((left + x).saturating_mul(scale.columns)),
                    y: area.y.saturating_add(y.saturating_mul(scale.rows)),
                    width: scale.columns,
                    height: scale.rows,
                };
                for place in point.intersection(area).positions() {
                    if let Some(cell) = buf.cell_mut(place) {
                        cell.set_symbol(sign).set_style(style);
                    }
                }
            }
        }
        left = left.saturating_add(columns + GAP);
    }
}

#[rustfmt::skip]
const fn letter(c: char) -> Option<Letter> {
    Some(match c {
        '0' => (5, [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E]),
        '1' => (5, [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E]),
        '2' => (5, [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F]),
        '3' => (5, [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E]),
        '4' => (5, [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02]),
        '5' => (5, [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E]),
        '6' => (5, [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E]),
        '7' => (5, [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08]),
        '8' => (5, [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E]),
        '9' => (5, [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C]),
        'A' => (5, [0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11]),
        'B' => (5, [0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E]),
        'C' => (5, [0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E]),
        'D' => (5, [0x1C, 0x12, 0x11, 0x11, 0x11, 0x12, 0x1C]),
        'E' => (5, [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F]),
        'F' => (5, [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10]),
        'G' => (5, [0x0E, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0F]),
        'H' => (5, [0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11]),
        'I' => (3, [0x07, 0x02, 0x02, 0x02, 0x02, 0x02, 0x07]),
        'J' => (5, [0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0C]),
        'K' => (5, [0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11]),
        'L' => (5, [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F]),
        'M' => (5, [0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11]),
        'N' => (5, [0x11, 0x11, 0x19, 0x15, 0x13, 0x11, 0x11]),
        'O' => (5, [0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E]),
        'P' => (5, [0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10]),
        'Q' => (5, [0x0E, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0D]),
        'R' => (5, [0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11]),
        'S' => (5, [0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E]),
        'T' => (5, [0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
        'U' => (5, [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E]),
        'V' => (5, [0x11, 0x11, 0x11, 0x11, 0x11, 0x0A, 0x04]),
        'W' => (5, [0x11, 0x11, 0x11, 0x15, 0x15, 0x15, 0x0A]),
        'X' => (5, [0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11]),
        'Y' => (5, [0x11, 0x11, 0x11, 0x0A, 0x04, 0x04, 0x04]),
        'Z' => (5, [0x1F, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1F]),
        '%' => (5, [0x18, 0x19, 0x02, 0x04, 0x08, 0x13, 0x03]),
        '<' => (5, [0x02, 0x04, 0x08, 0x10, 0x08, 0x04, 0x02]),
        '/' => (5, [0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10]),
        '_' => (5, [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1F]),
        '-' | '–' => (3, [0, 0, 0, 7, 0, 0, 0]),
        ' ' => (3, [0; 7]),
        '.' => (2, [0, 0, 0, 0, 0, 3, 3]),
        ':' => (2, [0, 3, 3, 0, 3, 3, 0]),
        ',' => (2, [0, 0, 0, 0, 3, 1, 2]),
        '\'' => (2, [3, 1, 2, 0, 0, 0, 0]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_verdict_and_every_digit_is_there_and_no_two_look_alike() {
        let words = [Verdict::Go, Verdict::Wait, Verdict::Hold, Verdict::NoGo].map(|verdict| verdict.word());
        for word in words.into_iter().chain(["STALE", "0123456789", "<1%", "2.5%", "3/6", "–"]) {
            assert!(letters(word).is_some(), "{word}");
        }
        let all: Vec<_> = ('\0'..='\u{2100}').filter_map(|c| letter(c).map(|letter| (c, letter))).collect();
        for (index, (c, one)) in all.iter().enumerate() {
            for (other, another) in all.iter().skip(index + 1).filter(|(other, _)| (*c, *other) != ('-', '–'))
            {
                assert_ne!(one, another, "{c} {other}");
            }
            assert!(one.1.iter().all(|row| *row < 1 << one.0), "{c} is wider than it says");
        }
        let signs = [Verdict::Go, Verdict::Wait, Verdict::Hold, Verdict::NoGo].map(sign);
        assert!(signs.iter().enumerate().all(|(i, one)| signs.iter().skip(i + 1).all(|other| one != other)));
    }

    #[test]
    fn a_text_in_another_script_has_no_large_letters() {
        assert_eq!(letters("日本"), None);
        assert_eq!(letters("").map(|none| points(&none)), Some(0));
    }

    #[test]
    fn a_point_takes_the_cells_of_its_scale_and_nothing_is_drawn_outside() {
        let area = Rect::new(0, 0, 12, 8);
        let mut buf = Buffer::empty(area);
        let place = Rect::new(1, 1, 9, 6);
        let scale = Scale { columns: 2, rows: 1 };
        draw(&mut buf, place, &letters("LL").unwrap_or_default(), scale, "#", Style::new());
        for position in area.positions() {
            let is_on = buf[position].symbol() == "#";
            assert!(!is_on || place.contains(position), "{position:?}");
        }
        assert_eq!((buf[(1, 1)].symbol(), buf[(2, 1)].symbol(), buf[(3, 1)].symbol()), ("#", "#", " "));
    }
}
