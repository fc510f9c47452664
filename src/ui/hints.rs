//! The last line: which keys do something now, those of the screen first. Or, until the next key, why one did nothing; or
//! the filter while it is typed.
//!
//! In: the list of actions, the person's keys, the model. Out: a line; more of them for a long message. An action that
//! cannot be done now stands in brackets, dimmed, in the same columns, and its key says why. Which hints there are depends
//! on the screen and its width alone, so that nothing jumps while numbers change.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::field::Field;
use super::overlay::Overlay;
use super::screens::{Copied, SCREENS, Steer};
use super::{Scene, View, paint};
use crate::action::{Verb, Where};
use crate::domain::text::cut;
use crate::engine::people;
use crate::theme::Role;

/// Most rows of a message: a long refusal with its hint at 80 columns.
const MAX_ROWS: usize = 3;
/// Widest text of a filter beside the hints.
const MAX_FILTER: usize = 24;

/// What is worth a hint, with its rank: where room is short, the highest ranks vanish first; 0 never does.
const RANKED: [(Verb, u8); 24] = [
    (Verb::Filter, 2),
    (Verb::Copy, 5),
    (Verb::Play, 0),
    (Verb::Step, 4),
    (Verb::NextDecision, 0),
    (Verb::NextVerdict, 5),
    (Verb::Faster, 5),
    (Verb::GoTo, 4),
    (Verb::Bookmark, 6),
    (Verb::NextBookmark, 7),
    (Verb::Widen, 1),
    (Verb::Pause, 0),
    (Verb::Resume, 3),
    (Verb::RollBack, 2),
    (Verb::Kill, 0),
    (Verb::Clear, 4),
    (Verb::Approve, 2),
    (Verb::Note, 6),
    (Verb::NextPane, 7),
    (Verb::Zoom, 6),
    (Verb::Main, 2),
    (Verb::Palette, 1),
    (Verb::Help, 0),
    (Verb::Quit, 7),
];

/// How many rows the hints need at a width.
pub fn rows(scene: &Scene<'_>, width: u16) -> u16 {
    match message(scene) {
        Some(message) => u16::try_from(message_lines(&message, width).len()).unwrap_or(1).max(1),
        None => 1,
    }
}

/// How many rows a message needs at a width; 0 when there is none and only keys would be shown.
pub fn message_rows(scene: &Scene<'_>, width: u16) -> u16 {
    if message(scene).is_some() { rows(scene, width) } else { 0 }
}

/// Draws the hints.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    if let Some(message) = message(scene) {
        let lines =
            message_lines(&message, area.width).into_iter().map(|text| scene.line(text, Role::Danger));
        paint::put_all(buf, area, lines);
        return;
    }
    if let Overlay::Filter(field) = &scene.view.overlay {
        paint::put(buf, area, 0, &typed_filter(scene, field, usize::from(area.width)));
        return;
    }
    let mut hints: Vec<(u8, Line<'static>)> = Vec::with_capacity(RANKED.len() + 1);
    hints.extend(kept_filter(scene).map(|line| (0, line)));
    hints.extend(ranked(scene).into_iter().filter_map(|(verb, rank)| Some((rank, hint(scene, verb)?))));
    while hints.iter().map(|(_, line)| line.width()).sum::<usize>() > usize::from(area.width) {
        let worst = hints.iter().map(|(rank, _)| *rank).max().filter(|rank| *rank > 0);
        let Some(index) = hints.iter().rposition(|(rank, _)| Some(*rank) == worst) else { break };
        hints.remove(index);
    }
    let spans: Vec<_> = hints.into_iter().flat_map(|(_, line)| line.spans).collect();
    paint::put(buf, area, 0, &Line::from(spans));
}

/// What is worth a hint on the screen that is shown, with its rank there.
fn ranked(scene: &Scene<'_>) -> Vec<(Verb, u8)> {
    let Some(screen) = SCREENS.get(scene.view.screen()) else { return Vec::new() };
    let is_replay = scene.view.is_replay();
    let is_main = screen.steer == Steer::Panes;
    let fits = |verb: Verb| match verb {
        Verb::Filter => screen.left.is_some(),
        Verb::Copy => !is_main,
        Verb::NextPane => is_main,
        Verb::Zoom => is_main || screen.opens.is_some(),
        // Most rollouts ask for nobody's go.
        Verb::Approve => people::are_asked(scene.model),
        verb => is_replay || verb.spec().place != Where::Replay,
    };
    // In a replay nothing can be done to the rollout: what can be done comes first.
    let rank =
        |verb: Verb, rank: u8| if is_replay && verb.spec().place == Where::Live { rank + 2 } else { rank };
    let mut ranked: Vec<_> =
        RANKED.into_iter().filter(|(verb, _)| fits(*verb)).map(|(verb, at)| (verb, rank(verb, at))).collect();
    if is_main {
        // On the main screen the acts are what the keys are for.
        ranked.sort_by_key(|(verb, _)| matches!(verb, Verb::Copy | Verb::Filter));
    }
    ranked
}

