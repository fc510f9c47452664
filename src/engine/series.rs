//! One metric of one segment over time, for charts and for the numbers in the table.
//!
//! Samples are cumulative; here their differences are kept in one-second slots for
//! [`KEPT`] slots. A second without a sample is a gap, not a zero.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::meter::{Increment, Meter, add_histogram};
use crate::domain::{Arm, ByArm, Counts, Histogram, SampleValue, Timestamp};
use crate::event::is_late;

mod packed;

/// Slots kept: half an hour of seconds, the widest chart we draw. 56 bytes each.
pub const KEPT: usize = 1800;
/// Readings of a distribution that a p95 is made of: a minute at two a second.
const RECENT: usize = 120;
/// How far back a p95 looks, in milliseconds.
const RECENT_MS: i64 = 60_000;

/// What was new in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Start of the slot: a whole second.
    pub at: Timestamp,
    /// New units and bad units; for a distribution the units, and its p95 in `p95`.
    pub new: ByArm<Counts>,
    /// 95 % quantile of a distribution, in its unit.
    pub p95: ByArm<f64>,
}

/// Stands for no data in a [`Kept`]: no count and no quantile is below everything. Not NaN, which is not equal to
/// itself.
const ABSENT: f64 = f64::NEG_INFINITY;

/// A [`Slot`] without room for what is absent: most of the memory of a cockpit are slots.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    at: Timestamp,
    /// Units, bad units and p95 of treatment and of control.
    numbers: [[f64; 3]; 2],
}

impl From<Slot> for Kept {
    fn from(slot: Slot) -> Self {
        let arm = |counts: Option<Counts>, p95: Option<f64>| {
            [counts.map_or(ABSENT, |c| c.units), counts.map_or(ABSENT, |c| c.bad), p95.unwrap_or(ABSENT)]
        };
        let numbers = [arm(slot.new.treatment, slot.p95.treatment), arm(slot.new.control, slot.p95.control)];
        Self { at: slot.at, numbers }
    }
}

impl From<&Kept> for Slot {
    fn from(kept: &Kept) -> Self {
        let is = |number: f64| (number != ABSENT).then_some(number);
        let counts = |[units, bad, _]: [f64; 3]| is(units).map(|units| Counts { units, bad });
        let [treatment, control] = kept.numbers;
        Self {
            at: kept.at,
            new: ByArm { treatment: counts(treatment), control: counts(control) },
            p95: ByArm { treatment: is(treatment[2]), control: is(control[2]) },
        }
    }
}

/// A metric of a segment over time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Series {
    #[serde(with = "packed::slots")]
    slots: VecDeque<Kept>,
    /// Whether it is a distribution: then `p95` is what to show, else the bad share.
    pub is_distribution: bool,
    /// Totals since the present stage began.
    pub stage: ByArm<Counts>,
    /// The newest 95 % quantiles, over the last minute.
    pub p95: ByArm<f64>,
    /// When the newest sample reached us.
    pub sampled_at: Option<Timestamp>,
    /// How often the source's counters fell: it was restarted.
    pub resets: u64,
    /// When the newest reading was taken, by the source's clock.
    taken_at: Option<Timestamp>,
    meter: Meter,
    #[serde(with = "packed::recent")]
    recent: VecDeque<(Timestamp, ByArm<Histogram>)>,
}

impl Series {
    /// The slots, oldest first. Times without a slot are gaps.
    pub fn slots(&self) -> impl DoubleEndedIterator<Item = Slot> {
        self.slots.iter().map(Slot::from)
    }

    /// About the room that a copy takes, in bytes: slots, and the distributions of the last minute.
    pub(super) fn chart_bytes(&self) -> usize {
        let of_one = |histogram: &Option<Histogram>| {
            histogram.as_ref().map_or(0, |histogram| histogram.at_most.len() * size_of::<f64>())
        };
        let newest =
            self.recent.back().map_or(0, |(_, arms)| of_one(&arms.treatment) + of_one(&arms.control));
        self.slots.len() * size_of::<Kept>() + self.recent.len() * newest
    }

    /// New units and bad units of an arm in the slots since `from`. `None`: no data at all.
    #[must_use]
    pub fn since(&self, from: Timestamp, arm: Arm) -> Option<Counts> {
        let lately = self.slots().rev().take_while(|slot| slot.at >= from);
        lately.filter_map(|slot| slot.new.get(arm).copied()).fold(None, |sum: Option<Counts>, new| {
            let sum = sum.unwrap_or_default();
            Some(Counts { units: sum.units + new.units, bad: sum.bad + new.bad })
        })
    }

