//! A series of counts over time in a bounded number of bins, for charts.
//!
//! In: what is new, with its time. Out: at most [`MOST`] bins of equal width. When the time outgrows them, neighbours are
//! added up and the width doubles: an hour and a week take the same memory.

use crate::domain::{ByArm, Counts, Timestamp};

/// Most bins of a series: about what a chart can show. 40 bytes each.
pub const MOST: usize = 240;
/// The width to begin with: readings are rarely more frequent.
const NARROWEST_MS: i64 = 1_000;

/// Counts of both arms over time.
#[derive(Debug, Clone, Default)]
pub struct Bins {
    from: i64,
    width_ms: i64,
    bins: Vec<ByArm<Counts>>,
}

impl Bins {
    /// Adds what was new at a time; what is older than the first is added to the first.
    pub fn add(&mut self, at: Timestamp, new: ByArm<Counts>) {
        if self.bins.is_empty() {
            (self.from, self.width_ms) = (at.0, NARROWEST_MS);
        }
        let since = at.0.saturating_sub(self.from).max(0);
        while since / self.width_ms >= MOST as i64 {
            self.halve();
        }
        let index = usize::try_from(since / self.width_ms).unwrap_or(0);
        if self.bins.len() <= index {
            self.bins.resize(index + 1, ByArm::default());
        }
        if let Some(bin) = self.bins.get_mut(index) {
            add(&mut bin.treatment, new.treatment);
            add(&mut bin.control, new.control);
        }
    }

    fn halve(&mut self) {
        let merge = |pair: &[ByArm<Counts>]| {
            pair.iter().fold(ByArm::default(), |mut sum: ByArm<Counts>, bin| {
                add(&mut sum.treatment, bin.treatment);
                add(&mut sum.control, bin.control);
                sum
            })
        };
        self.bins = self.bins.chunks(2).map(merge).collect();
        self.width_ms = self.width_ms.saturating_mul(2);
    }

    /// At most `most` bins: the middle of each and its counts; a bin without data is a gap.
    #[must_use]
    pub fn coarse(&self, most: usize) -> Vec<(Timestamp, ByArm<Counts>)> {
        let mut bins = self.clone();
        while bins.bins.len() > most.max(1) {
            bins.halve();
        }
        let middle = |index: usize| Timestamp(bins.from + bins.width_ms * index as i64 + bins.width_ms / 2);
        bins.bins.iter().enumerate().map(|(index, bin)| (middle(index), *bin)).collect()
    }
}

fn add(sum: &mut Option<Counts>, new: Option<Counts>) {
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
    fn a_week_takes_as_many_bins_as_an_hour_and_nothing_is_lost() {
        let mut bins = Bins::default();
        let one = ByArm { treatment: Some(Counts { units: 2., bad: 1. }), control: None };
        for minute in 0..7 * 24 * 60 {
            bins.add(Timestamp(minute * 60_000), one);
        }
        let kept = bins.coarse(MOST);
        assert!(kept.len() <= MOST && kept.len() > MOST / 3, "{}", kept.len());
        let units: f64 = kept.iter().filter_map(|(_, bin)| bin.treatment).map(|counts| counts.units).sum();
        assert_eq!(units, 2.0 * 7.0 * 24.0 * 60.0);
        assert!(kept.iter().all(|(_, bin)| bin.control.is_none()), "None is not 0");
        assert!(bins.coarse(40).len() <= 40);
    }
}
