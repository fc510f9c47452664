//! The world: customers who come and go, the flag that decides what they get, and what is measured.
//!
//! In: a [`Scenario`], a seed, steps of time and [`Set`]s. Out: what happened ([`Happening`]), the
//! stored flag, and cumulative samples. Pure: the same scenario, seed, steps and sets give the same
//! world, down to the last comment.
//!
//! One step: acts that are due take effect; then each segment's users of this step arrive, each
//! falls into an arm by the stored share, meets an error or not, waits for an answer, and may say
//! something. A user is counted once; nobody comes twice within a demo. A flag that is off gives nobody the
//! feature from the next step on.
//!
//! It must never read a clock, never touch the network, and never let the script overrule a
//! person: a scripted hand stands back once somebody else has acted.
//!
//! Start reading at [`World::step`], then [`flag`] for the stored state and [`crowd`] for the users.

pub mod crowd;
mod dice;
pub mod flag;
mod fortune;
mod script;
mod tally;
mod words;

use std::time::Duration;

use self::crowd::People;
use self::dice::Dice;
use self::flag::FlagBook;
use self::fortune::Fortunes;
use self::script::Script;
use crate::domain::{Arm, Sample, SegmentName, Text, Timestamp};
use crate::feed::message::{Ack, Refused, Set, State};

use super::scenario::Scenario;

pub use self::crowd::Getting;

/// One simulated world.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    flag: FlagBook,
    people: Vec<People>,
    script: Script,
    fortunes: Fortunes,
    dice: Dice,
    started: Timestamp,
    elapsed: Duration,
    rude: bool,
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

/// What a customer said, in their own words: not stripped, as it would reach a real service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Unique in this world.
    pub id: u64,
    /// The customer's segment.
    pub segment: SegmentName,
    /// Whether they have the feature.
    pub arm: Arm,
    /// Stars, 1 to 5.
    pub score: u8,
    /// The words.
    pub words: String,
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
        Self {
            flag: FlagBook::new(scenario, start),
            people: scenario.segments.iter().map(People::new).collect(),
            script: Script::new(&scenario.acts),
            fortunes: Fortunes::default(),
            dice: Dice::new(seed),
            started: start,
            elapsed: Duration::ZERO,
            rude: scenario.rude_texts,
            remarks: 0,
        }
    }

    /// Lets time go on by `dt`, and returns what happened in it, in order.
    pub fn step(&mut self, dt: Duration) -> Vec<Happening> {
        self.elapsed = self.elapsed.saturating_add(dt);
        let now = self.now();
        let mut happened = self.script.play(self.elapsed, now, &mut self.flag, &mut self.fortunes);
        self.fortunes.forget_the_past(self.elapsed);
        for people in &mut self.people {
            let share = self.flag.serves(people.name());
            let fortune = self.fortunes.of(people.crowd(), share, self.elapsed);
            for mut remark in people.arrive(dt, share, &fortune, self.rude, &mut self.dice) {
                self.remarks += 1;
                remark.id = self.remarks;
                happened.push(Happening::Said(remark));
            }
        }
        happened
    }

    /// Stores a change, or refuses it with the present state. `now` is when it arrived.
    ///
    /// # Errors
    /// [`Refused`] when the flag or a segment is not there, the version is old, or nothing is asked for.
    pub fn apply(&mut self, set: &Set, now: Timestamp) -> Result<Ack, Box<Refused>> {
        let ack = self.flag.apply(set, now)?;
        self.script.notice(set);
        Ok(ack)
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

    /// The flag as it is stored.
    #[must_use]
    pub const fn flag(&self) -> &State {
        self.flag.state()
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
