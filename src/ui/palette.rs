//! The palette: every action, screen, segment and rollout by its name.
//!
//! ```text
//! ┌ find ────────────────────────────────────────────────────┐
//! │▸ roll_                                                    │
//! │▸ rollback            u    roll the focused segment back … │
//! │  rollout checkout-v2      look at it                      │
//! └───────────────────────────────────────────────────────────┘
//! ```
//!
//! In: what is typed; keys that do not edit it. Out: what was picked ([`Choice`]); the caller does it as its key would. The
//! palette confirms nothing and asks for nothing. What cannot be done now stands there dimmed with the reason. The rows are
//! settled when the text changes, so that none moves under somebody's finger.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::field::Field;
use super::overlay::Step;
use super::rollouts::Rollouts;
use super::{Scene, View, paint, prompt, screens};
use crate::action::{Danger, Spec, Verb};
use crate::domain::text::cut;
use crate::domain::{RolloutName, SegmentName};
use crate::theme::Role;
use rank::{Found, rank};

mod rank;

/// Columns of the panel: a name, a key and a sentence.
const COLUMNS: u16 = 84;
/// Rows of the list: enough to see, few enough to type another letter.
const ROWS: usize = 14;
/// Widest column of names; longer ones are cut.
const NAME: usize = 26;
/// Least columns of a sentence that are worth drawing.
const SENTENCE: usize = 12;

/// What can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Do(Verb),
    /// A segment is selected; `None` is everything.
    Segment(Option<SegmentName>),
    /// A rollout is looked at.
    Rollout(RolloutName),
}

/// The palette while it is open.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What is typed.
    pub field: Field,
    /// What fits, the best first.
    found: Vec<Choice>,
    /// Which of them the keys are on.
    at: usize,
    /// Why the last pick did nothing.
    said: Option<String>,
}

impl Palette {
    /// Opens it with everything that there is.
    pub fn open(view: &View, rollouts: &Rollouts<'_>) -> Self {
        let mut palette = Self { field: Field::default(), found: Vec::new(), at: 0, said: None };
        palette.search(view, rollouts);
        palette
    }

    /// Finds what fits the text as it is now.
    pub fn search(&mut self, view: &View, rollouts: &Rollouts<'_>) {
        let choices = choices(view, rollouts);
        let texts: Vec<_> = choices.iter().map(|choice| (name(choice), about(choice))).collect();
        let found = rank(texts.iter().map(|(name, about)| Found { name, about }), self.field.text());
        self.found = found.into_iter().filter_map(|index| choices.get(index).cloned()).collect();
        self.at = 0;
        self.said = None;
    }

    /// Takes a key that does not edit the text.
    pub fn press(&mut self, verb: Verb, page: usize) -> Step {
        self.said = None;
        let last = self.found.len().saturating_sub(1);
        match verb {
            Verb::Back => return Step::Close,
            Verb::Zoom => match self.found.get(self.at) {
                Some(choice) => return Step::Choose(choice.clone()),
                None => self.say("nothing is called so; esc closes".to_owned()),
            },
            Verb::Up | Verb::PrevPane => self.at = self.at.saturating_sub(1),
            Verb::Down | Verb::NextPane => self.at = (self.at + 1).min(last),
            Verb::PageUp => self.at = self.at.saturating_sub(page.min(ROWS)),
            Verb::PageDown => self.at = (self.at + page.min(ROWS)).min(last),
            _ => {}
        }
        Step::Stay
    }

    /// Says why nothing was done.
    pub fn say(&mut self, why: String) {
        self.said = Some(why);
    }
}

/// Everything that can be picked, in the order of the help, then segments, then rollouts.
fn choices(view: &View, rollouts: &Rollouts<'_>) -> Vec<Choice> {
    let actions = view.actions().into_iter().map(|spec| spec.verb);
    // It is open.
    let actions = actions.filter(|verb| *verb != Verb::Palette).map(Choice::Do);
    let segments = rollouts.open.segments.iter().map(|segment| Choice::Segment(Some(segment.name.clone())));
    let others = rollouts.all.iter().map(|model| Choice::Rollout(model.rollout.name.clone()));
    let everything = std::iter::once(Choice::Segment(None));
    actions.chain(everything).chain(segments).chain(others).collect()
}

