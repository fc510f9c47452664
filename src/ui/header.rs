//! The first line: is it all right, and is that true right now?
//!
//! In: the scene. Out: one line, or two where it is narrow. Where room is short, pieces vanish, the
//! least important first; what is wrong never vanishes before what is well. In a replay it says so.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::pieces::{EXTRA, Piece, fill};
use super::{Scene, facts, others, paint, words};
use crate::domain::text::cut;
use crate::domain::text::thousands;
use crate::domain::{LinkState, Phase, SourceKind, Span as Time, Verdict};
use crate::engine::model::Link;
use crate::theme::Role;

/// From this width on the clock is shown.
const CLOCK: u16 = 100;
/// Widest name of the rollout.
const NAME: usize = 32;

/// Draws the header.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let pieces = pieces(scene, area.width);
    if area.height < 2 {
        paint::put(buf, area, 0, &fill(pieces, area.width));
    } else {
        let (second, first) = pieces.into_iter().partition(|piece| piece.second);
        paint::put(buf, area, 0, &fill(first, area.width));
        paint::put(buf, area, 1, &fill(second, area.width));
    }
}

fn pieces(scene: &Scene<'_>, width: u16) -> Vec<Piece> {
    let model = scene.model;
    let piece =
        |rank, second, text: String, role| Piece { second, ..Piece::new(rank, scene.line(text, role)) };
    let (name, phase) = (cut(model.rollout.name.as_str(), NAME), model.phase());
    let mut pieces = vec![
        piece(1, false, name, Role::Title),
        piece(0, false, phase.word().to_owned(), words::phase_role(phase)),
    ];
    // At 100 % nobody is left to compare with: that is waited for no more.
    if !(phase == Phase::Complete && model.verdict() == Verdict::Wait) {
        pieces.push(Piece::new(0, verdict(scene)));
    }
    if scene.transport.is_some() {
        pieces.push(piece(0, false, "REPLAY".to_owned(), Role::Selected));
    } else if model.read_only {
        pieces.push(piece(2, false, "READ-ONLY".to_owned(), Role::Hold));
    }
    if let Some((tracked, attempts)) = facts::unconfirmed(model).next() {
        let what = tracked.command.verb.spec().name;
        let text = format!("{} {what} NOT CONFIRMED at {}", scene.glyphs().unknown, tracked.command.platform);
        let short = Some(scene.line(text.clone(), Role::Danger));
        pieces.push(Piece { short, ..piece(0, true, format!("{text}, try {attempts}"), Role::Danger) });
    }
    let segment = scene.selected().or_else(|| facts::largest(model));
    if let Some(segment) = segment {
        if let Some((reached, stages, share)) = facts::stage(model, segment) {
            let text = format!("{} stage {reached}/{stages} {share}", segment.name);
            pieces.push(piece(3, true, text, Role::Text));
        }
        if let Some(left) = model.bake_left(segment) {
            pieces.push(piece(4, true, format!("bake {} left", words::left(left)), Role::Text));
        }
    }
    pieces.push(piece(EXTRA, true, format!("autopilot {}", model.autopilot.word()), Role::Dim));
    pieces.extend(others::piece(scene));
    pieces.extend(kill(scene));
    let short = Some(links(scene, false));
    pieces.push(Piece { second: true, short, ..Piece::new(2, links(scene, true)) });
    if model.problems_seen > 0 {
        let text = format!("! {} unusable inputs", thousands(model.problems_seen));
        pieces.push(piece(4, true, text, Role::Hold));
    }
    let left_out = model.traffic.late + model.traffic.refused;
    if left_out > 0 {
        let text = format!("! {} readings late or refused", thousands(left_out));
        pieces.push(piece(4, true, text, Role::Hold));
    }
    if width >= CLOCK {
        pieces.push(piece(EXTRA + 1, true, format!("{} UTC", model.now.clock()), Role::Dim));
    }
    pieces
}

/// How soon a kill could be done, where it would take longest. Nothing while that is not known.
fn kill(scene: &Scene<'_>) -> Option<Piece> {
    let (slowest, unknown) = scene.model.outlook().slowest_kill.as_ref()?;
    let but = if *unknown > 0 { format!(" ({unknown} not known)") } else { String::new() };
    let text = format!("{} ≤ {}{but}", slowest.word(), Time(slowest.total()));
    let (rank, role) = if slowest.is_in_time() { (EXTRA, Role::Dim) } else { (EXTRA - 1, Role::Hold) };
    Some(Piece { second: true, ..Piece::new(rank, scene.line(text, role)) })
}

/// The worst verdict and where: `‖ HOLD latency in enterprise`.
fn verdict(scene: &Scene<'_>) -> Line<'static> {
    let (verdict, place) = facts::worst(scene.model);
    let mut spans = vec![scene.verdict(verdict)];
    if let Some((station, segment)) = place {
        let also = scene.model.segments.iter().filter(|s| s.verdict == verdict).count() - 1;
        let also =
            if also > 0 && verdict != Verdict::Wait { format!(" and {also} more") } else { String::new() };
        spans.push(scene.span(format!(" {station} in {}{also}", segment.name), Role::Text));
    }
    Line::from(spans)
}

/// Each link that does not deliver by name, the others as a number. In short without the word for its
/// state: glyph and age remain.
fn links(scene: &Scene<'_>, in_full: bool) -> Line<'static> {
    let mut spans = Vec::new();
    let mut live = 0_usize;
    for (source, link) in &scene.model.links {
        let (glyph, role, word) = link_sign(scene, link);
        if role == Role::Live {
            live += 1;
        } else {
            let word = if in_full { word } else { "" };
            let age =
                link.age(scene.model.now).map_or_else(String::new, |age| format!(" {}", words::age(age)));
            // A platform and its probe have one name.
            let probe = if source.kind == SourceKind::Probes { " probe" } else { "" };
            spans.push(scene.span(format!("{glyph} {}{probe}{word}{age}  ", source.name), role));
        }
    }
    if live > 0 {
        // In a replay it is what was so at that time: nothing is connected now.
        let then = if scene.transport.is_some() { " then" } else { "" };
        spans.push(scene.span(format!("{} {live} live{then}", scene.glyphs().live), Role::Live));
    } else if spans.is_empty() {
        spans.push(scene.span(format!("{} connecting", scene.glyphs().connecting), Role::Wait));
    }
    Line::from(spans)
}

/// The sign of a link, and the word for its state.
pub fn link_sign(scene: &Scene<'_>, link: &Link) -> (&'static str, Role, &'static str) {
    let glyphs = scene.glyphs();
    match &link.state {
        LinkState::Connecting => (glyphs.connecting, Role::Wait, ""),
        LinkState::Live if link.heard_at.is_none() => (glyphs.connecting, Role::Wait, " no data yet"),
        LinkState::Live if link.is_stale(scene.model.now) => (glyphs.stale, Role::Hold, " silent"),
        LinkState::Live => (glyphs.live, Role::Live, ""),
        LinkState::Retrying { .. } => (glyphs.lost, Role::Lost, " lost"),
        LinkState::Failed { .. } => (glyphs.lost, Role::Lost, " failed"),
    }
}
