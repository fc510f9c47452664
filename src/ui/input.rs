//! Keys to intents: what each key does, wherever the person is.
//!
//! In: an [`Input`] and the models as they are now. Out: [`Intent`]s; most keys only change the view.
//!
//! What must hold here: kill is at most three keys away (`esc` out of a text field, `K`, `enter`); pause
//! is one key; a paste is text or nothing; a held key only moves and types. Nothing that makes an
//! exposure larger is asked for without a panel whose focus was moved on purpose.

use super::confirm::Confirm;
use super::overlay::{Overlay, Step};
use super::palette::Palette;
use super::pane::{self, PANES};
use super::prompt::Prompt;
use super::rollouts::Rollouts;
use super::screens::{self, Copied, RowId, SCREENS, Steer};
use super::transport::Wish;
use super::view::{Repaint, Stand, asks_for_words};
use super::{Intent, View, facts, help};
use crate::action::{Danger, Verb, Where};
use crate::engine::{Model, acts};
use crate::keys::{Chord, Input, Key, Meaning};

mod apart;
mod fields;
mod pointer;
mod switches;

/// Rows of the frame around a list: header, title, hints.
const AROUND: u16 = 5;

impl View {
    /// Takes what the person did; returns what it asks for, in order.
    pub fn handle(&mut self, input: &Input, rollouts: &[&Model]) -> Vec<Intent> {
        match input {
            Input::Key { chord, repeat } => {
                self.revision += 1;
                self.said = None;
                let Some(known) = self.rollouts(rollouts) else { return Vec::new() };
                self.seen_refusal.clone_from(&known.open.refusal);
                let keys = self.apart(*chord);
                let mut intents = Vec::new();
                for chord in keys {
                    // Another rollout may be looked at by then.
                    let Some(known) = self.rollouts(rollouts) else { break };
                    intents.extend(self.press(chord, *repeat, &known));
                    self.settle(rollouts);
                }
                intents
            }
            Input::Paste(text) => {
                if let Some(field) = self.overlay.field() {
                    field.paste(text);
                    self.revision += 1;
                    if let Some(rollouts) = self.rollouts(rollouts) {
                        self.follow_field(&rollouts);
                    }
                }
                Vec::new()
            }
            Input::Resize { columns, rows } => {
                self.size = (*columns, *rows);
                self.revision += 1;
                Vec::new()
            }
            Input::Mouse { kind, column, row } => {
                if let Some(known) = self.rollouts(rollouts) {
                    self.point(*kind, (*column, *row), &known);
                    self.settle(rollouts);
                }
                Vec::new()
            }
            Input::FocusGained | Input::FocusLost => Vec::new(),
        }
    }

    fn press(&mut self, chord: Chord, repeat: bool, rollouts: &Rollouts<'_>) -> Option<Intent> {
        let model = rollouts.open;
        if self.overlay.field().is_some_and(|field| field.edit(chord)) {
            self.follow_field(rollouts);
            return None;
        }
        let verb = self.meaning(chord, repeat)?;
        if repeat && !is_steering(verb) {
            return None;
        }
        match verb {
            Verb::Suspend => return Some(Intent::Suspend),
            Verb::Redraw => return Some(Intent::Redraw),
            Verb::Quit if chord == Chord::ctrl('c') => return Some(Intent::Quit),
            _ => {}
        }
        // While text is typed only its panel gets keys. Else stopping goes before any panel.
        let typing = self.overlay.field().is_some();
        if !typing && verb.is_brake() {
            return self.act(verb, model);
        }
        let page = self.page();
        let step = match &mut self.overlay {
            Overlay::None => return self.command(verb, rollouts),
            Overlay::Help => return self.press_in_help(verb, rollouts),
            Overlay::Confirm(confirm) => confirm.press(verb, model),
            Overlay::Prompt(prompt) => prompt.press(verb),
            Overlay::GoTo(go_to) => go_to.press(verb),
            Overlay::Palette(palette) => palette.press(verb, page),
            Overlay::Filter(_) => return self.press_in_filter(verb, rollouts),
        };
        match step {
            Step::Stay => None,
            Step::Close => {
                self.overlay = Overlay::None;
                None
            }
            Step::Ask(request) => {
                self.overlay = Overlay::None;
                Some(Intent::Ask(model.rollout.name.clone(), request))
            }
            Step::Wish(wish) => {
                self.overlay = Overlay::None;
                Some(Intent::Replay(wish))
            }
            Step::Choose(choice) => self.choose(choice, rollouts),
        }
    }

