//! Keys to intents: what each key does, wherever the person is.
//!
//! In: an [`Input`] and the model as it is now. Out: [`Intent`]s; most keys only change the view.
//!
//! What must hold here: kill is at most three keys away (`esc` out of a text field, `K`, `enter`); pause
//! is one key; a paste is text or nothing; a held key only moves and types. Nothing that makes an
//! exposure larger is asked for without a panel whose focus was moved on purpose.

use super::confirm::Confirm;
use super::overlay::{Overlay, Step};
use super::pane::{PANES, Steer};
use super::prompt::Prompt;
use super::transport::Wish;
use super::view::asks_for_words;
use super::{Intent, View, evidence, help, sources};
use crate::action::{Danger, Verb, Where};
use crate::engine::{Model, acts};
use crate::keys::{Chord, Input};

impl View {
    /// Takes what the person did; returns what it asks for, in order.
    pub fn handle(&mut self, input: &Input, model: &Model) -> Vec<Intent> {
        match input {
            Input::Key { chord, repeat } => {
                self.revision += 1;
                self.said = None;
                self.seen_refusal.clone_from(&model.refusal);
                self.press(*chord, *repeat, model).into_iter().collect()
            }
            Input::Paste(text) => {
                if let Some(field) = self.overlay.field() {
                    field.paste(text);
                    self.revision += 1;
                }
                Vec::new()
            }
            Input::Resize { .. } => {
                self.revision += 1;
                Vec::new()
            }
            Input::FocusGained | Input::FocusLost | Input::Mouse { .. } => Vec::new(),
        }
    }

    fn press(&mut self, chord: Chord, repeat: bool, model: &Model) -> Option<Intent> {
        if self.overlay.field().is_some_and(|field| field.edit(chord)) {
            return None;
        }
        let verb = self.keymap.lookup(&chord)?.0;
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
        if !typing && matches!(verb, Verb::Kill | Verb::Pause) {
            return self.act(verb, model);
        }
        let step = match &mut self.overlay {
            Overlay::None => return self.command(verb, model),
            Overlay::Help => {
                let rows = help::rows(self);
                return self.press_in_list(verb, rows, model);
            }
            Overlay::Sources => return self.press_in_list(verb, sources::rows(model), model),
            Overlay::Confirm(confirm) => confirm.press(verb, model),
            Overlay::Prompt(prompt) => prompt.press(verb),
            Overlay::GoTo(go_to) => go_to.press(verb),
        };
        match step {
            Step::Stay => None,
            Step::Close => {
                self.overlay = Overlay::None;
                None
            }
            Step::Ask(request) => {
                self.overlay = Overlay::None;
                Some(Intent::Ask(request))
            }
            Step::Wish(wish) => {
                self.overlay = Overlay::None;
                Some(Intent::Replay(wish))
            }
        }
    }

    /// A key while a panel with nothing but lines is open: it scrolls or closes; what acts closes it and acts.
    fn press_in_list(&mut self, verb: Verb, rows: usize, model: &Model) -> Option<Intent> {
        match verb {
            Verb::Up => self.top = self.top.saturating_sub(1),
            Verb::Down => self.top = (self.top + 1).min(rows.saturating_sub(1)),
            Verb::Back | Verb::Help | Verb::Sources | Verb::Zoom | Verb::Quit => self.close(),
            verb if verb.spec().danger != Danger::View => {
                self.close();
                return self.act(verb, model);
            }
            _ => {}
        }
        None
    }

    fn close(&mut self) {
        self.overlay = Overlay::None;
        self.zoomed = false;
        self.top = 0;
    }

    /// A key on the open screen.
    fn command(&mut self, verb: Verb, model: &Model) -> Option<Intent> {
        match verb {
            Verb::Quit if self.zoomed => self.close(),
            Verb::Quit => return Some(Intent::Quit),
            Verb::Back => self.close(),
            Verb::Help => {
                self.top = 0;
                self.overlay = Overlay::Help;
            }
            Verb::Sources => {
                self.top = 0;
                self.overlay = Overlay::Sources;
            }
            Verb::Zoom => {
                self.zoomed = true;
                self.top = 0;
            }
            Verb::NextPane => self.focus = (self.focus + 1) % PANES.len(),
            Verb::PrevPane => self.focus = (self.focus + PANES.len() - 1) % PANES.len(),
            Verb::Up | Verb::Down | Verb::Left | Verb::Right => self.steer(verb, model),
            Verb::GoTo => self.overlay = Overlay::GoTo(Box::default()),
            verb => match Wish::of(verb) {
                Some(wish) => return Some(Intent::Replay(wish)),
                None => return self.act(verb, model),
            },
        }
        None
    }

    /// An action on the rollout: at once, after words, or after a confirmation.
    fn act(&mut self, verb: Verb, model: &Model) -> Option<Intent> {
        if let Overlay::Confirm(open) = &self.overlay
            && open.request.verb == verb
        {
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
            return Some(Intent::Ask(request));
        }
        let plan = acts::plan(model, &request).ok()?;
        let confirm = Confirm::new(request, plan, model.now);
        let request = confirm.request.clone();
        self.overlay = Overlay::Confirm(Box::new(confirm));
        Some(Intent::Rehearse(request))
    }

    fn steer(&mut self, verb: Verb, model: &Model) {
        let Some(pane) = PANES.get(self.focus) else { return };
        let forward = matches!(verb, Verb::Down | Verb::Right);
        let vertical = matches!(verb, Verb::Up | Verb::Down);
        let step = |at: usize, end: usize| if forward { (at + 1).min(end) } else { at.saturating_sub(1) };
        if self.zoomed && pane.opens_evidence {
            if vertical {
                let rows = evidence::rows(model, self);
                self.top = step(self.top, rows.saturating_sub(1));
            } else {
                self.top = 0;
                self.select(forward, model);
            }
        } else if pane.steer == Steer::Columns || (pane.steer == Steer::Rows && vertical) {
            self.select(forward, model);
        } else if !vertical {
            self.metric = step(self.metric, model.rollout.metrics.len());
        } else {
            let rows = (pane.rows)(model, self);
            if let Some(scroll) = self.scroll.get_mut(self.focus) {
                *scroll = step(*scroll, rows.saturating_sub(1));
            }
        }
    }

    /// Selects the next or the previous segment by its name; before the first stands everything.
    fn select(&mut self, forward: bool, model: &Model) {
        let segments = &model.segments;
        let at = segments.iter().position(|s| Some(&s.name) == self.selected()).map_or(0, |i| i + 1);
        let next = if forward { (at + 1).min(segments.len()) } else { at.saturating_sub(1) };
        self.selected = next.checked_sub(1).and_then(|i| segments.get(i)).map(|s| s.name.clone());
        // What is listed for one segment is another list.
        self.scroll = Default::default();
    }
}

/// Keys that may be held: they only move.
fn is_steering(verb: Verb) -> bool {
    let moves_replay =
        verb.spec().place == Where::Replay && !matches!(verb, Verb::Play | Verb::Bookmark | Verb::GoTo);
    moves_replay
        || matches!(verb, Verb::Up | Verb::Down | Verb::Left | Verb::Right | Verb::NextPane | Verb::PrevPane)
}
