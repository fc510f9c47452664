//! The ladder of one segment as a row: `✓1% ─ ✓5% ─ ▸10% ███░░░░░ ─ ○25% ─ ○100%`.
//!
//! In: the scene and the way of a segment. Out: a line for the ladder and one for what comes next. Stages that do not fit are
//! left out from the beginning, which is behind; the present one and the next stay.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::domain::Phase;
use crate::domain::text::cut;
use crate::engine::forecast::completion::{Climb, End, Place, Rung};
use crate::theme::Role;
use crate::ui::{Scene, words as common};

/// Cells of the bar that shows how much of the bake is over.
const BAR: usize = 8;
/// Widest column of names.
const NAME: usize = 20;
/// Columns for the end: `done about 2026-11-24 02:00`.
const END: usize = 27;
/// The same on a narrow screen: `about 2026-11-24 02:00`.
const END_SHORT: usize = 22;

/// Columns of the line between two stages.
const BETWEEN: usize = 3;
/// Columns for a share that is none of a stage: ` (at 12.5%)`.
const OTHER_SHARE: usize = 11;
/// Columns that the sentence below a ladder needs, at the least.
const ROOM_FOR_WORDS: usize = 60;

/// Which column begins where.
pub struct Columns {
    name: usize,
    ladder: usize,
    end: usize,
}

/// The columns that fit all segments.
pub fn columns(climbs: &[Climb], width: usize) -> Columns {
    let name = climbs.iter().map(|climb| climb.segment.as_str().width()).max().unwrap_or(0).clamp(4, NAME);
    let end = if width >= 110 { END } else { END_SHORT };
    // Wider than all of them it would only lead away from the end.
    let wanted = climbs.iter().map(wanted).max().unwrap_or(0);
    Columns { name, ladder: width.saturating_sub(name + end + 5).min(wanted.max(ROOM_FOR_WORDS)), end }
}

/// The columns of a ladder, wherever the segment stands on it.
fn wanted(climb: &Climb) -> usize {
    let stages: usize = climb.rungs.iter().map(|rung| rung.exposure.to_string().len() + 1).sum();
    stages + BETWEEN * climb.rungs.len().max(1) + BAR + OTHER_SHARE
}

