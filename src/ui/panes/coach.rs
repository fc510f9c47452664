//! The coach: what to do next, in a sentence or two.
//!
//! Its words are the engine's; here they are only wrapped. On a small screen the first of them is one line or two
//! above the hints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::action::Verb;
use crate::domain::text::cut;
use crate::engine::coach::Advice;
use crate::theme::Role;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::LowerRight,
    steer: Steer::Scroll,
    opens: Verb::Plan,
    title: |scene| if scene.view.is_replay() { "coach, as it was then" } else { "coach" }.to_owned(),
    rows: |_, _| ROWS,
    draw,
};

/// Rows for two pieces of advice in a narrow column; always the same, so that nothing jumps when the advice changes.
const ROWS: usize = 8;
/// Columns of the sign before a piece of advice.
const SIGN: usize = 2;

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, top: usize) {
    let lines = lines(scene, &scene.model.outlook().advice, usize::from(area.width));
    paint::put_text(buf, area, lines.into_iter().skip(top));
}

/// Everything that the coach has to say, for a screen that has room for it.
pub fn all_lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    lines(scene, scene.model.all_advice(), width)
}

fn lines(scene: &Scene<'_>, all: &[Advice], width: usize) -> Vec<Line<'static>> {
    if all.is_empty() {
        return vec![scene.line(" nothing to do now", Role::Dim)];
    }
    let columns = width.saturating_sub(SIGN).max(1);
    let lines = all.iter().flat_map(|advice| {
        let wrapped = paint::wrap(&said(scene, advice), columns).into_iter().enumerate();
        wrapped.map(move |(row, text)| if row == 0 { first(scene, advice, text) } else { rest(scene, text) })
    });
    lines.collect()
}

/// Draws the most urgent advice in the lines that there are, the last of them cut; nothing when there is none.
pub fn draw_lines(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let Some(advice) = scene.model.outlook().advice.first() else { return };
    let room = usize::from(area.width).saturating_sub(SIGN).max(1);
    let mut lines = paint::wrap(&said(scene, advice), room);
    let fit = usize::from(area.height).max(1);
    if lines.len() > fit {
        let rest = lines.split_off(fit - 1).join(" ");
        lines.push(cut(&rest, room));
    }
    let drawn = lines.into_iter().enumerate();
    let drawn =
        drawn.map(|(row, text)| if row == 0 { first(scene, advice, text) } else { rest(scene, text) });
    paint::put_all(buf, area, drawn);
}

/// The advice with the person's own keys. In a replay nothing can be pressed.
pub fn said(scene: &Scene<'_>, advice: &Advice) -> String {
    advice.with_keys(|verb| if scene.view.is_replay() { None } else { scene.view.key(verb) })
}

fn first(scene: &Scene<'_>, advice: &Advice, text: String) -> Line<'static> {
    let role = words::verdict_role(advice.urgency);
    let sign = scene.span(format!("{:<SIGN$}", scene.glyphs().to), role);
    Line::from(vec![sign, scene.span(text, Role::Text)])
}

fn rest(scene: &Scene<'_>, text: String) -> Line<'static> {
    scene.line(format!("{:SIGN$}{text}", ""), Role::Text)
}
