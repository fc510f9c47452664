//! The strips: the whole recording from left to right, one row for verdicts, one for the exposure.
//!
//! In: the course and the width. Out: cells. A stretch begins with its word where there is room for it; acts are the
//! letters of their keys, so that they can be told apart without colours; of several in one cell the most dangerous is shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

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
    let acts = heaviest_acts(transport, &scale);
    name_stretches(&mut cells, &shares, &acts, |share| words::measured(Some(*share)));
    draw_acts(scene, &acts, &mut cells);
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
    let acts = if with_acts { heaviest_acts(transport, &scale) } else { Vec::new() };
    name_stretches(&mut cells, &verdicts, &acts, |verdict| format!(" {} ", verdict.word()));
    draw_acts(scene, &acts, &mut cells);
    finish(scene, transport, &scale, cells, "verdicts", buf, row);
}

fn scale(transport: &Transport<'_>, row: Rect) -> Scale {
    let cells = usize::from(row.width.saturating_sub(LABEL + MARGIN));
    Scale { from: transport.from, to: transport.to, cells }
}

/// Writes each value into its stretch, after the first cell, where there is room for it between the acts.
fn name_stretches<T: PartialEq>(
    cells: &mut [Cell],
    values: &[Option<T>],
    acts: &[Option<Verb>],
    word: impl Fn(&T) -> String,
) {
    let is_free = |from: usize, len: usize| !acts.iter().skip(from).take(len).any(Option::is_some);
    let mut start = 0;
    while start < values.len() {
        let value = values.get(start).and_then(Option::as_ref);
        let len = values.iter().skip(start).take_while(|other| other.as_ref() == value).count().max(1);
        let word = value.map(&word).unwrap_or_default();
        let width = word.chars().count();
        let places = start + 1..(start + len + 1).saturating_sub(width + BESIDE - 1);
        if let Some(place) = places.into_iter().find(|place| is_free(*place, width)) {
            for (cell, letter) in cells.iter_mut().skip(place).zip(word.chars()) {
                cell.0 = letter.to_string();
            }
        }
        start += len;
    }
}

/// The act of each cell that weighs most, if there was one.
fn heaviest_acts(transport: &Transport<'_>, scale: &Scale) -> Vec<Option<Verb>> {
    let weight = |verb: Verb| match verb.spec().danger {
        // A kill is looked for before anything else.
        Danger::Stops if verb == Verb::Kill => 3,
        Danger::Stops => 2,
        Danger::Grows => 1,
        Danger::Harmless | Danger::View => 0,
    };
    let mut heaviest: Vec<Option<Verb>> = vec![None; scale.cells];
    for (at, verb) in transport.course.acts() {
        if let Some(place) = heaviest.get_mut(scale.cell(*at))
            && place.is_none_or(|known| weight(known) <= weight(*verb))
        {
            *place = Some(*verb);
        }
    }
    heaviest
}

/// The letter of an action: the person's own key if that is one letter, else the built-in one.
fn mark(scene: &Scene<'_>, verb: Verb) -> String {
    let own = scene.view.live_key(verb).filter(|key| key.width() == 1);
    own.unwrap_or_else(|| verb.spec().chords.first().copied().unwrap_or_default().to_owned())
}

/// Acts, by the letter of their key.
fn draw_acts(scene: &Scene<'_>, acts: &[Option<Verb>], cells: &mut [Cell]) {
    for (cell, verb) in cells.iter_mut().zip(acts) {
        let Some(spec) = verb.map(Verb::spec) else { continue };
        let role = if spec.danger == Danger::Stops { Role::Danger } else { Role::Key };
        *cell = (mark(scene, spec.verb), role);
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