    /// What a key means, with or without the prefix that waits. `None`: nothing, or it is a prefix and waits now.
    fn meaning(&mut self, chord: Chord, repeat: bool) -> Option<Verb> {
        let waiting = self.waiting.take();
        if repeat && waiting.is_some() {
            // Held too long: neither the second key nor a way out.
            self.waiting = waiting;
            return None;
        }
        match self.keymap().find(waiting, chord) {
            Meaning::Value(verb) => return Some(*verb),
            Meaning::Prefix if matches!(self.overlay, Overlay::None) && !repeat => self.waiting = Some(chord),
            Meaning::Prefix => {}
            // Leaving and suspending are not held up by a prefix either.
            Meaning::Nothing if waiting.is_some() && chord.modifiers().ctrl => {
                return self.keymap().lookup(chord).copied();
            }
            Meaning::Nothing => {
                let prefix = waiting.filter(|_| chord != Chord::plain(Key::Esc))?;
                let known: Vec<_> =
                    self.keymap().continuations(prefix).map(|(key, _)| key.to_string()).collect();
                let known = known.join(", ");
                self.said = Some(format!("{prefix} {chord} is no key; after {prefix} there are {known}"));
            }
        }
        None
    }

    /// A key while the help is open: it scrolls or closes; what acts or opens a screen closes it and does that.
    fn press_in_help(&mut self, verb: Verb, rollouts: &Rollouts<'_>) -> Option<Intent> {
        let last = help::rows(self).saturating_sub(self.page());
        match verb {
            Verb::Up => self.help_top = self.help_top.saturating_sub(1),
            Verb::Down => self.help_top = (self.help_top + 1).min(last),
            Verb::PageUp => self.help_top = self.help_top.saturating_sub(self.page()),
            Verb::PageDown => self.help_top = (self.help_top + self.page()).min(last),
            Verb::Back | Verb::Help | Verb::Zoom | Verb::Quit => self.overlay = Overlay::None,
            verb if verb.spec().danger != Danger::View || screens::index_of(verb).is_some() => {
                self.overlay = Overlay::None;
                return self.command(verb, rollouts);
            }
            _ => {}
        }
        None
    }

