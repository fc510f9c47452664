//! Everything measured in one segment.
//!
//! ```text
//!  ✘ NO-GO errors  KILLED  stage 4/6 25%  bake 6:35 left                       where it stands
//!  desired     0% ░░░░░░░░░░   served    25% ███░░░░░░░  STILL SERVED at ios   the four exposures, and what differs
//!  ✘ NO-GO by errors-10 at 14:05:10 UTC, nobody acted: 31 of …                  what is latched, held and in doubt
//!  ┌ errors ✘ NO-GO ────────┐┌ latency ✔ GO ──────────┐                         a chart for each signal; where there is no
//!  │                        ││                        │                         room for all: the chosen one, and a list
//! ```
//!
//! In: the scene. Out: all of this for the selected segment, or for the one that most needs a look. Left and right choose the
//! signal, up and down the segment. It judges nothing.
//!
//! Start reading at [`draw`].

mod exposure;
mod grid;
mod list;
pub(super) mod standing;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::domain::{Station, Verdict};
use crate::engine::Model;
use crate::engine::model::{Cell, SegmentModel};
use crate::theme::Role;
use crate::ui::chart::rail;
use crate::ui::view::Shown;
use crate::ui::{Scene, copies, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Segments,
    opens: Some(Verb::Evidence),
    draw,
    copy: |rollouts, view, what| copies::subject(rollouts.open, view, what),
    ..Screen::of(Verb::Segment)
};

/// From so many columns on the exposures stand beside what is latched and held.
const BESIDE: u16 = 110;
/// Least rows that are kept for charts before anything else gets more than a line.
const CHARTS: u16 = 12;

fn title(scene: &Scene<'_>) -> String {
    let Some(segment) = scene.subject() else { return "segment".to_owned() };
    let segments = &scene.model.segments;
    let place = segments.iter().position(|known| known.name == segment.name).map_or(0, |at| at + 1);
    let is_worst = scene.selected().is_none() && segment.verdict >= Verdict::Hold;
    let why = if is_worst { ", the one that most needs a look" } else { "" };
    format!("segment {} ({place} of {}){why}", segment.name, segments.len())
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let Some(segment) = scene.subject() else {
        paint::put(buf, area, 0, &scene.line(" there are no segments", Role::Dim));
        return;
    };
    paint::put(buf, area, 0, &standing::line(scene, segment, area.width));
    let below = cut_top(area, 1).1;
    let is_beside = area.width >= BESIDE;
    let room = below.height.saturating_sub(CHARTS);
    let exposures = if is_beside || room >= 8 { 4 } else { 2 }.min(room);
    let notes = |width: u16, rows| standing::notes(scene, segment, (usize::from(width), rows));
    let rest = if is_beside {
        let (top, rest) = cut_top(below, exposures);
        let left = Rect { width: top.width / 2, ..top };
        exposure::draw(scene, buf, left, segment);
        let right = Rect { x: top.x + left.width, width: top.width - left.width, ..top };
        paint::put_text(buf, right, notes(right.width, right.height));
        rest
    } else {
        let (top, rest) = cut_top(below, exposures);
        exposure::draw(scene, buf, top, segment);
        let room = rest.height.saturating_sub(CHARTS);
        let notes = notes(area.width, room);
        let wanted = u16::try_from(notes.len()).unwrap_or(u16::MAX);
        let (top, rest) = cut_top(rest, wanted.min(room));
        paint::put_text(buf, top, notes);
        rest
    };
    if grid::fits(scene, rest) {
        grid::draw(scene, buf, rest, segment);
    } else {
        list::draw(scene, buf, rest, segment);
    }
}

/// What can be shown of a segment: every metric, then what customers say.
fn signals(model: &Model) -> Vec<Shown<'_>> {
    let metrics = model.rollout.metrics.iter().map(|metric| Shown::Metric(&metric.name));
    metrics.chain([Shown::Feedback]).collect()
}

/// What the station of a signal says.
fn cell<'m>(model: &Model, segment: &'m SegmentModel, signal: Shown<'_>) -> Option<(Station, &'m Cell)> {
    let station = match signal {
        Shown::Metric(metric) => rail::guardrail(model, metric)?.1.station,
        Shown::Feedback => Station::Feedback,
    };
    segment.board.get(&station).map(|cell| (station, cell))
}

/// The name of a signal.
fn name(signal: Shown<'_>) -> &str {
    match signal {
        Shown::Metric(metric) => metric.as_str(),
        // Not "feedback": that may be the name of a metric.
        Shown::Feedback => "scores",
    }
}

/// Cuts rows off the top: those, and the rest.
fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}
