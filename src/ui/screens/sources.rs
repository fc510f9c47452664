//! The sources: every link with its age, what was dropped, and each platform with what its backend can do, what it has
//! stored, what its edge serves, and how long a change takes.
//!
//! In: the scene. Out: lines, wrapped to the width, that the arrow keys scroll. It shows facts of the model
//! and judges nothing. In a replay it is what was so at that time.

mod platform;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::domain::text::{cut, thousands};
use crate::domain::{LinkState, Source, Span};
use crate::engine::Model;
use crate::engine::model::Link;
use crate::theme::Role;
use crate::ui::header::link_sign;
use crate::ui::{Scene, paint, words};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |_| "sources".to_owned(),
    steer: Steer::Lines,
    lines: |rollouts, _, _| rows(rollouts.open),
    draw,
    ..Screen::of(Verb::Sources)
};

/// Most kinds of unusable input that are listed: the last of them are in the log and the recording.
const MAX_PROBLEMS: usize = 8;
/// Columns by which the second line of a sentence stands in.
const INDENT: usize = 4;
/// Widest column of link names.
const NAME: usize = 24;

/// About how many lines there are, for scrolling: a sentence takes two where it is narrow.
fn rows(model: &Model) -> usize {
    let platforms: usize = model.platforms.iter().map(platform::rows).sum();
    5 + model.links.len() + model.problems.len().min(MAX_PROBLEMS) + 2 * platforms
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let lines = lines(scene, usize::from(area.width));
    // The last line stays in sight, however far it was scrolled.
    let top = scene.view.top().min(lines.len().saturating_sub(1));
    paint::put_all(buf, area, lines.into_iter().skip(top));
}

fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let model = scene.model;
    let mut lines = vec![scene.line("links", Role::Title)];
    let longest = model.links.keys().map(|source| source.to_string().len()).max().unwrap_or(0).min(NAME);
    for (source, link) in &model.links {
        add_link(scene, (source, link), longest, width, &mut lines);
    }
    if model.links.is_empty() {
        lines.push(scene.line("  nothing is connected yet", Role::Dim));
    }
    add_drops(scene, width, &mut lines);
    for known in &model.platforms {
        lines.push(Line::default());
        platform::add_platform(scene, known, width, &mut lines);
    }
    lines
}

fn add_link(
    scene: &Scene<'_>,
    (source, link): (&Source, &Link),
    name: usize,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let (glyph, role, _) = link_sign(scene, link);
    let now = scene.model.now;
    let since = words::age(now.since(link.since));
    let state = match &link.state {
        LinkState::Connecting => format!("connecting for {since}"),
        LinkState::Live if link.is_stale(now) => "SILENT".to_owned(),
        LinkState::Live => format!("live for {since}"),
        LinkState::Retrying { cause, wait } => {
            format!("LOST for {since}: {cause}; next try within {wait}")
        }
        LinkState::Failed { cause } => format!("FAILED {since} ago: {cause}"),
    };
    let heard = match link.age(now) {
        Some(age) => format!(", heard {} ago", words::age(age)),
        None => ", never heard".to_owned(),
    };
    // People do not speak at intervals.
    let is_regular = link.interval.as_secs() < 86_400 * 365;
    let every = if is_regular { format!(", due every {}", Span(link.interval)) } else { String::new() };
    let skew = link.skew_ms.filter(|ms| ms.unsigned_abs() >= 1000).map_or_else(String::new, |ms| {
        let way = if ms > 0 { "ahead of" } else { "behind" };
        let size = Span(std::time::Duration::from_millis(ms.unsigned_abs()));
        format!(", its data {size} {way} our clock")
    });
    let text = format!("{glyph} {:name$}  {state}{heard}{every}{skew}", cut(&source.to_string(), NAME));
    add(scene, &text, role, 2, width, lines);
}

/// What was left out, and what could not be used.
fn add_drops(scene: &Scene<'_>, width: usize, lines: &mut Vec<Line<'static>>) {
    let model = scene.model;
    let traffic = model.traffic;
    let text = format!(
        "readings: {} late, {} refused, {} replaced by newer ones before they were read; unusable inputs: {}",
        thousands(traffic.late),
        thousands(traffic.refused),
        thousands(traffic.coalesced),
        thousands(model.problems_seen)
    );
    let is_well = traffic.late + traffic.refused + model.problems_seen == 0;
    add(scene, &text, if is_well { Role::Dim } else { Role::Hold }, 2, width, lines);
    for ((source, problem), count) in model.problems.iter().take(MAX_PROBLEMS) {
        let text = format!("! {source}: {problem} ({}×)", thousands(*count));
        add(scene, &text, Role::Hold, 2, width, lines);
    }
    let more = model.problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        add(scene, &format!("and {more} other kinds"), Role::Hold, 2, width, lines);
    }
}

/// A sentence that stands in by `indent`, its further lines by more.
fn add(
    scene: &Scene<'_>,
    text: &str,
    role: Role,
    indent: usize,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let room = width.saturating_sub(indent + INDENT).max(1);
    // Columns of the first line are kept: only a text that is too long is broken between words.
    if text.chars().count() + indent <= width {
        lines.push(scene.line(format!("{:indent$}{text}", ""), role));
        return;
    }
    for (row, line) in paint::wrap(text, room).into_iter().enumerate() {
        let indent = if row == 0 { indent } else { indent + INDENT };
        lines.push(scene.line(format!("{:indent$}{line}", ""), role));
    }
}
