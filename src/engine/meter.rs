//! Turns cumulative readings into what is new since the last one.
//!
//! The first reading of an arm is a baseline: what happened before we looked was not seen under a
//! known exposure. A counter that falls was restarted: the new value is the increment, and that is
//! said once. If only a part of a sum was restarted, or bad units fall and units do not, the reading is a new baseline.
//! A reading without an arm changes nothing for that arm.

use serde::{Deserialize, Serialize};

use crate::domain::{Arm, ByArm, Counts, Histogram, SampleValue};

/// A counter that falls to less than this part of what it was has begun anew. With more left, a part of a sum has: what is
/// left is the past of the others, and says nothing about now.
const LEFT: f64 = 0.25;

/// Nothing is counted beyond this: more than everybody's every request, and far from where sums and products stop being
/// finite. A larger number is no reading.
const MOST: f64 = 1e18;

/// The last cumulative reading of one metric in one segment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Meter {
    counts: ByArm<Counts>,
    /// Readings that were left out, because bad units fell alone in them.
    doubted: ByArm<Counts>,
    bounds: Vec<f64>,
    histograms: ByArm<Histogram>,
}

/// What is new since the last reading.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Increment {
    /// New units and bad units. For a distribution: new units, none of them bad.
    pub counts: ByArm<Counts>,
    /// New units by bound, for a distribution.
    pub histograms: ByArm<Histogram>,
    /// Whether a counter fell.
    pub reset: bool,
}

impl Increment {
    /// Whether there is nothing new in it.
    pub fn is_empty(&self) -> bool {
        let none = |counts: Option<&Counts>| counts.is_none_or(|c| c.units == 0.0 && c.bad == 0.0);
        none(self.counts.treatment.as_ref()) && none(self.counts.control.as_ref())
    }
}

impl Meter {
    /// The bounds of the distribution; empty for counts.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Takes the next reading.
    pub fn advance(&mut self, value: &SampleValue) -> Increment {
        let mut new = Increment::default();
        match value {
            SampleValue::Counts(arms) => {
                for arm in [Arm::Treatment, Arm::Control] {
                    let Some(now) = arms.get(arm).filter(|c| is_count(c.units) && is_count(c.bad)) else {
                        continue;
                    };
                    let is_alone =
                        self.counts.get(arm).is_some_and(|l| now.bad < l.bad && now.units >= l.units);
                    let doubted = self.doubted.get_mut(arm);
                    if is_alone && doubted.is_none_or(|doubted| doubted == *now) {
                        // A series that is absent for one reading is no restart: the next one tells.
                        *doubted = Some(*now);
                        continue;
                    }
                    *doubted = None;
                    if let Some(last) = self.counts.get_mut(arm).replace(*now) {
                        let fell = now.units < last.units || now.bad < last.bad;
                        new.reset |= fell;
                        if is_alone || (fell && now.units > last.units * LEFT) {
                            continue;
                        }
                        let base = if fell { Counts::default() } else { last };
                        *new.counts.get_mut(arm) =
                            Some(Counts { units: now.units - base.units, bad: now.bad - base.bad });
                    }
                }
            }
            SampleValue::Histogram { bounds, arms } => {
                if self.bounds != *bounds {
                    *self = Self { bounds: bounds.clone(), ..Self::default() };
                }
                for arm in [Arm::Treatment, Arm::Control] {
                    if let Some(now) = arms.get(arm).filter(|h| is_sound(h, bounds.len()))
                        && let Some(last) = self.histograms.get_mut(arm).replace(now.clone())
                    {
                        let fell = now.total < last.total
                            || now.at_most.iter().zip(&last.at_most).any(|(now, last)| now < last);
                        new.reset |= fell;
                        if fell && now.total > last.total * LEFT {
                            continue;
                        }
                        let grown = if fell { now.clone() } else { difference(now, &last) };
                        *new.counts.get_mut(arm) = Some(Counts { units: grown.total, bad: 0.0 });
                        *new.histograms.get_mut(arm) = Some(grown);
                    }
                }
            }
        }
        new
    }
}

/// Adds what is new to a running sum.
pub fn add_histogram(sum: &mut Option<Histogram>, new: Option<&Histogram>) {
    let Some(new) = new else { return };
    match sum {
        Some(sum) if sum.at_most.len() == new.at_most.len() => {
            sum.total += new.total;
            for (sum, new) in sum.at_most.iter_mut().zip(&new.at_most) {
                *sum += new;
            }
        }
        _ => *sum = Some(new.clone()),
    }
}

fn is_count(number: f64) -> bool {
    (0.0..=MOST).contains(&number)
}

fn is_sound(histogram: &Histogram, bounds: usize) -> bool {
    histogram.at_most.len() == bounds
        && is_count(histogram.total)
        && histogram.at_most.iter().all(|n| is_count(*n))
}

fn difference(now: &Histogram, last: &Histogram) -> Histogram {
    Histogram {
        at_most: now.at_most.iter().zip(&last.at_most).map(|(now, last)| now - last).collect(),
        total: now.total - last.total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(units: f64, bad: f64) -> SampleValue {
        SampleValue::Counts(ByArm { treatment: Some(Counts { units, bad }), control: None })
    }

    #[test]
    fn the_first_reading_is_a_baseline_and_a_fall_is_a_restart() {
        let mut meter = Meter::default();
        let mut next = |units, bad| {
            let new = meter.advance(&reading(units, bad));
            (new.counts.treatment.map(|c| (c.units, c.bad)), new.reset)
        };
        assert_eq!(next(100., 5.), (None, false));
        assert_eq!(next(130., 6.), (Some((30., 1.)), false));
        assert_eq!(next(130., 6.), (Some((0., 0.)), false));
        assert_eq!(next(20., 2.), (Some((20., 2.)), true));
        assert_eq!(next(f64::NAN, 2.), (None, false));
        assert_eq!(next(25., 2.), (Some((5., 0.)), false));
    }
}
