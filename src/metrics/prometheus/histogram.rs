//! Classic buckets, brought to the same bounds in both arms.
//!
//! In: the answer of a query by segment, arm and `le`. Out: for each segment the bounds and the
//! cumulative counts of both arms. `+Inf` is the total; without it there is no data. Counts are
//! handed on as they are, except that a bucket never holds less than the one before it: buckets are
//! scraped at the same moment, but sums of floats may differ in the last digit.
//!
//! Arms can have different bounds while a new version is rolled out. Then the bounds that both have
//! are kept: leaving out a bound of a cumulative histogram changes none of the others.

use crate::domain::{Arm, ByArm, Histogram};

use super::answer::Answer;
use super::faults::{Fault, Faults};
use super::layout::Layout;
use super::table::{by_arm, find_place, number, slot};

/// A fall of a bucket by no more than this share is rounding, and not worth a word: sums of floats
/// are good to about 15 digits.
const ROUNDING: f64 = 1e-9;

/// The histograms of one segment.
pub type Distribution = (Vec<f64>, ByArm<Histogram>);

/// The buckets of one segment and arm while they are being read.
#[derive(Debug, Clone, Default)]
struct Buckets {
    /// Bound and cumulative count, by rising bound once all are read.
    finite: Vec<(f64, f64)>,
    total: Option<f64>,
    broken: bool,
}

/// The distributions of each segment, in the order of the layout. `None`: no data in either arm.
pub fn read(
    answer: &Answer<'_>,
    scale: f64,
    layout: &Layout,
    faults: &mut Faults,
) -> Vec<Option<Distribution>> {
    const QUERY: &str = "buckets";
    if answer.series.is_empty() {
        faults.note_whole(Fault::Empty, QUERY);
    }
    let mut all = vec![<[Buckets; 2]>::default(); layout.segments().len()];
    for series in &answer.series {
        let Some((segment, arm)) = find_place(series, QUERY, layout, faults) else { continue };
        let Some(buckets) = all.get_mut(segment).map(|arms| &mut arms[slot(arm)]) else { continue };
        let fault = match (series.metric.get("le").and_then(bound), number(series)) {
            (None, _) => Fault::NoBound,
            (Some(_), None) => Fault::NoNumber,
            (Some(le), Some(count)) if le.is_finite() => {
                buckets.finite.push((le * scale, count));
                continue;
            }
            (Some(_), Some(count)) => match buckets.total.replace(count) {
                None => continue,
                Some(_) => Fault::Duplicate,
            },
        };
        buckets.broken = true;
        faults.note(fault, QUERY, || layout.describe(segment, arm));
    }
    all.into_iter()
        .enumerate()
        .map(|(segment, arms)| {
            let [treatment, control] = arms;
            let mut finish = |arm, buckets: Buckets| {
                buckets.finish(|fault| {
                    faults.note(fault, QUERY, || layout.describe(segment, arm));
                })
            };
            let arms = [finish(Arm::Treatment, treatment), finish(Arm::Control, control)];
            align(arms, || faults.note(Fault::NoCommonBound, QUERY, || segment_name(layout, segment)))
        })
        .collect()
}

fn segment_name(layout: &Layout, segment: usize) -> String {
    layout.segments().get(segment).map(ToString::to_string).unwrap_or_default()
}

/// A bound, or infinity for `+Inf`; `None` when it is no bound.
fn bound(le: &str) -> Option<f64> {
    le.parse().ok().filter(|le: &f64| !le.is_nan() && *le != f64::NEG_INFINITY)
}

impl Buckets {
    /// Sorts, checks and levels; `None` when there is nothing or something cannot be used.
    fn finish(mut self, mut fault: impl FnMut(Fault)) -> Option<Self> {
        if self.broken || (self.finite.is_empty() && self.total.is_none()) {
            return None;
        }
        let Some(total) = self.total.as_mut() else {
            fault(Fault::NoInfinity);
            return None;
        };
        self.finite.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
        if self.finite.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            fault(Fault::Duplicate);
            return None;
        }
        let mut highest = 0.0;
        for count in self.finite.iter_mut().map(|(_, count)| count).chain([total]) {
            if *count < highest {
                if highest - *count > highest * ROUNDING {
                    fault(Fault::Falling);
                }
                *count = highest;
            }
            highest = *count;
        }
        Some(self)
    }

    /// The counts at these bounds, of which each is one of ours.
    fn at(self, bounds: &[f64]) -> Histogram {
        let mut wanted = bounds.iter().peekable();
        let kept = self.finite.into_iter().filter(|(le, _)| wanted.next_if_eq(&le).is_some());
        Histogram { at_most: kept.map(|(_, count)| count).collect(), total: self.total.unwrap_or_default() }
    }
}

