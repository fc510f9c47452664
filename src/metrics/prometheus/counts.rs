//! `bad` and `total`, brought together.
//!
//! In: the answers of both queries. Out: [`Counts`] by segment and arm. Numbers are handed on as the
//! server has them: a counter that falls after a restart is the engine's business, because only a
//! model that remembers can tell a reset.
//!
//! A missing `bad` is 0 bad in one case only: `total` has a number for that segment and arm, and each
//! series of `bad` found its place. Many clients create a counter with its first bad event; until
//! then, its absence is the good news. In every other case it is no data.

use crate::domain::{ByArm, Counts};

use super::answer::Answer;
use super::faults::{Fault, Faults};
use super::layout::Layout;
use super::table::{ARMS, Cell, Table, by_arm};

/// The counts of each segment, in the order of the layout.
pub fn join(
    bad: &Answer<'_>,
    total: &Answer<'_>,
    layout: &Layout,
    faults: &mut Faults,
) -> Vec<ByArm<Counts>> {
    let bad = Table::read(bad, "bad", layout, faults);
    let total = Table::read(total, "total", layout, faults);
    if total.empty {
        faults.note_whole(Fault::Empty, "total");
    } else if bad.empty {
        faults.note_whole(Fault::Unborn, "bad");
    }
    (0..layout.segments().len())
        .map(|segment| {
            by_arm(ARMS.map(|arm| {
                let at = || layout.describe(segment, arm);
                let (units, bad) = match (total.get(segment, arm), bad.get(segment, arm)) {
                    (Cell::Number(units), Cell::Number(bad)) => (units, bad),
                    (Cell::Number(units), Cell::Absent) if bad.complete => (units, 0.0),
                    (Cell::Absent, Cell::Number(_)) => {
                        faults.note(Fault::NoTotal, "bad", at);
                        return None;
                    }
                    _ => return None,
                };
                if bad > units {
                    faults.note(Fault::TooBad, "bad", at);
                }
                Some(Counts { units, bad })
            }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{layout, vector};
    use super::*;

    type Row<'a> = (&'a str, &'a str, &'a str);

    fn joined(bad: &[Row<'_>], total: &[Row<'_>]) -> (Vec<ByArm<Counts>>, String) {
        let layout = layout(&["free", "beta"]);
        let (bad, total) = (vector(bad), vector(total));
        let mut faults = Faults::default();
        let read = |body: &'static str| Answer::read(body.as_bytes()).expect("a vector");
        let counts = join(&read(bad.leak()), &read(total.leak()), &layout, &mut faults);
        (counts, faults.sentences(&layout).map(|text| format!("{text}\n")).collect())
    }

    fn counts(units: f64, bad: f64) -> Option<Counts> {
        Some(Counts { units, bad })
    }

    const TOTAL: &[Row<'_>] = &[("free", "treatment", "100"), ("free", "control", "123456789012345680")];

    #[test]
    fn both_arms_of_a_segment_come_together() {
        let (found, faults) = joined(&[("free", "control", "1e-300"), ("free", "treatment", "3")], TOTAL);
        let free =
            ByArm { treatment: counts(100.0, 3.0), control: counts(123_456_789_012_345_680.0, 1e-300) };
        assert_eq!(found, [free, ByArm::default()]);
        assert_eq!(faults, "");
    }

    #[test]
    fn a_bad_counter_that_is_not_born_yet_is_zero_and_said() {
        let (found, faults) = joined(&[], TOTAL);
        assert_eq!(found[0].treatment, counts(100.0, 0.0));
        assert!(faults.contains("counted as 0 bad"), "{faults}");
        let (found, faults) = joined(&[("free", "control", "1")], TOTAL);
        assert_eq!(found[0].treatment, counts(100.0, 0.0));
        assert_eq!(faults, "", "one born counter proves that the query is right");
    }

    #[test]
    fn missing_bad_is_no_zero_when_a_bad_series_has_lost_its_labels() {
        let (found, faults) = joined(&[("", "treatment", "7")], TOTAL);
        assert_eq!(found[0], ByArm::default());
        assert!(faults.contains("without the labels `segment` and `arm`"), "{faults}");
    }

    #[test]
    fn without_a_total_there_is_no_data() {
        let (found, faults) = joined(&[("free", "treatment", "7")], &[]);
        assert_eq!(found, [ByArm::default(); 2]);
        assert!(faults.contains("no series") && faults.contains("without `total`"), "{faults}");
        let (found, faults) = joined(&[], &[]);
        assert_eq!(found, [ByArm::default(); 2]);
        assert!(faults.contains("no series: no data"), "{faults}");
    }

    #[test]
    fn nan_infinite_and_negative_are_no_data_and_never_zero() {
        for unusable in ["NaN", "+Inf", "-Inf", "-1", "", "x"] {
            for (bad, total) in [(unusable, "100"), ("1", unusable)] {
                let (found, faults) = joined(
                    &[("free", "treatment", bad)],
                    &[("free", "treatment", total), ("free", "control", "9")],
                );
                assert_eq!(found[0], ByArm { treatment: None, control: counts(9.0, 0.0) }, "{unusable}");
                assert!(faults.contains("free/treatment"), "{faults}");
            }
        }
    }

    #[test]
    fn several_series_for_one_arm_are_no_data_and_not_the_last_one() {
        let twice = [("free", "control", "1"), ("free", "control", "2"), ("free", "treatment", "5")];
        let (found, faults) = joined(&[], &twice);
        assert_eq!(found[0], ByArm { treatment: counts(5.0, 0.0), control: None });
        assert!(faults.contains("several series for free/control"), "{faults}");
        assert!(faults.contains("sum by (segment, arm) (…)"), "{faults}");
    }

    #[test]
    fn strange_segments_and_arms_are_ignored_and_counted() {
        let strange = [("gold", "control", "1"), ("silver", "control", "1"), ("free", "holdout", "2")];
        let (found, faults) = joined(&[], &[&strange, TOTAL].concat());
        assert_eq!(found[0].treatment, counts(100.0, 0.0));
        assert!(faults.contains("not in the rollout are ignored: gold, silver"), "{faults}");
        assert!(faults.contains("neither `treatment` nor `control`, ignored: holdout"), "{faults}");
    }

    #[test]
    fn more_bad_units_than_units_are_said_and_handed_on() {
        let (found, faults) = joined(&[("free", "treatment", "101")], TOTAL);
        assert_eq!(found[0].treatment, counts(100.0, 101.0));
        assert!(faults.contains("more bad units than units for free/treatment"), "{faults}");
    }
}
