//! For a projector: how far, and is it all right.
//!
//! In: the scene. Out: a few lines in the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Screen;
use crate::action::Verb;
use crate::theme::Role;
use crate::ui::{Scene, facts, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen { draw, is_bare: true, ..Screen::of(Verb::Wall) };

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let phase = scene.model.phase();
    let (verdict, place) = facts::worst(scene.model);
    let mut lines = vec![
        scene.line(scene.model.rollout.name.to_string(), Role::Title),
        scene.line(phase.word(), words::phase_role(phase)),
        Line::from(scene.verdict(verdict)),
    ];
    lines.extend(
        place.map(|(station, segment)| scene.line(format!("{station} in {}", segment.name), Role::Text)),
    );
    paint::put_all(buf, area, lines);
}
