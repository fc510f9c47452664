//! All rollouts of this cockpit.
//!
//! In: the scene. Out: a row for each rollout, with a cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{RowId, Screen, Steer, first_in_sight};
use crate::action::Verb;
use crate::theme::Role;
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, View, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |scene| format!("{} rollouts", scene.rollouts.len()),
    steer: Steer::Rows,
    opens: Some(Verb::Main),
    ids,
    draw,
    ..Screen::of(Verb::Fleet)
};

fn ids(rollouts: &Rollouts<'_>, _: &View) -> Vec<RowId> {
    rollouts.all.iter().map(|model| RowId::Name(model.rollout.name.to_string())).collect()
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let open = scene.rollouts.iter().position(|model| model.rollout.name == scene.model.rollout.name);
    let first = first_in_sight(open.unwrap_or(0), scene.rollouts.len(), usize::from(area.height));
    let rows = scene.rollouts.iter().map(|model| {
        let is_open = model.rollout.name == scene.model.rollout.name;
        let phase = model.phase();
        Line::from(vec![
            scene.span(if is_open { scene.glyphs().selected } else { " " }, Role::Selected),
            scene.span(format!("{:32} ", model.rollout.name), Role::Title),
            scene.span(format!("{:13} ", phase.word()), words::phase_role(phase)),
            scene.verdict(model.verdict()),
        ])
    });
    paint::put_all(buf, area, rows.skip(first));
}
