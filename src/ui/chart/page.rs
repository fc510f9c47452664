//! The stretch of time that a chart shows, and the bins that it is divided into.
//!
//! A page stands still: it begins at a round time, fills from left to right, and is turned by a part of its length when it
//! is full. Bins lie at round times, too. So a cell changes when its bin does, and not because time goes by: a chart that
//! scrolled would be drawn anew at every step, and over a slow line that is what costs. Right of the newest bin is the
//! future; the axis says where now is.
//!
//! In: now, how far back there is data, how often it comes, how many columns there are. Out: a [`Page`].

use crate::domain::Timestamp;

/// Lengths of a page in seconds and how far it is turned, shortest first: the shortest that holds all data is shown.
const LENGTHS_S: [(i64, i64); 10] = [
    (120, 30),
    (180, 30),
    (300, 60),
    (420, 60),
    (600, 120),
    (900, 180),
    (1200, 240),
    (1800, 300),
    (3600, 600),
    (7200, 1200),
];
/// The longest page of what is read every few seconds: older numbers say little about now.
const LONGEST_S: i64 = 1800;
/// What is read more seldom has a page of so many readings: fewer are no curve.
const READINGS: i64 = 60;
/// Widths of a bin in seconds. The shortest: a rate over less jumps with every single user.
const BINS_S: [i64; 9] = [5, 10, 15, 20, 30, 60, 120, 300, 600];
/// Most bins of a page: wider ones have more units each, so they jump less and are surer.
const MOST: i64 = 40;
/// A running bin is looked at this often, in seconds: a chart need not be newer than that.
const LOOK_S: i64 = 5;

/// A stretch of time in bins of equal width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Its beginning, a round time.
    pub from: Timestamp,
    /// Its length in seconds, the future included.
    pub span_s: i64,
    /// The width of a bin in seconds; it divides the length.
    pub bin_s: i64,
    /// The end of what is shown: now, or a few seconds before.
    pub until: Timestamp,
    /// The step of its time axis in seconds.
    pub tick_s: i64,
}

impl Page {
    /// The page for data that goes back to `oldest` and comes every `interval_s`, in at most `columns` bins. No bin is
    /// narrower than `least_s` where the page allows it.
    pub fn new(
        now: Timestamp,
        oldest: Option<Timestamp>,
        interval_s: i64,
        columns: usize,
        least_s: i64,
    ) -> Self {
        let age = oldest.map_or(0, |at| now.0.saturating_sub(at.0) / 1000);
        let longest = LONGEST_S.max(interval_s.saturating_mul(READINGS));
        let mut lengths = LENGTHS_S.into_iter().filter(|(span, _)| *span <= longest);
        let widest = lengths.clone().next_back().unwrap_or((LONGEST_S, 300));
        let (span_s, turn_s) = lengths.find(|(span, turn)| age <= span - turn).unwrap_or(widest);
        let columns = i64::try_from(columns.max(1)).unwrap_or(1).min(MOST);
        let least_s = least_s.max(interval_s).min(turn_s);
        let mut bins = BINS_S.into_iter().filter(|bin| turn_s % bin == 0 && *bin >= least_s);
        let bin_s = bins.find(|bin| span_s / bin <= columns).unwrap_or(turn_s);
        let end = round_up(now.0, turn_s.saturating_mul(1000));
        Self {
            from: Timestamp(end.saturating_sub(span_s * 1000)),
            span_s,
            bin_s,
            until: Timestamp(now.0.saturating_sub(now.0.rem_euclid(LOOK_S * 1000))),
            tick_s: turn_s,
        }
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.span_s / self.bin_s.max(1)).unwrap_or(0)
    }

    /// The bin of a moment. `None`: it is not on this page, or not to be shown yet.
    pub fn bin(&self, at: Timestamp) -> Option<usize> {
        let since = at.0.checked_sub(self.from.0)?;
        let is_here = since >= 0 && at < self.until && since < self.span_s * 1000;
        is_here.then(|| usize::try_from(since / (self.bin_s.max(1) * 1000)).ok())?
    }

    /// Whether a bin is not over yet.
    pub fn is_running(&self, bin: usize) -> bool {
        let end = i64::try_from(bin).unwrap_or(i64::MAX).saturating_add(1).saturating_mul(self.bin_s * 1000);
        self.from.0.saturating_add(end) > self.until.0
    }

    /// The middle of a bin in seconds from the beginning.
    pub fn middle_s(&self, bin: usize) -> f64 {
        (bin as f64 + 0.5) * self.bin_s as f64
    }

    /// How far a moment is along the page, 0 to 1. `None`: it is not on it.
    pub fn share(&self, at: Timestamp) -> Option<f64> {
        let share = at.0.checked_sub(self.from.0)? as f64 / (self.span_s.max(1) as f64 * 1000.0);
        (0.0..=1.0).contains(&share).then_some(share)
    }

    /// The times of the axis.
    pub fn ticks(&self) -> impl Iterator<Item = Timestamp> {
        let (from, step) = (self.from.0, self.tick_s.max(1) * 1000);
        (0..=self.span_s / self.tick_s.max(1)).map(move |tick| Timestamp(from.saturating_add(tick * step)))
    }

    /// A time as the axis says it: `14:05`, or with seconds where its steps are shorter than a minute.
    pub fn label(&self, at: Timestamp) -> String {
        let clock = at.clock();
        if self.tick_s % 60 == 0 { clock.get(..5).map_or(clock.clone(), str::to_owned) } else { clock }
    }
}

