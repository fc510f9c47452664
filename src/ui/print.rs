//! Cells as lines of text for standard output, with or without colours.
//!
//! In: a buffer. Out: lines that a terminal shows where they are written, without moving the cursor, so that they stay in
//! the scrollback and go through a pager. The screen itself is written by `term`.

use std::fmt::Write;

use anstyle::{Ansi256Color, AnsiColor, Effects, RgbColor, Style};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// The cells, row by row. Without `colored` it is text alone.
#[must_use]
pub fn print(buf: &Buffer, colored: bool) -> String {
    let mut out = String::new();
    let width = usize::from(buf.area.width).max(1);
    for row in buf.content.chunks(width) {
        let shown =
            row.iter().rposition(|cell| colored && style(cell) != Style::new() || cell.symbol() != " ");
        let mut look = Style::new();
        let mut skip = 0;
        for cell in row.iter().take(shown.map_or(0, |last| last + 1)) {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = cell.symbol().width().saturating_sub(1);
            let next = if colored { style(cell) } else { Style::new() };
            if next != look {
                // Writing to a String cannot fail.
                let _ = write!(out, "{}{}", look.render_reset(), next.render());
                look = next;
            }
            out.push_str(cell.symbol());
        }
        let _ = write!(out, "{}", look.render_reset());
        out.push('\n');
    }
    out
}

fn style(cell: &Cell) -> Style {
    let effects = [
        (Modifier::BOLD, Effects::BOLD),
        (Modifier::DIM, Effects::DIMMED),
        (Modifier::REVERSED, Effects::INVERT),
        (Modifier::UNDERLINED, Effects::UNDERLINE),
    ];
    let effects = effects.into_iter().filter(|(modifier, _)| cell.modifier.contains(*modifier));
    let effects = effects.fold(Effects::new(), |all, (_, effect)| all | effect);
    Style::new().fg_color(color(cell.fg)).bg_color(color(cell.bg)).effects(effects)
}

fn color(color: Color) -> Option<anstyle::Color> {
    let named = |color: AnsiColor| Some(anstyle::Color::Ansi(color));
    match color {
        Color::Reset => None,
        Color::Black => named(AnsiColor::Black),
        Color::Red => named(AnsiColor::Red),
        Color::Green => named(AnsiColor::Green),
        Color::Yellow => named(AnsiColor::Yellow),
        Color::Blue => named(AnsiColor::Blue),
        Color::Magenta => named(AnsiColor::Magenta),
        Color::Cyan => named(AnsiColor::Cyan),
        Color::Gray => named(AnsiColor::White),
        Color::DarkGray => named(AnsiColor::BrightBlack),
        Color::LightRed => named(AnsiColor::BrightRed),
        Color::LightGreen => named(AnsiColor::BrightGreen),
        Color::LightYellow => named(AnsiColor::BrightYellow),
        Color::LightBlue => named(AnsiColor::BrightBlue),
        Color::LightMagenta => named(AnsiColor::BrightMagenta),
        Color::LightCyan => named(AnsiColor::BrightCyan),
        Color::White => named(AnsiColor::BrightWhite),
        Color::Rgb(r, g, b) => Some(anstyle::Color::Rgb(RgbColor(r, g, b))),
        Color::Indexed(index) => Some(anstyle::Color::Ansi256(Ansi256Color(index))),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn colours_are_written_where_they_change_and_end_with_the_line() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 2));
        buf.set_string(0, 0, "ab", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        buf.set_string(2, 0, "日c", Style::new().fg(Color::LightRed));
        assert_eq!(print(&buf, false), "ab日c\n\n");
        assert_eq!(print(&buf, true), "\u{1b}[1m\u{1b}[38;2;1;2;3mab\u{1b}[0m\u{1b}[91m日c\u{1b}[0m\n\n");
    }
}
