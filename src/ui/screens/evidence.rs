//! The evidence of a segment, station by station, with its full sentences; and what each platform has.
//!
//! In: the scene. Out: lines, wrapped to the width. With everything selected it goes through all
//! segments.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::domain::{Station, Timestamp};
use crate::engine::Model;
use crate::engine::model::{Cell, Hold, PlatformModel, SegmentModel};
use crate::theme::Role;
use crate::ui::{Scene, View, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Lines,
    lines: |rollouts, view, _| rows(rollouts.open, view),
    draw,
    ..Screen::of(Verb::Evidence)
};

/// Columns by which a sentence stands in.
const INDENT: usize = 4;

fn title(scene: &Scene<'_>) -> String {
    match scene.view.selected() {
        Some(name) => format!("evidence in {name}"),
        None => "evidence in everything".to_owned(),
    }
}

/// About how many lines there are, for scrolling: a sentence takes two where it is narrow.
fn rows(model: &Model, view: &View) -> usize {
    let shown = model.segments.iter().filter(|s| view.selected().is_none_or(|name| s.name == *name));
    shown.map(|s| 3 + 2 * s.latches.len() + 4 * s.board.len().max(1)).sum::<usize>() + model.platforms.len()
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let lines = lines(scene, usize::from(area.width));
    // The last line stays in sight, however far it was scrolled.
    let top = scene.view.top().min(lines.len().saturating_sub(1));
    paint::put_all(buf, area, lines.into_iter().skip(top));
}

/// The lines.
fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let selected = scene.view.selected();
    let mut lines = Vec::new();
    for segment in scene.model.segments.iter().filter(|s| selected.is_none_or(|name| s.name == *name)) {
        add_segment(scene, segment, width, &mut lines);
    }
    for platform in &scene.model.platforms {
        add_platform(scene, platform, width, &mut lines);
    }
    lines
}

fn add_segment(scene: &Scene<'_>, segment: &SegmentModel, width: usize, lines: &mut Vec<Line<'static>>) {
    let exposure = &segment.exposure;
    lines.push(Line::from(vec![
        scene.span(format!(" {}  ", segment.name), Role::Title),
        scene.verdict(segment.verdict),
        scene.span(format!("  {}", segment.phase), words::phase_role(segment.phase)),
    ]));
    let shares = format!(
        "desired {}, confirmed {}, served {}, observed {}",
        words::exposure(exposure.desired),
        words::exposure(exposure.confirmed),
        words::exposure(exposure.served),
        words::measured(exposure.observed),
    );
    add_text(scene, &shares, Role::Text, width, lines);
    for (hold, word) in [(&segment.paused, "paused"), (&segment.killed, "killed")] {
        if let Some(hold) = hold {
            add_text(scene, &held(word, hold), Role::Hold, width, lines);
        }
    }
    for latch in &segment.latches {
        let text = format!(
            "NO-GO latched at {} UTC by guardrail {}: {}",
            latch.at.clock(),
            latch.guardrail,
            latch.evidence.sentence
        );
        add_text(scene, &text, Role::Danger, width, lines);
    }
    if segment.board.is_empty() {
        add_text(scene, "no station has reported yet", Role::Dim, width, lines);
    }
    for (station, cell) in &segment.board {
        add_station(scene, *station, cell, width, lines);
    }
    lines.push(Line::default());
}

fn add_station(
    scene: &Scene<'_>,
    station: Station,
    cell: &Cell,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let since = words::age(scene.model.now.since(cell.since));
    // Evidence that is not measured has no time of its own.
    let as_of = Some(cell.evidence.as_of).filter(|at| *at > Timestamp::default());
    let as_of = as_of.map_or_else(String::new, |at| format!(", measured {}", at.clock()));
    lines.push(Line::from(vec![
        scene.span(format!("  {station:12} "), Role::Title),
        scene.verdict(cell.verdict),
        scene.span(format!("  for {since}, since {}{as_of} UTC", cell.since.clock()), Role::Dim),
    ]));
    add_text(scene, &cell.evidence.sentence, Role::Text, width, lines);
}

fn add_platform(scene: &Scene<'_>, platform: &PlatformModel, width: usize, lines: &mut Vec<Line<'static>>) {
    let Some(state) = &platform.state else {
        add_text(scene, &format!("{}: never read", platform.name), Role::Lost, width, lines);
        return;
    };
    let on = if state.on { "on" } else { "off" };
    let by = state.by.as_ref().map_or_else(String::new, |by| format!(", last changed by {by}"));
    let read = platform
        .read_at
        .map_or_else(String::new, |at| format!(", read {} ago", words::age(scene.model.now.since(at))));
    let text = format!("{}: flag {on}, version {}{read}{by}", platform.name, state.version);
    add_text(scene, &text, Role::Text, width, lines);
    if let Some(hold) = &platform.killed {
        add_text(scene, &held("killed", hold), Role::Danger, width, lines);
    }
    for doubt in &state.doubts {
        add_text(scene, &format!("in doubt: {doubt}"), Role::Hold, width, lines);
    }
}

fn held(word: &str, hold: &Hold) -> String {
    let why = hold.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{word} by {} at {} UTC{why}", hold.by, hold.since.clock())
}

fn add_text(scene: &Scene<'_>, text: &str, role: Role, width: usize, lines: &mut Vec<Line<'static>>) {
    for line in paint::wrap(text, width.saturating_sub(INDENT).max(1)) {
        lines.push(scene.line(format!("{:INDENT$}{line}", ""), role));
    }
}
