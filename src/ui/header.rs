//! The first line: is it all right, and is that true right now?
//!
//! In: the scene. Out: one line, or two where it is narrow. Where room is short, pieces vanish, the
//! least important first; what is wrong never vanishes before what is well.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Scene, facts, paint, words};
use crate::domain::text::cut;
use crate::domain::{LinkState, Verdict};
use crate::engine::model::Link;
use crate::theme::Role;

/// From this width on the clock is shown.
const CLOCK: u16 = 100;
/// Columns between two pieces.
const GAP: usize = 2;
/// Widest name of the rollout.
const NAME: usize = 32;

/// A piece of the header; the highest rank vanishes first.
struct Piece {
    rank: u8,
    /// Whether it stands on the second line, where there are two.
    second: bool,
    line: Line<'static>,
}

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

/// Puts the pieces beside each other, as many as there is room for.
fn fill(mut pieces: Vec<Piece>, width: u16) -> Line<'static> {
    let needed = |pieces: &[Piece]| pieces.iter().map(|p| paint::width(&p.line) + GAP).sum::<usize>();
    while needed(&pieces) > usize::from(width) + GAP - 1 && pieces.len() > 1 {
        let rank = pieces.iter().map(|piece| piece.rank).max();
        if let Some(index) = pieces.iter().rposition(|piece| Some(piece.rank) == rank) {
            pieces.remove(index);
        }
    }
    let mut spans = vec![Span::raw(" ")];
    for (index, piece) in pieces.into_iter().enumerate() {
        if index > 0 {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        spans.extend(piece.line.spans);
    }
    Line::from(spans)
}

fn pieces(scene: &Scene<'_>, width: u16) -> Vec<Piece> {
    let model = scene.model;
    let mut pieces = Vec::new();
    let mut add = |rank, second, line| pieces.push(Piece { rank, second, line });
    let phase = facts::phase(model);
    add(1, false, scene.line(cut(model.rollout.name.as_str(), NAME), Role::Title));
    add(0, false, scene.line(phase.word(), words::phase_role(phase)));
    add(0, false, verdict(scene));
    for (tracked, attempts) in facts::unconfirmed(model).take(1) {
        let what = tracked.command.verb.spec().name;
        let text = format!(
            "{} {what} NOT CONFIRMED at {}, try {attempts}",
            scene.glyphs().unknown,
            tracked.command.platform
        );
        add(0, false, scene.line(text, Role::Danger));
    }
    if model.read_only {
        add(2, false, scene.line("READ-ONLY", Role::Hold));
    }
    let segment = scene.selected().or_else(|| facts::largest(model));
    if let Some((segment, (reached, stages, share))) =
        segment.and_then(|s| Some((s, facts::stage(model, s)?)))
    {
        let text = format!("{} stage {reached}/{stages} {share}", segment.name);
        add(3, true, scene.line(text, Role::Text));
        if let Some(left) = model.bake_left(segment) {
            add(4, true, scene.line(format!("bake {} left", words::age(left)), Role::Text));
        }
    }
    add(5, true, scene.line(format!("autopilot {}", model.autopilot.word()), Role::Dim));
    add(2, true, links(scene));
    if model.problems_seen > 0 {
        let text = format!("! {} unusable inputs", words::thousands(model.problems_seen));
        add(4, true, scene.line(text, Role::Hold));
    }
    if width >= CLOCK {
        add(6, true, scene.line(format!("{} UTC", model.now.clock()), Role::Dim));
    }
    pieces
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

/// Each link that does not deliver by name, the others as a number.
fn links(scene: &Scene<'_>) -> Line<'static> {
    let mut spans = Vec::new();
    let mut live = 0_usize;
    for (source, link) in &scene.model.links {
        let (glyph, role, text) = link_sign(scene, link);
        if role == Role::Live {
            live += 1;
        } else {
            spans.push(scene.span(format!("{glyph} {}{text}  ", source.name), role));
        }
    }
    if live > 0 {
        spans.push(scene.span(format!("{} {live} live", scene.glyphs().live), Role::Live));
    } else if spans.is_empty() {
        spans.push(scene.span(format!("{} connecting", scene.glyphs().connecting), Role::Wait));
    }
    Line::from(spans)
}

/// The sign of a link, and its age where it is not current.
fn link_sign(scene: &Scene<'_>, link: &Link) -> (&'static str, Role, String) {
    let glyphs = scene.glyphs();
    let now = scene.model.now;
    let age = link.age(now).map_or_else(String::new, |age| format!(" {}", words::age(age)));
    match &link.state {
        LinkState::Connecting => (glyphs.connecting, Role::Wait, String::new()),
        LinkState::Live if link.is_stale(now) => (glyphs.stale, Role::Hold, format!("{age} silent")),
        LinkState::Live => (glyphs.live, Role::Live, String::new()),
        LinkState::Retrying { .. } => (glyphs.lost, Role::Lost, format!("{age} lost")),
        LinkState::Failed { .. } => (glyphs.lost, Role::Lost, format!("{age} failed")),
    }
}
