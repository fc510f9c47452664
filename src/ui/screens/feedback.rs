//! What customers say: in numbers by segment and arm, over time, and in their own words.
//!
//! In: the scene. Out: above a table with small charts (`table`, computed by `tally`), below the comments, newest first,
//! the one under the cursor in full. Both are about the same comments: those of the
//! selected segment that the filter leaves. The model keeps the last ones and counts all; the title says both numbers.
//! Nothing here decides anything.

mod table;
mod tally;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Copied, RowId, Screen, Steer};
use crate::action::Verb;
use crate::domain::text::thousands;
use crate::domain::{Sentiment, SourceKind};
use crate::engine::Model;
use crate::engine::model::Comment;
use crate::theme::Role;
use crate::ui::filter::{Filter, is_within, means};
use crate::ui::listing::{self, Look};
use crate::ui::panes::feedback;
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, View, copies, facts, paint};

/// The screen.
pub const SCREEN: Screen = Screen {
    title,
    steer: Steer::Stream,
    ids: |rollouts, view| rows(rollouts.open, view).into_iter().map(|(id, _)| RowId::Number(id)).collect(),
    draw,
    copy,
    left: Some(|rollouts, view| rows(rollouts.open, view).len()),
    ..Screen::of(Verb::Feedback)
};

/// What can be filtered by.
const KEYS: [&str; 4] = ["segment", "arm", "score", "sentiment"];
/// Columns by which the further lines of a comment stand in.
const INDENT: usize = 18;
/// From this height on the last line says what can be filtered by.
const WITH_FOOT: u16 = 14;
/// Rows from which on the words get more than half.
const HIGH: u16 = 28;
/// Most lines about sources that do not deliver.
const MAX_TROUBLES: usize = 3;

/// The comments that are shown with their numbers, newest first.
fn rows<'m>(model: &'m Model, view: &View) -> Vec<(u64, &'m Comment)> {
    let filter = Filter::new(view.filter(), &KEYS);
    listing::numbered(model.feedback_totals.pieces, &model.comments)
        .filter(|(_, comment)| is_here(comment, view))
        .filter(|(_, comment)| filter.is_empty() || passes(model, comment, &filter))
        .collect()
}

fn is_here(comment: &Comment, view: &View) -> bool {
    view.selected().is_none_or(|selected| comment.feedback.segment == *selected)
}

fn passes(model: &Model, comment: &Comment, filter: &Filter) -> bool {
    let said = &comment.feedback;
    filter.passes(&[said.text.as_str(), said.segment.as_str()], |key, value| match key {
        "segment" => {
            let all = model.rollout.segments.iter().map(|segment| segment.name.as_str());
            means(value, said.segment.as_str(), all)
        }
        "arm" => copies::arm(said.arm).starts_with(value),
        "score" => match said.score {
            Some(score) => is_within(value, u64::from(score)),
            None => "none".starts_with(value),
        },
        _ => said.sentiment().map_or("unknown", Sentiment::word).starts_with(value),
    })
}

fn title(scene: &Scene<'_>) -> String {
    let (model, view) = (scene.model, scene.view);
    let of = view.selected().map_or_else(String::new, |name| format!(" from {name}"));
    let kept = model.comments.len() as u64;
    let all = model.feedback_totals.pieces;
    let whole = if all > kept { format!("the last {kept} of {}", thousands(all)) } else { thousands(kept) };
    let filter = view.filter().trim();
    let words = if filter.is_empty() { String::new() } else { format!(" for \"{filter}\"") };
    if of.is_empty() && filter.is_empty() {
        return format!("feedback, newest first: {whole}");
    }
    format!("feedback{of}, newest first: {} of {whole}{words}", rows(model, view).len())
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let troubles = facts::troubles(scene.model, SourceKind::Feedback, None);
    let troubles: Vec<_> =
        troubles.iter().take(MAX_TROUBLES).map(|trouble| scene.trouble(trouble, width)).collect();
    let area = put_top(buf, area, troubles);
    let rows = rows(scene.model, scene.view);
    if rows.is_empty() {
        let text = match (scene.model.comments.is_empty(), scene.selected(), scene.view.filter().trim()) {
            (true, ..) => " no feedback yet".to_owned(),
            (false, Some(segment), "") => format!(" no feedback from {} among those kept", segment.name),
            _ => " none of those kept passes the filter".to_owned(),
        };
        paint::put(buf, area, 0, &scene.line(text, Role::Dim));
        return;
    }
    let foot = u16::from(area.height >= WITH_FOOT);
    let body = Rect { height: area.height - foot, ..area };
    let foot = Rect { y: area.y + body.height, height: foot, ..area };
    let comments: Vec<_> = rows.iter().map(|(_, comment)| *comment).collect();
    // Numbers first, but the words keep half, and more where there is more.
    let rows_of_table = if body.height < HIGH { body.height / 2 } else { body.height * 2 / 5 };
    let lines = table::lines(scene, &comments, width, usize::from(rows_of_table));
    let list = put_top(buf, body, lines);
    let cursor = scene.view.cursor(&(SCREEN.ids)(&scene.all(), scene.view));
    let look = Look {
        at: &|(_, comment): &(u64, &Comment)| comment.at,
        line: &|(_, comment), is_marked| feedback::row(scene, comment, width, is_marked),
        more: &|(_, comment)| more(scene, comment, width),
    };
    listing::draw(scene, buf, list, &rows, cursor, &look);
    let text = " / filters: words, segment:NAME, arm:control, score:1-2, sentiment:negative";
    paint::put(buf, foot, 0, &scene.line(text, Role::Dim));
}

/// Puts lines at the top of an area; returns what is below them.
fn put_top(buf: &mut Buffer, area: Rect, lines: Vec<Line<'static>>) -> Rect {
    let used = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
    paint::put_all(buf, area, lines);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// What the cursor's comment says, if its row does not hold all of it.
fn more(scene: &Scene<'_>, comment: &Comment, width: usize) -> Vec<Line<'static>> {
    if feedback::fits(comment, width) {
        return Vec::new();
    }
    listing::below(scene, comment.feedback.text.as_str(), INDENT, width)
}

fn copy(rollouts: &Rollouts<'_>, view: &View, what: Copied) -> Option<String> {
    let model = rollouts.open;
    let rows = rows(model, view);
    let at = view.cursor(&(SCREEN.ids)(rollouts, view))?;
    let (_, comment) = rows.get(at)?;
    match what {
        Copied::Line => Some(copies::comment(comment)),
        Copied::Link => view.link_to(model, comment.at),
        Copied::Name => Some(comment.feedback.id.to_string()),
    }
}
