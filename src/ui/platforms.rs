//! The strip below the header while something is under way at the platforms: one sentence, then a row for each platform.
//!
//! In: the scene. Out: at most a quarter of the screen. The unfinished platforms come first; those that find no room are
//! counted. Below stand other requests and edges that serve something else than is stored, a line each. With a single
//! platform the sentence is all there is. Nothing is drawn while nothing is under way, and for a minute after.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::asked::{self, Asked, Row, Step};
use super::{Scene, paint};
use crate::action::Verb;
use crate::domain::text::cut;
use crate::theme::Role;

/// The part of the rows between header and hints that the strip may take.
const PART: u16 = 4;
/// Most rows of the sentence: who is missing may be named in the second.
const MAX_SENTENCE: usize = 2;
/// Most lines about other requests, and about edges that drift.
const MAX_OTHERS: usize = 2;
/// Widest column of platform names.
const NAME: usize = 16;
/// From this width on it is shown when a command was sent.
const WITH_SENT: usize = 70;
/// Columns of `sent +850ms`.
const SENT: usize = 12;
/// Columns of `confirmed +850ms`.
const CONFIRMED: usize = 17;

/// How many rows there are to show.
pub fn rows(scene: &Scene<'_>, body: Rect) -> u16 {
    u16::try_from(lines(scene, body).len()).unwrap_or(u16::MAX)
}

/// Draws the strip; what is given is as high as [`rows`] said.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let body = Rect { height: area.height.saturating_mul(PART), ..area };
    paint::put_all(buf, area, lines(scene, body));
}

fn lines(scene: &Scene<'_>, body: Rect) -> Vec<Line<'static>> {
    let (width, room) = (usize::from(body.width), usize::from((body.height / PART).max(1)));
    let all = asked::asked(scene.model);
    let mut others: Vec<_> =
        all.iter().skip(1).map(|asked| (sign(scene, asked.rows.first()), asked.summary())).collect();
    let drift = (("!", Role::Danger), asked::drifts(scene.model));
    let mut drifts: Vec<_> = drift.1.into_iter().map(|text| (drift.0, text)).collect();
    if all.is_empty() && drifts.is_empty() {
        return Vec::new();
    }
    bound(&mut others, MAX_OTHERS, "more requests");
    bound(&mut drifts, MAX_OTHERS, "more platforms whose edges drift");
    // What an edge does against all that is stored is worse than what somebody else asked for.
    let tail: Vec<_> = drifts.into_iter().chain(others).collect();
    let mut lines = Vec::new();
    if let Some(first) = all.first() {
        let kept = room.saturating_sub(tail.len()).max(1);
        lines = request(scene, first, width, kept);
    }
    let tail = tail.into_iter().map(|((glyph, role), text)| {
        scene.line(format!(" {glyph} {}", cut(&text, width.saturating_sub(4))), role)
    });
    lines.extend(tail);
    lines.truncate(room);
    lines
}

/// Keeps the first few and counts the others.
fn bound(lines: &mut Vec<((&'static str, Role), String)>, most: usize, what: &str) {
    let more = lines.len().saturating_sub(most);
    lines.truncate(most);
    if let Some((_, last)) = lines.last_mut().filter(|_| more > 0) {
        *last = format!("(and {more} {what}) {last}");
    }
}

/// A request: its sentence, and its platforms as far as there is room.
fn request(scene: &Scene<'_>, asked: &Asked<'_>, width: usize, room: usize) -> Vec<Line<'static>> {
    let (glyph, role) = sign(scene, asked.rows.first());
    let mut sentence = paint::wrap(&asked.summary(), width.saturating_sub(4).max(1));
    if sentence.len() > MAX_SENTENCE {
        let rest = sentence.split_off(MAX_SENTENCE - 1).join(" ");
        sentence.push(cut(&rest, width.saturating_sub(4)));
    }
    let mut lines: Vec<_> = sentence
        .into_iter()
        .enumerate()
        .map(|(row, text)| scene.line(format!(" {} {text}", if row == 0 { glyph } else { " " }), role))
        .collect();
    if asked.rows.len() < 2 {
        // The sentence has no place for the cause and the time of sending.
        lines.extend(
            asked.rows.iter().filter(|row| row.cause().is_some()).map(|row| line(scene, row, width, 0)),
        );
        lines.truncate(room);
        return lines;
    }
    let room = room.saturating_sub(lines.len());
    let shown = if asked.rows.len() > room { room.saturating_sub(1) } else { asked.rows.len() };
    let longest = asked.rows.iter().map(|row| row.platform().as_str().len()).max().unwrap_or(0).min(NAME);
    lines.extend(asked.rows.iter().take(shown).map(|row| line(scene, row, width, longest)));
    let left = asked.rows.get(shown..).unwrap_or_default();
    if !left.is_empty() && room > 0 {
        lines.push(more(scene, asked, left, shown));
    }
    lines
}

/// Those that found no room: `and 12 more, all off`.
fn more(scene: &Scene<'_>, asked: &Asked<'_>, left: &[Row<'_>], shown: usize) -> Line<'static> {
    let open = left.iter().filter(|row| !row.is_done()).count();
    let word = if asked.first.command.verb == Verb::Kill { "off" } else { "confirmed" };
    let (how, role) = match open {
        0 => (format!("all {word}"), Role::Dim),
        open => (format!("{open} of them not through yet"), Role::Danger),
    };
    let text = if shown > 0 {
        format!("and {} more, {how}", left.len())
    } else {
        format!("{} platforms, {how}", left.len())
    };
    scene.line(format!("   {text}"), role)
}

/// The sign of a row: glyph and colour; its words say the same.
fn sign(scene: &Scene<'_>, row: Option<&Row<'_>>) -> (&'static str, Role) {
    let glyphs = scene.glyphs();
    match row.map_or(Step::Requested, |row| row.step) {
        Step::Unknown => (glyphs.unknown, Role::Danger),
        Step::Refused => (glyphs.no_go, Role::Danger),
        Step::Replaced => ("!", Role::Hold),
        Step::Unserved => ("!", Role::Danger),
        Step::Requested => (glyphs.connecting, Role::Wait),
        // Stored, and on its way to the users.
        Step::Sent | Step::Confirmed => (glyphs.sent, Role::Wait),
        Step::Unprobed => (glyphs.confirmed, Role::Confirmed),
        Step::Served => (glyphs.go, Role::Served),
    }
}

fn line(scene: &Scene<'_>, row: &Row<'_>, width: usize, name: usize) -> Line<'static> {
    let (glyph, role) = sign(scene, Some(row));
    let mut spans = vec![
        scene.span(format!("   {glyph} "), role),
        scene.span(format!("{:name$}  ", cut(row.platform().as_str(), NAME)), Role::Title),
    ];
    if width >= WITH_SENT {
        spans.push(scene.span(format!("{:SENT$}", row.sent_text()), Role::Dim));
    }
    // What is read back stands in a column; a cause takes what is left of the row.
    let confirmed = row.confirmed_text();
    let confirmed_role = if row.step.is_stored() { Role::Confirmed } else { role };
    spans.push(scene.span(format!("{confirmed:CONFIRMED$} "), confirmed_role));
    spans.push(scene.span(row.served_text(), role));
    let used: usize = spans.iter().map(Span::width).sum();
    if used > width
        && let Some(long) = spans.iter_mut().rev().find(|span| span.width() > CONFIRMED)
    {
        let room = long.width().saturating_sub(used - width);
        long.content = cut(long.content.trim_end(), room).into();
    }
    Line::from(spans)
}
