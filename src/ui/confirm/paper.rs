//! How a confirmation looks: target, blast radius, what speaks for and against, fields, buttons.
//!
//! In: the frozen request and the model. Out: cells. Buttons, fields and what was said keep their rows in
//! the smallest panel; the rest is cut.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Confirm, Part, rehearsal};
use crate::action::{Danger, Verb};
use crate::domain::text::thousands;
use crate::domain::{SegmentName, Verdict};
use crate::engine::acts::Move;
use crate::engine::forecast;
use crate::theme::Role;
use crate::ui::prompt::draw_field;
use crate::ui::{Scene, paint, words};

/// Columns of the panel: a sentence of evidence in two lines.
const COLUMNS: u16 = 76;
/// Most moves listed one by one; more are counted.
const MAX_MOVES: usize = 8;

/// Draws the panel and returns where the cursor belongs while text is typed.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, confirm: &Confirm) -> Option<Position> {
    let columns = usize::from(COLUMNS.min(area.width.saturating_sub(4)).max(1));
    let body = body(scene, confirm, columns);
    let said = said(scene, confirm, columns);
    let fields = usize::from(confirm.plan.needs_reason.is_some()) + usize::from(confirm.plan.needs_name);
    let rows = body.len() + said.len() + fields + 1;
    let title = format!("{} {}", word(confirm.request.verb), confirm.request.scope);
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    let inner = paint::panel(scene, buf, area, &title, COLUMNS, rows);

    let room = usize::from(inner.height);
    // From below: buttons, what was said, fields; then as much of the body as fits.
    let buttons_row = room.saturating_sub(1);
    paint::put(buf, inner, buttons_row, &buttons(scene, confirm));
    let mut row = buttons_row;
    for line in said.iter().rev().take(row) {
        row -= 1;
        paint::put(buf, inner, row, line);
    }
    let mut cursor = None;
    for (needed, part, label, field) in [
        (confirm.plan.needs_name, Part::Name, "name of the rollout: ", &confirm.name),
        (confirm.plan.needs_reason.is_some(), Part::Reason, "reason: ", &confirm.reason),
    ] {
        if needed && row > 0 {
            row -= 1;
            let focused = confirm.part == part;
            cursor = draw_field(scene, buf, inner, row, label, field, focused).or(cursor);
        }
    }
    let above = Rect { height: u16::try_from(row).unwrap_or(0), ..inner };
    paint::put_all(buf, above, body);
    cursor
}

/// The word of an action where it is dangerous.
fn word(verb: Verb) -> String {
    match verb {
        Verb::Kill => "KILL".to_owned(),
        Verb::RollBack => "roll back".to_owned(),
        verb => verb.spec().name.to_owned(),
    }
}

