//! Watches one session, or a recording, on behalf of the history.
//!
//! In: each event, what was decided on it, and the model right after it. Out: entries, once a rollout has ended. What
//! earlier runs did comes in as lines of the journal, which are events, too.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use super::tally::Tally;
use crate::domain::{Arm, Rollout, Text, Timestamp};
use crate::engine::{Decision, Model};
use crate::event::{Body, Event};

/// How often the adoption is looked at: a kill takes it away, and what counts is what was before.
const LOOK: Duration = Duration::from_secs(10);
/// Fewer users than this say nothing about a share, as on the screen.
const LEAST_UNITS: f64 = 20.0;

/// Watches one session.
#[derive(Debug, Clone)]
pub struct Observer {
    tally: Tally,
    traits: Option<Vec<Text>>,
    looked_at: Option<Timestamp>,
    /// The share in treatment and the users that it was taken of.
    adoption: Option<(f64, u64)>,
    taken: u64,
    waiting: VecDeque<Entry>,
}

impl Observer {
    /// Nothing was seen yet. `traits`: what the rollout touches, if that is known.
    #[must_use]
    pub fn new(rollout: Arc<Rollout>, traits: Option<Vec<Text>>) -> Self {
        Self {
            tally: Tally::new(rollout),
            traits,
            looked_at: None,
            adoption: None,
            taken: 0,
            waiting: VecDeque::new(),
        }
    }

    /// An event was taken: what was decided on it, and the model after it.
    pub fn take(&mut self, event: &Event, decided: &[Decision], model: &Model) {
        let at = event.at;
        match &event.body {
            // There are many of them, and none ends a rollout.
            Body::Sample(_) if decided.is_empty() => return,
            Body::Restored { written_at, record } => self.tally.record(*written_at, record),
            Body::Effect { id, outcome } => self.tally.outcome(at, *id, outcome),
            _ => {}
        }
        for decision in decided {
            match decision {
                Decision::Command(command) => {
                    let record = crate::effect::Record::Commanded { command: command.clone() };
                    self.tally.record(at, &record);
                }
                Decision::Record(record) => self.tally.record(at, record),
                Decision::Exposure { segment, confirmed } => self.tally.exposure(at, segment, *confirmed),
                Decision::Verdict { .. } | Decision::Phase { .. } | Decision::GiveWay(_) => {}
            }
        }
        self.look(at, model);
        let done = self.tally.take_done();
        self.waiting.extend(done);
    }

    /// What is to be written down and was not handed out yet, in its newest form.
    pub fn take_entry(&mut self) -> Option<Entry> {
        if let Some(entry) = self.waiting.pop_front() {
            return Some(self.complete(entry, None));
        }
        if self.taken == self.tally.revision() {
            return None;
        }
        self.taken = self.tally.revision();
        self.tally.ended().map(|entry| self.complete(entry, self.adoption))
    }

    /// The entry of the present rollout as it is left now, ended or not. `None`: none has begun.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Entry> {
        self.tally.left(now).map(|entry| self.complete(entry, self.adoption))
    }

    /// Whether a rollout has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.tally.ended().is_none()
    }

    /// Whether an entry is that of the present rollout.
    #[must_use]
    pub fn is_present(&self, entry: &Entry) -> bool {
        self.tally.first_command() == Some(entry.first_command)
    }

    /// All entries, with that of the present rollout as it is left now.
    #[must_use]
    pub fn finish(mut self, now: Timestamp) -> Vec<Entry> {
        let left = self.left(now);
        let earlier: Vec<Entry> = std::mem::take(&mut self.waiting).into();
        let earlier = earlier.into_iter().map(|entry| self.complete(entry, None));
        earlier.chain(left).collect()
    }

    fn complete(&self, entry: Entry, adoption: Option<(f64, u64)>) -> Entry {
        Entry {
            traits: self.traits.clone(),
            adoption: adoption.map(|(share, _)| share),
            units: adoption.map(|(_, units)| units),
            ..entry
        }
    }

    fn look(&mut self, at: Timestamp, model: &Model) {
        if self.looked_at.is_some_and(|then| at.since(then) < LOOK) || !self.tally.is_exposed() {
            return;
        }
        // Too few users yet, or none since a kill: the last look counts, and the next event is looked at again.
        if let Some(adoption) = adoption(model) {
            self.looked_at = Some(at);
            self.adoption = Some(adoption);
        }
    }
}

/// The share of users in treatment since each segment's stage began, and the users that it was taken of. `None`: too few.
fn adoption(model: &Model) -> Option<(f64, u64)> {
    let (mut treatment, mut all) = (0.0, 0.0);
    for segment in &model.segments {
        // Each metric counts the same users; the first with any stands for all.
        let counts = model.rollout.metrics.iter().find_map(|metric| {
            let stage = &segment.series.get(&metric.name)?.stage;
            let units = |arm| stage.get(arm).map_or(0.0, |counts| counts.units);
            let (with, without) = (units(Arm::Treatment), units(Arm::Control));
            (with + without > 0.0).then_some((with, with + without))
        });
        let (with, users) = counts.unwrap_or_default();
        treatment += with;
        all += users;
    }
    (all >= LEAST_UNITS).then(|| (treatment / all, all.round() as u64))
}
