//! The evidence of a verdict: each station of a segment with its sentence and the numbers behind it; and what each platform
//! has stored.
//!
//! In: the scene. Out: lines, wrapped to the width. Up and down scroll, left and right show another segment; with everything
//! selected it goes through all segments, the worst first. Within a segment stations stand in the order of the board, those
//! that hold it first.

mod station;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use super::segment::standing;
use super::{Screen, Steer};
use crate::action::Verb;
use crate::engine::Model;
use crate::engine::model::{PlatformModel, SegmentModel};
use crate::theme::Role;
use crate::ui::{Scene, View, copies, facts, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Lines,
    lines: |rollouts, view, width| rows(rollouts.open, view, width),
    draw,
    copy: |rollouts, view, what| copies::evidence(rollouts.open, view, what),
    ..Screen::of(Verb::Evidence)
};

/// Columns by which a sentence stands in.
const INDENT: usize = 4;

fn title(scene: &Scene<'_>) -> String {
    match scene.view.selected() {
        Some(name) => format!("evidence in {name}"),
        None => "evidence in everything, worst first".to_owned(),
    }
}

/// The segments that are shown.
fn shown<'m>(model: &'m Model, view: &View) -> Vec<&'m SegmentModel> {
    let is_shown = |segment: &&SegmentModel| view.selected().is_none_or(|name| segment.name == *name);
    let mut shown: Vec<_> = model.segments.iter().filter(is_shown).collect();
    // A stable sort: those of one verdict keep their order.
    shown.sort_by_key(|segment| std::cmp::Reverse(segment.verdict));
    shown
}

/// About how many lines there are, for scrolling: a sentence takes as many as it needs at the width.
fn rows(model: &Model, view: &View, width: usize) -> usize {
    let room = width.saturating_sub(INDENT).max(1);
    let lines = |text: &str| text.chars().count() / room + 1;
    let of = |segment: &&SegmentModel| {
        let stations: usize = segment
            .board
            .values()
            .map(|cell| 1 + lines(&cell.evidence.sentence) + station::facts_of(&cell.evidence))
            .sum();
        let latches: usize = segment.latches.iter().map(|latch| 2 + lines(&latch.evidence.sentence)).sum();
        5 + stations + latches
    };
    shown(model, view).iter().map(of).sum::<usize>() + 2 * model.platforms.len()
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let lines = lines(scene, usize::from(area.width));
    // The last line stays in sight, however far it was scrolled.
    let top = scene.view.top().min(lines.len().saturating_sub(1));
    paint::put_text(buf, area, lines.into_iter().skip(top));
}

/// The lines.
fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for segment in shown(scene.model, scene.view) {
        add_segment(scene, segment, width, &mut lines);
    }
    for platform in &scene.model.platforms {
        add_platform(scene, platform, width, &mut lines);
    }
    lines
}

fn add_segment(scene: &Scene<'_>, segment: &SegmentModel, width: usize, lines: &mut Vec<Line<'static>>) {
    let name = format!(" {} ", segment.name);
    let room = width.saturating_sub(name.width());
    let mut head = standing::line(scene, segment, u16::try_from(room).unwrap_or(u16::MAX));
    head.spans.insert(0, scene.span(name, Role::Title));
    lines.push(head);
    let exposure = &segment.exposure;
    let shares = format!(
        "desired {}, confirmed {}, served {}, observed {}",
        words::exposure(exposure.desired),
        words::exposure(exposure.confirmed),
        words::measured(exposure.served),
        words::measured(exposure.observed),
    );
    add_text(scene, &shares, Role::Text, width, lines);
    for (hold, word) in [(&segment.paused, "paused"), (&segment.killed, "killed")] {
        if let Some(hold) = hold {
            add_text(scene, &standing::held(word, hold), Role::Hold, width, lines);
        }
    }
    for latch in &segment.latches {
        let answer = standing::answer(scene.model, segment);
        // What the station says below need not be read twice.
        let is_said = segment.board.get(&latch.station).is_some_and(|cell| cell.evidence == latch.evidence);
        let why = if is_said { String::new() } else { format!(": {}", latch.evidence.sentence) };
        let at = latch.at.clock();
        let text = format!("NO-GO latched at {at} UTC by guardrail {}{answer}{why}", latch.guardrail);
        add_text(scene, &text, Role::Danger, width, lines);
    }
    if segment.board.is_empty() {
        add_text(scene, "no station has reported yet", Role::Dim, width, lines);
    }
    let mut stations: Vec<_> = segment.board.iter().collect();
    stations.sort_by_key(|(_, cell)| std::cmp::Reverse(cell.verdict));
    for (station, cell) in stations {
        station::add(scene, *station, cell, width, lines);
    }
    lines.push(Line::default());
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
    let role = if facts::flags_stale(scene.model).is_some() { Role::Stale } else { Role::Text };
    add_text(scene, &text, role, width, lines);
    if let Some(hold) = &platform.killed {
        add_text(scene, &standing::held("killed", hold), Role::Danger, width, lines);
    }
    for doubt in &state.doubts {
        add_text(scene, &format!("in doubt: {doubt}"), Role::Hold, width, lines);
    }
}

fn add_text(scene: &Scene<'_>, text: &str, role: Role, width: usize, lines: &mut Vec<Line<'static>>) {
    for line in paint::wrap(text, width.saturating_sub(INDENT).max(1)) {
        lines.push(scene.line(format!("{:INDENT$}{line}", ""), role));
    }
}
