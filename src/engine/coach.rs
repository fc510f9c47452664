//! The coach: one or two sentences of advice for the situation, from the numbers that are shown anyway.
//!
//! In: the model. Out: at most [`MOST`] pieces of [`Advice`], the most urgent first; none when there is nothing to say.
//!
//! It decides nothing and asks for nothing: it says what a person could do, and which key does it. It never says a number
//! that is not known: without users lately there is no forecast, and it says that.
//!
//! Each rule is one small file; `RULES` is their order, which is the order of urgency. Pure, and computed when asked for.
//! Start reading there, then at `no_go`.

mod after_kill;
mod approval;
mod bake;
mod hold;
mod no_go;
mod ready;
mod slow_kill;
mod turn;
mod unconfirmed;
mod uncontrolled;
mod unserved;
mod wait;
pub(super) mod words;

use super::model::{Model, SegmentModel};
use crate::action::Verb;
use crate::domain::{SegmentName, Verdict};

/// Most pieces of advice at a time: more is a manual, not advice.
pub const MOST: usize = 2;

/// Most pieces when all of them are asked for: more than a screen holds.
pub const MOST_OF_ALL: usize = 50;

/// What to do, in a sentence or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// In which segment. `None`: in several, or in the rollout as a whole.
    pub segment: Option<SegmentName>,
    /// How urgent it is, as the verdict that it belongs to.
    pub urgency: Verdict,
    /// The advice with the built-in keys; plain words, no control characters.
    pub text: String,
    /// The same with a mark where a key is said.
    marked: String,
}

impl Advice {
    fn new(segment: Option<&SegmentName>, urgency: Verdict, marked: String) -> Self {
        let built_in = |verb: Verb| verb.spec().chords.first().map(|key| (*key).to_owned());
        Self { segment: segment.cloned(), urgency, text: words::say(&marked, built_in), marked }
    }

    /// The advice with other keys: those of the person. Where `key_of` knows none, the action is called by its name.
    #[must_use]
    pub fn with_keys(&self, key_of: impl Fn(Verb) -> Option<String>) -> String {
        words::say(&self.marked, key_of)
    }
}

type Rule = fn(&Model) -> Vec<Advice>;

/// All rules, the most urgent first.
const RULES: [Rule; 12] = [
    no_go::advise,
    unconfirmed::advise,
    unserved::advise,
    hold::advise,
    wait::advise,
    approval::advise,
    ready::advise,
    turn::advise,
    slow_kill::advise,
    bake::advise,
    after_kill::advise,
    uncontrolled::advise,
];

/// Whether a segment waits for the go of a role, and for nothing else.
pub(super) fn wants_go(model: &Model, segment: &SegmentModel) -> bool {
    approval::awaited(model, segment).is_some()
}

/// Whether nothing stands against the next stage of a segment.
pub(super) fn is_ready(model: &Model, segment: &SegmentModel) -> bool {
    ready::next(model, segment).is_some()
}

/// What to do now, the most urgent first.
#[must_use]
pub fn advice(model: &Model) -> Vec<Advice> {
    at_most(model, MOST)
}

/// Everything that there is to say, the most urgent first: for a screen of its own.
#[must_use]
pub fn all_advice(model: &Model) -> Vec<Advice> {
    at_most(model, MOST_OF_ALL)
}

fn at_most(model: &Model, most: usize) -> Vec<Advice> {
    let mut all: Vec<Advice> = Vec::with_capacity(MOST);
    for rule in RULES {
        for advice in rule(model) {
            if all.iter().all(|said| said.text != advice.text) {
                all.push(advice);
            }
            if all.len() == most {
                return all;
            }
        }
    }
    all
}