/// Brings both arms to the bounds that they share; with one arm, to its own.
fn align(arms: [Option<Buckets>; 2], no_common_bound: impl FnOnce()) -> Option<Distribution> {
    let bounds: Vec<f64> = match &arms {
        [Some(treatment), Some(control)] => {
            let mut others = control.finite.iter().map(|(le, _)| *le).peekable();
            let shared = treatment.finite.iter().map(|(le, _)| *le).filter(|le| {
                while others.next_if(|other| other < le).is_some() {}
                others.next_if_eq(le).is_some()
            });
            shared.collect()
        }
        [Some(only), None] | [None, Some(only)] => only.finite.iter().map(|(le, _)| *le).collect(),
        [None, None] => return None,
    };
    if bounds.is_empty() {
        no_common_bound();
        return None;
    }
    let histograms = arms.map(|buckets| buckets.map(|buckets| buckets.at(&bounds)));
    Some((bounds, by_arm(histograms)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{buckets, layout};
    use super::*;

    type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

    fn of(rows: &[Row<'_>]) -> (Option<Distribution>, String) {
        let layout = layout(&["free"]);
        let body = buckets(rows);
        let mut faults = Faults::default();
        let answer = Answer::read(body.as_bytes()).expect("a vector");
        let mut found = read(&answer, 1000.0, &layout, &mut faults);
        (found.remove(0), faults.sentences(&layout).map(|text| format!("{text}\n")).collect())
    }

    const fn row<'a>(arm: &'a str, le: &'a str, count: &'a str) -> Row<'a> {
        ("free", arm, le, count)
    }

    fn histogram(at_most: &[f64], total: f64) -> Option<Histogram> {
        Some(Histogram { at_most: at_most.to_vec(), total })
    }

    #[test]
    fn buckets_in_any_order_become_sorted_scaled_bounds_and_infinity_the_total() {
        let (found, faults) = of(&[
            row("treatment", "+Inf", "10"),
            row("treatment", "0.5", "8"),
            row("treatment", "0.1", "3"),
            row("control", "0.1", "1e0"),
            row("control", "+Inf", "4"),
            row("control", "0.5", "4"),
        ]);
        let arms = ByArm { treatment: histogram(&[3.0, 8.0], 10.0), control: histogram(&[1.0, 4.0], 4.0) };
        assert_eq!(found, Some((vec![100.0, 500.0], arms)));
        assert_eq!(faults, "");
    }

    #[test]
    fn arms_with_different_bounds_keep_those_that_both_have() {
        let treatment = [("0.1", "1"), ("0.2", "2"), ("0.5", "3"), ("1", "4"), ("+Inf", "5")];
        let control = [("0.2", "20"), ("0.25", "22"), ("1", "40"), ("2", "45"), ("+Inf", "50")];
        let rows: Vec<_> = treatment
            .iter()
            .map(|(le, count)| row("treatment", le, count))
            .chain(control.iter().map(|(le, count)| row("control", le, count)))
            .collect();
        let arms = ByArm { treatment: histogram(&[2.0, 4.0], 5.0), control: histogram(&[20.0, 40.0], 50.0) };
        assert_eq!(of(&rows).0, Some((vec![200.0, 1000.0], arms)));
    }

    #[test]
    fn one_arm_alone_keeps_its_bounds_and_the_other_is_none() {
        let (found, _) = of(&[row("treatment", "0.1", "1"), row("treatment", "+Inf", "2")]);
        assert_eq!(found, Some((vec![100.0], ByArm { treatment: histogram(&[1.0], 2.0), control: None })));
    }

    #[test]
    fn without_infinity_or_a_common_bound_there_is_no_data_and_it_is_said() {
        let (found, faults) = of(&[row("control", "0.1", "1")]);
        assert_eq!(found, None);
        assert!(faults.contains("no bucket `+Inf` for free/control"), "{faults}");
        let (found, faults) = of(&[
            row("control", "0.1", "1"),
            row("control", "+Inf", "1"),
            row("treatment", "0.2", "1"),
            row("treatment", "+Inf", "1"),
        ]);
        assert_eq!(found, None);
        assert!(faults.contains("no bound of `le` in common in free"), "{faults}");
    }

    #[test]
    fn falling_buckets_are_levelled_and_only_real_falls_are_said() {
        let fall = |second: &str| {
            of(&[row("control", "0.1", "10"), row("control", "0.2", second), row("control", "+Inf", "9")])
        };
        let (found, faults) = fall("4");
        assert_eq!(found.and_then(|(_, arms)| arms.control), histogram(&[10.0, 10.0], 10.0));
        assert!(faults.contains("buckets that fall"), "{faults}");
        let rounding = [row("control", "0.1", "10"), row("control", "+Inf", "9.999999999999998")];
        assert_eq!(of(&rounding).1, "");
    }

    #[test]
    fn an_arm_with_an_unusable_bucket_has_no_data_and_the_other_arm_has() {
        for (le, count, words) in [
            ("0.2", "NaN", "NaN, infinite or negative"),
            ("0.2", "-1", "NaN, infinite or negative"),
            ("abc", "1", "without a usable label `le`"),
            ("", "1", "without a usable label `le`"),
            ("NaN", "1", "without a usable label `le`"),
            ("0.1", "1", "several series for free/control"),
            ("0.10", "1", "several series for free/control"),
            ("+Inf", "1", "several series for free/control"),
        ] {
            let (found, faults) = of(&[
                row("treatment", "0.1", "1"),
                row("treatment", "+Inf", "1"),
                row("control", "0.1", "1"),
                row("control", "+Inf", "3"),
                row("control", le, count),
            ]);
            let (_, arms) = found.expect("treatment is there");
            assert!(arms.control.is_none() && arms.treatment.is_some(), "{le} {count}");
            assert!(faults.contains(words), "{faults}");
        }
    }

    #[test]
    fn an_empty_answer_is_no_data_and_said() {
        let (found, faults) = of(&[]);
        assert_eq!(found, None);
        assert!(faults.contains("no series"), "{faults}");
    }
}
