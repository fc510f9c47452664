//! What a theme looks like, without any rollout: its verdicts, links and exposures, a small board and a chart.
//!
//! In: a theme. Out: cells. It is drawn with the same words and signs as the screens, so that what is shown here is what
//! is seen there. For `gonogo themes`; nothing here is measured.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke};
use ratatui::widgets::{Block, Borders, Widget};

use super::{paint, words};
use crate::domain::Verdict;
use crate::theme::{Role, Theme};

/// Columns of a sample: it fits where the narrowest screen does.
pub const COLUMNS: u16 = 78;
/// Rows of a sample.
pub const ROWS: u16 = 11;
/// Columns of the board, with its frame.
const BOARD: u16 = 40;
/// Columns of a station's name, and of a verdict.
const CELL: usize = 9;

/// The board: stations down, segments across.
const POLL: [(&str, [Verdict; 3]); 3] = [
    ("errors", [Verdict::Go, Verdict::Go, Verdict::NoGo]),
    ("latency", [Verdict::Go, Verdict::Hold, Verdict::Wait]),
    ("business", [Verdict::Go, Verdict::Wait, Verdict::Go]),
];

/// A curve that goes wrong, with a gap in it: minutes and values.
const TREATMENT: [&[(f64, f64)]; 2] = [
    &[(0.0, 2.0), (3.0, 2.3), (6.0, 1.9), (9.0, 2.4), (12.0, 3.1)],
    &[(15.0, 4.4), (18.0, 6.2), (21.0, 7.1), (24.0, 8.6), (27.0, 8.2), (30.0, 9.1)],
];
/// One that does not.
const CONTROL: &[(f64, f64)] =
    &[(0.0, 2.1), (5.0, 1.8), (10.0, 2.2), (15.0, 2.0), (20.0, 2.3), (25.0, 1.9), (30.0, 2.1)];
/// When the stage changed in the sample.
const STAGE: f64 = 10.0;

/// Draws the sample of a theme into an area of any size.
pub fn draw(theme: &Theme, name: &str, buf: &mut Buffer, area: Rect) {
    let glyphs = &theme.glyphs;
    let span = |text: String, role: Role| Span::styled(text, theme.style(role));
    let verdict = |verdict| span(words::verdict(glyphs, verdict), words::verdict_role(verdict));
    let gap = || Span::raw("  ");
    let sign = |sign: &str, word: &str, role| span(format!("{sign} {word}"), role);
    let mut verdicts = vec![Span::raw(" ")];
    for each in [Verdict::Go, Verdict::Wait, Verdict::Hold, Verdict::NoGo] {
        verdicts.extend([verdict(each), gap()]);
    }
    verdicts.extend([
        Span::raw("  "),
        sign(glyphs.live, "live", Role::Live),
        gap(),
        sign(glyphs.connecting, "connecting", Role::Wait),
        gap(),
        sign(glyphs.stale, "silent", Role::Hold),
        gap(),
        sign(glyphs.lost, "lost", Role::Lost),
    ]);
    let exposures = vec![
        span(" desired 50%".to_owned(), Role::Desired),
        gap(),
        span("confirmed 25%".to_owned(), Role::Confirmed),
        gap(),
        span("served 25%".to_owned(), Role::Served),
        gap(),
        span("observed 24.8%".to_owned(), Role::Observed),
        gap(),
        span("stale 24.1% 40s".to_owned(), Role::Stale),
    ];
    let others = vec![
        span(" dim".to_owned(), Role::Dim),
        gap(),
        span(format!("{}selected", glyphs.selected), Role::Selected),
        gap(),
        span("w".to_owned(), Role::Key),
        span(" widen".to_owned(), Role::Text),
        gap(),
        span("u roll back".to_owned(), Role::Disabled),
        gap(),
        span("NOT CONFIRMED".to_owned(), Role::Danger),
        gap(),
        span(format!("{} better", glyphs.up), Role::Positive),
        gap(),
        span(format!("{} worse", glyphs.down), Role::Negative),
    ];
    let title = if theme.title.is_empty() { String::new() } else { format!("  {}", theme.title) };
    let head = vec![span(format!(" {name}"), Role::Title), span(title, Role::Dim)];
    paint::put_all(buf, area, [head, verdicts, exposures, others].map(Line::from));
    let below = Rect { y: area.y.saturating_add(4), height: area.height.saturating_sub(4), ..area };
    let board = Rect { width: BOARD.min(below.width), ..below };
    let chart =
        Rect { x: below.x + board.width, width: below.width - board.width, height: below.height, ..below };
    draw_board(theme, buf, board.intersection(buf.area));
    draw_chart(theme, buf, chart.intersection(buf.area));
    if let Some(ground) = theme.ground() {
        paint::put_ground(buf, ground);
    }
    if glyphs.is_ascii() {
        paint::make_ascii(buf);
    }
}

