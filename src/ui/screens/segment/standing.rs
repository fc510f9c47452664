//! Where a segment stands, in a line; and in further lines what holds it.
//!
//! In: the scene and a segment. Out: lines, wrapped or cut to a width.

use ratatui::text::Line;

use crate::domain::Verdict;
use crate::domain::text::cut;
use crate::engine::model::{Hold, Latch, SegmentModel};
use crate::engine::{Model, is_unanswered};
use crate::theme::Role;
use crate::ui::pieces::{Piece, fill};
use crate::ui::{Scene, facts, paint, words};

/// Columns by which the further lines of a note stand in.
const INDENT: usize = 3;

/// Verdict with its station, phase, stage, bake.
pub fn line(scene: &Scene<'_>, segment: &SegmentModel, width: u16) -> Line<'static> {
    let mut verdict = vec![scene.verdict(segment.verdict)];
    if let Some(station) = facts::worst_station(segment).filter(|_| segment.verdict != Verdict::Go) {
        verdict.push(scene.span(format!(" {station}"), Role::Text));
    }
    let text = |rank, text: String, role| Piece::new(rank, scene.line(text, role));
    let mut pieces = vec![
        Piece::new(0, Line::from(verdict)),
        text(1, segment.phase.to_string(), words::phase_role(segment.phase)),
    ];
    if let Some((reached, stages, share)) = facts::stage(scene.model, segment) {
        pieces.push(text(2, format!("stage {reached}/{stages} {share}"), Role::Text));
    }
    if let Some(since) = segment.stage_since {
        let here = words::age(scene.model.now.since(since));
        pieces.push(text(4, format!("here for {here}"), Role::Dim));
    }
    if let Some(left) = scene.model.bake_left(segment) {
        pieces.push(text(3, format!("bake {} left", words::left(left)), Role::Text));
    }
    let size = scene.model.rollout.segment(&segment.name).and_then(|segment| segment.size);
    if let Some(size) = size {
        pieces.push(text(5, format!("{} customers", crate::domain::text::thousands(size)), Role::Dim));
    }
    fill(pieces, width)
}

/// What is latched, held and different, the heaviest first: in full where that fits into the rows, else each in a line.
pub fn notes(scene: &Scene<'_>, segment: &SegmentModel, (width, rows): (usize, u16)) -> Vec<Line<'static>> {
    let rows = usize::from(rows);
    let mut notes = Vec::new();
    for latch in segment.latches.iter().rev() {
        notes.push((latched(scene, segment, latch), Role::Danger));
    }
    for (hold, word) in
        [(&segment.killed, "killed"), (&segment.paused, "paused"), (&segment.lowered, "taken back")]
    {
        notes.extend(hold.as_ref().map(|hold| (held(word, hold), Role::Hold)));
    }
    for platform in scene.model.platforms.iter().filter(|p| p.drifting.contains(&segment.name)) {
        let text = format!("{} {}", platform.name, facts::drift(platform, &segment.name));
        notes.push((text, Role::Danger));
    }
    for platform in &scene.model.platforms {
        if let Some(ramp) = facts::ramp(platform, &segment.name, scene.model.now) {
            notes.push((format!("{} {ramp}", platform.name), Role::Hold));
        }
    }
    let wrap = |(text, role): &(String, Role)| {
        let wrapped = paint::wrap(text, width.saturating_sub(INDENT).max(1)).into_iter().enumerate();
        let indent = |at| if at == 0 { 1 } else { INDENT };
        let role = *role;
        wrapped
            .map(move |(at, text)| scene.line(format!("{:1$}{text}", "", indent(at)), role))
            .collect::<Vec<_>>()
    };
    let lines: Vec<_> = notes.iter().flat_map(wrap).collect();
    if lines.len() <= rows {
        return lines;
    }
    // The beginning of each says more than all of the first.
    notes.into_iter().map(|(text, role)| scene.line(cut(&format!(" {text}"), width), role)).collect()
}

/// What is said of a NO-GO while those who are exposed to it still are: an autopilot that only speaks has not acted.
pub fn answer(model: &Model, segment: &SegmentModel) -> &'static str {
    if is_unanswered(model, segment) { ", nobody acted on it" } else { "" }
}

/// `✘ NO-GO by errors-10 at 14:05:10 UTC, nobody acted on it: 31 of …`.
fn latched(scene: &Scene<'_>, segment: &SegmentModel, latch: &Latch) -> String {
    let answer = answer(scene.model, segment);
    format!(
        "{} by {} at {} UTC{answer}: {}",
        words::verdict(scene.glyphs(), Verdict::NoGo),
        latch.guardrail,
        latch.at.clock(),
        latch.evidence.sentence
    )
}

/// `paused by captain at 14:05:10 UTC: why`.
pub fn held(word: &str, hold: &Hold) -> String {
    let why = hold.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{word} by {} at {} UTC{why}", hold.by, hold.since.clock())
}
