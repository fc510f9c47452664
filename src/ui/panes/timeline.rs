//! What happened, newest first: time, sign, where, who, what.
//!
//! The sign of an act is that of its command: sent, confirmed, refused or not known; requested is not
//! done, and looks different.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::action::Verb;
use crate::domain::text::cut;
use crate::effect::Outcome;
use crate::engine::model::{Moment, MomentKind};
use crate::theme::Role;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::Left,
    steer: Steer::Scroll,
    opens: Verb::Timeline,
    title: |_| "timeline, newest first".to_owned(),
    rows: |model, _| model.timeline.len(),
    draw,
};

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, top: usize) {
    if scene.model.timeline.is_empty() {
        paint::put(buf, area, 0, &scene.line(" nothing has happened yet", Role::Dim));
        return;
    }
    let moments = scene.model.timeline.iter().rev().skip(top).take(usize::from(area.height));
    for (row, moment) in moments.enumerate() {
        paint::put(buf, area, row, &line(scene, moment, usize::from(area.width)));
    }
}

fn line(scene: &Scene<'_>, moment: &Moment, width: usize) -> Line<'static> {
    let (glyph, role) = sign(scene, moment);
    let mut spans = vec![
        scene.span(format!("{} ", moment.at.clock()), Role::Dim),
        scene.span(glyph, role),
        Span::raw(" "),
    ];
    if let Some(segment) = &moment.segment {
        spans.push(scene.span(format!("{} ", cut(segment.as_str(), 16)), Role::Title));
    }
    if let Some(actor) = &moment.actor {
        spans.push(scene.span(format!("{}: ", cut(&actor.to_string(), 24)), Role::Text));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(scene.span(cut(moment.text.as_str(), width.saturating_sub(used)), Role::Text));
    Line::from(spans)
}

fn sign(scene: &Scene<'_>, moment: &Moment) -> (&'static str, Role) {
    let glyphs = scene.glyphs();
    match moment.kind {
        MomentKind::Act => {
            let command = moment
                .effect
                .and_then(|id| scene.model.commands.iter().rev().find(|tracked| tracked.command.id == id));
            match command.map(|tracked| &tracked.outcome) {
                None => (glyphs.bullet, Role::Title),
                Some(None | Some(Outcome::Sent)) => (glyphs.sent, Role::Wait),
                Some(Some(Outcome::Confirmed { .. })) => (glyphs.confirmed, Role::Confirmed),
                Some(Some(Outcome::Refused { .. })) => (glyphs.no_go, Role::Danger),
                Some(Some(Outcome::Unknown { .. })) => (glyphs.unknown, Role::Danger),
            }
        }
        MomentKind::Verdict => moment.verdict.map_or((glyphs.bullet, Role::Text), |verdict| {
            (words::verdict_glyph(glyphs, verdict), words::verdict_role(verdict))
        }),
        MomentKind::Link => (glyphs.level, Role::Dim),
        MomentKind::Problem => ("!", Role::Hold),
        MomentKind::Note => ("\"", Role::Title),
    }
}
