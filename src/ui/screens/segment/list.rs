//! The chosen signal as a chart, and all of them as a list with sparklines: where charts for all do not fit.
//!
//! In: the scene, an area, a segment. Out: the list at the bottom, the chart above it. The chosen signal stays in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{cell, cut_top, name, signals};
use crate::domain::text::{cut, thousands};
use crate::domain::{Arm, SourceKind};
use crate::engine::model::SegmentModel;
use crate::theme::Role;
use crate::ui::chart::spark;
use crate::ui::screens::first_in_sight;
use crate::ui::view::Shown;
use crate::ui::{Scene, chart, facts, paint, words};

/// Least rows of the chart with its title.
const CHART: u16 = 7;
/// Columns: name, verdict, the numbers of each arm, users.
const NAME: usize = 12;
const VERDICT: usize = 8;
const NUMBER: usize = 9;
const USERS: usize = 9;
/// Most cells of a sparkline.
const SPARK: usize = 30;

/// Draws both.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, segment: &SegmentModel) {
    let signals = signals(scene.model);
    let shown = scene.view.shown(scene.model);
    let wanted = u16::try_from(signals.len() + 1).unwrap_or(u16::MAX);
    let rows = wanted.min(area.height.saturating_sub(CHART)).max(u16::from(area.height > CHART));
    let (above, below) = cut_top(area, area.height - rows.min(area.height));
    let inner = paint::frame(scene, buf, above, &chart::title(segment, shown), false, true);
    chart::draw(scene, buf, inner, segment, shown);
    if below.height < 2 {
        return;
    }
    let room = usize::from(below.height) - 1;
    let chosen = signals.iter().position(|signal| *signal == shown).unwrap_or(0);
    let first = first_in_sight(chosen, signals.len(), room);
    let cells = cells(below.width);
    paint::put(buf, below, 0, &head(scene, cells, signals.len(), room));
    for (row, signal) in signals.iter().skip(first).take(room).enumerate() {
        paint::put(buf, below, row + 1, &line(scene, segment, *signal, *signal == shown, cells));
    }
}

/// How many cells each arm's sparkline has.
fn cells(width: u16) -> usize {
    let used = 1 + NAME + 1 + VERDICT + 2 * NUMBER + USERS + 2;
    (usize::from(width).saturating_sub(used + 2) / 2).min(SPARK)
}

fn head(scene: &Scene<'_>, cells: usize, all: usize, room: usize) -> Line<'static> {
    let name = if all > room { format!("signal of {all}") } else { "signal".to_owned() };
    let mut text = format!(
        " {name:NAME$} {:VERDICT$}{:>NUMBER$}{:>NUMBER$}{:>USERS$}",
        "verdict", "treatment", "control", "n"
    );
    if cells > 0 {
        text.push_str(&format!("  {:cells$}  {:cells$}", cut("treatment", cells), cut("control", cells)));
    }
    scene.line(text, Role::Dim)
}

fn line(
    scene: &Scene<'_>,
    segment: &SegmentModel,
    signal: Shown<'_>,
    is_chosen: bool,
    cells: usize,
) -> Line<'static> {
    let mark = if is_chosen { scene.glyphs().selected } else { " " };
    let role = if is_chosen { Role::Selected } else { Role::Text };
    let mut line = Line::from(scene.span(format!("{mark}{:NAME$}", cut(name(signal), NAME)), role));
    line.push_span(" ");
    match cell(scene.model, segment, signal) {
        Some((_, cell)) => {
            let text = format!("{:VERDICT$}", words::verdict(scene.glyphs(), cell.verdict));
            line.push_span(scene.span(text, words::verdict_role(cell.verdict)));
        }
        None => line.push_span(scene.span(format!("{:VERDICT$}", words::UNKNOWN), Role::Dim)),
    }
    match signal {
        Shown::Metric(metric) => {
            let Some(series) = segment.series.get(metric) else { return line };
            let is_stale = facts::stale_age(scene.model, SourceKind::Metrics, metric.as_str()).is_some();
            let mut users = 0.0;
            for (arm, role) in [(Arm::Treatment, Role::Treatment), (Arm::Control, Role::Control)] {
                let counts = facts::lately(scene.model, series, arm);
                users += counts.map_or(0.0, |counts| counts.units);
                let text = match (series.is_distribution, counts) {
                    (true, _) => match series.p95.get(arm) {
                        Some(p95) => format!("{} ms", words::whole(Some(*p95))),
                        None => words::UNKNOWN.to_owned(),
                    },
                    (false, Some(c)) => format!("{}%", words::rate_of(c.bad / c.units, c.units)),
                    (false, None) => words::UNKNOWN.to_owned(),
                };
                line.push_span(
                    scene.span(format!("{text:>NUMBER$}"), if is_stale { Role::Stale } else { role }),
                );
            }
            line.push_span(scene.span(format!("{:>USERS$}", thousands(users as u64)), Role::Dim));
            let arms = [Arm::Treatment, Arm::Control];
            let bins = arms.map(|arm| spark::cells(scene.model, segment, metric, arm, cells));
            let top = spark::top(&bins);
            for (bins, role) in bins.iter().zip([Role::Treatment, Role::Control]) {
                line.push_span(
                    scene.span(format!("  {:cells$}", spark::text(scene.glyphs(), bins, top)), role),
                );
            }
        }
        Shown::Feedback => {
            let mut pieces = 0;
            for (arm, role) in [(Arm::Treatment, Role::Treatment), (Arm::Control, Role::Control)] {
                let (count, mean) = scores(scene, segment, arm);
                pieces += count;
                let text = mean.map_or_else(|| words::UNKNOWN.to_owned(), |mean| format!("{mean:.1}"));
                line.push_span(scene.span(format!("{text:>NUMBER$}"), role));
            }
            line.push_span(scene.span(format!("{pieces:>USERS$}"), Role::Dim));
        }
    }
    line
}

/// How many scores an arm of a segment gave among the comments that are kept, and their mean.
fn scores(scene: &Scene<'_>, segment: &SegmentModel, arm: Arm) -> (usize, Option<f64>) {
    let said = scene.model.comments.iter().map(|comment| &comment.feedback);
    let here = said.filter(|said| said.segment == segment.name && said.arm == Some(arm));
    let scores: Vec<f64> = here.filter_map(|said| said.score).map(f64::from).collect();
    let mean = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    (scores.len(), mean)
}
