//! The confirmation: a frozen request, what it would do, and the way to do it or not.
//!
//! In: keys, and the model as it is by now. Out: the request as it was frozen, with what was typed, or
//! nothing. Danger has a direction: what stops opens with *do it* focused, what grows with *cancel*.
//! If the target has changed since the panel was opened, `enter` does nothing and the panel says so; only
//! a kill goes ahead, because whatever the exposure is by now, it shall be nothing.

use super::field::Field;
use super::overlay::Step;
use crate::action::{Danger, Request, Verb};
use crate::domain::{Text, Timestamp};
use crate::engine::acts::{Move, Plan};
use crate::engine::{Model, acts};

mod paper;
mod rehearsal;

pub use paper::draw;

/// What in the panel the keys act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The reason being typed.
    Reason,
    /// The name being typed.
    Name,
    /// Close without doing anything.
    Cancel,
    /// Do it.
    Do,
}

/// An action that waits for its confirmation.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// What will be asked for, but for what is typed.
    pub request: Request,
    /// What it would do, as it was when the panel was opened.
    pub plan: Plan,
    /// When it was opened: what was said before is about something else.
    opened_at: Timestamp,
    part: Part,
    reason: Field,
    name: Field,
    said: Option<String>,
}

impl Confirm {
    /// Freezes a request with its plan.
    pub fn new(mut request: Request, plan: Plan, now: Timestamp) -> Self {
        let stops = request.verb.spec().danger == Danger::Stops;
        // One segment goes to one share: from now on that one is meant, not "the next".
        if matches!(request.verb, Verb::Widen | Verb::RollBack) && request.scope.segment.is_some() {
            let to = plan.moves.first().map(|m| m.to);
            request.to = to.filter(|to| plan.moves.iter().all(|m| m.to == *to));
        }
        let part = if stops { Part::Do } else { Part::Cancel };
        let (reason, name) = (Field::default(), Field::default());
        Self { request, plan, opened_at: now, part, reason, name, said: None }
    }

    /// The field being typed into; `None` while a button has the keys.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self.part {
            Part::Reason => Some(&mut self.reason),
            Part::Name => Some(&mut self.name),
            Part::Cancel | Part::Do => None,
        }
    }

    /// The key of the action itself, while its panel is open: what stops has *do it* focused again.
    pub fn focus_on_doing(&mut self) {
        if self.request.verb.spec().danger == Danger::Stops {
            self.part = Part::Do;
        }
    }

    /// Takes a key that does not edit text.
    pub fn press(&mut self, verb: Verb, model: &Model) -> Step {
        self.said = None;
        match verb {
            Verb::Back | Verb::Quit => return Step::Close,
            Verb::NextPane | Verb::Down => self.go(1),
            Verb::PrevPane | Verb::Up => self.go(self.parts().len() - 1),
            Verb::Right if self.field().is_none() => self.go(1),
            Verb::Left if self.field().is_none() => self.go(self.parts().len() - 1),
            Verb::Zoom => return self.enter(model),
            _ => {}
        }
        Step::Stay
    }

    /// The parts that this panel has, in the order of the keys.
    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::with_capacity(4);
        if self.plan.needs_reason.is_some() {
            parts.push(Part::Reason);
        }
        if self.plan.needs_name {
            parts.push(Part::Name);
        }
        if self.request.verb.spec().danger == Danger::Stops {
            parts.extend([Part::Do, Part::Cancel]);
        } else {
            parts.extend([Part::Cancel, Part::Do]);
        }
        parts
    }

    fn go(&mut self, steps: usize) {
        let parts = self.parts();
        let at = parts.iter().position(|part| *part == self.part).unwrap_or(0);
        self.part = parts.get((at + steps) % parts.len()).copied().unwrap_or(Part::Cancel);
    }

    fn enter(&mut self, model: &Model) -> Step {
        match self.part {
            Part::Cancel => return Step::Close,
            // Never straight to *do it*: a held key would go on.
            Part::Reason | Part::Name => self.go(1),
            Part::Do => {
                if let Some((part, why)) = self.missing(model) {
                    self.said = Some(why);
                    self.part = part;
                } else if let Err(why) = self.standing(model) {
                    self.said = Some(why);
                } else {
                    return Step::Ask(self.filled());
                }
            }
        }
        Step::Stay
    }

    /// What must still be typed, and where.
    fn missing(&self, model: &Model) -> Option<(Part, String)> {
        if self.plan.needs_reason.is_some() && self.reason.words().is_none() {
            return Some((Part::Reason, "nothing was done: type a reason first".to_owned()));
        }
        let name = model.rollout.name.as_str();
        if self.plan.needs_name && self.name.words().is_none_or(|typed| typed.as_str() != name) {
            return Some((Part::Name, format!("nothing was done: type the rollout's name, {name}")));
        }
        None
    }

    /// The request with what was typed.
    fn filled(&self) -> Request {
        Request { reason: self.reason.words(), typed_name: self.name.words(), ..self.request.clone() }
    }

    /// Whether the request still does what the panel says, or why not.
    fn standing(&self, model: &Model) -> Result<(), String> {
        let plan = acts::plan(model, &self.filled())
            .map_err(|cause: Text| format!("{cause}: nothing will be done; esc closes"))?;
        let same = match self.request.verb.spec().danger {
            _ if self.request.verb == Verb::Kill => true,
            // Where it comes from does not matter to what goes down.
            Danger::Stops => goals(&plan.moves).eq(goals(&self.plan.moves)),
            _ => plan.moves == self.plan.moves,
        };
        if same {
            Ok(())
        } else {
            Err("the target has changed since this panel opened: nothing will be done; esc, then ask again"
                .to_owned())
        }
    }
}

/// Where moves go, without where they come from.
fn goals(moves: &[Move]) -> impl Iterator<Item = (&str, &str, u32)> {
    moves.iter().map(|m| (m.platform.as_str(), m.segment.as_str(), m.to.ppm()))
}
