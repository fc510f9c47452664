//! A chart: one signal of one segment over time, treatment against control.
//!
//! ```text
//!  █ treatment now 2.1%  n=4,210   • control now 0.4%  n=12,880      the arms: sign, word, newest value, units on the page
//!  ─ guardrail 0.5% = control +10%   ◆ stage   ▒·░ 95 % of each bin   what else is drawn, as far as there is room
//!     3%          ◆        ▒▄▀▀                                      values with unit at round ticks
//!     2%          │     ▒▄▀▒                                         gaps are gaps; the interval of each bin
//!     1%  ──•──•──•──•──•──•                                         dashes: the guardrail
//!     0%  ▄▄▄▄▄▄▄▄▀
//!    UTC  14:00    14:05    14:10 now                                real times; right of now is the future
//! ```
//!
//! In: the scene, a segment and a signal. Out: cells. It is the same on the main screen, on the segment's screen and
//! wherever else one is wanted. Whatever the theme's signs are, no meaning is in the colour alone.
//!
//! Few cells change: bins and page stand at round times ([`page`]), the axis has round numbers and looks at complete bins
//! only ([`scale`]).
//!
//! Start reading at [`draw`], then [`curve`], then [`plot`].

pub mod curve;
mod legend;
mod marks;
mod page;
mod plot;
pub mod rail;
pub mod scale;
pub mod spark;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::curve::Curve;
use self::plot::{LABELS, Plot};
use self::rail::Rail;
use self::scale::Scale;
use super::view::Shown;
use super::{Scene, facts, paint};
use crate::domain::SourceKind;
use crate::engine::model::SegmentModel;
use crate::theme::Role;

/// From so many rows on the legend has two.
const TWO_LINES: u16 = 8;
/// Fewer rows leave nothing to draw in: a legend, the times and two for the curve.
const LEAST_ROWS: u16 = 4;
/// Fewer columns tell no curve.
const LEAST_COLUMNS: u16 = LABELS + 8;

/// Draws a signal of a segment into an area of any size.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, segment: &SegmentModel, signal: Shown<'_>) {
    let columns = usize::from(area.width.saturating_sub(LABELS));
    let (curve, rail) = measure(scene, segment, signal, columns);
    let marks = marks::of(scene.model, segment, &curve.page);
    let kind = if signal == Shown::Feedback { SourceKind::Feedback } else { SourceKind::Metrics };
    let name = if let Shown::Metric(metric) = signal { Some(metric.as_str()) } else { None };
    let trouble = facts::troubles(scene.model, kind, name);
    let is_drawn = !curve.is_empty() && area.height >= LEAST_ROWS && area.width >= LEAST_COLUMNS;
    let mut lines = legend::lines(scene, &curve, rail.as_ref(), &marks, (area.width, trouble.is_empty()));
    if curve.is_empty() {
        let text = if signal == Shown::Feedback { " no scores yet" } else { " no traffic yet" };
        lines = vec![scene.line(text, Role::Dim)];
    }
    if let Some(trouble) = trouble.first() {
        // What is drawn is old: that is said first, and the arms keep their line where there are two.
        lines.insert(0, scene.trouble(trouble, usize::from(area.width)));
    }
    let rows = if area.height >= TWO_LINES { 2 } else { 1 };
    let legend = u16::try_from(lines.len()).unwrap_or(rows).min(rows);
    paint::put_all(buf, Rect { height: area.height.min(legend), ..area }, lines);
    if !is_drawn {
        return;
    }
    let plot = Rect {
        x: area.x + LABELS,
        y: area.y + legend,
        width: area.width - LABELS,
        height: area.height - legend - 1,
    };
    let rail = rail.and_then(|rail| rail.value);
    let plot = Plot { area: plot, curve: &curve, scale: Scale::new(&curve, rail), rail, marks: &marks };
    plot.draw(scene, buf);
    plot.draw_values(scene, buf);
    plot.draw_times(scene, buf);
}

/// What is drawn of a signal: its curve, and the line of its guardrail.
fn measure(
    scene: &Scene<'_>,
    segment: &SegmentModel,
    signal: Shown<'_>,
    columns: usize,
) -> (Curve, Option<Rail>) {
    match signal {
        Shown::Feedback => (Curve::of_feedback(scene.model, Some(&segment.name), columns), None),
        Shown::Metric(metric) => {
            let curve = Curve::of_metric(scene.model, segment, metric, columns);
            let rail = rail::of(scene.model, segment, metric, &curve);
            (curve, rail)
        }
    }
}

/// What a chart shows, in words: `errors, bad users in %`.
pub fn title(segment: &SegmentModel, signal: Shown<'_>) -> String {
    match signal {
        Shown::Feedback => "feedback, mean score 1–5".to_owned(),
        Shown::Metric(metric) => {
            let is_distribution = segment.series.get(metric).is_some_and(|series| series.is_distribution);
            format!("{metric}, {}", if is_distribution { "p95 in ms" } else { "bad users in %" })
        }
    }
}
