//! The whole frame: header, the strip of what is under way, the screen, the bar of a replay, hints, and the panel on top.
//!
//! In: models, view, theme and a frame of any size. Out: cells. Start reading at [`draw`]; the screens are in `screens`.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{Shape, arrange};
use super::screens::{SCREENS, Screen};
use super::transport::{self, Transport};
use super::{Scene, View, header, hints, overlay, paint, platforms, stats, summary};
use crate::action::Verb;
use crate::engine::Model;
use crate::theme::Theme;

/// Draws the rollouts as the view looks at them. Without any rollout nothing is drawn.
pub fn draw(frame: &mut Frame<'_>, rollouts: &[&Model], view: &View, theme: &Theme) {
    draw_scene(frame, Scene::of(rollouts, view, theme, None, frame.area()));
}

/// Draws the model of a replay as the view looks at it, with the bar that says where it stands.
pub fn draw_replay(
    frame: &mut Frame<'_>,
    model: &Model,
    view: &View,
    theme: &Theme,
    transport: &Transport<'_>,
) {
    draw_scene(frame, Scene::of(&[model], view, theme, Some(transport), frame.area()));
}

fn draw_scene(frame: &mut Frame<'_>, scene: Option<Scene<'_>>) {
    let area = frame.area();
    let position = scene.and_then(|scene| draw_cells(&scene, frame.buffer_mut(), area));
    if let Some(position) = position {
        frame.set_cursor_position(position);
    }
}

/// Draws into cells, and says where the cursor belongs while text is typed.
pub(super) fn draw_cells(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let screen = SCREENS.get(scene.view.screen())?;
    let body = if screen.is_bare {
        (screen.draw)(scene, buf, area);
        area
    } else if scene.shape == Shape::Summary && screen.verb == Verb::Main {
        summary::draw(scene, buf, area);
        area
    } else {
        draw_framed(scene, screen, buf, area)
    };
    // On a small screen the panel takes all of it: what it asks is more urgent than what it covers.
    let room = if scene.shape == Shape::Summary { area } else { body };
    let cursor = overlay::draw(scene, buf, room);
    if let Some(ground) = scene.theme.ground() {
        paint::put_ground(buf, ground);
    }
    if scene.glyphs().is_ascii() {
        paint::make_ascii(buf);
    }
    cursor
}

/// Draws a screen between header and hints; returns where panels go.
fn draw_framed(scene: &Scene<'_>, screen: &Screen, buf: &mut Buffer, area: Rect) -> Rect {
    let hints_width = stats::room_beside(scene.view, area.width);
    let arrangement = arrange(scene, area, hints::rows(scene, hints_width));
    header::draw(scene, buf, arrangement.header);
    platforms::draw(scene, buf, arrangement.platforms);
    if screen.verb == Verb::Main {
        (screen.draw)(scene, buf, arrangement.body);
    } else {
        let is_boxed = scene.shape == Shape::Wide;
        let inner = paint::frame(scene, buf, arrangement.body, &(screen.title)(scene), is_boxed, true);
        if !inner.is_empty() {
            (screen.draw)(scene, buf, inner);
        }
    }
    transport::draw(scene, buf, arrangement.transport);
    hints::draw(scene, buf, Rect { width: hints_width, ..arrangement.hints });
    arrangement.body
}
