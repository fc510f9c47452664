//! Everything measured in one segment.
//!
//! In: the scene. Out: the chart of the selected segment, or of the one that most needs a look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::ui::Scene;
use crate::ui::panes::chart::PANE;

/// The screen.
pub const SCREEN: Screen = Screen {
    title: PANE.title,
    steer: Steer::Segments,
    opens: Some(Verb::Evidence),
    draw,
    ..Screen::of(Verb::Segment)
};

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    (PANE.draw)(scene, buf, area, 0);
}
