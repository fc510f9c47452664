//! Cells: lines into areas, frames around them, words wrapped to a width.
//!
//! In: lines and an area of the buffer. Out: cells inside that area, whatever its size. This file
//! knows nothing of rollouts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Scene;
use crate::theme::Role;

/// Most columns that are looked back for a wide sign: what joins several letters into one takes some more than two.
const WIDEST: u16 = 8;

/// What stands where a text is cut.
const CUT: &str = "…";

/// Writes a line into a row of the area, cut at its edge with a sign for it; rows below the area are dropped.
pub fn put(buf: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    if row < area.height && area.width > 0 {
        let y = area.y + row;
        let (end, _) = buf.set_line(area.x, y, line, area.width);
        // A wide sign may have left the last cell empty.
        if end.saturating_add(1) >= area.right() && needed(line) > usize::from(area.width) {
            put_cut(buf, area, area.right() - 1, y);
        }
    }
}

/// The columns of a line up to its last letter: spaces at its end may be cut.
fn needed(line: &Line<'_>) -> usize {
    let (mut used, mut needed) = (0, 0);
    for span in &line.spans {
        let letters = span.content.trim_end();
        if !letters.is_empty() {
            needed = used + letters.width();
        }
        used += span.content.width();
    }
    needed
}

/// Puts the sign of a cut into a cell, also where a wide sign reaches into it.
fn put_cut(buf: &mut Buffer, area: Rect, x: u16, y: u16) {
    cut_wide(buf, Rect { x, y, width: 1, height: 1 }.intersection(area));
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_symbol(CUT);
    }
}

/// Writes lines from the top of the area.
pub fn put_all<'l>(buf: &mut Buffer, area: Rect, lines: impl IntoIterator<Item = Line<'l>>) {
    for (row, line) in lines.into_iter().take(usize::from(area.height)).enumerate() {
        put(buf, area, row, &line);
    }
}

/// The same for a text that goes on: where not all lines have room, the last row ends with the sign of a cut.
pub fn put_text<'l>(buf: &mut Buffer, area: Rect, lines: impl IntoIterator<Item = Line<'l>>) {
    let mut lines = lines.into_iter();
    put_all(buf, area, lines.by_ref().take(usize::from(area.height)));
    if area.is_empty() || !lines.any(|line| needed(&line) > 0) {
        return;
    }
    let y = area.bottom() - 1;
    let is_letter = |x: &u16| buf.cell((*x, y)).is_some_and(|cell| !cell.symbol().trim().is_empty());
    // A letter may be wide; the sign stands apart from it where there is room.
    let x = (area.left()..area.right()).rev().find(is_letter).map_or(area.left(), |x| x.saturating_add(3));
    put_cut(buf, area, x.min(area.right() - 1), y);
}

/// A text with spaces behind it, as wide as `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// The display width of a line.
pub fn width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| span.content.width()).sum()
}

/// Draws a frame, or only its top rule where room is short, and returns what is inside.
pub fn frame(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    title: &str,
    boxed: bool,
    focused: bool,
) -> Rect {
    let glyphs = scene.glyphs();
    let (set, role) =
        if focused { (glyphs.border_focused, Role::BorderFocused) } else { (glyphs.border, Role::Border) };
    let borders = if boxed { Borders::ALL } else { Borders::TOP };
    let room = usize::from(area.width).saturating_sub(4);
    let title = format!(" {} ", crate::domain::text::cut(title, room));
    let block = Block::new()
        .borders(borders)
        .border_set(set)
        .border_style(scene.style(role))
        .title(scene.line(title, Role::Title));
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

/// Clears a panel's place in the middle of the area, frames it and returns what is inside.
pub fn panel(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, title: &str, columns: u16, rows: u16) -> Rect {
    let width = columns.saturating_add(4).min(area.width);
    let height = rows.saturating_add(2).min(area.height);
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    Clear.render(place, buf);
    cut_wide(buf, place);
    // A frame around two rows or less would leave nothing to read.
    if place.height < 4 || place.width < 12 {
        return place;
    }
    let inner = frame(scene, buf, place, title, true, true);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// Takes away the wide signs that begin left of an area and reach into it: the terminal would draw them over its edge.
fn cut_wide(buf: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.x.saturating_sub(WIDEST)..area.x {
            let Some(cell) = buf.cell_mut((x, y)) else { continue };
            if usize::from(x) + cell.symbol().width() > usize::from(area.x) {
                cell.set_symbol(" ");
            }
        }
    }
}

/// Breaks a text into lines of at most `columns`, between words where it can.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(used > 0);
        if used > 0 && used + gap + word.width() > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for cluster in word.graphemes(true) {
            if used > 0 && used + cluster.width() > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(cluster);
            used += cluster.width();
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Paints the screen: what has the terminal's own colours gets those of the theme.
pub fn put_ground(buf: &mut Buffer, ground: Style) {
    for cell in &mut buf.content {
        if cell.fg == Color::Reset {
            cell.fg = ground.fg.unwrap_or_default();
        }
        if cell.bg == Color::Reset {
            cell.bg = ground.bg.unwrap_or_default();
        }
    }
}

/// Replaces what an ASCII terminal cannot show, also in foreign text.
pub fn make_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "–" | "—" | "−" | "─" => "-",
            "…" => "~",
            "→" | "≥" => ">",
            "←" | "≤" => "<",
            "×" => "x",
            "≈" => "~",
            "·" => ".",
            "’" => "'",
            "“" | "”" => "\"",
            "│" => "|",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_by_display_width_and_long_words_are_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語 x", 4), ["日本", "語 x"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
        assert_eq!(wrap("ab", 0), ["a", "b"]);
    }

    fn drawn(columns: u16, rows: u16, lines: &[&str]) -> Vec<String> {
        let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
        let area = buf.area;
        put_text(&mut buf, area, lines.iter().map(|line| Line::from(*line)));
        let row = |y| (0..columns).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..rows).map(row).collect()
    }

    #[test]
    fn what_is_cut_at_the_right_or_below_says_so_and_what_fits_does_not() {
        assert_eq!(drawn(6, 1, &["abcdef"]), ["abcdef"]);
        assert_eq!(drawn(6, 1, &["abcdef   "]), ["abcdef"]);
        assert_eq!(drawn(6, 1, &["abcdefg"]), ["abcde…"]);
        assert_eq!(drawn(5, 1, &["日本語"]), ["日 本 …"]);
        assert_eq!(drawn(4, 1, &["日本語"]), ["日  …"]);
        assert_eq!(drawn(6, 2, &["one", "two"]), ["one   ", "two   "]);
        assert_eq!(drawn(6, 2, &["one", "two", " ", ""]), ["one   ", "two   "]);
        assert_eq!(drawn(6, 2, &["one", "two", "three"]), ["one   ", "two  …"]);
        assert_eq!(drawn(3, 1, &["one", "two"]), ["on…"]);
        assert_eq!(drawn(3, 1, &["", "two"]), ["…  "]);
        assert_eq!(drawn(0, 0, &["one"]), Vec::<String>::new());
    }
}
