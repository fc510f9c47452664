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

/// Writes a line into a row of the area, cut at its edge; rows below the area are dropped.
pub fn put(buf: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    if row < area.height && area.width > 0 {
        buf.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Writes lines from the top of the area.
pub fn put_all<'l>(buf: &mut Buffer, area: Rect, lines: impl IntoIterator<Item = Line<'l>>) {
    for (row, line) in lines.into_iter().take(usize::from(area.height)).enumerate() {
        put(buf, area, row, &line);
    }
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
}
