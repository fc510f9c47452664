//! The ladder of stages of each segment, and where it stands.
//!
//! In: the scene. Out: a row for each segment with its stages, the reached ones marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Screen;
use crate::action::Verb;
use crate::theme::Role;
use crate::ui::{Scene, facts, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |scene| format!("plan of {}", scene.model.rollout.name),
    lines: |rollouts, _, _| rollouts.open.segments.len(),
    draw,
    ..Screen::of(Verb::Plan)
};

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let rows = scene.model.segments.iter().map(|segment| {
        let mut spans = vec![scene.span(format!(" {:16} ", segment.name), Role::Title)];
        let reached = facts::stage(scene.model, segment).map_or(0, |(reached, ..)| reached);
        let ladder = scene.model.rollout.segment(&segment.name).map(|known| known.ladder.stages());
        for (index, stage) in ladder.into_iter().flatten().enumerate() {
            let (glyph, role) = if index < reached {
                (scene.glyphs().confirmed, Role::Confirmed)
            } else {
                (scene.glyphs().connecting, Role::Dim)
            };
            spans.push(scene.span(format!("{glyph} {}  ", stage.exposure), role));
        }
        Line::from(spans)
    });
    paint::put_all(buf, area, rows.skip(scene.view.top()));
}
