//! The plan: the ladder of stages of each segment, where it stands, what it waits for, and when the rollout will be done.
//!
//! ```text
//!  ▸free   ✓1% ─ ✓5% ─ ▸10% ███░░░░░ ─ ○25% ─ ○50% ─ ○100%                      done about 16:40
//!           to 25%: bakes 4 min more, errors 812 of 2,000 users; about 14:35
//!  …
//!  free    stage   bake         sample       go          from    until   longest        the selected segment, stage by stage
//!  coach   → what there is to do                                                         everything that the coach has to say
//!  Done about 16:40 UTC, in about 2 h 30 min, if every stage goes well …
//! ```
//!
//! In: the scene; the times are the engine's ([`completion`](crate::engine::forecast::completion)). Out: cells. Where room is
//! short the ladders take one row each and scroll with the selection, the table gives way, and the last lines stay. On a
//! narrow screen the ladder of one segment stands upright. With everything selected the table makes room for the coach.
//!
//! It never shows a time that the engine does not know, and says beside each forecast what it assumes.

mod ladder;
mod table;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Copied, Screen, Steer, first_in_sight};
use crate::action::Verb;
use crate::theme::Role;
use crate::ui::panes::coach;
use crate::ui::{Scene, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |scene| format!("plan of {}", scene.model.rollout.name),
    steer: Steer::Segments,
    opens: Some(Verb::Segment),
    draw,
    copy: |rollouts, view, what| match what {
        Copied::Line => Some(words::whole(rollouts.open).join(" ")),
        Copied::Name => view
            .selected()
            .map_or_else(|| Some(rollouts.open.rollout.name.to_string()), |name| Some(name.to_string())),
        Copied::Link => view.link_to(rollouts.open, rollouts.open.now),
    },
    ..Screen::of(Verb::Plan)
};

/// Below this many columns a ladder stands upright.
const UPRIGHT: u16 = 60;
/// Rows that the ladders leave for the rest, where there are many segments: a table of four stages, or some advice.
const LEFT: usize = 8;
/// Most rows of the last lines.
const WHOLE: usize = 4;

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let whole =
        words::whole(scene.model).into_iter().flat_map(|text| paint::wrap(&text, width.saturating_sub(1)));
    let whole: Vec<_> = whole.collect();
    let last = whole.len().min(WHOLE).min(usize::from(area.height) / 3);
    let last = u16::try_from(last).unwrap_or(0);
    let mut rest = Rect { height: area.height - last, ..area };
    let bottom = Rect { y: area.y + rest.height, height: last, ..area };
    let lines = whole.into_iter().map(|text| scene.line(format!(" {text}"), Role::Title));
    paint::put_text(buf, bottom, lines);
    if area.width < UPRIGHT {
        draw_upright(scene, buf, rest);
        return;
    }
    draw_ladders(scene, buf, &mut rest);
    let is_selected = scene.selected().is_some();
    let advice = coach::all_lines(scene, width.saturating_sub(1));
    // Who has chosen a segment wants its stages; who has not, what there is to do.
    let rows = usize::from(rest.height);
    let table = table::lines(scene, width);
    let advice_rows = advice.len().saturating_add(1);
    let for_table = if is_selected { rows } else { rows.saturating_sub(advice_rows) };
    let shown = if for_table > table.len() { table.len() + 1 } else { for_table };
    if shown > 3 || (is_selected && shown > 1) {
        let place = take(&mut rest, shown);
        paint::put_text(buf, below(place), table);
    }
    if rest.height > 1 {
        paint::put_text(buf, below(rest), advice);
    }
}

/// The ladders, two rows each if that leaves enough for the rest, with the selected one in sight.
fn draw_ladders(scene: &Scene<'_>, buf: &mut Buffer, rest: &mut Rect) {
    let segments = &scene.model.completion().segments;
    let rows = usize::from(rest.height);
    let is_roomy = 2 * segments.len() + LEFT <= rows;
    let each = if is_roomy { 2 } else { 1 };
    let least = rows.saturating_sub(LEFT).max(rows / 2).max(1);
    let shown = segments.len().min((least / each).max(1));
    let selected =
        scene.subject().and_then(|subject| segments.iter().position(|c| c.segment == subject.name));
    let mut first = first_in_sight(selected.unwrap_or(0), segments.len(), shown);
    let is_cut = shown < segments.len();
    if is_cut && first > 0 && first + shown >= segments.len() {
        first = segments.len() - shown;
    }
    let place = take(rest, shown * each);
    let columns = ladder::columns(segments, usize::from(place.width));
    for (index, climb) in segments.iter().skip(first).take(shown).enumerate() {
        paint::put(buf, place, index * each, &ladder::line(scene, climb, &columns));
        if each > 1 {
            paint::put(buf, place, index * each + 1, &ladder::next(scene, climb, &columns));
        }
    }
    if is_cut && rest.height > 0 {
        let text = format!(" segments {} to {} of {}", first + 1, first + shown, segments.len());
        let place = take(rest, 1);
        paint::put(buf, place, 0, &scene.line(text, Role::Dim));
    }
}

/// One segment, its stages one below the other.
fn draw_upright(scene: &Scene<'_>, buf: &mut Buffer, mut rest: Rect) {
    let width = usize::from(rest.width);
    let lines = table::lines(scene, width);
    let place = take(&mut rest, lines.len());
    paint::put_text(buf, place, lines);
    if rest.height > 1 {
        paint::put_text(buf, below(rest), coach::all_lines(scene, width.saturating_sub(1)));
    }
}

/// Cuts rows off the top.
fn take(rest: &mut Rect, rows: usize) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(rest.height);
    let taken = Rect { height: rows, ..*rest };
    (rest.y, rest.height) = (rest.y + rows, rest.height - rows);
    taken
}

/// The same without its first row, which stays empty.
const fn below(area: Rect) -> Rect {
    let skipped = if area.height > 0 { 1 } else { 0 };
    Rect { y: area.y + skipped, height: area.height - skipped, ..area }
}
