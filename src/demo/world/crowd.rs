//! The people of one segment: who comes, which arm they fall into, what they meet and say.
//!
//! In: a stretch of time, the share that is served, how they fare, and dice. Out: remarks, and
//! counts that only grow.

use std::time::Duration;

use super::Remark;
use super::dice::Dice;
use super::fortune::{Fortune, Lot};
use super::tally::{BOUNDS_MS, Tally, Visit};
use super::words::{Occasion, Tongue};
use crate::demo::scenario::{Crowd, METRICS};
use crate::domain::{Arm, ByArm, MetricName, Percent, Sample, SampleValue, SegmentName};

/// A person who met an error speaks up this many times as often as others.
const ERROR_TALK: f64 = 4.0;
/// A person who met an error is content this many times as often as others.
const ERROR_HAPPY: f64 = 0.15;
/// An answer slower than this many medians is felt.
const FELT_SLOW: f64 = 5.0;
/// A person who waited long speaks up this many times as often as others.
const SLOW_TALK: f64 = 2.5;
/// A person who waited long is content this many times as often as others.
const SLOW_HAPPY: f64 = 0.4;

/// What the users of a segment really get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Getting {
    /// The share that was served in the last step.
    pub share: Percent,
    /// Users of the last step.
    pub users: u64,
    /// Those of them who got the feature.
    pub with_feature: u64,
    /// All users so far.
    pub users_ever: u64,
    /// All of them who got the feature.
    pub with_feature_ever: u64,
}

/// The people of one segment.
#[derive(Debug)]
pub(super) struct People {
    crowd: Crowd,
    treatment: Tally,
    control: Tally,
    getting: Getting,
}

impl People {
    pub(super) fn new(crowd: &Crowd) -> Self {
        Self {
            crowd: crowd.clone(),
            treatment: Tally::default(),
            control: Tally::default(),
            getting: Getting::default(),
        }
    }

    pub(super) const fn name(&self) -> &SegmentName {
        &self.crowd.name
    }

    pub(super) const fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    pub(super) const fn getting(&self) -> Getting {
        self.getting
    }

    /// Lets the users of `dt` come, and returns what they say.
    pub(super) fn arrive(
        &mut self,
        dt: Duration,
        share: Percent,
        fortune: &Fortune,
        tongue: &Tongue,
        dice: &mut Dice,
    ) -> Vec<Remark> {
        let users = dice.poisson(fortune.users_per_s * dt.as_secs_f64());
        let mut remarks = Vec::new();
        let before = self.treatment.users();
        for _ in 0..users {
            let (arm, lot) = match dice.happens(share.as_f64() / 100.0) {
                true => (Arm::Treatment, &fortune.treatment),
                false => (Arm::Control, &fortune.control),
            };
            let (visit, said) = self.visit(arm, lot, tongue, dice);
            match arm {
                Arm::Treatment => self.treatment.count(visit),
                Arm::Control => self.control.count(visit),
            }
            remarks.extend(said);
        }
        self.getting = Getting {
            share,
            users: u64::from(users),
            with_feature: self.treatment.users() - before,
            users_ever: self.treatment.users() + self.control.users(),
            with_feature_ever: self.treatment.users(),
        };
        remarks
    }

    fn visit(&self, arm: Arm, lot: &Lot, tongue: &Tongue, dice: &mut Dice) -> (Visit, Option<Remark>) {
        let failed = dice.happens(lot.error);
        let slow = dice.happens(lot.slow);
        let usual_ms = self.crowd.median_ms * (self.crowd.spread * dice.normal()).exp();
        let latency_ms = if slow { usual_ms * lot.slow_times } else { usual_ms };
        let waited = latency_ms > FELT_SLOW * self.crowd.median_ms;
        let (talk, happy) = match (failed, waited) {
            (true, _) => (lot.talk * ERROR_TALK, lot.happy * ERROR_HAPPY),
            (false, true) => (lot.talk * SLOW_TALK, lot.happy * SLOW_HAPPY),
            (false, false) => (lot.talk, lot.happy),
        };
        if !dice.happens(talk) {
            return (Visit { failed, latency_ms, complained: false }, None);
        }
        let happy = dice.happens(happy);
        let scores: &[u8] = if happy { &[3, 4, 4, 4, 5, 5, 5, 5] } else { &[1, 1, 2] };
        let score = dice.pick(scores).copied().unwrap_or(3);
        let occasion = match (happy, failed, waited, arm) {
            (true, _, _, Arm::Treatment) => Occasion::LikesNew,
            (true, _, _, Arm::Control) => Occasion::LikesOld,
            (false, true, ..) => Occasion::Failed,
            (false, false, true, _) => Occasion::Slow,
            (false, false, false, Arm::Treatment) => Occasion::DislikesNew,
            (false, false, false, Arm::Control) => Occasion::DislikesOld,
        };
        let words = tongue.say(occasion, dice);
        let remark = Remark { segment: self.crowd.name.clone(), arm, score, words };
        (Visit { failed, latency_ms, complained: !happy }, Some(remark))
    }

    /// The present reading of every metric.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let (t, c) = (&self.treatment, &self.control);
        let both = |treatment, control| ByArm { treatment: Some(treatment), control: Some(control) };
        let values = [
            SampleValue::Counts(both(t.errors(), c.errors())),
            SampleValue::Histogram {
                bounds: BOUNDS_MS.to_vec(),
                arms: ByArm { treatment: Some(t.latency()), control: Some(c.latency()) },
            },
            SampleValue::Counts(both(t.complaints(), c.complaints())),
        ];
        METRICS
            .iter()
            .zip(values)
            .filter_map(|(metric, value)| {
                let metric = MetricName::new(metric).ok()?;
                Some(Sample { metric, segment: self.crowd.name.clone(), value })
            })
            .collect()
    }
}
