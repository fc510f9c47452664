//! One metric of one segment over the last minutes: treatment against control.
//!
//! Without a selected segment it shows the one that most needs a look, and says which. The arms differ
//! in marker, not only in colour. Where there was no data nothing is drawn. A line of the stage mark
//! stands where the present exposure was reached.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::Line;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke, Points};

use super::curve::{Curve, Run};
use crate::action::Verb;
use crate::domain::SourceKind;
use crate::theme::Role;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::view::Shown;
use crate::ui::{Scene, facts, paint, words};

/// The pane.
pub const PANE: Pane =
    Pane { place: Place::Left, steer: Steer::Rows, opens: Verb::Segment, title, rows: |_, _| 0, draw };

/// Width of the labels of the values.
const LABELS: u16 = 7;

fn title(scene: &Scene<'_>) -> String {
    let Some(segment) = scene.subject() else { return "chart".to_owned() };
    let what = match scene.view.shown(scene.model) {
        Shown::Feedback => "feedback, mean score".to_owned(),
        Shown::Metric(metric) => {
            let distribution = segment.series.get(metric).is_some_and(|series| series.is_distribution);
            format!("{metric}, {}", if distribution { "p95" } else { "bad users in %" })
        }
    };
    let worst = if scene.selected().is_none() { " (worst)" } else { "" };
    format!("{}{worst}: {what}", segment.name)
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, _: usize) {
    let Some(segment) = scene.subject() else { return };
    let shown = scene.view.shown(scene.model);
    let columns = usize::from(area.width.saturating_sub(LABELS));
    let (curve, kind, name) = match shown {
        Shown::Feedback => {
            (Curve::of_feedback(scene.model, Some(&segment.name), columns), SourceKind::Feedback, None)
        }
        Shown::Metric(metric) => (
            Curve::of_metric(scene.model, segment, metric, columns),
            SourceKind::Metrics,
            Some(metric.as_str()),
        ),
    };
    if let Some(trouble) = facts::troubles(scene.model, kind, name).first() {
        paint::put(buf, area, 0, &scene.trouble(trouble, usize::from(area.width)));
    } else if curve.is_empty() {
        let text = if kind == SourceKind::Feedback { " no scores yet" } else { " no traffic yet" };
        paint::put(buf, area, 0, &scene.line(text, Role::Dim));
    } else {
        paint::put(buf, area, 0, &legend(scene, &curve));
    }
    // One row of legend, one of times, and at least two to draw in.
    if curve.is_empty() || area.height < 4 || area.width < LABELS + 8 {
        return;
    }
    let plot =
        Rect { x: area.x + LABELS, y: area.y + 1, width: area.width - LABELS, height: area.height - 2 };
    axes(scene, buf, area, plot, &curve);
    strokes(scene, buf, plot, &curve);
    stage_mark(scene, buf, plot, &curve);
}

fn legend(scene: &Scene<'_>, curve: &Curve) -> Line<'static> {
    let last = |runs: &[Run]| runs.last().and_then(|run| run.last()).map(|(_, value)| *value);
    let (line, dots) = if scene.glyphs().marker == crate::theme::Glyphs::ASCII.marker {
        ("*", ".")
    } else {
        (scene.glyphs().bar, scene.glyphs().bullet)
    };
    Line::from(vec![
        scene.span(format!(" {line} treatment {}", words::number(last(&curve.treatment))), Role::Treatment),
        scene.span(format!("   {dots} control {}", words::number(last(&curve.control))), Role::Control),
    ])
}

fn axes(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, plot: Rect, curve: &Curve) {
    let width = usize::from(LABELS) - 1;
    let label = |value: f64| scene.line(format!("{:>width$}", words::number(Some(value))), Role::ChartAxis);
    paint::put(buf, area, 1, &label(top(curve)));
    if plot.height > 4 {
        paint::put(buf, area, usize::from(1 + plot.height / 2), &label(top(curve) / 2.0));
    }
    paint::put(buf, area, usize::from(plot.height), &label(0.0));
    let times = Rect { x: plot.x, y: plot.y + plot.height, width: plot.width, height: 1 };
    let minutes = curve.window_s / 60;
    let room = usize::from(plot.width);
    let (start, now) = (format!("{minutes} min ago"), "now");
    let gap = room.saturating_sub(start.len() + now.len());
    paint::put(buf, times, 0, &scene.line(format!("{start}{}{now}", " ".repeat(gap)), Role::ChartAxis));
}

/// The value at the upper edge: a little above the largest, so that it is seen.
fn top(curve: &Curve) -> f64 {
    if curve.top > 0.0 { curve.top * 1.1 } else { 1.0 }
}

fn strokes(scene: &Scene<'_>, buf: &mut Buffer, plot: Rect, curve: &Curve) {
    let color = |role| scene.style(role).fg.unwrap_or(Color::Reset);
    let (treatment, control) = (color(Role::Treatment), color(Role::Control));
    let glyphs = scene.glyphs();
    Canvas::default()
        .marker(glyphs.marker_second)
        .x_bounds([-(curve.window_s as f64), 0.0])
        .y_bounds([0.0, top(curve)])
        .paint(|ctx| {
            stroke(ctx, &curve.control, control);
            ctx.layer();
            ctx.marker(glyphs.marker);
            stroke(ctx, &curve.treatment, treatment);
        })
        .render(plot, buf);
}

fn stroke(ctx: &mut Context<'_>, runs: &[Run], color: Color) {
    for run in runs {
        if let [point] = run.as_slice() {
            ctx.draw(&Points { coords: &[*point], color });
        }
        for pair in run.windows(2) {
            if let [(x1, y1), (x2, y2)] = pair {
                ctx.draw(&Stroke { x1: *x1, y1: *y1, x2: *x2, y2: *y2, color });
            }
        }
    }
}

/// Marks where the present exposure was reached, in cells that are still free.
fn stage_mark(scene: &Scene<'_>, buf: &mut Buffer, plot: Rect, curve: &Curve) {
    let Some(since) = scene.subject().and_then(|segment| segment.stage_since) else { return };
    let before_s = scene.model.now.since(since).as_secs_f64();
    let share = 1.0 - before_s / curve.window_s as f64;
    if share <= 0.0 || plot.width == 0 {
        return;
    }
    // The share is at most 1, so the column lies inside the plot.
    let x = plot.x + (share * f64::from(plot.width - 1)).round() as u16;
    for y in plot.top()..plot.bottom() {
        if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| cell.symbol() == " ") {
            cell.set_symbol(scene.glyphs().vertical).set_style(scene.style(Role::StageMark));
        }
    }
}
