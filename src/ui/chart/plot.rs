//! The cells of a chart: lines, guardrail, marks, intervals, and both axes.
//!
//! In: a curve with its scale, guardrail and marks, and an area. Out: cells inside it. The lines come first, and what else
//! there is takes only cells that are still free: it must never hide a measurement. Where two things are due in a cell the
//! order is: line of treatment, of control, guardrail, mark, interval.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke, Points};

use super::curve::Curve;
use super::marks::Mark;
use super::scale::Scale;
use crate::domain::Arm;
use crate::theme::Role;
use crate::ui::{Scene, paint};

/// Width of the labels of the values, with the gap behind them.
pub const LABELS: u16 = 8;
/// Columns between two labels of the time axis.
const GAP: usize = 2;

/// What is drawn where.
pub struct Plot<'a> {
    /// The cells of the curve.
    pub area: Rect,
    /// The curve.
    pub curve: &'a Curve,
    /// Its axis of values.
    pub scale: Scale,
    /// Where the guardrail lies.
    pub rail: Option<f64>,
    /// What was done.
    pub marks: &'a [Mark],
}

impl Plot<'_> {
    /// Draws everything inside the axes.
    pub fn draw(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        if self.area.is_empty() {
            return;
        }
        self.draw_lines(scene, buf);
        self.draw_rail(scene, buf);
        self.draw_marks(scene, buf);
        self.draw_bands(scene, buf);
    }

    fn draw_lines(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let color = |role| scene.style(role).fg.unwrap_or(Color::Reset);
        let (treatment, control) = (color(Role::Treatment), color(Role::Control));
        let glyphs = scene.glyphs();
        let clamp = |value: f64| value.clamp(self.scale.low, self.scale.top);
        let stroke = |ctx: &mut Context<'_>, arm: Arm, color: Color| {
            for run in self.curve.runs(arm) {
                if let [(x, y)] = run.as_slice() {
                    ctx.draw(&Points { coords: &[(*x, clamp(*y))], color });
                }
                for pair in run.windows(2) {
                    if let [(x1, y1), (x2, y2)] = pair {
                        ctx.draw(&Stroke { x1: *x1, y1: clamp(*y1), x2: *x2, y2: clamp(*y2), color });
                    }
                }
            }
        };
        Canvas::default()
            .marker(glyphs.marker_second)
            .x_bounds([0.0, self.curve.page.span_s as f64])
            .y_bounds([self.scale.low, self.scale.top])
            .paint(|ctx| {
                stroke(ctx, Arm::Control, control);
                ctx.layer();
                ctx.marker(glyphs.marker);
                stroke(ctx, Arm::Treatment, treatment);
            })
            .render(self.area, buf);
    }

    /// Dashes, so that it is no curve also without colour.
    fn draw_rail(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let Some(value) = self.rail.filter(|value| self.scale.holds(*value)) else { return };
        let y = self.area.y + self.scale.row(value, self.area.height);
        let (dash, style) = (scene.glyphs().horizontal, scene.style(Role::Danger));
        for x in self.area.left()..self.area.right() {
            if (x - self.area.x) % 3 != 2 {
                fill(buf, x, y, dash, style);
            }
        }
    }

    fn draw_marks(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let mut marks: Vec<_> =
            self.marks.iter().filter_map(|mark| Some((self.column(mark.at)?, mark.sign))).collect();
        // The heaviest of a column is drawn, and the sign itself over whatever is there: it has a row of its own.
        marks.sort_unstable_by_key(|(x, sign)| (*x, std::cmp::Reverse(*sign)));
        marks.dedup_by_key(|(x, _)| *x);
        for (x, sign) in marks {
            let style = scene.style(sign.role());
            if let Some(cell) = buf.cell_mut((x, self.area.y)) {
                cell.set_symbol(sign.glyph(scene.glyphs())).set_style(style);
            }
            for y in self.area.top() + 1..self.area.bottom() {
                fill(buf, x, y, scene.glyphs().vertical, style);
            }
        }
    }

    fn draw_bands(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let glyphs = scene.glyphs();
        let rows = self.area.height;
        let of = |arm: Arm, bin: usize| {
            let (low, high) = self.curve.arm(arm).bins.get(bin).copied().flatten()?.band?;
            let (above, below) = (self.scale.row(high, rows), self.scale.row(low, rows));
            (high >= self.scale.low && low <= self.scale.top).then_some(above..=below)
        };
        for bin in 0..self.curve.page.len() {
            let (treatment, control) = (of(Arm::Treatment, bin), of(Arm::Control, bin));
            if treatment.is_none() && control.is_none() {
                continue;
            }
            for x in self.columns(bin) {
                for row in 0..rows {
                    let is_in = |band: &Option<std::ops::RangeInclusive<u16>>| {
                        band.as_ref().is_some_and(|rows| rows.contains(&row))
                    };
                    let (sign, role) = match (is_in(&treatment), is_in(&control)) {
                        (true, true) => (glyphs.band_both, Role::ChartAxis),
                        (true, false) => (glyphs.band, Role::Treatment),
                        (false, true) => (glyphs.band_second, Role::Control),
                        (false, false) => continue,
                    };
                    // Behind the lines, not beside them.
                    fill(buf, x, self.area.y + row, sign, scene.style(role).add_modifier(Modifier::DIM));
                }
            }
        }
    }

    /// The columns of a bin.
    fn columns(&self, bin: usize) -> std::ops::Range<u16> {
        let page = &self.curve.page;
        let edge = |bin: usize| {
            let share = (bin as f64 * page.bin_s as f64 / page.span_s.max(1) as f64).clamp(0.0, 1.0);
            self.area.x + (share * f64::from(self.area.width)).round() as u16
        };
        edge(bin)..edge(bin + 1)
    }

    /// The column of a moment. `None`: it is not on the page.
    fn column(&self, at: crate::domain::Timestamp) -> Option<u16> {
        let share = self.curve.page.share(at)?;
        Some(self.area.x + ((share * f64::from(self.area.width)) as u16).min(self.area.width - 1))
    }

    /// Draws the axis of values to the left of the area.
    pub fn draw_values(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let left = Rect { x: self.area.x.saturating_sub(LABELS), width: LABELS, ..self.area };
        let width = usize::from(LABELS) - 1;
        for tick in self.scale.ticks(self.area.height) {
            let row = usize::from(self.scale.row(tick, self.area.height));
            let text = format!("{:>width$}", self.scale.label(tick));
            paint::put(buf, left, row, &scene.line(text, Role::ChartAxis));
        }
    }

    /// Draws the axis of times below the area, with where now is: to its right is the future.
    pub fn draw_times(&self, scene: &Scene<'_>, buf: &mut Buffer) {
        let page = &self.curve.page;
        let width = usize::from(self.area.width);
        let y = self.area.bottom();
        let mut taken: Vec<(usize, usize)> = Vec::new();
        let mut put = |share: f64, text: &str, role: Role| {
            let at = ((share * width as f64) as usize).min(width.saturating_sub(text.len()));
            let end = at + text.len();
            let is_free = taken.iter().all(|(from, to)| at >= to + GAP || end + GAP <= *from);
            if text.len() <= width && is_free {
                taken.push((at, end));
                let x = self.area.x.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
                buf.set_stringn(x, y, text, width - at, scene.style(role));
            }
        };
        if let Some(share) = page.share(page.until) {
            put(share, "now", Role::ChartAxis);
        }
        for tick in page.ticks() {
            if let Some(share) = page.share(tick) {
                put(share, &page.label(tick), Role::ChartAxis);
            }
        }
        let left = Rect { x: self.area.x.saturating_sub(LABELS), y, width: LABELS, height: 1 };
        let width = usize::from(LABELS) - 1;
        paint::put(buf, left, 0, &scene.line(format!("{:>width$}", "UTC"), Role::ChartAxis));
    }
}

/// Writes a sign into a cell that is still free.
fn fill(buf: &mut Buffer, x: u16, y: u16, sign: &str, style: ratatui::style::Style) {
    if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| matches!(cell.symbol(), " " | "\u{2800}")) {
        cell.set_symbol(sign).set_style(style);
    }
}