/// The ladder.
pub fn line(scene: &Scene<'_>, climb: &Climb, columns: &Columns) -> Line<'static> {
    let is_selected = scene.view.selected() == Some(&climb.segment);
    let mark = if is_selected { scene.glyphs().selected } else { " " };
    let role = if is_selected { Role::Selected } else { Role::Title };
    let mut spans =
        vec![scene.span(format!("{mark}{} ", padded(climb.segment.as_str(), columns.name)), role)];
    let stages = stages(scene, climb, columns.ladder);
    let used: usize = stages.iter().map(Span::width).sum();
    spans.extend(stages);
    spans.push(scene.span(" ".repeat(columns.ladder.saturating_sub(used) + 1), Role::Text));
    let said = match &climb.end {
        End::At(_) | End::Done => words::end(scene.model, &climb.end),
        End::Unknown(_) => phase(scene, climb).map_or_else(|| "end not known".to_owned(), |(word, _)| word),
    };
    let role = phase(scene, climb).map_or(Role::Text, |(_, role)| role);
    let said = if said.width() > columns.end { said.replacen("done ", "", 1) } else { said };
    let said = cut(&said, columns.end);
    let pad = columns.end.saturating_sub(said.width());
    spans.push(scene.span(format!("{:pad$}{said}", ""), role));
    Line::from(spans)
}

/// Why the segment does not climb, as its phase says it. `None`: it does.
fn phase(scene: &Scene<'_>, climb: &Climb) -> Option<(String, Role)> {
    let phase = scene.model.segment(&climb.segment)?.phase;
    let is_climbing = matches!(phase, Phase::Running | Phase::Complete);
    (!is_climbing).then(|| (phase.word().to_owned(), common::phase_role(phase)))
}

/// What comes next, or why nobody knows.
pub fn next(scene: &Scene<'_>, climb: &Climb, columns: &Columns) -> Line<'static> {
    let indent = columns.name + 2;
    let room = columns.ladder + columns.end + 1;
    let text = cut(&words::next(scene.model, climb), room);
    let role = if matches!(climb.end, End::Unknown(_)) { Role::Hold } else { Role::Dim };
    scene.line(format!("{:indent$}{text}", ""), role)
}

/// The stages, as many as there is room for.
fn stages(scene: &Scene<'_>, climb: &Climb, room: usize) -> Vec<Span<'static>> {
    let here = climb.here();
    let mut cells: Vec<Vec<Span<'static>>> =
        climb.rungs.iter().map(|rung| stage(scene, climb, rung)).collect();
    if here.is_none() {
        let share = scene.model.segment(&climb.segment).and_then(|segment| segment.exposure.confirmed);
        // One platform is behind another one: where the plan goes on is not all that is exposed.
        let up_to = if share.is_some_and(|share| !share.is_zero()) { "up to " } else { "" };
        let text = format!("{up_to}{}", common::exposure(share));
        cells.insert(0, vec![scene.span(text, Role::Title)]);
    }
    let between = format!(" {} ", scene.glyphs().horizontal);
    let wide = |cells: &[Vec<Span<'static>>]| {
        let all: usize = cells.iter().flatten().map(Span::width).sum();
        all + cells.len().saturating_sub(1) * BETWEEN
    };
    let mut left_out = 0;
    while wide(&cells) + if left_out > 0 { 2 } else { 0 } > room && left_out < here.unwrap_or(0) {
        cells.remove(0);
        left_out += 1;
    }
    let mut spans = Vec::new();
    if left_out > 0 {
        spans.push(scene.span(format!("{} ", scene.glyphs().ellipsis), Role::Dim));
    }
    let mut used = if left_out > 0 { 2 } else { 0 };
    let count = cells.len();
    for (index, cell) in cells.into_iter().enumerate() {
        let columns = cell.iter().map(Span::width).sum::<usize>() + if index > 0 { BETWEEN } else { 0 };
        let more = if index + 1 < count { 2 } else { 0 };
        if used + columns + more > room {
            spans.push(scene.span(format!(" {}", scene.glyphs().ellipsis), Role::Dim));
            break;
        }
        if index > 0 {
            spans.push(scene.span(between.clone(), Role::Dim));
        }
        used += columns;
        spans.extend(cell);
    }
    spans
}

/// One stage: its sign and exposure; the present one with its real share and how much of its bake is over.
fn stage(scene: &Scene<'_>, climb: &Climb, rung: &Rung) -> Vec<Span<'static>> {
    let glyphs = scene.glyphs();
    match rung.place {
        Place::Passed => vec![scene.span(format!("{}{}", glyphs.confirmed, rung.exposure), Role::Confirmed)],
        Place::Ahead => vec![scene.span(format!("{}{}", glyphs.connecting, rung.exposure), Role::Dim)],
        Place::Here => {
            let share = scene.model.segment(&climb.segment).and_then(|segment| segment.exposure.confirmed);
            let other = share.filter(|share| *share != rung.exposure);
            let other = other.map_or_else(String::new, |share| format!(" (at {share})"));
            let mut spans =
                vec![scene.span(format!("{}{}{other}", glyphs.selected, rung.exposure), Role::Title)];
            if !rung.bake_left.is_zero() && !rung.bake.is_zero() {
                let over = 1.0 - rung.bake_left.as_secs_f64() / rung.bake.as_secs_f64();
                let filled = ((over * BAR as f64).floor().max(0.0) as usize).min(BAR);
                spans.push(scene.span(format!(" {}", glyphs.bar.repeat(filled)), Role::Confirmed));
                spans.push(scene.span(glyphs.bar_empty.repeat(BAR - filled), Role::Dim));
            } else {
                spans.push(scene.span(" baked", Role::Confirmed));
            }
            spans
        }
    }
}

/// A name in a column.
fn padded(name: &str, columns: usize) -> String {
    let name = cut(name, columns);
    let pad = columns.saturating_sub(name.width());
    format!("{name}{:pad$}", "")
}