    /// Upper bounds of the distribution; empty for counts.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        self.meter.bounds()
    }

    /// Whether a reading was taken before the newest one: its counters have not fallen, it is late.
    pub(super) fn is_late(&mut self, taken_at: Option<Timestamp>) -> bool {
        let is_late = is_late(taken_at, self.taken_at);
        if !is_late {
            self.taken_at = taken_at.or(self.taken_at);
        }
        is_late
    }

    /// Takes a reading, keeps what is new in it, and returns that.
    pub(super) fn read(&mut self, at: Timestamp, value: &SampleValue) -> Increment {
        self.is_distribution = matches!(value, SampleValue::Histogram { .. });
        if let SampleValue::Histogram { bounds, .. } = value
            && bounds != self.meter.bounds()
        {
            // Units counted over other bounds cannot be added to these.
            self.recent.clear();
        }
        let new = self.meter.advance(value);
        self.resets += u64::from(new.reset);
        if self.is_distribution && new.histograms != ByArm::default() {
            self.update_p95(at, new.histograms.clone());
        }
        self.sampled_at = Some(at);
        if new.counts != ByArm::default() {
            self.add(at, new.counts);
        }
        new
    }

    fn update_p95(&mut self, at: Timestamp, new: ByArm<Histogram>) {
        while self.recent.len() >= RECENT
            || self.recent.front().is_some_and(|(then, _)| at.0.saturating_sub(then.0) > RECENT_MS)
        {
            self.recent.pop_front();
        }
        self.recent.push_back((at, new));
        for arm in [Arm::Treatment, Arm::Control] {
            let mut sum = None;
            for (_, histograms) in &self.recent {
                add_histogram(&mut sum, histograms.get(arm));
            }
            *self.p95.get_mut(arm) = sum.and_then(|sum: Histogram| quantile(self.meter.bounds(), &sum, 0.95));
        }
    }

    fn add(&mut self, at: Timestamp, new: ByArm<Counts>) {
        for arm in [Arm::Treatment, Arm::Control] {
            add_counts(self.stage.get_mut(arm), new.get(arm));
        }
        let second = Timestamp(at.0.saturating_sub(at.0.rem_euclid(1000)));
        match self.slots.back_mut() {
            // A late sample is put into the newest slot: the total stays right.
            Some(kept) if kept.at >= second => {
                let mut slot = Slot::from(&*kept);
                for arm in [Arm::Treatment, Arm::Control] {
                    add_counts(slot.new.get_mut(arm), new.get(arm));
                }
                *kept = Kept::from(Slot { p95: self.p95, ..slot });
            }
            _ => {
                if self.slots.len() == KEPT {
                    self.slots.pop_front();
                }
                // All of it at once: growing would leave holes as large as what is kept. Pages that are not written
                // to yet cost nothing.
                if self.slots.is_empty() {
                    self.slots.reserve_exact(KEPT);
                }
                self.slots.push_back(Kept::from(Slot { at: second, new, p95: self.p95 }));
            }
        }
    }

    pub(super) fn begin_stage(&mut self) {
        self.stage = ByArm::default();
    }
}

/// The quantile of a histogram by linear interpolation inside its bucket, as Prometheus does it; above the
/// last bound the last bound. `None` without units.
fn quantile(bounds: &[f64], histogram: &Histogram, q: f64) -> Option<f64> {
    if histogram.total <= 0.0 {
        return None;
    }
    let rank = q * histogram.total;
    let (mut lower, mut below) = (0.0, 0.0);
    for (bound, at_most) in bounds.iter().zip(&histogram.at_most) {
        if *at_most >= rank {
            let inside = at_most - below;
            let part = if inside > 0.0 { (rank - below) / inside } else { 1.0 };
            return Some(lower + (bound - lower) * part);
        }
        (lower, below) = (*bound, *at_most);
    }
    bounds.last().copied()
}

fn add_counts(sum: &mut Option<Counts>, new: Option<&Counts>) {
    if let Some(new) = new {
        let sum = sum.get_or_insert_default();
        sum.units += new.units;
        sum.bad += new.bad;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_absent_and_a_slot_keeps_its_size() {
        let one = Some(Counts { units: 3.0, bad: 0.0 });
        for (treatment, control) in [(one, None), (None, one), (one, one), (None, None)] {
            for p95 in [None, Some(0.0), Some(-2.5)] {
                let p95 = ByArm { treatment: p95, control: None };
                let slot = Slot { at: Timestamp(7000), new: ByArm { treatment, control }, p95 };
                assert_eq!(Slot::from(&Kept::from(slot)), slot);
            }
        }
        assert_eq!(size_of::<Kept>(), 56);
    }
}