fn body(scene: &Scene<'_>, confirm: &Confirm, columns: usize) -> Vec<Line<'static>> {
    let moves = &confirm.plan.moves;
    let wrap = |text: &str, role| {
        paint::wrap(text, columns).into_iter().map(|line| scene.line(line, role)).collect::<Vec<_>>()
    };
    let mut lines = wrap(&purpose(scene, confirm), Role::Title);
    lines.extend(moves.iter().take(MAX_MOVES).map(|m| scene.line(move_text(scene, m), Role::Text)));
    let mut say = |text: &str, role| lines.extend(wrap(text, role));
    if moves.len() > MAX_MOVES {
        say(&format!("and {} more", moves.len() - MAX_MOVES), Role::Text);
    }
    say(&users(scene, moves), Role::Text);
    for (text, role) in rehearsal::lines(scene, confirm) {
        say(&text, role);
    }
    let grows = confirm.request.verb.spec().danger == Danger::Grows;
    if grows {
        for (text, role) in kill_after(scene, moves) {
            say(&text, role);
        }
    }
    // What grows shows every station below.
    if let Some(evidence) = confirm.plan.evidence.as_ref().filter(|_| !grows) {
        say(evidence, Role::Text);
    }
    if let Some(why) = &confirm.plan.needs_reason {
        say(&format!("a reason is needed: {why}"), Role::Hold);
    }
    if grows {
        lines.extend(stations(scene, confirm, columns));
    }
    lines.push(Line::default());
    lines
}

fn purpose(scene: &Scene<'_>, confirm: &Confirm) -> String {
    let feature = &scene.model.rollout.name;
    let whom = match &confirm.request.scope.segment {
        Some(segment) => format!("in {segment} "),
        None => String::new(),
    };
    match confirm.request.verb {
        Verb::Kill if whom.is_empty() => format!("Nobody anywhere will get {feature}."),
        Verb::Kill => format!("Nobody {whom}will get {feature}."),
        Verb::Widen => format!("More users {whom}will get {feature}."),
        Verb::RollBack => format!("Fewer users {whom}will get {feature}."),
        verb => format!("{}.", verb.spec().help),
    }
}

fn move_text(scene: &Scene<'_>, m: &Move) -> String {
    let to = scene.glyphs().to;
    format!("  {:<16} at {:<12} {:>6} {to} {}", m.segment, m.platform, words::exposure(m.from), m.to)
}

/// How many users the moves concern: the farthest move of each segment, times its size.
fn users(scene: &Scene<'_>, moves: &[Move]) -> String {
    let mut segments: Vec<&SegmentName> = moves.iter().map(|m| &m.segment).collect();
    segments.sort_unstable();
    segments.dedup();
    let (mut gain, mut lose, mut sized) = (0.0_f64, 0.0_f64, true);
    for segment in segments {
        let Some(size) = scene.model.rollout.segment(segment).and_then(|s| s.size) else {
            sized = false;
            continue;
        };
        let steps = moves.iter().filter(|m| m.segment == *segment).map(|m| match m.from {
            Some(from) => m.to.as_f64() - from.as_f64(),
            // Not known where it stands: count the most that it can be.
            None if m.to.is_zero() => -100.0,
            None => m.to.as_f64(),
        });
        let farthest = steps.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
        let users = farthest / 100.0 * size as f64;
        if users > 0.0 { gain += users } else { lose -= users }
    }
    let about = |users: f64| thousands(users.round() as u64);
    let mut text = match (gain > 0.0, lose > 0.0) {
        (true, true) => format!("about {} users get it, {} lose it", about(gain), about(lose)),
        (true, false) => format!("about {} more users get it", about(gain)),
        (false, true) => format!("about {} users lose it", about(lose)),
        (false, false) if sized => "no user's exposure changes".to_owned(),
        (false, false) => String::new(),
    };
    if !sized {
        text.push_str(if text.is_empty() {
            "how many users: not known"
        } else {
            ", and more of unknown size"
        });
    }
    text
}

/// How soon it could be killed again afterwards, where that would take longest.
fn kill_after(scene: &Scene<'_>, moves: &[Move]) -> Vec<(String, Role)> {
    match forecast::slowest_after(scene.model, moves) {
        None => Vec::new(),
        Some(Err(missing)) => vec![(format!("earliest possible kill then: not known, {missing}"), Role::Dim)],
        Some(Ok(slowest)) => {
            let text = format!(
                "earliest possible {} in {} at {}: {}",
                slowest.word(),
                slowest.segment,
                slowest.exposure,
                slowest.brief()
            );
            let how = slowest.shorten(scene.model);
            let role = if how.is_some() { Role::Hold } else { Role::Text };
            std::iter::once((text, role)).chain(how.map(|how| (how, Role::Hold))).collect()
        }
    }
}

/// What each station says where the moves are, the worst first.
fn stations(scene: &Scene<'_>, confirm: &Confirm, columns: usize) -> Vec<Line<'static>> {
    let mut cells: Vec<_> = scene
        .model
        .segments
        .iter()
        .filter(|s| confirm.plan.moves.iter().any(|m| m.segment == s.name))
        .flat_map(|s| s.board.iter().map(move |(station, cell)| (cell.verdict, *station, s, cell)))
        .collect();
    cells.sort_by_key(|(verdict, ..)| std::cmp::Reverse(*verdict));
    let mut lines = Vec::new();
    for (verdict, station, segment, cell) in cells {
        lines.push(Line::from(vec![
            scene.verdict(verdict),
            scene.span(format!(" {station} in {}", segment.name), Role::Text),
        ]));
        if verdict != Verdict::Go {
            let text = paint::wrap(&cell.evidence.sentence, columns.saturating_sub(2).max(1));
            lines.extend(text.into_iter().map(|line| scene.line(format!("  {line}"), Role::Dim)));
        }
    }
    lines
}

/// Why `enter` did or would do nothing.
fn said(scene: &Scene<'_>, confirm: &Confirm, columns: usize) -> Vec<Line<'static>> {
    let why = confirm.said.clone().or_else(|| confirm.standing(scene.model).err());
    let lines = why.map_or_else(Vec::new, |why| paint::wrap(&why, columns));
    lines.into_iter().map(|line| scene.line(line, Role::Danger)).collect()
}

fn buttons(scene: &Scene<'_>, confirm: &Confirm) -> Line<'static> {
    let button = |part: Part, text: String, role: Role| -> Vec<Span<'static>> {
        let focused = confirm.part == part;
        let mark = if focused { scene.glyphs().selected } else { " " };
        let role = if focused { Role::Selected } else { role };
        vec![scene.span(mark, Role::Key), scene.span(format!("[ {text} ]"), role), Span::raw("  ")]
    };
    let verb = confirm.request.verb;
    let stops = verb.spec().danger == Danger::Stops;
    let go = button(Part::Do, word(verb).to_lowercase(), if stops { Role::Danger } else { Role::Text });
    let cancel = button(Part::Cancel, "cancel".to_owned(), Role::Text);
    let mut spans = if stops { [go, cancel].concat() } else { [cancel, go].concat() };
    spans.push(scene.span("tab, enter; esc closes", Role::Dim));
    Line::from(spans)
}
