//! Differences between the arms, with bounds that hold although one looked all the time.
//!
//! In: counts of both arms, one pair for each exposure (a stratum). Out: an [`Interval`], or `None` when there is
//! nothing to compare.
//!
//! A rollout changes its exposure while the day goes by, so pooled counts would compare treatment's evening with
//! control's morning. Each exposure is compared on its own; the differences are averaged with treatment's units as
//! weights. With [`LEAST_EVENTS`] bad and good units in both arms the bounds are those of an asymptotic confidence
//! sequence (Waudby-Smith et al., arXiv 2103.06476); with fewer they are exact for each arm (beta-binomial mixture,
//! Howard et al., arXiv 1810.08240), on the pooled counts, with half of the risk for each arm. A kill ends a recording
//! because of what it shows, so intervals for a fixed sample would be too narrow here.

use super::retrospective::{Interval, IntervalMethod, Pair, Reading, Scores};
use crate::domain::Counts;
use crate::stats::confidence::{
    DEFAULT_TIGHTEST, LEAST_EVENTS, Mean, Proportion, Sides, difference_of_means,
};
use crate::stats::confidence::{half_width, rho};
use crate::stats::exact;

/// The chance that an interval of a report is ever wrong.
pub const ALPHA: f64 = 0.05;

/// Both arms at one exposure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stratum {
    /// Those who had the feature.
    pub treatment: Counts,
    /// Those who did not.
    pub control: Counts,
}

/// Units and bad units with their rate.
#[must_use]
pub fn pair(counts: Counts) -> Pair {
    Pair { units: counts.units, bad: counts.bad, rate: proportion(counts).rate() }
}

/// The strata in which both arms were measured, added up: treatment, control.
#[must_use]
pub fn pooled(strata: &[Stratum]) -> (Counts, Counts) {
    let add = |sum: Counts, new: Counts| Counts { units: sum.units + new.units, bad: sum.bad + new.bad };
    comparable(strata).fold((Counts::default(), Counts::default()), |(treatment, control), stratum| {
        (add(treatment, stratum.treatment), add(control, stratum.control))
    })
}

fn comparable(strata: &[Stratum]) -> impl Iterator<Item = &Stratum> {
    let is_rate = |counts: Counts| proportion(counts).rate().is_some();
    strata.iter().filter(move |stratum| is_rate(stratum.treatment) && is_rate(stratum.control))
}

const fn proportion(counts: Counts) -> Proportion {
    Proportion { bad: counts.bad, units: counts.units }
}

/// Treatment's rate minus control's.
#[must_use]
pub fn difference(strata: &[Stratum]) -> Option<Interval> {
    let (treatment, control) = pooled(strata);
    let (p_t, p_c) = (proportion(treatment).rate()?, proportion(control).rate()?);
    if !(proportion(treatment).is_enough() && proportion(control).is_enough()) {
        let side = ALPHA / 2.0;
        let lower = exact::lower(treatment.bad, treatment.units, side)
            - exact::upper(control.bad, control.units, side);
        let upper = exact::upper(treatment.bad, treatment.units, side)
            - exact::lower(control.bad, control.units, side);
        return Some(interval(p_t - p_c, lower, upper, IntervalMethod::Exact));
    }
    let (mut estimate, mut square) = (0.0, 0.0);
    for stratum in comparable(strata) {
        let (t, c) = (proportion(stratum.treatment), proportion(stratum.control));
        let (p_t, p_c) = (t.rate()?, c.rate()?);
        let weight = t.units / treatment.units;
        estimate += weight * (p_t - p_c);
        square += weight * weight * (p_t * (1.0 - p_t) / t.units + p_c * (1.0 - p_c) / c.units);
    }
    let units = treatment.units + control.units;
    let half = half_width(
        (square * units).sqrt(),
        units,
        rho(ALPHA, DEFAULT_TIGHTEST, Sides::Two),
        ALPHA,
        Sides::Two,
    );
    let (lower, upper) = ((estimate - half).max(-1.0), (estimate + half).min(1.0));
    half.is_finite().then(|| interval(estimate, lower, upper, IntervalMethod::ConfidenceSequence))
}

const fn interval(estimate: f64, lower: f64, upper: f64, method: IntervalMethod) -> Interval {
    Interval { estimate, lower, upper, alpha: ALPHA, method }
}

/// A difference of rates as units: so many more than control's rate would have given among so many.
#[must_use]
pub fn times(difference: Interval, units: f64) -> Interval {
    Interval {
        estimate: difference.estimate * units,
        lower: difference.lower * units,
        upper: difference.upper * units,
        ..difference
    }
}

/// What an interval of a difference says, where more is worse.
#[must_use]
pub fn reading(difference: Option<Interval>) -> Reading {
    match difference {
        None => Reading::NotCompared,
        Some(found) if found.lower > 0.0 => Reading::Worse,
        Some(found) if found.upper < 0.0 => Reading::Better,
        Some(_) => Reading::NotShown,
    }
}

