//! One metric of one segment over the last minutes: treatment against control.
//!
//! Without a selected segment it shows the one that most needs a look, and says which; where nothing holds, none is the
//! worst. What is drawn is a
//! [`chart`](crate::ui::chart); this is its place on the main screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::action::Verb;
use crate::domain::Verdict;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, chart};

/// The pane.
pub const PANE: Pane =
    Pane { place: Place::Left, steer: Steer::Rows, opens: Verb::Segment, title, rows: |_, _| 0, draw };

fn title(scene: &Scene<'_>) -> String {
    let Some(segment) = scene.subject() else { return "chart".to_owned() };
    let what = chart::title(segment, scene.view.shown(scene.model));
    let is_worst = scene.selected().is_none() && segment.verdict >= Verdict::Hold;
    let worst = if is_worst { " (worst)" } else { "" };
    format!("{}{worst}: {what}", segment.name)
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, _: usize) {
    if let Some(segment) = scene.subject() {
        chart::draw(scene, buf, area, segment, scene.view.shown(scene.model));
    }
}
