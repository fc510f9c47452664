//! The help: every action of the list with its keys and what it does.
//!
//! In: the list of actions. Out: a panel; where it is too high, the arrow keys scroll it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Scene, paint};
use crate::action::{ACTIONS, Danger};
use crate::domain::text::cut;
use crate::theme::Role;

/// Columns of the panel: the longest line of the list.
const COLUMNS: u16 = 92;
/// Rows of its frame.
const FRAME: u16 = 2;

/// Draws the help.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let rows = u16::try_from(ACTIONS.len()).unwrap_or(u16::MAX);
    let is_cut = rows.saturating_add(FRAME) > area.height;
    let title = if is_cut { "keys (down for more, esc closes)" } else { "keys (esc closes)" };
    let inner = paint::panel(scene, buf, area, title, COLUMNS, rows);
    let lines = ACTIONS.iter().map(|spec| {
        let role = match spec.danger {
            Danger::Stops => Role::Danger,
            Danger::Grows => Role::Hold,
            Danger::View | Danger::Harmless => Role::Title,
        };
        let room = usize::from(inner.width).saturating_sub(24);
        Line::from(vec![
            scene.span(format!("{:12}", spec.chords.join(" ")), Role::Key),
            scene.span(format!("{:11} ", spec.name), role),
            scene.span(cut(spec.help, room), Role::Text),
        ])
    });
    paint::put_all(buf, inner, lines.skip(scene.view.top()));
}