fn framed(theme: &Theme, buf: &mut Buffer, area: Rect, title: &str, focused: bool) -> Rect {
    let glyphs = &theme.glyphs;
    let (set, role) =
        if focused { (glyphs.border_focused, Role::BorderFocused) } else { (glyphs.border, Role::Border) };
    let title = Line::styled(title.to_owned(), theme.style(Role::Title));
    let block =
        Block::new().borders(Borders::ALL).border_set(set).border_style(theme.style(role)).title(title);
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

fn draw_board(theme: &Theme, buf: &mut Buffer, area: Rect) {
    let inner = framed(theme, buf, area, " go / no-go ", true);
    let mut rows = vec![Line::styled(
        format!("{:CELL$}{:CELL$}{:CELL$}{:CELL$}", "", "internal", "free", "eu"),
        theme.style(Role::Dim),
    )];
    for (station, verdicts) in POLL {
        let mut row = vec![Span::styled(format!("{station:CELL$}"), theme.style(Role::Text))];
        for verdict in verdicts {
            let text = words::verdict(&theme.glyphs, verdict);
            let rest = CELL.saturating_sub(text.chars().count());
            row.push(Span::styled(text, theme.style(words::verdict_role(verdict))));
            row.push(Span::raw(" ".repeat(rest)));
        }
        rows.push(Line::from(row));
    }
    let spark = [0.1, 0.2, 0.15, 0.3, 0.45, 0.6, 0.85, 1.0, 0.9].map(|share| theme.glyphs.spark_level(share));
    rows.push(Line::from(vec![
        Span::styled(format!("{:CELL$}", "errors"), theme.style(Role::ChartAxis)),
        Span::styled(spark.concat(), theme.style(Role::Treatment)),
        Span::styled(
            format!("  {}{} 60%", theme.glyphs.bar.repeat(6), theme.glyphs.bar_empty.repeat(4)),
            theme.style(Role::Confirmed),
        ),
    ]));
    paint::put_all(buf, inner, rows);
}

fn draw_chart(theme: &Theme, buf: &mut Buffer, area: Rect) {
    let inner = framed(theme, buf, area, " errors in eu: treatment, control ", false);
    if inner.is_empty() {
        return;
    }
    let color = |role| theme.style(role).fg.unwrap_or(Color::Reset);
    Canvas::default()
        .marker(theme.glyphs.marker_second)
        .x_bounds([0.0, 30.0])
        .y_bounds([0.0, 10.0])
        .paint(|canvas| {
            stroke(canvas, CONTROL, color(Role::Control));
            canvas.layer();
            canvas.marker(theme.glyphs.marker);
            for run in TREATMENT {
                stroke(canvas, run, color(Role::Treatment));
            }
        })
        .render(inner, buf);
    let share = STAGE / 30.0;
    // The share is below 1, so the column lies inside.
    let x = inner.x + (share * f64::from(inner.width - 1)).round() as u16;
    for y in inner.top()..inner.bottom() {
        if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| cell.symbol() == " ") {
            cell.set_symbol(theme.glyphs.vertical).set_style(theme.style(Role::StageMark));
        }
    }
}

fn stroke(canvas: &mut Context<'_>, run: &[(f64, f64)], color: Color) {
    for pair in run.windows(2) {
        if let [(x1, y1), (x2, y2)] = pair {
            canvas.draw(&Stroke { x1: *x1, y1: *y1, x2: *x2, y2: *y2, color });
        }
    }
}

/// Draws every role with its word, in its look, and what it is for.
pub fn draw_roles(theme: &Theme, buf: &mut Buffer, area: Rect) {
    let rows = Role::ALL.iter().map(|role| {
        let word = Span::styled(role.word(), theme.style(*role));
        let rest = 17_usize.saturating_sub(role.word().len());
        Line::from(vec![
            Span::raw(" "),
            word,
            Span::raw(" ".repeat(rest)),
            Span::styled(role.about(), theme.style(Role::Text)),
        ])
    });
    paint::put_all(buf, area, rows);
    if let Some(ground) = theme.ground() {
        paint::put_ground(buf, ground);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Depth, names, pick};
    use crate::ui::tests::pictures::text;

    #[test]
    fn the_sample_says_the_same_in_every_theme_and_draws_at_any_size() {
        let area = Rect::new(0, 0, COLUMNS, ROWS);
        let drawn = |theme: &Theme| {
            let mut buf = Buffer::empty(area);
            draw(theme, "x", &mut buf, area);
            let text = text(&buf);
            text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()
        };
        let usual = drawn(&pick("default", Depth::Rgb, false).unwrap());
        for part in ["✔ GO", "… WAIT", "‖ HOLD", "✘ NO-GO", "● live", "○ lost", "errors", "NOT CONFIRMED"]
        {
            assert!(usual.contains(part), "{part}: {usual}");
        }
        for name in names() {
            assert_eq!(drawn(&pick(name, Depth::Rgb, false).unwrap()), usual, "{name}");
            assert!(drawn(&pick(name, Depth::Mono, true).unwrap()).is_ascii());
        }
        let theme = pick("gruvbox", Depth::Rgb, false).unwrap();
        for columns in 0..COLUMNS {
            for rows in 0..ROWS {
                let area = Rect::new(0, 0, columns, rows);
                draw(&theme, "x", &mut Buffer::empty(area), area);
                draw_roles(&theme, &mut Buffer::empty(area), area);
            }
        }
    }
}
