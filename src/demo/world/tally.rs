//! What is counted of one arm of one segment, from the start of the world on.
//!
//! In: one [`Visit`] for each user. Out: cumulative counts and a histogram. Numbers only ever grow.

use crate::domain::{Counts, Histogram};

/// Upper bounds of the latency histogram in milliseconds; finest where a checkout's tail lies.
pub(super) const BOUNDS_MS: [f64; 20] = [
    5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 750.0, 1000.0, 1500.0,
    2000.0, 3000.0, 4000.0, 6000.0, 10_000.0,
];

/// What one user met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Visit {
    /// Met an error.
    pub(super) failed: bool,
    /// Waited so long, in milliseconds.
    pub(super) latency_ms: f64,
    /// Complained.
    pub(super) complained: bool,
}

/// The counts of one arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tally {
    users: u64,
    failed: u64,
    complained: u64,
    /// Users by the first bound that they stay within.
    latency: [u64; BOUNDS_MS.len()],
}

impl Tally {
    pub(super) fn count(&mut self, visit: Visit) {
        self.users += 1;
        self.failed += u64::from(visit.failed);
        self.complained += u64::from(visit.complained);
        let bucket = BOUNDS_MS.partition_point(|bound| *bound < visit.latency_ms);
        if let Some(count) = self.latency.get_mut(bucket) {
            *count += 1;
        }
    }

    pub(super) const fn users(&self) -> u64 {
        self.users
    }

    pub(super) const fn errors(&self) -> Counts {
        Counts { units: self.users as f64, bad: self.failed as f64 }
    }

    pub(super) const fn complaints(&self) -> Counts {
        Counts { units: self.users as f64, bad: self.complained as f64 }
    }

    pub(super) fn latency(&self) -> Histogram {
        let mut so_far = 0;
        let at_most = self.latency.iter().map(|count| {
            so_far += count;
            so_far as f64
        });
        Histogram { at_most: at_most.collect(), total: self.users as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_on_a_bound_is_within_it_and_one_past_the_last_is_only_in_the_total() {
        let mut tally = Tally::default();
        for latency_ms in [5.0, 5.1, 10_000.0, 10_001.0] {
            tally.count(Visit { failed: false, latency_ms, complained: false });
        }
        let histogram = tally.latency();
        assert_eq!(histogram.at_most.first(), Some(&1.0));
        assert_eq!(histogram.at_most.get(1), Some(&2.0));
        assert_eq!(histogram.at_most.last(), Some(&3.0));
        assert_eq!(histogram.total, 4.0);
    }
}
