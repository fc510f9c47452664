//! The figures over many rollouts.
//!
//! The change-failure rate is DORA's: the share of changes that needed a remedy (here a kill or a roll-back). A rollout
//! whose kills were all marked as false did not need them. See `docs/history.md`.

use std::time::Duration;

use serde::Serialize;

use super::entry::{Ending, Stored};

/// The figures over many rollouts.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Totals {
    /// Finished rollouts.
    pub rollouts: usize,
    /// Of them complete.
    pub complete: usize,
    /// Share of complete ones, 0 to 1. `None`: there are none at all.
    pub success_rate: Option<f64>,
    /// Share that needed a kill that was not false, or a roll-back.
    pub change_failure_rate: Option<f64>,
    /// Kills.
    pub kills: usize,
    /// Kills that a person marked as false.
    pub false_kills: usize,
    /// Roll-backs.
    pub roll_backs: u64,
    /// Half of the rollouts took less, in seconds.
    pub median_duration_s: Option<f64>,
    /// Half of the kills that answered a NO-GO were proven off sooner, in seconds.
    pub median_detected_to_off_s: Option<f64>,
    /// Half of the rollouts had a smaller share of users in treatment at last, 0 to 1.
    pub median_adoption: Option<f64>,
}

impl Totals {
    /// The figures of these.
    #[must_use]
    pub fn of(entries: &[Stored]) -> Self {
        let count = |is: &dyn Fn(&Stored) -> bool| entries.iter().filter(|entry| is(entry)).count();
        let share = |part: usize| (!entries.is_empty()).then(|| part as f64 / entries.len() as f64);
        let complete = count(&|stored| stored.entry.ending == Ending::Complete);
        let kills = || entries.iter().flat_map(|stored| &stored.kills);
        let seconds = |duration: Duration| duration.as_secs_f64();
        Self {
            rollouts: entries.len(),
            complete,
            success_rate: share(complete),
            change_failure_rate: share(count(&Stored::has_failed)),
            kills: kills().count(),
            false_kills: kills().filter(|kill| kill.is_false()).count(),
            roll_backs: entries.iter().map(|stored| stored.entry.roll_backs).sum(),
            median_duration_s: median(entries.iter().map(|stored| seconds(stored.entry.duration()))),
            median_detected_to_off_s: median(
                kills().filter_map(|kill| kill.kill.detected_to_off()).map(seconds),
            ),
            median_adoption: median(entries.iter().filter_map(|stored| stored.entry.adoption)),
        }
    }
}

/// The middle one; of two in the middle their mean. `None` of none.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_and_of_nothing_nothing() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }
}
