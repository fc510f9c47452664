//! The small panel of a prefix that waits: its title, and which keys may follow.
//!
//! In: the scene. Out: a panel at the lower right, above the hints; nothing while no prefix waits. It only shows: the
//! second key, and the brakes that work without it, are `input`'s business.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{Scene, paint};
use crate::domain::text::cut;
use crate::keys::Chord;
use crate::theme::Role;

/// Most columns within the frame: a key, a name and a short sentence.
const COLUMNS: usize = 60;

/// Draws the panel of the prefix that waits.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let Some(prefix) = scene.view.waiting() else { return };
    let keymap = scene.view.keymap();
    let title = keymap.title(prefix).unwrap_or_default();
    let lines: Vec<_> = keymap
        .continuations(prefix)
        .map(|(key, verb)| (key.to_string(), verb.spec().name, verb.spec().help))
        .chain([(Chord::plain(crate::keys::Key::Esc).to_string(), "leave", "")])
        .collect();
    let keys = lines.iter().map(|(key, ..)| key.chars().count()).max().unwrap_or(0);
    let names = lines.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    let wanted = lines.iter().map(|(.., help)| keys + names + help.chars().count() + 4).max().unwrap_or(0);
    let columns = wanted.min(COLUMNS);
    let width = u16::try_from(columns + 4).unwrap_or(u16::MAX).min(area.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.x + (area.width - width), y: area.y + (area.height - height), width, height };
    Clear.render(place, buf);
    let inner = if height < 4 || width < 12 {
        place
    } else {
        let inner = paint::frame(scene, buf, place, &format!("{prefix} {title}"), true, true);
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    };
    let room = usize::from(inner.width).saturating_sub(keys + names + 4);
    paint::put_all(
        buf,
        inner,
        lines.into_iter().map(|(key, name, help)| {
            Line::from(vec![
                scene.span(paint::pad(&key, keys + 2), Role::Key),
                scene.span(format!("{name:names$}  "), Role::Title),
                scene.span(cut(help, room), Role::Dim),
            ])
        }),
    );
}
