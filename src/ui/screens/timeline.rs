//! What happened: every moment that is kept, newest first, the one under the cursor in full.
//!
//! In: the scene. Out: a row for each moment of the selected segment, or of none in particular, that the filter leaves; above
//! them the day, below them where the older ones are. The cursor is on a moment, by its number: it stays there when others
//! come, and on the newest one it goes with what is newest. A command's line that grows keeps its row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Copied, RowId, Screen, Steer};
use crate::action::Verb;
use crate::domain::name;
use crate::domain::text::thousands;
use crate::engine::Model;
use crate::engine::model::{Moment, MomentKind};
use crate::theme::Role;
use crate::ui::filter::{Filter, means};
use crate::ui::listing::{self, Look};
use crate::ui::panes::timeline;
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, View, copies, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Stream,
    ids: |rollouts, view| rows(rollouts.open, view).into_iter().map(|(id, _)| RowId::Number(id)).collect(),
    draw,
    copy,
    left: Some(|rollouts, view| rows(rollouts.open, view).len()),
    ..Screen::of(Verb::Timeline)
};

/// What can be filtered by.
const KEYS: [&str; 3] = ["kind", "segment", "who"];
/// Columns by which the further lines of a moment stand in.
const INDENT: usize = 11;
/// From this height on the last line says what can be filtered by.
const WITH_FOOT: u16 = 8;

/// The moments that are shown with their numbers, newest first.
fn rows<'m>(model: &'m Model, view: &View) -> Vec<(u64, &'m Moment)> {
    let filter = Filter::new(view.filter(), &KEYS);
    listing::numbered(model.moments_seen, &model.timeline)
        .filter(|(_, moment)| is_here(model, moment, view))
        .filter(|(_, moment)| filter.is_empty() || passes(model, moment, &filter))
        .collect()
}

/// Whether a moment is of what is selected: of the segment, or of no segment in particular.
fn is_here(model: &Model, moment: &Moment, view: &View) -> bool {
    view.selected().is_none_or(|selected| {
        let named = named(model, moment);
        named.is_empty() || named.contains(&selected.as_str())
    })
}

/// The segments that a moment is about: its own, or those that its words name, as those of a command do.
fn named<'m>(model: &'m Model, moment: &'m Moment) -> Vec<&'m str> {
    if let Some(segment) = &moment.segment {
        return vec![segment.as_str()];
    }
    let words: Vec<_> = name::words(moment.text.as_str()).collect();
    let all = model.rollout.segments.iter().map(|segment| segment.name.as_str());
    all.filter(|name| words.contains(name)).collect()
}

fn passes(model: &Model, moment: &Moment, filter: &Filter) -> bool {
    let who = moment.actor.as_ref().map(ToString::to_string).unwrap_or_default();
    let segment = moment.segment.as_ref().map_or("", |segment| segment.as_str());
    filter.passes(&[moment.text.as_str(), segment, &who], |key, value| match key {
        "kind" => is_kind(moment, value),
        "segment" => {
            let all = || model.rollout.segments.iter().map(|segment| segment.name.as_str());
            named(model, moment).into_iter().any(|name| means(value, name, all()))
        }
        _ => who.to_lowercase().contains(value),
    })
}

/// Whether a moment is of a kind; a verdict also has its own word: `kind:no-go`.
fn is_kind(moment: &Moment, value: &str) -> bool {
    let verdict = moment.verdict.filter(|_| moment.kind == MomentKind::Verdict);
    let word = verdict.map(|verdict| verdict.word().to_lowercase());
    copies::kind(moment.kind).starts_with(value) || word.is_some_and(|word| word.starts_with(value))
}

fn title(scene: &Scene<'_>) -> String {
    let (model, view) = (scene.model, scene.view);
    let of = view.selected().map_or_else(String::new, |name| format!(" of {name} and of the whole"));
    let kept = model.timeline.iter().filter(|moment| is_here(model, moment, view)).count();
    let count = if view.filter().trim().is_empty() {
        kept.to_string()
    } else {
        format!("{} of {kept} for \"{}\"", rows(model, view).len(), view.filter().trim())
    };
    format!("timeline{of}, newest first: {count}")
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let (model, width) = (scene.model, usize::from(area.width));
    let rows = rows(model, scene.view);
    let gone = model.moments_seen.saturating_sub(model.timeline.len() as u64);
    let feet = u16::from(gone > 0) + u16::from(area.height >= WITH_FOOT);
    let list = Rect { height: area.height.saturating_sub(feet), ..area };
    let feet = Rect { y: area.y + list.height, height: area.height - list.height, ..area };
    if rows.is_empty() {
        let text = match (model.timeline.is_empty(), scene.view.filter().trim()) {
            (true, _) | (false, "") => " nothing has happened yet",
            _ => " nothing that is kept passes the filter",
        };
        paint::put(buf, list, 0, &scene.line(text, Role::Dim));
    }
    let cursor = scene.view.cursor(&(SCREEN.ids)(&scene.all(), scene.view));
    let columns = timeline::Columns::new(rows.iter().map(|(_, moment)| *moment), width);
    let look = Look {
        at: &|(_, moment): &(u64, &Moment)| moment.at,
        line: &|(_, moment), is_marked| timeline::row(scene, moment, width, &columns, is_marked),
        more: &|(_, moment)| more(scene, moment, width, &columns),
    };
    listing::draw(scene, buf, list, &rows, cursor, &look);
    let mut lines = Vec::new();
    if gone > 0 {
        let (gone, name) = (thousands(gone), &model.rollout.name);
        lines.push(if scene.transport.is_some() {
            format!(" {gone} older ones: go back in the recording")
        } else if scene.view.has_journal() {
            format!(" {gone} older ones are kept in the journal: gonogo journal {name}")
        } else {
            format!(" {gone} older ones are gone: a demo keeps no journal")
        });
    }
    lines.push(" / filters: words, kind:act|verdict|link|problem|note, segment:NAME, who:NAME".to_owned());
    paint::put_all(buf, feet, lines.into_iter().map(|text| scene.line(text, Role::Dim)));
}

/// What the cursor's moment says beyond its line.
fn more(scene: &Scene<'_>, moment: &Moment, width: usize, columns: &timeline::Columns) -> Vec<Line<'static>> {
    if timeline::fits(moment, width, columns) {
        return Vec::new();
    }
    let who = moment.actor.as_ref().map_or_else(String::new, |actor| format!("{actor}: "));
    let place = moment.segment.as_ref().map_or_else(String::new, |segment| format!("{segment}: "));
    listing::below(scene, &format!("{place}{who}{}", moment.text), INDENT, width)
}

fn copy(rollouts: &Rollouts<'_>, view: &View, what: Copied) -> Option<String> {
    let model = rollouts.open;
    let rows = rows(model, view);
    let at = view.cursor(&(SCREEN.ids)(rollouts, view))?;
    let (_, moment) = rows.get(at)?;
    match what {
        Copied::Line => Some(copies::moment(moment)),
        Copied::Link => view.link_to(model, moment.at),
        Copied::Name => {
            let command = moment.effect.map(|id| id.to_string());
            command.or_else(|| moment.segment.as_ref().map(ToString::to_string))
        }
    }
}
