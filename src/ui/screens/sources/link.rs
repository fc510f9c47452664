//! Links on the sources screen, and what came in by them and was not used.
//!
//! In: the scene and the rows. Out: a line for each link: its state and since when, when it was heard, how often it is
//! due, how late its data are by their own times; below it why it does not deliver. Then unusable inputs, and the
//! readings that were left out.

use std::time::Duration;

use ratatui::text::Line;

use super::{Column, Key, add as add_text};
use crate::domain::text::{cut, thousands};
use crate::domain::{LinkState, Source, Span};
use crate::engine::model::{Link, MAX_SKEW};
use crate::theme::Role;
use crate::ui::header::link_sign;
use crate::ui::{Scene, words};

/// Widest column of link names.
const NAME: usize = 24;
/// Columns of a state.
const STATE: usize = 11;
/// Columns of an age or a time.
const TIME: usize = 8;
/// Columns of a lag, which says its direction.
const LAG: usize = 11;
/// What is due more seldom than this is not due at all: people do not speak at intervals.
const REGULAR: Duration = Duration::from_secs(86_400 * 365);

/// Adds the names of the columns.
fn add_title(scene: &Scene<'_>, name: usize, column: &mut Column) {
    let text = format!(
        "{:name$}   {:STATE$} {:>TIME$} {:>TIME$} {:>TIME$} {:>LAG$}",
        "link", "state", "for", "heard", "due", "data late"
    );
    column.say(scene.line(cut(&text, column.width.saturating_sub(1)), Role::Title));
}

/// Adds links, unusable inputs and what was left out.
pub fn add(scene: &Scene<'_>, keys: &[Key<'_>], column: &mut Column) {
    let longest = keys.iter().filter_map(|key| match key {
        Key::Link(source, _) => Some(source.to_string().chars().count()),
        _ => None,
    });
    // Mark, sign and the other columns.
    let rest = 3 + 1 + STATE + 3 * (TIME + 1) + LAG + 1;
    let name = longest.max().unwrap_or(0).min(NAME).min(column.width.saturating_sub(rest)).max(8);
    if scene.model.links.is_empty() {
        column.say(scene.line("nothing is connected yet", Role::Dim));
    } else {
        add_title(scene, name, column);
    }
    for (row, key) in keys.iter().enumerate() {
        match key {
            Key::Link(source, link) => add_link(scene, row, (source, link), name, column),
            Key::Problem(source, problem, count) => {
                let text = format!("! {source}: {problem} ({}×)", thousands(*count));
                add_text(scene, Some(row), (&text, Role::Hold), 0, column);
            }
            Key::Platform(_) | Key::Stored(..) => {}
        }
    }
    add_drops(scene, column);
}

fn add_link(
    scene: &Scene<'_>,
    row: usize,
    (source, link): (&Source, &Link),
    name: usize,
    column: &mut Column,
) {
    let (glyph, role, _) = link_sign(scene, link);
    let now = scene.model.now;
    let (state, cause) = match &link.state {
        LinkState::Connecting => ("connecting", None),
        LinkState::Live if link.heard_at.is_none() => ("no data yet", None),
        LinkState::Live if link.is_stale(now) => ("SILENT", None),
        LinkState::Live => ("live", None),
        LinkState::Retrying { cause, wait } => ("LOST", Some(format!("{cause}; next try within {wait}"))),
        LinkState::Failed { cause } => ("FAILED", Some(format!("{cause}; it is tried again now and then"))),
    };
    let age = |age: Option<Duration>| age.map_or_else(|| words::UNKNOWN.to_owned(), words::age);
    // What has fallen silent is so since it was heard last; the link itself says nothing of it.
    let since = if state == "SILENT" { link.age(now) } else { Some(now.since(link.since)) };
    let due = Some(link.interval).filter(|interval| *interval < REGULAR);
    let due = due.map_or_else(|| words::UNKNOWN.to_owned(), |due| String::from(Span(due)));
    let is_stale = role != Role::Live;
    let spans = vec![
        scene.span(format!("{:name$}", cut(&source.to_string(), name)), Role::Text),
        scene.span(format!(" {glyph} {state:STATE$} "), role),
        scene.span(format!("{:>TIME$} ", age(since)), Role::Text),
        scene
            .span(format!("{:>TIME$} ", age(link.age(now))), if is_stale { Role::Stale } else { Role::Text }),
        scene.span(format!("{due:>TIME$} "), Role::Dim),
        scene.span(format!("{:>LAG$}", lag(link)), if is_off(link) { Role::Hold } else { Role::Dim }),
    ];
    column.lines.push((Some(row), Line::from(spans)));
    if let Some(cause) = cause {
        add_text(scene, Some(row), (&cause, role), 2, column);
    }
    if link.skewed > 0 {
        let text = format!(
            "! its times were more than {} from our clock {}×: its clock is wrong, or its data come late",
            Span(MAX_SKEW),
            thousands(link.skewed)
        );
        add_text(scene, Some(row), (&text, Role::Hold), 2, column);
    }
}

/// How late data are by the source's own times, in whole seconds: what changes with every reading is noise.
fn lag(link: &Link) -> String {
    let Some(ms) = link.skew_ms else { return words::UNKNOWN.to_owned() };
    let size = Duration::from_millis(ms.unsigned_abs());
    match ms {
        -999..=999 => "<1s".to_owned(),
        ms if ms < 0 => words::age(size),
        _ => format!("{} ahead", words::age(size)),
    }
}

fn is_off(link: &Link) -> bool {
    link.skew_ms.is_some_and(|ms| Duration::from_millis(ms.unsigned_abs()) > MAX_SKEW)
}

/// Readings that were left out, and all that could not be used.
fn add_drops(scene: &Scene<'_>, column: &mut Column) {
    let model = scene.model;
    let traffic = model.traffic;
    let lost = traffic.late + traffic.refused;
    let text = format!(
        "readings left out: {} late, {} refused; unusable inputs: {}",
        thousands(traffic.late),
        thousands(traffic.refused),
        thousands(model.problems_seen)
    );
    let is_well = lost + model.problems_seen == 0;
    column.say(Line::default());
    add_text(scene, None, (&text, if is_well { Role::Dim } else { Role::Hold }), 0, column);
    let text = format!(
        "{} readings were replaced by newer ones before they were read, as is meant: they are cumulative",
        thousands(traffic.coalesced)
    );
    add_text(scene, None, (&text, Role::Dim), 0, column);
}
