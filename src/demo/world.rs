//! The world: customers who come and go, the flag that decides what they get, and what is measured.
//!
//! In: a [`Scenario`], a seed, steps of time, and the [`Log`] of a flag service: who changes the flag
//! changes it there ([`Log::apply`]), and the world obeys. Out: what happened ([`Happening`]), and in the log
//! everything that a flag service would tell. Pure: the same scenario, seed, steps and changes give
//! the same world and the same log, down to the last comment.
//!
//! One step: acts that are due take effect; then each segment's users of this step arrive, each
//! falls into an arm by the stored share, meets an error or not, waits for an answer, and may say
//! something. A user is counted once; nobody comes twice within a demo. A flag that is off gives nobody the
//! feature from the next step on.
//!
//! It must never read a clock, never touch the network, and never let the script overrule a
//! person: a scripted hand stands back once somebody else has acted.
//!
//! Start reading at [`World::step`], then `crowd` for the users and `script` for the acts.

mod crowd;
mod dice;
mod fortune;
mod script;
mod tally;
mod words;

use std::time::Duration;

use self::crowd::People;
use self::dice::Dice;
use self::fortune::Fortunes;
use self::script::Script;
use self::words::Tongue;
use crate::domain::{
    Arm, Feedback, FlagKey, KillScope, Percent, Sample, SegmentName, Text, Timestamp, Version,
};
use crate::feed::message::State;
use crate::feed::{Log, OpaqueId};

use super::scenario::Scenario;

pub use self::crowd::Getting;

/// How the flag service introduces itself.
const SERVER: &str = concat!("gonogo demo/", env!("CARGO_PKG_VERSION"));

/// One simulated world.
#[derive(Debug)]
pub struct World {
    first: State,
    people: Vec<People>,
    script: Script,
    fortunes: Fortunes,
    dice: Dice,
    started: Timestamp,
    elapsed: Duration,
    tongue: Tongue,
    remarks: u64,
}

/// Something that a step brought about and that the outside is told of.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// The script changed the flag.
    Flag(State),
    /// The script wanted to change the flag, and stood back because somebody else has acted.
    StoodBack(Text),
    /// A customer said something.
    Said(Remark),
    /// The network misbehaves from now on.
    Fault(Fault),
}

/// What a customer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The customer's segment.
    pub segment: SegmentName,
    /// Whether they have the feature.
    pub arm: Arm,
    /// Stars, 1 to 5.
    pub score: u8,
    /// The customer's own words, not stripped: making them safe is the reader's duty.
    pub words: String,
}

impl Remark {
    fn publish(&self, id: Text, now: Timestamp, log: &mut Log) {
        let Self { segment, arm, score, words } = self;
        let text = Text::new("");
        let feedback = Feedback { id, segment: segment.clone(), arm: Some(*arm), score: Some(*score), text };
        log.publish_raw_feedback(now, feedback, words);
    }
}

/// How the network misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// All connections are cut.
    Drop,
    /// New connections are closed at once, for this long.
    Refuse(Duration),
    /// The present connections fall silent without closing.
    HalfOpen,
}

impl World {
    /// The world of a scenario before anybody has come.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64, start: Timestamp) -> Self {
        let first = State {
            flag: scenario.flag.clone(),
            version: Version(1),
            on: true,
            shares: scenario.segments.iter().map(|crowd| (crowd.name.clone(), crowd.share)).collect(),
            by: None,
            changed_at_ms: Some(start),
            reason: None,
        };
        Self {
            script: Script::new(&scenario.acts, first.clone()),
            first,
            people: scenario.segments.iter().map(People::new).collect(),
            fortunes: Fortunes::default(),
            dice: Dice::new(seed),
            started: start,
            elapsed: Duration::ZERO,
            tongue: Tongue { rude: scenario.rude_texts, phrases: scenario.phrases.clone() },
            remarks: 0,
        }
    }

    /// The log of this world's flag service, with the flag as it is at the start. `epoch` names this run.
    #[must_use]
    pub fn open_log(&self, epoch: OpaqueId) -> Log {
        let mut log = Log::new(epoch, Text::new(SERVER), KillScope::Segment);
        log.publish_state(self.first.clone());
        log
    }

    /// Lets time go on by `dt`, publishes what happened, and returns it, in order.
    pub fn step(&mut self, dt: Duration, log: &mut Log) -> Vec<Happening> {
        self.elapsed = self.elapsed.saturating_add(dt);
        let now = self.now();
        let stored = log.state(&self.first.flag).unwrap_or(&self.first);
        let mut happened = self.script.play(self.elapsed, now, stored, &mut self.fortunes);
        for happening in &happened {
            if let Happening::Flag(state) = happening {
                log.publish_state(state.clone());
            }
        }
        self.fortunes.forget_the_past(self.elapsed);
        let served = log.state(&self.first.flag).filter(|state| state.on);
        for people in &mut self.people {
            let share = served.and_then(|state| state.shares.get(people.name())).copied();
            let share = share.unwrap_or(Percent::ZERO);
            let mut fortune = self.fortunes.of(people.crowd(), share, self.elapsed);
            fortune.users_per_s *= people.crowd().rhythm.times(now);
            let remarks = people.arrive(dt, share, &fortune, &self.tongue, &mut self.dice);
            happened.extend(remarks.into_iter().map(Happening::Said));
        }
        for happening in &happened {
            if let Happening::Said(remark) = happening {
                self.remarks += 1;
                let id = Text::new(&format!("{}.{}", log.epoch, self.remarks));
                remark.publish(id, now, log);
            }
        }
        happened
    }

    /// Publishes the present reading of every metric in every segment.
    pub fn publish_samples(&self, log: &mut Log) {
        for sample in self.samples() {
            // Not taken beyond the log's own limit of series, which a scenario cannot reach.
            log.publish_sample(self.now(), sample);
        }
    }

    /// The time in the world.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.started.plus(self.elapsed)
    }

    /// How long the world has been going on.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The flag that decides what its users get.
    #[must_use]
    pub const fn flag(&self) -> &FlagKey {
        &self.first.flag
    }

    /// What the users of each segment got in the last step, and over all.
    pub fn getting(&self) -> impl Iterator<Item = (&SegmentName, Getting)> {
        self.people.iter().map(|people| (people.name(), people.getting()))
    }

    /// The present reading of every metric in every segment.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        self.people.iter().flat_map(People::samples).collect()
    }
}

#[cfg(test)]
mod tests;
