//! The go/no-go poll: stations down, segments across, a glyph and a word in each cell.
//!
//! Stations that have nothing to say anywhere are left out. Where not all segments fit, the columns
//! move so that the selected one is seen, and the title says how many there are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::action::Verb;
use crate::domain::Station;
use crate::domain::text::cut;
use crate::engine::Model;
use crate::theme::Role;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::UpperRight,
    steer: Steer::Columns,
    opens: Verb::Evidence,
    title: |scene| match scene.model.segments.len() {
        1 => "go / no-go".to_owned(),
        n => format!("go / no-go in {n} segments"),
    },
    rows: |model, _| stations(model).len().max(1) + 1,
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

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, _: usize) {
    let segments = &scene.model.segments;
    let stations = stations(scene.model);
    if stations.is_empty() {
        paint::put(buf, area, 0, &scene.line(" no station has reported yet: WAIT", Role::Dim));
        return;
    }
    let names = names_width(&stations);
    let room = usize::from(area.width).saturating_sub(names);
    // The last column needs no gap behind it.
    let fitting = ((room + 1) / NARROWEST).clamp(1, segments.len().max(1));
    let width = ((room + 1) / fitting).clamp(NARROWEST, WIDEST);
    let selected = scene.view.selected();
    let chosen = segments.iter().position(|s| Some(&s.name) == selected).unwrap_or(0);
    let first = (chosen + 1).saturating_sub(fitting);
    let shown = || segments.iter().skip(first).take(fitting);

    let mut head = vec![scene.span(" ".repeat(names), Role::Dim)];
    for segment in shown() {
        let role = if Some(&segment.name) == selected { Role::Selected } else { Role::Dim };
        let room = width - 1;
        head.push(scene.span(format!("{:room$}", cut(segment.name.as_str(), room)), role));
        head.push(scene.span(" ", Role::Text));
    }
    paint::put(buf, area, 0, &Line::from(head));
    for (row, station) in stations.iter().enumerate() {
        let mut line = vec![scene.span(format!("{station:names$}"), Role::Text)];
        for segment in shown() {
            let cell = segment.board.get(station);
            let (text, role) = cell.map_or_else(
                || (words::UNKNOWN.to_owned(), Role::Dim),
                |cell| (words::verdict(scene.glyphs(), cell.verdict), words::verdict_role(cell.verdict)),
            );
            let gap = width.saturating_sub(text.chars().count());
            line.push(scene.span(text, role));
            line.push(scene.span(" ".repeat(gap), Role::Text));
        }
        paint::put(buf, area, row + 1, &Line::from(line));
    }
}
