//! The help: every action that has a key here, with its keys and what it does. In a replay that starts with how to move.
//!
//! In: the list of actions. Out: a panel; where it is too high, the arrow keys scroll it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Scene, paint};
use crate::action::{Danger, Where};
use crate::domain::text::cut;
use crate::theme::Role;

/// Columns of the panel: the longest line of the list.
const COLUMNS: u16 = 92;
/// Rows of its frame.
const FRAME: u16 = 2;

/// Draws the help.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let actions = scene.view.actions();
    let rows = u16::try_from(actions.len()).unwrap_or(u16::MAX);
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
    paint::put_all(buf, inner, lines.skip(scene.view.top()));
}
