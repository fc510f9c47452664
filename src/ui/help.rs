//! The help: every action that has a key here, with its keys and what it does; below, what the signs mean. In a replay it
//! starts with how to move.
//!
//! In: the list of actions. Out: a panel; where it is too high, the arrow keys scroll it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Scene, View, paint};
use crate::action::{Danger, Where};
use crate::domain::text::cut;
use crate::theme::Role;

/// Columns of the panel: the longest line of the list.
const COLUMNS: u16 = 92;
/// Rows of its frame.
const FRAME: u16 = 2;

/// Lines below the actions, with the empty one before them.
const LEGEND: usize = 7;

/// How many lines there are to scroll through.
pub fn rows(view: &View) -> usize {
    view.actions().len() + LEGEND
}

/// What words and signs mean that are not verdicts.
fn legend(scene: &Scene<'_>) -> [String; LEGEND] {
    let g = scene.glyphs();
    [
        String::new(),
        "desired: asked for; confirmed: what backends have stored; served: what an edge answers when"
            .to_owned(),
        "probed; observed: users seen with it. != stands where one is not what it should be".to_owned(),
        format!(
            "platforms: {} asked for, not sent  {} sent, or stored and not seen served yet",
            g.connecting, g.sent
        ),
        format!(
            "{} stored, not probed  {} seen served  {} no answer: not known, tried again",
            g.confirmed, g.go, g.unknown
        ),
        format!("{} refused  ! no longer so, or an edge serves something else than is stored", g.no_go),
        "+41ms is counted from the request".to_owned(),
    ]
}

/// Draws the help.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let actions = scene.view.actions();
    let rows = u16::try_from(rows(scene.view)).unwrap_or(u16::MAX);
    let is_cut = rows.saturating_add(FRAME) > area.height;
    let title = if is_cut { "keys (down for more, esc closes)" } else { "keys (esc closes)" };
    let inner = paint::panel(scene, buf, area, title, COLUMNS, rows);
    let names = actions.iter().map(|spec| spec.name.len()).max().unwrap_or(0);
    let lines = actions.iter().map(|spec| {
        let role = match spec.danger {
            _ if scene.view.is_replay() && spec.place == Where::Live => Role::Disabled,
            Danger::Stops => Role::Danger,
            Danger::Grows => Role::Hold,
            Danger::View | Danger::Harmless => Role::Title,
        };
        let room = usize::from(inner.width).saturating_sub(13 + names);
        Line::from(vec![
            scene.span(format!("{:12}", spec.chords.join(" ")), Role::Key),
            scene.span(format!("{:names$} ", spec.name), role),
            scene.span(cut(spec.help, room), Role::Text),
        ])
    });
    let legend = legend(scene).map(|text| scene.line(text, Role::Dim));
    paint::put_all(buf, inner, lines.chain(legend).skip(scene.view.help_top()));
}
