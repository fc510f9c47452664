//! The strips: the whole recording from left to right, one row for verdicts, one for the exposure.
//!
//! In: the course and the width. Out: cells. A stretch begins with its word where there is room for it; acts are the
//! letters of their keys, so that they can be told apart without colours; of several in one cell the most dangerous is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Transport;
use super::course::Scale;
use crate::action::{Danger, Verb};
use crate::theme::Role;
use crate::ui::{Scene, words};

/// Columns of the label on the left, and of the space on the right.
const LABEL: u16 = 10;
const MARGIN: u16 = 1;
/// Cells that a stretch has beside its word, at least.
const BESIDE: usize = 3;

/// One cell: its sign and its look.
type Cell = (String, Role);

/// Draws the exposure in each cell, the largest of it, with acts, bookmarks and the playhead.
pub fn draw_exposure(scene: &Scene<'_>, transport: &Transport<'_>, buf: &mut Buffer, row: Rect) {
    let scale = scale(transport, row);
    let shares = scale.largest(&transport.course.lane(scene.view.selected()).shares);
    let glyphs = scene.glyphs();
    let mut cells: Vec<Cell> = shares
        .iter()
        .map(|share| match share {
            Some(share) => (glyphs.spark_level(share.as_f64() / 100.0).to_owned(), Role::Confirmed),
            None => (glyphs.gap.to_owned(), Role::Dim),
        })
        .collect();
    name_stretches(&mut cells, &shares, |share| words::measured(Some(*share)));
    draw_acts(transport, &scale, &mut cells);
    finish(scene, transport, &scale, cells, "exposure", buf, row);
}

/// Draws the worst verdict of each cell, with bookmarks and the playhead, and with acts if they have no other place.
pub fn draw_verdicts(
    scene: &Scene<'_>,
    transport: &Transport<'_>,
    buf: &mut Buffer,
    row: Rect,
    with_acts: bool,
) {
    let scale = scale(transport, row);
    let verdicts = scale.largest(&transport.course.lane(scene.view.selected()).verdicts);
    let mut cells: Vec<Cell> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Some(verdict) => {
                (words::verdict_glyph(scene.glyphs(), *verdict).to_owned(), words::verdict_role(*verdict))
            }
            None => (scene.glyphs().gap.to_owned(), Role::Dim),
        })
        .collect();
    name_stretches(&mut cells, &verdicts, |verdict| format!(" {} ", verdict.word()));
    if with_acts {
        draw_acts(transport, &scale, &mut cells);
    }
    finish(scene, transport, &scale, cells, "verdicts", buf, row);
}

fn scale(transport: &Transport<'_>, row: Rect) -> Scale {
    let cells = usize::from(row.width.saturating_sub(LABEL + MARGIN));
    Scale { from: transport.from, to: transport.to, cells }
}

/// Writes each value into its stretch, after the first cell, where there is room for it.
fn name_stretches<T: PartialEq>(cells: &mut [Cell], values: &[Option<T>], word: impl Fn(&T) -> String) {
    let mut start = 0;
    while start < values.len() {
        let value = values.get(start).and_then(Option::as_ref);
        let len = values.iter().skip(start).take_while(|other| other.as_ref() == value).count().max(1);
        if let Some(word) = value.map(&word)
            && word.chars().count() + BESIDE <= len
        {
            for (cell, letter) in cells.iter_mut().skip(start + 1).zip(word.chars()) {
                cell.0 = letter.to_string();
            }
        }
        start += len;
    }
}

/// Acts, by the letter of their key.
fn draw_acts(transport: &Transport<'_>, scale: &Scale, cells: &mut [Cell]) {
    let weight = |verb: Verb| match verb.spec().danger {
        Danger::Stops => 2,
        Danger::Grows => 1,
        Danger::Harmless | Danger::View => 0,
    };
    let mut heaviest: Vec<Option<Verb>> = vec![None; cells.len()];
    for (at, verb) in transport.course.acts() {
        if let Some(place) = heaviest.get_mut(scale.cell(*at))
            && place.is_none_or(|known| weight(known) <= weight(*verb))
        {
            *place = Some(*verb);
        }
    }
    for (cell, verb) in cells.iter_mut().zip(heaviest) {
        let Some(spec) = verb.map(Verb::spec) else { continue };
        let role = if spec.danger == Danger::Stops { Role::Danger } else { Role::Key };
        *cell = (spec.chords.first().copied().unwrap_or_default().to_owned(), role);
    }
}

fn finish(
    scene: &Scene<'_>,
    transport: &Transport<'_>,
    scale: &Scale,
    mut cells: Vec<Cell>,
    label: &str,
    buf: &mut Buffer,
    row: Rect,
) {
    for at in transport.bookmarks {
        if let Some(cell) = cells.get_mut(scale.cell(*at)) {
            *cell = (scene.glyphs().bookmark.to_owned(), Role::Title);
        }
    }
    if let Some(cell) = cells.get_mut(scale.cell(transport.at)) {
        *cell = (scene.glyphs().playhead.to_owned(), Role::Title);
    }
    buf.set_stringn(row.x, row.y, format!(" {label}"), usize::from(row.width), scene.style(Role::Dim));
    for (column, (sign, role)) in (row.x.saturating_add(LABEL)..row.right()).zip(cells) {
        buf.set_stringn(column, row.y, sign, 1, scene.style(role));
    }
}