fn name(choice: &Choice) -> String {
    match choice {
        Choice::Do(verb) => verb.to_string(),
        Choice::Segment(Some(segment)) => format!("segment {segment}"),
        Choice::Segment(None) => "everything".to_owned(),
        Choice::Rollout(name) => format!("rollout {name}"),
    }
}

/// What a choice does, and other words by which it is found.
fn about(choice: &Choice) -> String {
    match choice {
        Choice::Do(verb) if screens::index_of(*verb).is_some() => format!("screen: {}", verb.spec().help),
        Choice::Do(verb) => verb.spec().help.to_owned(),
        Choice::Segment(Some(_)) => "select this segment".to_owned(),
        Choice::Segment(None) => "select all segments".to_owned(),
        Choice::Rollout(_) => "look at this rollout".to_owned(),
    }
}

/// Draws the palette and returns where the cursor belongs.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, palette: &Palette) -> Option<Position> {
    let rows = u16::try_from(ROWS + 2).unwrap_or(u16::MAX);
    let inner = paint::panel(scene, buf, area, "find (enter does it, esc closes)", COLUMNS, rows);
    let cursor = prompt::draw_field(scene, buf, inner, 0, "", &palette.field, true);
    let list = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(2), ..inner };
    let height = usize::from(list.height);
    let first = screens::first_in_sight(palette.at, palette.found.len(), height);
    let shown = palette.found.iter().enumerate().skip(first).take(height);
    let width = usize::from(inner.width);
    paint::put_all(buf, list, shown.map(|(index, choice)| row(scene, choice, index == palette.at, width)));
    let last = usize::from(inner.height).saturating_sub(1);
    if last > 0 {
        let (text, role) = match (&palette.said, palette.found.len()) {
            (Some(said), _) => (said.clone(), Role::Danger),
            (None, 0) => ("nothing is called so".to_owned(), Role::Dim),
            (None, 1) => ("1 found".to_owned(), Role::Dim),
            (None, rank::MOST) => ("more than fit here: type another letter".to_owned(), Role::Dim),
            (None, count) => (format!("{} of {count}", palette.at + 1), Role::Dim),
        };
        paint::put(buf, inner, last, &scene.line(cut(&text, width), role));
    }
    cursor
}

fn row(scene: &Scene<'_>, choice: &Choice, is_at: bool, width: usize) -> Line<'static> {
    let spec = match choice {
        Choice::Do(verb) => Some(verb.spec()),
        Choice::Segment(_) | Choice::Rollout(_) => None,
    };
    let key = spec.and_then(|spec| scene.view.key(spec.verb)).unwrap_or_default();
    let refusal = spec.and_then(|spec| scene.view.refusal(spec.verb, scene.model));
    let role = match (&refusal, is_at) {
        (Some(_), _) => Role::Disabled,
        (None, true) => Role::Selected,
        (None, false) => spec.as_ref().map_or(Role::Text, name_role),
    };
    let mark = if is_at { scene.glyphs().selected } else { " " };
    let names = NAME.min(width.saturating_sub(12));
    let mut spans = vec![
        scene.span(mark, if is_at { Role::Selected } else { Role::Text }),
        scene.span(paint::pad(&cut(&name(choice), names), names), role),
        scene.span(format!(" {key:8} "), if refusal.is_some() { Role::Disabled } else { Role::Key }),
    ];
    let room = width.saturating_sub(names + 11);
    if room >= SENTENCE {
        let text = match &refusal {
            Some(cause) => format!("not now: {cause}"),
            None => about(choice),
        };
        let role = if refusal.is_some() { Role::Disabled } else { Role::Dim };
        spans.push(scene.span(cut(&text, room), role));
    }
    Line::from(spans)
}

const fn name_role(spec: &Spec) -> Role {
    match spec.danger {
        Danger::Stops => Role::Danger,
        Danger::Grows => Role::Hold,
        Danger::View | Danger::Harmless => Role::Title,
    }
}
