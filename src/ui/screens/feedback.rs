//! What customers say, on the whole screen.
//!
//! In: the scene. Out: the newest comments of the selected segment, or of all.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::ui::Scene;
use crate::ui::panes::feedback::PANE;

/// The screen.
pub const SCREEN: Screen = Screen {
    title: PANE.title,
    steer: Steer::Lines,
    lines: |rollouts, view, _| (PANE.rows)(rollouts.open, view),
    draw,
    ..Screen::of(Verb::Feedback)
};

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    (PANE.draw)(scene, buf, area, scene.view.top());
}
