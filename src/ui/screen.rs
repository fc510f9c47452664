//! The whole screen: header, panes, the bar of a replay, hints, and the panel on top.
//!
//! In: model, view, theme and a frame of any size. Out: cells. Start reading at [`draw`].

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{Shape, arrange};
use super::pane::PANES;
use super::panes::coach;
use super::transport::{self, Transport};
use super::{Scene, View, evidence, header, hints, overlay, paint, platforms, summary};
use crate::engine::Model;
use crate::theme::Theme;

/// Draws the model as the view looks at it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, view: &View, theme: &Theme) {
    draw_scene(frame, &Scene { model, view, theme, transport: None });
}

/// Draws the model of a replay as the view looks at it, with the bar that says where it stands.
pub fn draw_replay(
    frame: &mut Frame<'_>,
    model: &Model,
    view: &View,
    theme: &Theme,
    transport: &Transport<'_>,
) {
    draw_scene(frame, &Scene { model, view, theme, transport: Some(transport) });
}

fn draw_scene(frame: &mut Frame<'_>, scene: &Scene<'_>) {
    let area = frame.area();
    if let Some(position) = draw_cells(scene, frame.buffer_mut(), area) {
        frame.set_cursor_position(position);
    }
}

/// Draws into cells, and says where the cursor belongs while text is typed.
pub(super) fn draw_cells(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let arrangement = arrange(scene, area, hints::rows(scene, area.width));
    if arrangement.shape == Shape::Summary {
        summary::draw(scene, buf, area);
    } else {
        header::draw(scene, buf, arrangement.header);
        platforms::draw(scene, buf, arrangement.platforms);
        for (index, place) in &arrangement.panes {
            draw_pane(scene, buf, *index, *place, arrangement.shape == Shape::Wide);
        }
        coach::draw_lines(scene, buf, arrangement.coach);
        transport::draw(scene, buf, arrangement.transport);
        hints::draw(scene, buf, arrangement.hints);
    }
    // On a small screen the panel takes all of it: what it asks is more urgent than what it covers.
    let room = if arrangement.shape == Shape::Summary { area } else { arrangement.body };
    let cursor = overlay::draw(scene, buf, room);
    if let Some(ground) = scene.theme.ground() {
        paint::put_ground(buf, ground);
    }
    if scene.glyphs().is_ascii() {
        paint::make_ascii(buf);
    }
    cursor
}

fn draw_pane(scene: &Scene<'_>, buf: &mut Buffer, index: usize, place: Rect, boxed: bool) {
    let Some(pane) = PANES.get(index) else { return };
    let focused = index == scene.view.focus();
    if scene.view.is_zoomed() && pane.opens_evidence {
        let inner = paint::frame(scene, buf, place, &evidence::title(scene), boxed, focused);
        let lines = evidence::lines(scene, usize::from(inner.width));
        // The last line stays in sight, however far it was scrolled.
        let top = scene.view.top().min(lines.len().saturating_sub(1));
        paint::put_all(buf, inner, lines.into_iter().skip(top));
        return;
    }
    let inner = paint::frame(scene, buf, place, &(pane.title)(scene), boxed, focused);
    if !inner.is_empty() {
        (pane.draw)(scene, buf, inner, scene.view.scroll(index));
    }
}
