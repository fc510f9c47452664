//! Since when it was bad: the first bad reading before a NO-GO.
//!
//! In: each reading's new units of both arms, or of treatment alone. Out: the reading with which the evidence began
//! that then only grew.
//!
//! Page's CUSUM (1954): for each of the engine's rate ratios, the log factors of the readings are added up, and the sum
//! begins anew whenever it falls to zero. The start of the run with the largest sum is the most likely moment of the
//! change. It is found afterwards; the engine, which must decide while it happens, uses the e-value and its twin.
//!
//! Without a control group nothing is added up: then the onset is not known, and the report says so.

use crate::domain::{Counts, Timestamp};
use crate::stats::binomial::{Factors, RATIOS, Tick, factors};

/// Where a run began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// The time of its first reading.
    pub at: Timestamp,
    /// Treatment's counts before that reading.
    pub before: Counts,
}

/// The evidence of one guardrail in one segment, or of one bound of a distribution.
#[derive(Debug, Clone, Default)]
pub struct Onset {
    runs: [Run; RATIOS.len()],
}

#[derive(Debug, Clone, Copy, Default)]
struct Run {
    sum: f64,
    start: Option<Start>,
}

impl Onset {
    /// Takes a reading: when, what was new, treatment's counts before it, and the tolerated worsening.
    pub fn take(&mut self, at: Timestamp, tick: &Tick, before: Counts, tolerate: f64) {
        let Some(factors): Option<Factors> = factors(tick, tolerate) else { return };
        for (run, factor) in self.runs.iter_mut().zip(factors) {
            run.sum = (run.sum + factor).max(0.0);
            if run.sum == 0.0 {
                run.start = None;
            } else {
                run.start.get_or_insert(Start { at, before });
            }
        }
    }

    /// The largest sum, and where its run began. `None`: nothing speaks for a change now.
    #[must_use]
    pub fn start(&self) -> Option<(f64, Start)> {
        let runs = self.runs.iter().filter_map(|run| Some((run.sum, run.start?)));
        runs.max_by(|a, b| a.0.total_cmp(&b.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(bad: f64) -> Tick {
        Tick { treatment_units: 100., treatment_bad: bad, control_units: 100., control_bad: 1. }
    }

    #[test]
    fn the_onset_is_the_first_reading_of_the_run_that_never_fell_back() {
        let mut onset = Onset::default();
        let mut units = 0.0;
        // A single bad reading long before is forgotten; from the 20th second on it is ten times as bad.
        for second in 0..30 {
            let bad = if second == 5 {
                3.
            } else if second >= 20 {
                10.
            } else {
                1.
            };
            onset.take(Timestamp(second * 1000), &tick(bad), Counts { units, bad: 0. }, 0.1);
            units += 100.0;
        }
        let (sum, start) = onset.start().expect("it is bad");
        assert!(sum > 10.0, "{sum}");
        assert_eq!((start.at, start.before.units), (Timestamp(20_000), 2_000.0));
    }

    #[test]
    fn equal_arms_have_no_onset_and_without_control_nothing_is_known() {
        let mut onset = Onset::default();
        for second in 0..100 {
            onset.take(Timestamp(second * 1000), &tick(1.), Counts::default(), 0.1);
        }
        assert_eq!(onset.start(), None);
        let alone = Tick { control_units: 0., control_bad: 0., ..tick(50.) };
        onset.take(Timestamp(0), &alone, Counts::default(), 0.1);
        assert_eq!(onset.start(), None);
    }
}