/// What is said instead of the hints: why a key did nothing, or why a request was refused.
fn message(scene: &Scene<'_>) -> Option<String> {
    let said = scene.view.said().map(str::to_owned);
    said.or_else(|| {
        let refusal = scene.model.refusal.as_ref()?;
        let new = !scene.view.has_seen(refusal);
        new.then(|| format!("{} was refused: {}", refusal.verb.spec().name, refusal.cause))
    })
}

fn message_lines(message: &str, width: u16) -> Vec<String> {
    let mut lines = paint::wrap(message, usize::from(width.saturating_sub(1)));
    lines.truncate(MAX_ROWS);
    lines.into_iter().map(|line| format!(" {line}")).collect()
}

/// One hint; `None` when the action has no key here.
fn hint(scene: &Scene<'_>, verb: Verb) -> Option<Line<'static>> {
    let view = scene.view;
    let sequence = view.keymap().sequences(&verb).next()?;
    let (key, name) = match (verb, sequence.prefix) {
        (Verb::Main, _) => (screen_keys(view)?, "screens".to_owned()),
        (Verb::Palette, _) => (sequence.to_string(), "find".to_owned()),
        // The prefix and what it begins: its panel shows the rest.
        (_, Some(prefix)) => (prefix.to_string(), view.keymap().title(prefix).unwrap_or_default().to_owned()),
        (verb, None) => (sequence.to_string(), verb.spec().name.to_owned()),
    };
    let is_possible = match verb {
        Verb::Copy => can_copy(scene),
        verb => view.can(verb, scene.model),
    };
    Some(if is_possible {
        let role = if verb == Verb::Kill { Role::Danger } else { Role::Text };
        let name = Span::styled(format!(" {name} "), scene.style(role));
        Line::from(vec![scene.span(format!(" {key}"), Role::Key), name])
    } else {
        scene.line(format!("({key} {name})"), Role::Disabled)
    })
}

/// The keys of all screens as a range: `0-8`. `None`: they are no digits in a row.
fn screen_keys(view: &View) -> Option<String> {
    let keys: Vec<String> = SCREENS.iter().filter_map(|screen| view.key(screen.verb)).collect();
    let digits: Vec<u32> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    let is_row =
        digits.len() == SCREENS.len() && digits.windows(2).all(|pair| matches!(pair, [a, b] if a + 1 == *b));
    is_row.then(|| {
        format!("{}-{}", keys.first().map_or("", String::as_str), keys.last().map_or("", String::as_str))
    })
}

fn can_copy(scene: &Scene<'_>) -> bool {
    let screen = SCREENS.get(scene.view.screen());
    screen.is_some_and(|screen| (screen.copy)(&scene.all(), scene.view, Copied::Line).is_some())
}

/// The filter that hides rows, so that nobody overlooks them.
fn kept_filter(scene: &Scene<'_>) -> Option<Line<'static>> {
    let filter = scene.view.filter();
    if filter.is_empty() {
        return None;
    }
    let text = format!(" filter: {} ({}) ", cut(filter, MAX_FILTER), left(scene));
    Some(scene.line(text, Role::Hold))
}

/// The filter while it is typed.
fn typed_filter(scene: &Scene<'_>, field: &Field, width: usize) -> Line<'static> {
    let about = format!("  {}; enter keeps it, esc shows all", left(scene));
    let label = " filter: ";
    let room = width.saturating_sub(label.len() + 1);
    // What is typed is seen first; then how much is left.
    let typed = field.tail(room).to_owned();
    let rest = room.saturating_sub(paint::width(&Line::from(typed.as_str())));
    Line::from(vec![
        scene.span(label, Role::Title),
        scene.span(typed, Role::Text),
        scene.span("_", Role::Key),
        scene.span(cut(&about, rest), Role::Dim),
    ])
}

/// How many rows the filter leaves: `3 of 20`.
fn left(scene: &Scene<'_>) -> String {
    let Some(left) = SCREENS.get(scene.view.screen()).and_then(|screen| screen.left) else {
        return String::new();
    };
    let rollouts = scene.all();
    format!("{} of {}", left(&rollouts, scene.view), left(&rollouts, &scene.view.without_filter()))
}
