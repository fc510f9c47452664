//! The main screen: one rollout at a glance, in panes.
//!
//! In: the scene. Out: the panes of the arrangement (`layout`) and, where it has no pane, the coach's advice. The pane
//! with the keys says what the arrow keys do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::ui::layout::{self, Shape};
use crate::ui::pane::PANES;
use crate::ui::panes::coach;
use crate::ui::{Scene, copies, facts, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |scene| scene.model.rollout.name.to_string(),
    steer: Steer::Panes,
    draw,
    copy: |rollouts, view, what| copies::selected(rollouts.open, view, what),
    left: Some(|rollouts, view| facts::filtered(rollouts.open, view.filter(), None).len()),
    ..Screen::of(Verb::Main)
};

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let arrangement = layout::panes(scene, area);
    for (index, place) in &arrangement.panes {
        let Some(pane) = PANES.get(*index) else { continue };
        let is_focused = *index == scene.view.focus();
        let is_boxed = scene.shape == Shape::Wide;
        let inner = paint::frame(scene, buf, *place, &(pane.title)(scene), is_boxed, is_focused);
        if !inner.is_empty() {
            (pane.draw)(scene, buf, inner, scene.view.scroll(*index));
        }
    }
    coach::draw_lines(scene, buf, arrangement.coach);
}