/// The next multiple of `step` that is not before.
fn round_up(at: i64, step: i64) -> i64 {
    let step = step.max(1);
    at.saturating_add((step - at.rem_euclid(step)) % step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(now_s: i64, age_s: i64, interval_s: i64, columns: usize) -> Page {
        let now = Timestamp(now_s * 1000);
        Page::new(now, Some(Timestamp((now_s - age_s) * 1000)), interval_s, columns, 5)
    }

    #[test]
    fn what_is_read_seldom_has_a_longer_page() {
        let span = |age_s, interval_s| page(1_000_000, age_s, interval_s, 60).span_s;
        assert_eq!([span(60, 1), span(400, 1), span(90_000, 1), span(90_000, 30)], [120, 600, 1800, 1800]);
        assert_eq!([span(400, 120), span(90_000, 120), span(90_000, 3600)], [600, 7200, 7200]);
        assert_eq!(span(90_000, 60), 3600);
    }

    #[test]
    fn a_page_stands_still_until_it_is_full() {
        let pages: Vec<_> = (0..300).map(|s| page(900_000 + s, 90_000, 1, 60)).collect();
        let mut froms: Vec<_> = pages.iter().map(|page| page.from).collect();
        froms.dedup();
        assert_eq!(froms.len(), 2, "it is turned once in five minutes");
        assert!(pages.iter().all(|page| page.from.0 % 300_000 == 0 && page.len() <= 60));
        let mut untils: Vec<_> = pages.iter().map(|page| page.until).collect();
        untils.dedup();
        assert_eq!(untils.len(), 60, "and grows every five seconds");
    }

    #[test]
    fn everything_lately_is_on_the_page_and_the_future_is_not() {
        for now_s in (900_000..900_700).step_by(7) {
            for columns in [1, 8, 33, 70, 400] {
                let page = page(now_s, 200, 1, columns);
                assert!(page.share(Timestamp((now_s - 200) * 1000)).is_some());
                assert!(page.share(Timestamp(now_s * 1000)).is_some());
                assert_eq!(page.bin(Timestamp(now_s * 1000)), None);
                assert_eq!(page.span_s % page.bin_s, 0);
                let newest = page.bin(Timestamp(page.until.0 - 1)).expect("it is on the page");
                assert!(page.is_running(newest) || page.until.0 % (page.bin_s * 1000) == 0);
            }
        }
        assert_eq!(Page::default().bin(Timestamp(0)), None);
        assert_eq!(page(i64::MAX / 1000, 5, 1, 60).bin(Timestamp(i64::MIN)), None);
    }
}