    /// Rows that a page key moves by.
    fn page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(AROUND).max(1))
    }

    /// Opens a screen; the one before is gone back to. Each is gone back to once, however often it was looked at: so the
    /// trail is never longer than the list of screens.
    fn open(&mut self, screen: usize) {
        if screen != self.screen {
            self.trail.push(std::mem::replace(&mut self.screen, screen));
            self.trail.retain(|before| *before != screen);
        }
    }

    /// The screen of a segment is about one: with everything selected, by whatever key, the one that most needs a look is
    /// selected, so that the next key acts on what is shown.
    fn settle(&mut self, rollouts: &[&Model]) {
        if self.is_on(Verb::Segment)
            && self.selected.is_none()
            && let Some(rollouts) = self.rollouts(rollouts)
        {
            self.selected = facts::subject(rollouts.open, None).map(|segment| segment.name.clone());
        }
    }

    /// Goes back to the screen before. Returns whether there was one.
    fn go_back(&mut self) -> bool {
        let before = self.trail.pop();
        if let Some(screen) = before {
            self.screen = screen;
        }
        before.is_some()
    }

    /// Looks at another rollout: what is selected and scrolled in one means nothing in another.
    pub(super) fn look_at(&mut self, name: &str, rollouts: &Rollouts<'_>) {
        let found = rollouts.all.iter().find(|model| model.rollout.name.as_str() == name);
        let Some(found) = found.filter(|model| model.rollout.name != rollouts.open.rollout.name) else {
            return;
        };
        self.rollout = Some(found.rollout.name.clone());
        self.selected = None;
        self.scroll = Default::default();
        self.metric = None;
        let fleet = screens::index_of(Verb::Fleet);
        for (_, stand) in self.stands.iter_mut().enumerate().filter(|(index, _)| Some(*index) != fleet) {
            *stand = Stand::default();
        }
    }

    /// A key on the open screen.
    pub(super) fn command(&mut self, verb: Verb, rollouts: &Rollouts<'_>) -> Option<Intent> {
        if let Some(screen) = screens::index_of(verb) {
            // The key of the screen that is shown leads back from it.
            if screen != self.screen {
                self.open(screen);
            } else if screen != screens::MAIN {
                self.go_back();
            }
            return None;
        }
        match verb {
            Verb::Quit if !self.trail.is_empty() => drop(self.go_back()),
            Verb::Quit => return Some(Intent::Quit),
            // What is hidden comes back before one leaves.
            Verb::Back if !self.filter().is_empty() => self.set_filter(String::new()),
            Verb::Back => drop(self.go_back()),
            Verb::Help => {
                self.help_top = 0;
                self.overlay = Overlay::Help;
            }
            Verb::Zoom => {
                let screen = SCREENS.get(self.screen)?;
                let opens = match screen.steer {
                    Steer::Panes => PANES.get(self.focus).map(|pane| pane.opens),
                    _ => screen.opens,
                };
                self.open(screens::index_of(opens?)?);
            }
            Verb::NextPane => self.focus = (self.focus + 1) % PANES.len(),
            Verb::PrevPane => self.focus = (self.focus + PANES.len() - 1) % PANES.len(),
            Verb::Up | Verb::Down | Verb::Left | Verb::Right => self.steer(verb, 1, rollouts),
            Verb::PageUp => self.steer(Verb::Up, self.page(), rollouts),
            Verb::PageDown => self.steer(Verb::Down, self.page(), rollouts),
            Verb::First => self.steer(Verb::Up, usize::MAX, rollouts),
            Verb::Last => self.steer(Verb::Down, usize::MAX, rollouts),
            Verb::GoTo => self.overlay = Overlay::GoTo(Box::default()),
            Verb::Copy => return self.copy(Copied::Line, rollouts),
            Verb::CopyLink => return self.copy(Copied::Link, rollouts),
            Verb::CopyName => return self.copy(Copied::Name, rollouts),
            Verb::NextRollout | Verb::PrevRollout => self.turn(verb == Verb::NextRollout, rollouts),
            Verb::NextTheme => return Some(Intent::Paint(Repaint::Theme)),
            Verb::NextGraphs => return Some(Intent::Paint(Repaint::Graphs)),
            Verb::Sort => self.sort(),
            Verb::Mouse => return Some(self.switch_mouse()),
            Verb::Filter => self.open_filter(),
            Verb::Palette => self.overlay = Overlay::Palette(Box::new(Palette::open(self, rollouts))),
            verb => match Wish::of(verb) {
                Some(wish) => return Some(Intent::Replay(wish)),
                None => return self.act(verb, rollouts.open),
            },
        }
        None
    }

    /// What is selected, as text for the clipboard.
    fn copy(&mut self, what: Copied, rollouts: &Rollouts<'_>) -> Option<Intent> {
        let screen = SCREENS.get(self.screen)?;
        let text = (screen.copy)(rollouts, self, what);
        if text.is_none() {
            let what = match what {
                Copied::Line => "there is no line to copy here",
                Copied::Link => "there is no link to what is selected here",
                Copied::Name => "what is selected here has no name",
            };
            self.said = Some(format!("copy: {what}"));
        }
        text.map(Intent::Copy)
    }

    /// An action on the rollout: at once, after words, or after a confirmation.
    pub(super) fn act(&mut self, verb: Verb, model: &Model) -> Option<Intent> {
        if let Overlay::Confirm(open) = &mut self.overlay
            && open.request.verb == verb
        {
            // Whoever asks again means it; only `enter` does it, so that a key that sticks does not.
            open.focus_on_doing();
            return None;
        }
        if let Some(cause) = self.refusal(verb, model) {
            self.said = Some(format!("{}: {cause}", verb.spec().name));
            if verb == Verb::Kill {
                // Why a kill is refused must not stand behind a panel.
                self.overlay = Overlay::None;
            }
            return None;
        }
        let request = self.request(verb, model)?;
        if asks_for_words(verb) {
            self.overlay = Overlay::Prompt(Box::new(Prompt::new(request)));
            return None;
        }
        if verb.spec().danger == Danger::Harmless {
            return Some(Intent::Ask(model.rollout.name.clone(), request));
        }
        let plan = acts::plan(model, &request).ok()?;
        let confirm = Confirm::new(request, plan, model.now);
        let request = confirm.request.clone();
        self.overlay = Overlay::Confirm(Box::new(confirm));
        Some(Intent::Rehearse(model.rollout.name.clone(), request))
    }

    pub(super) fn steer(&mut self, verb: Verb, by: usize, rollouts: &Rollouts<'_>) {
        let Some(screen) = SCREENS.get(self.screen) else { return };
        let model = rollouts.open;
        let forward = matches!(verb, Verb::Down | Verb::Right);
        let vertical = matches!(verb, Verb::Up | Verb::Down);
        let step = |at: usize, end: usize| step(at, end, forward, by);
        match screen.steer {
            Steer::Panes => self.steer_pane(vertical, forward, by, model),
            Steer::Segments if vertical => self.select(forward, by, model),
            Steer::Segments => {
                self.metric = Some(step(self.metric(model), model.rollout.metrics.len()));
            }
            Steer::Lines if vertical => {
                let lines = (screen.lines)(rollouts, self, usize::from(self.size.0));
                if let Some(stand) = self.stands.get_mut(self.screen) {
                    stand.top = step(stand.top, lines.saturating_sub(1));
                }
            }
            Steer::Lines => {
                self.select(forward, by, model);
                if let Some(stand) = self.stands.get_mut(self.screen) {
                    stand.top = 0;
                }
            }
            Steer::Rows | Steer::Stream if vertical => {
                let ids = (screen.ids)(rollouts, self);
                let Some(at) = self.row(&ids, rollouts) else { return };
                let at = step(at, ids.len().saturating_sub(1));
                // What is newest is another row in a moment.
                let is_followed = at == 0 && screen.steer == Steer::Stream;
                let marked = ids.get(at).filter(|_| !is_followed).cloned();
                self.mark(marked.map(|id| (id, at)), rollouts);
            }
            Steer::Stream => {
                self.select(forward, by, model);
                self.mark(None, rollouts);
            }
            Steer::Rollouts => self.turn(forward, rollouts),
            Steer::Rows => {}
        }
    }

    /// The row that the next key starts from. On the fleet that is the open rollout, wherever it stands now.
    fn row(&self, ids: &[RowId], rollouts: &Rollouts<'_>) -> Option<usize> {
        if !self.is_on(Verb::Fleet) {
            return self.cursor(ids);
        }
        let open = rollouts.open.rollout.name.as_str();
        ids.iter().position(|id| matches!(id, RowId::Name(name) if name == open))
    }

    /// The filter of the screen was changed by the person: on the fleet the keys act on a rollout that it leaves.
    pub(super) fn follow_filter(&mut self, rollouts: &Rollouts<'_>) {
        if self.is_on(Verb::Fleet)
            && let Some(next) = screens::next_match(rollouts, self)
        {
            self.look_at(next.rollout.name.as_str(), rollouts);
        }
    }

    /// Sets the cursor on a row. On the fleet that is the rollout that the keys act on.
    fn mark(&mut self, at: Option<(RowId, usize)>, rollouts: &Rollouts<'_>) {
        if self.is_on(Verb::Fleet)
            && let Some((RowId::Name(name), _)) = &at
        {
            self.look_at(name, rollouts);
        }
        if let Some(stand) = self.stands.get_mut(self.screen) {
            stand.at = at;
        }
    }

    fn steer_pane(&mut self, vertical: bool, forward: bool, by: usize, model: &Model) {
        let Some(pane) = PANES.get(self.focus) else { return };
        if pane.steer == pane::Steer::Columns || (pane.steer == pane::Steer::Rows && vertical) {
            self.select(forward, by, model);
        } else if !vertical {
            self.metric = Some(step(self.metric(model), model.rollout.metrics.len(), forward, by));
        } else {
            let rows = (pane.rows)(model, self);
            if let Some(scroll) = self.scroll.get_mut(self.focus) {
                *scroll = step(*scroll, rows.saturating_sub(1), forward, by);
            }
        }
    }

    /// Selects a segment further on or back by its name; before the first stands everything.
    fn select(&mut self, forward: bool, by: usize, model: &Model) {
        let segments = facts::filtered(model, self.filter(), self.selected());
        let at = segments.iter().position(|s| Some(&s.name) == self.selected()).map_or(0, |i| i + 1);
        // On the screen of a segment there is no everything.
        let first = usize::from(self.is_on(Verb::Segment) && !segments.is_empty());
        let next = step(at, segments.len(), forward, by).max(first);
        self.selected = next.checked_sub(1).and_then(|i| segments.get(i)).map(|s| s.name.clone());
        // What is listed for one segment is another list.
        self.scroll = Default::default();
    }
}

/// A step towards the end or back to 0.
fn step(at: usize, end: usize, forward: bool, by: usize) -> usize {
    if forward { at.saturating_add(by).min(end) } else { at.saturating_sub(by) }
}

/// Keys that may be held: they only move.
fn is_steering(verb: Verb) -> bool {
    let moves_replay =
        verb.spec().place == Where::Replay && !matches!(verb, Verb::Play | Verb::Bookmark | Verb::GoTo);
    moves_replay
        || matches!(
            verb,
            Verb::Up
                | Verb::Down
                | Verb::Left
                | Verb::Right
                | Verb::PageUp
                | Verb::PageDown
                | Verb::First
                | Verb::Last
                | Verb::NextPane
                | Verb::PrevPane
        )
}
