//! Fortune: how the users of a segment fare at this moment, in each arm.
//!
//! In: what the script has turned. Out: a [`Fortune`] for a segment: usual behaviour with every turn
//! that applies now. A turn against the treatment arm needs somebody in it, and an exposure of at
//! least its `when_exposure`; so it ends when the flag goes off, and comes back if the flag does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::demo::scenario::{Arms, Crowd, Worsen};
use crate::domain::{Percent, SegmentName};

/// How users of one segment fare.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fortune {
    /// Users per second.
    pub(super) users_per_s: f64,
    /// Those who have the feature.
    pub(super) treatment: Lot,
    /// Those who do not.
    pub(super) control: Lot,
}

/// How users of one arm fare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lot {
    /// Probability of an error.
    pub(super) error: f64,
    /// Probability of a slow answer.
    pub(super) slow: f64,
    /// How many times slower a slow answer is.
    pub(super) slow_times: f64,
    /// Probability of saying something.
    pub(super) talk: f64,
    /// Probability that what is said is content.
    pub(super) happy: f64,
}

/// Everything that the script has turned and that is not over.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Fortunes {
    turns: Vec<Turn>,
    traffic: Vec<Traffic>,
}

#[derive(Debug, Clone, PartialEq)]
struct Turn {
    worsen: Worsen,
    until: Option<Duration>,
    /// Since when it applies in a segment, without a break.
    since: BTreeMap<SegmentName, Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Traffic {
    segment: Option<SegmentName>,
    times: f64,
    until: Option<Duration>,
}

impl Fortunes {
    pub(super) fn turn(&mut self, worsen: Worsen, until: Option<Duration>) {
        self.turns.push(Turn { worsen, until, since: BTreeMap::new() });
    }

    pub(super) fn crowd_in(&mut self, segment: Option<SegmentName>, times: f64, until: Option<Duration>) {
        self.traffic.push(Traffic { segment, times, until });
    }

    pub(super) fn forget_the_past(&mut self, elapsed: Duration) {
        self.turns.retain(|turn| turn.until.is_none_or(|until| elapsed < until));
        self.traffic.retain(|traffic| traffic.until.is_none_or(|until| elapsed < until));
    }

    /// How the users of a segment fare now, at an exposure of `share`.
    pub(super) fn of(&mut self, crowd: &Crowd, share: Percent, elapsed: Duration) -> Fortune {
        let meant = |segment: &Option<SegmentName>| segment.as_ref().is_none_or(|name| *name == crowd.name);
        let talk = if crowd.users_per_s > 0.0 { crowd.feedback_per_s / crowd.users_per_s } else { 0.0 };
        let usual = Lot { error: crowd.errors, slow: 0.0, slow_times: 1.0, talk, happy: crowd.happy };
        let mut fortune = Fortune { users_per_s: crowd.users_per_s, treatment: usual, control: usual };
        for traffic in self.traffic.iter().filter(|traffic| meant(&traffic.segment)) {
            fortune.users_per_s *= traffic.times;
        }
        for turn in self.turns.iter_mut().filter(|turn| meant(&turn.worsen.segment)) {
            let weight = turn.weight(&crowd.name, share, elapsed);
            turn.worsen.bend(weight, &mut fortune.treatment);
            if turn.worsen.arms == Arms::Both {
                turn.worsen.bend(weight, &mut fortune.control);
            }
        }
        fortune
    }
}

impl Turn {
    /// How far the turn has come in a segment: 0 not at all, 1 in full.
    fn weight(&mut self, segment: &SegmentName, share: Percent, elapsed: Duration) -> f64 {
        let reached = share >= self.worsen.when_exposure.unwrap_or_default();
        let felt = self.worsen.arms == Arms::Both || !share.is_zero();
        if !(reached && felt) {
            self.since.remove(segment);
            return 0.0;
        }
        let since = *self.since.entry(segment.clone()).or_insert(elapsed);
        match self.worsen.over {
            Some(over) if !over.0.is_zero() => {
                elapsed.saturating_sub(since).div_duration_f64(over.0).clamp(0.0, 1.0)
            }
            _ => 1.0,
        }
    }
}

impl Worsen {
    fn bend(&self, weight: f64, lot: &mut Lot) {
        if weight <= 0.0 {
            return;
        }
        let toward = |from: f64, to: f64| from + (to - from) * weight;
        if let Some(amount) = self.errors {
            lot.error = toward(lot.error, amount.of(lot.error)).clamp(0.0, 1.0);
        }
        if let Some(latency) = self.latency {
            lot.slow = toward(lot.slow, latency.share);
            lot.slow_times = latency.times;
        }
        if let Some(mood) = self.mood {
            lot.happy = toward(lot.happy, mood.happy);
            lot.talk = toward(lot.talk, lot.talk * mood.talk).clamp(0.0, 1.0);
        }
    }
}
