//! A list of moments, newest first, with a cursor: days, one line for each row, and the row under the cursor in full.
//!
//! In: rows with their times, how each is drawn, and which one the cursor is on. Out: lines in an area. The cursor's row
//! stands in the middle once there is room above it, so rows that are added above move nothing that is looked at. The
//! day of the first row in sight stands above all of them, and a day's name wherever one begins. It draws at any size.

use std::collections::VecDeque;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Scene, paint};
use crate::domain::Timestamp;
use crate::theme::Role;

/// How the rows of a list are drawn.
pub struct Look<'l, T> {
    /// When a row was.
    pub at: &'l dyn Fn(&T) -> Timestamp,
    /// Its one line; whether the cursor is on it.
    pub line: &'l dyn Fn(&T, bool) -> Line<'static>,
    /// What the cursor's row has to say below its line.
    pub more: &'l dyn Fn(&T) -> Vec<Line<'static>>,
}

/// The mark of the cursor, or room for it.
pub fn mark(scene: &Scene<'_>, is_marked: bool) -> Span<'static> {
    if is_marked { scene.span(scene.glyphs().selected, Role::Selected) } else { Span::raw(" ") }
}

/// What is kept of a stream with its numbers, newest first: the newest is number `seen`, whatever was left out before.
pub fn numbered<T>(seen: u64, kept: &VecDeque<T>) -> impl Iterator<Item = (u64, &T)> {
    (0..seen.saturating_add(1)).rev().zip(kept.iter().rev())
}

/// A text below its row: wrapped, and set in by some columns.
pub fn below(scene: &Scene<'_>, text: &str, indent: usize, width: usize) -> Vec<Line<'static>> {
    let lines = paint::wrap(text, width.saturating_sub(indent + 1).max(1));
    lines.into_iter().map(|line| scene.line(format!("{:indent$}{line}", ""), Role::Text)).collect()
}

/// A line of the list before it is drawn.
enum Flat {
    /// The day of the row below.
    Day(Timestamp),
    /// The row of that number.
    Row(usize),
    /// A further line of the cursor's row.
    More(usize),
}

/// Draws the rows.
pub fn draw<T>(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    rows: &[T],
    cursor: Option<usize>,
    look: &Look<'_, T>,
) {
    if area.is_empty() || rows.is_empty() {
        return;
    }
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut more = cursor.and_then(|at| rows.get(at)).map(look.more).unwrap_or_default();
    // However much a row has to say, its own line stays in sight.
    more.truncate(usize::from(body.height).saturating_sub(1));
    let (flat, held) = flatten(rows, cursor, more.len(), look.at);
    let first = first_line(flat.len(), &held, usize::from(body.height));
    // With one row there is no room for a day beside it.
    let (head, body) = if area.height == 1 { (None, area) } else { (Some(area), body) };
    let above = flat.iter().skip(first).find_map(|line| match line {
        Flat::Row(at) => rows.get(*at).map(look.at),
        Flat::Day(at) => Some(*at),
        Flat::More(_) => None,
    });
    if let (Some(head), Some(at)) = (head, above) {
        paint::put(buf, head, 0, &day(scene, at));
    }
    let shown = flat.iter().enumerate().skip(first).take(usize::from(body.height).max(1));
    for (place, (index, line)) in shown.enumerate() {
        let line = match line {
            // The day stands above already.
            Flat::Day(_) if index == first => Line::default(),
            Flat::Day(at) => day(scene, *at),
            Flat::Row(at) => match rows.get(*at) {
                Some(row) => (look.line)(row, cursor == Some(*at)),
                None => Line::default(),
            },
            Flat::More(at) => more.get(*at).cloned().unwrap_or_default(),
        };
        paint::put(buf, body, place, &line);
    }
}

fn day(scene: &Scene<'_>, at: Timestamp) -> Line<'static> {
    let date = at.date_and_clock();
    let date = date.split(' ').next().unwrap_or_default().to_owned();
    let rule = scene.glyphs().horizontal.repeat(2);
    scene.line(format!(" {rule} {date} UTC {rule}"), Role::Dim)
}

/// The lines of the list, and which of them belong to the cursor's row.
fn flatten<T>(
    rows: &[T],
    cursor: Option<usize>,
    more: usize,
    at: &dyn Fn(&T) -> Timestamp,
) -> (Vec<Flat>, Range<usize>) {
    let mut flat = Vec::with_capacity(rows.len() + more);
    let mut held = 0..0;
    let mut last: Option<i64> = None;
    for (index, row) in rows.iter().enumerate() {
        let at = at(row);
        if last.is_some_and(|day| day != at.day()) {
            flat.push(Flat::Day(at));
        }
        last = Some(at.day());
        if cursor == Some(index) {
            held = flat.len()..flat.len() + 1 + more;
        }
        flat.push(Flat::Row(index));
        if cursor == Some(index) {
            flat.extend((0..more).map(Flat::More));
        }
    }
    (flat, held)
}

/// The first of `count` lines to show in `height` rows, with the held ones in the middle as far as that can be.
pub fn first_line(count: usize, held: &Range<usize>, height: usize) -> usize {
    let middle = held.start.saturating_add(held.end) / 2;
    middle.saturating_sub(height / 2).min(count.saturating_sub(height)).min(held.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_in_the_middle_and_stays_there_when_rows_come_above() {
        assert_eq!(first_line(100, &(0..1), 10), 0);
        assert_eq!(first_line(100, &(3..4), 10), 0);
        assert_eq!(first_line(100, &(50..51), 10), 45);
        assert_eq!(first_line(101, &(51..52), 10), 46);
        assert_eq!(first_line(100, &(99..100), 10), 90);
        assert_eq!(first_line(5, &(4..5), 10), 0);
        // More to say than there is room: its beginning is shown.
        assert_eq!(first_line(100, &(40..70), 10), 40);
        assert_eq!(first_line(0, &(0..0), 0), 0);
    }

    #[test]
    fn a_day_is_named_where_it_begins() {
        let days = [Timestamp(3 * 86_400_000), Timestamp(2 * 86_400_000 + 5), Timestamp(2 * 86_400_000)];
        let (flat, held) = flatten(&days, Some(1), 2, &|at| *at);
        let kinds: Vec<_> = flat
            .iter()
            .map(|line| match line {
                Flat::Day(_) => 'd',
                Flat::Row(_) => 'r',
                Flat::More(_) => 'm',
            })
            .collect();
        assert_eq!(kinds, ['r', 'd', 'r', 'm', 'm', 'r']);
        assert_eq!(held, 2..5);
    }
}
