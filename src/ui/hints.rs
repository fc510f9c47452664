//! The last line: which keys do something now. Or, until the next key, why one did nothing.
//!
//! In: the list of actions and the model. Out: a line; more of them for a long message. An action that
//! cannot be done now stands in brackets, dimmed; its key says why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Scene, paint};
use crate::action::{Danger, Spec, Verb};
use crate::engine::people;
use crate::theme::Role;

/// Most rows of a message: a long refusal with its hint at 80 columns.
const MAX_ROWS: usize = 3;
/// Actions that only change what is shown, and are worth a hint all the same.
const WORTH_A_HINT: [Verb; 13] = [
    Verb::Play,
    Verb::Step,
    Verb::NextDecision,
    Verb::NextVerdict,
    Verb::Faster,
    Verb::GoTo,
    Verb::Bookmark,
    Verb::NextBookmark,
    Verb::NextPane,
    Verb::Zoom,
    Verb::Sources,
    Verb::Help,
    Verb::Quit,
];
/// Actions whose hint never vanishes.
const KEPT: [Verb; 6] = [Verb::Kill, Verb::Pause, Verb::Widen, Verb::Help, Verb::Play, Verb::NextDecision];

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
    let mut hints: Vec<_> = scene
        .view
        .actions()
        .into_iter()
        .filter(|spec| spec.danger != Danger::View || WORTH_A_HINT.contains(&spec.verb))
        // Most rollouts ask for nobody's go.
        .filter(|spec| spec.verb != Verb::Approve || people::are_asked(scene.model))
        .map(|spec| (spec.verb, hint(scene, spec)))
        .collect();
    while hints.iter().map(|(_, line)| line.width()).sum::<usize>() > usize::from(area.width) {
        let Some(index) = hints.iter().rposition(|(verb, _)| !KEPT.contains(verb)) else { break };
        hints.remove(index);
    }
    let spans: Vec<_> = hints.into_iter().flat_map(|(_, line)| line.spans).collect();
    paint::put(buf, area, 0, &Line::from(spans));
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

fn hint(scene: &Scene<'_>, spec: &Spec) -> Line<'static> {
    let key = spec.chords.first().copied().unwrap_or_default();
    if scene.view.can(spec.verb, scene.model) {
        let role = if spec.verb == Verb::Kill { Role::Danger } else { Role::Text };
        let name = Span::styled(format!(" {} ", spec.name), scene.style(role));
        Line::from(vec![scene.span(format!(" {key}"), Role::Key), name])
    } else {
        scene.line(format!("({key} {}) ", spec.name), Role::Disabled)
    }
}