/// The rate of one arm with exact bounds. `None` without units.
#[must_use]
pub fn rate(counts: Counts) -> Option<Interval> {
    let rate = proportion(counts).rate()?;
    let (lower, upper) =
        (exact::lower(counts.bad, counts.units, ALPHA), exact::upper(counts.bad, counts.units, ALPHA));
    Some(interval(rate, lower, upper, IntervalMethod::Exact))
}

/// Scores in numbers: 1 and 2 are unhappy.
#[must_use]
pub fn scores(counts: [u64; 5]) -> Scores {
    let total: u64 = counts.iter().sum();
    let [one, two, ..] = counts;
    let unhappy = rate(Counts { units: total as f64, bad: (one + two) as f64 });
    Scores { counts, total, mean: mean(counts).map(|mean| mean.mean), unhappy }
}

/// Mean and variance of scores. `None` without any.
fn mean(counts: [u64; 5]) -> Option<Mean> {
    let units: f64 = counts.iter().map(|count| *count as f64).sum();
    if units == 0.0 {
        return None;
    }
    let of = |value: &dyn Fn(f64) -> f64| -> f64 {
        (1..).zip(counts).map(|(score, count)| value(f64::from(score)) * count as f64).sum::<f64>() / units
    };
    let mean = of(&|score| score);
    Some(Mean { mean, variance: of(&|score| (score - mean).powi(2)), units })
}

/// Mean score of treatment minus that of control. `None` with fewer than [`LEAST_EVENTS`] scores in an arm.
#[must_use]
pub fn difference_of_scores(treatment: [u64; 5], control: [u64; 5]) -> Option<Interval> {
    let (treatment, control) = (mean(treatment)?, mean(control)?);
    let is_enough = treatment.units >= LEAST_EVENTS && control.units >= LEAST_EVENTS;
    let found = difference_of_means(treatment, control, 1.0, ALPHA).filter(|_| is_enough)?;
    Some(interval(found.estimate, found.lower, found.upper, IntervalMethod::ConfidenceSequence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::confidence;

    fn counts(units: f64, bad: f64) -> Counts {
        Counts { units, bad }
    }

    #[test]
    fn one_stratum_is_the_confidence_sequence_of_the_engine() {
        let stratum = Stratum { treatment: counts(10_000., 400.), control: counts(20_000., 300.) };
        let ours = difference(&[stratum]).expect("enough events");
        let (t, c) = (proportion(stratum.treatment), proportion(stratum.control));
        let theirs = confidence::difference(t, c, 1.0, ALPHA).expect("enough events");
        assert!((ours.estimate - 0.025).abs() < 1e-12);
        assert!((ours.lower - theirs.lower).abs() < 1e-12 && (ours.upper - theirs.upper).abs() < 1e-12);
        assert_eq!(reading(Some(ours)), Reading::Worse);
    }

    #[test]
    fn a_change_of_exposure_and_of_the_day_together_is_no_effect() {
        // The same rates in both arms at each exposure; the evening is worse for all, and treatment is larger then.
        let morning = Stratum { treatment: counts(1_000., 10.), control: counts(99_000., 990.) };
        let evening = Stratum { treatment: counts(50_000., 5_000.), control: counts(50_000., 5_000.) };
        let found = difference(&[morning, evening]).expect("enough events");
        assert!(found.estimate.abs() < 1e-12, "{found:?}");
        let (treatment, control) = pooled(&[morning, evening]);
        assert!(
            treatment.bad / treatment.units - control.bad / control.units > 0.05,
            "pooled it would be one"
        );
    }

    #[test]
    fn few_events_have_exact_bounds_and_an_arm_without_units_has_none() {
        let few = Stratum { treatment: counts(200., 4.), control: counts(400., 0.) };
        let found = difference(&[few]).expect("both arms have units");
        assert_eq!((found.method, found.estimate), (IntervalMethod::Exact, 0.02));
        assert!(found.lower < 0.0 && found.upper > 0.02);
        assert_eq!(difference(&[Stratum { control: Counts::default(), ..few }]), None);
        assert_eq!(reading(None), Reading::NotCompared);
    }

    #[test]
    fn what_is_beyond_controls_rate_is_the_difference_times_the_units() {
        let stratum = Stratum { treatment: counts(10_000., 400.), control: counts(20_000., 300.) };
        // 1.5 % of 10,000 would have been 150.
        let excess = times(difference(&[stratum]).expect("enough"), 10_000.0);
        assert!((excess.estimate - 250.0).abs() < 1e-9 && excess.lower < 250.0 && excess.upper > 250.0);
    }

    #[test]
    fn scores_have_a_mean_and_a_share_of_unhappy_ones() {
        let found = scores([10, 10, 0, 0, 80]);
        assert_eq!((found.total, found.mean), (100, Some(4.3)));
        let unhappy = found.unhappy.expect("scores");
        assert!(unhappy.estimate == 0.2 && unhappy.lower < 0.2 && unhappy.upper > 0.2);
        assert_eq!(scores([0; 5]).mean, None);
        assert!(difference_of_scores([10, 10, 0, 0, 80], [0, 0, 0, 0, 10]).is_none(), "too few");
    }
}
