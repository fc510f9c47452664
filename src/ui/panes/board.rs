//! The go/no-go poll: stations down, segments across, a glyph and a word in each cell.
//!
//! Stations that have nothing to say anywhere are left out. Where not all segments fit, the columns
//! move so that the selected one is seen (or the one that most needs a look), and the head says which of how many are
//! shown. Names that are too long for their column stand on two rows by turns, each with the room of two columns; if there
//! is no row for that, they are cut so that they stay told apart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::action::Verb;
use crate::domain::Station;
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::theme::Role;
use crate::ui::names::cut_apart;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, facts, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::UpperRight,
    steer: Steer::Columns,
    opens: Verb::Evidence,
    title: |scene| match scene.model.segments.len() {
        1 => "go / no-go".to_owned(),
        n => format!("go / no-go in {n} segments"),
    },
    rows: |model, view| stations(model).len().max(1) + name_rows(model, usize::from(view.size().0)),
    draw,
};

/// Narrowest column of the station names, with a gap.
const STATION: usize = 9;
/// Narrowest column: `✘ NO-GO` and a gap.
const NARROWEST: usize = 8;
/// Widest column: beyond it the eye loses the row.
const WIDEST: usize = 14;

/// The stations that have something to say in any segment.
fn stations(model: &Model) -> Vec<Station> {
    let speaks = |station: &Station| model.segments.iter().any(|s| s.board.contains_key(station));
    Station::ALL.into_iter().filter(speaks).collect()
}

/// Width of the station names that are shown, with a gap.
fn names_width(stations: &[Station]) -> usize {
    stations.iter().map(|station| station.word().len() + 1).max().unwrap_or(STATION).max(STATION)
}

/// The width that shows all segments, without frame.
pub fn wanted_width(model: &Model) -> usize {
    names_width(&stations(model)) + (model.segments.len() * NARROWEST).saturating_sub(1)
}

/// How many columns there is room for, and how wide they are.
fn fit(room: usize, segments: usize) -> (usize, usize) {
    // The last column needs no gap behind it.
    let fitting = ((room + 1) / NARROWEST).clamp(1, segments.max(1));
    (fitting, ((room + 1) / fitting).clamp(NARROWEST, WIDEST))
}

/// How many rows the names want at a width of the terminal: two where one would cut them.
fn name_rows(model: &Model, columns: usize) -> usize {
    // About what `layout` gives to this pane: all that it wants, within limits; below two columns all of it.
    let is_wide = columns >= 120;
    let own = (wanted_width(model) + 2).clamp(columns * 3 / 10, (columns * 9 / 20).max(columns * 3 / 10));
    let inner = if is_wide { own.saturating_sub(2) } else { columns };
    let room = inner.saturating_sub(names_width(&stations(model)));
    let (fitting, width) = fit(room, model.segments.len());
    let is_cut = model.segments.iter().any(|segment| segment.name.as_str().width() >= width);
    if is_cut && fitting > 1 { 2 } else { 1 }
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, _: usize) {
    let segments = facts::filtered(scene.model, scene.view.filter(), scene.view.selected());
    let stations = stations(scene.model);
    if stations.is_empty() {
        paint::put(buf, area, 0, &scene.line(" no station has reported yet: WAIT", Role::Dim));
        return;
    }
    let names = names_width(&stations);
    let (fitting, width) = fit(usize::from(area.width).saturating_sub(names), segments.len());
    let subject = scene.subject().map(|segment| &segment.name);
    let chosen = segments.iter().position(|s| Some(&s.name) == subject).unwrap_or(0);
    let first = (chosen + 1).saturating_sub(fitting);
    let shown: Vec<_> = segments.iter().copied().skip(first).take(fitting).collect();

    let rows = draw_names(scene, buf, area, &shown, (names, width), stations.len());
    if shown.len() < segments.len() {
        let last = first + shown.len();
        let both = format!("{}–{last}/{}", first + 1, segments.len());
        let text = if both.width() < names { both } else { format!("{last}/{}", segments.len()) };
        paint::put(buf, Rect { width: area.width.min(8), ..area }, 0, &scene.line(text, Role::Dim));
    }
    for (row, station) in stations.iter().enumerate() {
        let mut line = vec![scene.span(format!("{station:names$}"), Role::Text)];
        for segment in &shown {
            let cell = segment.board.get(station);
            let (text, role) = cell.map_or_else(
                || (words::UNKNOWN.to_owned(), Role::Dim),
                |cell| (words::verdict(scene.glyphs(), cell.verdict), words::verdict_role(cell.verdict)),
            );
            let gap = width.saturating_sub(text.width());
            line.push(scene.span(text, role));
            line.push(scene.span(" ".repeat(gap), Role::Text));
        }
        paint::put(buf, area, row + rows, &Line::from(line));
    }
}

/// Draws the names of the segments above their columns; returns how many rows they took.
fn draw_names(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    shown: &[&SegmentModel],
    (names, width): (usize, usize),
    below: usize,
) -> usize {
    let full: Vec<&str> = shown.iter().map(|segment| segment.name.as_str()).collect();
    let is_cut = full.iter().any(|name| name.width() >= width);
    let rows = if is_cut && usize::from(area.height) > below + 1 && shown.len() > 1 { 2 } else { 1 };
    for row in 0..rows {
        // Up to the next name of this row.
        let room = width * rows - 1;
        let mut line = Vec::new();
        let mut used = 0;
        for ((index, segment), name) in shown.iter().enumerate().zip(cut_apart(&full, room)) {
            if index % rows != row {
                continue;
            }
            // The last one ends where the pane ends, rather than be cut there.
            let last = usize::from(area.width).saturating_sub(name.width());
            let start = (names + index * width).min(last).max(used + usize::from(used > 0));
            line.push(scene.span(" ".repeat(start.saturating_sub(used)), Role::Text));
            used = start + name.width();
            let is_selected = Some(&segment.name) == scene.view.selected();
            line.push(scene.span(name, if is_selected { Role::Selected } else { Role::Dim }));
        }
        paint::put(buf, area, row, &Line::from(line));
    }
    rows
}
