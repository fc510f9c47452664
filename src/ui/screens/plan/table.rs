//! All stages of one segment as a table: bake, sample, go, from when until when, and what takes longest.
//!
//! In: the scene. Out: lines for the segment that is selected, or that most needs a look. Columns that do not fit are left out,
//! the least important first.

use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::domain::Span;
use crate::domain::text::cut;
use crate::engine::Model;
use crate::engine::forecast::completion::{End, Place, Rung, clock, rough};
use crate::theme::Role;
use crate::ui::{Scene, paint, words as common};

/// Columns between two columns of the table.
const GAP: usize = 2;
/// Widest cell: longer ones are cut.
const CELL: usize = 28;
/// The columns that are kept longest first: stage, until, bake, from, sample, go, longest.
const KEPT: [usize; 7] = [0, 5, 1, 4, 2, 3, 6];

/// The title of each column.
const TITLES: [&str; 7] = ["stage", "bake", "sample", "go", "from", "until", "longest"];

/// The lines of the table, its title first.
pub fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let Some(subject) = scene.subject() else { return vec![scene.line(" there are no segments", Role::Dim)] };
    let found = scene.model.completion().segments.iter().find(|climb| climb.segment == subject.name);
    let Some(climb) = found else { return Vec::new() };
    let name = cut(subject.name.as_str(), width.saturating_sub(30).max(4));
    let mut lines = vec![Line::from(vec![
        scene.span(format!(" {name}  "), Role::Title),
        scene.verdict(subject.verdict),
        scene.span(format!("  {}", subject.phase), common::phase_role(subject.phase)),
        scene.span(format!("  at {}", common::exposure(subject.exposure.confirmed)), Role::Confirmed),
    ])];
    if let End::Unknown(why) = &climb.end {
        let text = format!("no times: {why}");
        let wrapped = paint::wrap(&text, width.saturating_sub(2));
        lines.extend(wrapped.into_iter().map(|text| scene.line(format!(" {text}"), Role::Hold)));
    }
    let rows: Vec<[String; 7]> = climb.rungs.iter().map(|rung| cells(scene, rung)).collect();
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain(TITLES.get(column).map(|title| title.len())).max().unwrap_or(0).min(CELL)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(widest).collect();
    let mut shown: Vec<usize> = Vec::new();
    let mut room = width.saturating_sub(2);
    for column in KEPT {
        let wanted = widths.get(column).copied().unwrap_or(0) + GAP;
        // A later one may not take the place of one that is more important.
        if wanted > room && column != 0 {
            break;
        }
        room = room.saturating_sub(wanted);
        shown.push(column);
    }
    shown.sort_unstable();
    let line = |cells: &[String; 7]| {
        let columns =
            shown.iter().filter_map(|column| Some((column, cells.get(*column)?, widths.get(*column)?)));
        let text = columns.map(|(column, cell, wide)| {
            let cell = cut(cell, *wide);
            let pad = wide.saturating_sub(cell.width());
            // Numbers and times end below each other.
            if matches!(column, 1 | 2 | 4 | 5) {
                format!("{:pad$}{cell}", "")
            } else {
                format!("{cell}{:pad$}", "")
            }
        });
        format!(" {}", text.collect::<Vec<_>>().join("  "))
    };
    lines.push(scene.line(line(&TITLES.map(str::to_owned)), Role::Dim));
    lines.extend(climb.rungs.iter().zip(&rows).map(|(rung, row)| {
        let role = match rung.place {
            Place::Passed => Role::Dim,
            Place::Here => Role::Title,
            Place::Ahead => Role::Text,
        };
        scene.line(line(row), role)
    }));
    lines
}

/// The cells of a stage.
fn cells(scene: &Scene<'_>, rung: &Rung) -> [String; 7] {
    let (model, glyphs) = (scene.model, scene.glyphs());
    let sign = match rung.place {
        Place::Passed => glyphs.confirmed,
        Place::Here => glyphs.selected,
        Place::Ahead => glyphs.connecting,
    };
    let bake = match rung.place {
        Place::Here if rung.bake_left.is_zero() => format!("{}, baked", planned(rung)),
        Place::Here => format!("{}, {} left", planned(rung), rough(rung.bake_left)),
        _ => planned(rung),
    };
    let go = match &rung.go {
        None => String::new(),
        Some(go) => match &go.given_by {
            Some(by) => format!("{} by {by}", go.role),
            None if rung.place == Place::Ahead => format!("{} not given", go.role),
            None => go.role.to_string(),
        },
    };
    let longest = match &rung.longest {
        Some(wait) => wait.to_string(),
        None => String::new(),
    };
    let sample = match rung.place {
        Place::Here => words::sample(rung),
        _ => crate::domain::text::thousands(rung.sample),
    };
    let until = when(model, rung.ends);
    [format!("{sign} {}", rung.exposure), bake, sample, go, from(model, rung), until, longest]
}

/// The bake time as the plan has it: `10m`.
fn planned(rung: &Rung) -> String {
    Span(rung.bake).into()
}

fn from(model: &Model, rung: &Rung) -> String {
    match rung.place {
        // It is no forecast.
        Place::Here => rung.begins.map_or_else(
            || common::UNKNOWN.to_owned(),
            |at| {
                let full = if at.day() == model.now.day() { at.clock() } else { at.date_and_clock() };
                full.get(..full.len().saturating_sub(3)).unwrap_or_default().to_owned()
            },
        ),
        Place::Passed => String::new(),
        Place::Ahead => when(model, rung.begins),
    }
}

fn when(model: &Model, at: Option<crate::domain::Timestamp>) -> String {
    at.map_or_else(|| common::UNKNOWN.to_owned(), |at| clock(model.now, at))
}
