//! A terminal's screen as SVG.
//!
//! In: the cells of a terminal emulator. Out: text. Runs of cells that look alike are one `<text>`, stretched to
//! its columns (`textLength`), so that whatever monospace font the viewer has, the columns stand. Nothing is
//! loaded from outside.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// Size of a cell in pixels, and of the letters.
const CELL: (f64, f64) = (8.4, 18.0);
const LETTERS: f64 = 14.0;
/// Where the letters stand in their cell, counted from above.
const BASELINE: f64 = 13.5;
/// Space around the screen.
const MARGIN: f64 = 14.0;

/// The terminal's own colours.
const BACKGROUND: &str = "#111318";
const FOREGROUND: &str = "#d7dae0";

/// The first sixteen colours of a terminal.
const SIXTEEN: [&str; 16] = [
    "#1c1c1c", "#e05561", "#8cc265", "#d18f52", "#4aa5f0", "#c162de", "#42b3c2", "#d7dae0", "#6b7280",
    "#ff616e", "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
];

/// How a cell looks.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut ink, mut paper) = (colour(cell.fgcolor(), FOREGROUND), colour(cell.bgcolor(), BACKGROUND));
        if cell.inverse() {
            std::mem::swap(&mut ink, &mut paper);
        }
        let (bold, dim, italic, underline) = (cell.bold(), cell.dim(), cell.italic(), cell.underline());
        Self { ink, paper, bold, dim, italic, underline }
    }
}

/// Draws a screen.
pub fn draw(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (width, height) = (f64::from(columns.get()) * CELL.0, f64::from(rows.get()) * CELL.1);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.1} {1:.1}\" width=\"{0:.1}\" height=\"{1:.1}\" \
         font-family=\"'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,'Liberation Mono',monospace\" \
         font-size=\"{LETTERS}\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">",
        width + 2.0 * MARGIN,
        height + 2.0 * MARGIN,
    );
    for row in 0..rows.get() {
        for (start, cells, look, text) in runs(screen, row, columns.get()) {
            let (x, y) = (f64::from(start) * CELL.0, f64::from(row) * CELL.1);
            let wide = f64::from(cells) * CELL.0;
            if look.paper != BACKGROUND {
                let (rect_height, paper) = (CELL.1, &look.paper);
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{rect_height:.1}\" fill=\"{paper}\"/>"
                );
            }
            // A blank has nothing to draw but its paper.
            let shown = text.trim_end();
            let lead = shown.len() - shown.trim_start().len();
            let shown = shown.trim_start();
            if shown.is_empty() {
                continue;
            }
            let blanks = u16::try_from(lead).unwrap_or(0);
            let left = x + f64::from(blanks) * CELL.0;
            let trailing = u16::try_from(text.len() - text.trim_end().len()).unwrap_or(0);
            let length = f64::from(cells - blanks - trailing) * CELL.0;
            let _ = writeln!(
                out,
                "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" fill=\"{}\"{}>{}</text>",
                y + BASELINE,
                look.ink,
                attributes(&look),
                escape(shown),
            );
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The runs of a row: first column, number of columns, look, text.
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<(u16, u16, Look, String)> {
    let mut runs: Vec<(u16, u16, Look, String)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else {
            continue;
        };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let (look, wide) = (Look::of(cell), if cell.is_wide() { 2 } else { 1 });
        match runs.last_mut() {
            // A long gap ends a run: whatever stands behind it keeps its column in any font.
            Some((_, cells, last, run)) if *last == look && !(run.ends_with("  ") && text != " ") => {
                *cells += wide;
                run.push_str(text);
            }
            _ => runs.push((column, wide, look, text.to_owned())),
        }
    }
    runs
}

fn attributes(look: &Look) -> String {
    let mut text = String::new();
    for (is_so, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.dim, " opacity=\"0.6\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
    ] {
        if is_so {
            text.push_str(attribute);
        }
    }
    text
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Idx(index) => match SIXTEEN.get(usize::from(index)) {
            Some(named) => (*named).to_owned(),
            None if index < 232 => {
                // The cube of 6 × 6 × 6 colours.
                let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
                let cube = index - 16;
                format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6))
            }
            None => {
                let grey = 8 + 10 * (index - 232);
                format!("#{grey:02x}{grey:02x}{grey:02x}")
            }
        },
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
