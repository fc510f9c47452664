//! M2, what a stage is passed on: proof that the treatment is not worse than the margin.
//!
//! In: bad units and units of both arms since the stage began, the margin, the risk. Out: the difference, its upper bound,
//! and whether the bound is inside the margin; or how many units are still missing. "Not yet significantly worse" is no
//! proof: it is not proven.
//!
//! | margin | what must be small | limit |
//! |---|---|---|
//! | relative m | p_t − (1+m)·p_c | 0 |
//! | points d | p_t − p_c | d |
//!
//! With [`LEAST_EVENTS`](super::confidence::LEAST_EVENTS) bad and good units in both arms the bound is that of
//! [`confidence`](super::confidence); with fewer it is U_t − k·L_c from the bounds of [`exact`], half of the
//! risk each. Both hold however often one looks. They are two looks at the same data, and the promise of `alpha` is of
//! each; the exact one is far on its safe side (see `tests/simulations.rs`).
//!
//! What is not a number is never proven.

use serde::{Deserialize, Serialize};

use super::confidence::{Proportion, upper_bound_of_difference};
use super::exact;

/// More units than this nobody waits for.
const MOST_UNITS: f64 = 1e9;

/// How much worse is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Margin {
    /// Relative to the control's rate: 0.1 is 10 % more bad units.
    Relative(f64),
    /// Absolute difference of rates, 0 to 1: 0.01 is one more bad unit in a hundred.
    Points(f64),
}

/// Where a bound came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Confidence sequence of the difference; enough events in both arms.
    Asymptotic,
    /// Exact bounds of each arm; few events.
    Exact,
}

/// What is proven, and how far it is from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonInferiority {
    /// p_t − p_c as measured; NaN if an arm has no rate.
    pub estimate: f64,
    /// Upper bound of what must be at most `limit`: of p_t − (1+m)·p_c or of p_t − p_c. 1 or more if nothing is known.
    pub bound: f64,
    /// 0 for a relative margin, the points for an absolute one.
    pub limit: f64,
    /// Whether the treatment is proven to be no worse than the margin.
    pub is_proven: bool,
    /// Where the bound came from.
    pub method: Method,
}

impl Margin {
    /// k and the limit: what must hold is p_t − k·p_c ≤ limit.
    fn parts(self) -> (f64, f64) {
        match self {
            Self::Relative(margin) => (1.0 + margin, 0.0),
            Self::Points(points) => (1.0, points),
        }
    }
}

/// Whether `treatment` is proven to be no worse than `control` by more than `margin`. `alpha` is the chance to ever say so
/// although it is.
#[must_use]
pub fn noninferior(treatment: Proportion, control: Proportion, margin: Margin, alpha: f64) -> NonInferiority {
    let (ratio, limit) = margin.parts();
    let rates = treatment.rate().zip(control.rate());
    let asymptotic = upper_bound_of_difference(treatment, control, ratio, alpha);
    let (bound, method) = match asymptotic {
        Some(bound) => (bound, Method::Asymptotic),
        None => (exact_bound(treatment, control, ratio, alpha), Method::Exact),
    };
    NonInferiority {
        estimate: rates.map_or(f64::NAN, |(p_t, p_c)| p_t - p_c),
        bound,
        limit,
        // A comparison with NaN is false.
        is_proven: rates.is_some() && bound <= limit,
        method,
    }
}

/// U_t − k·L_c, each wrong with a chance of α/2.
fn exact_bound(treatment: Proportion, control: Proportion, ratio: f64, alpha: f64) -> f64 {
    exact::upper(treatment.bad, treatment.units, alpha / 2.0)
        - ratio * exact::lower(control.bad, control.units, alpha / 2.0)
}

/// How many more treatment units until it would be proven, at the present split between the arms; 0 if it is already.
///
/// It assumes that both arms have their pooled rate if the treatment is not worse so far, and else the rates as measured.
/// `None`: never within a billion units, or an arm has no rate yet. It is a forecast, not a promise:
/// half to two thirds of the runs are proven by then.
#[must_use]
pub fn units_missing(treatment: Proportion, control: Proportion, margin: Margin, alpha: f64) -> Option<f64> {
    let (mut p_t, mut p_c) = (treatment.rate()?, control.rate()?);
    if p_t <= p_c {
        p_t = (treatment.bad + control.bad) / (treatment.units + control.units);
        p_c = p_t;
    }
    let split = control.units / treatment.units;
    let is_proven_after = |more: f64| {
        let grown = |arm: Proportion, more: f64, rate: f64| Proportion {
            bad: arm.bad + more * rate,
            units: arm.units + more,
        };
        let (treatment, control) = (grown(treatment, more, p_t), grown(control, more * split, p_c));
        noninferior(treatment, control, margin, alpha).is_proven
    };
    if is_proven_after(0.0) {
        return Some(0.0);
    }
    let mut enough = 1.0;
    while !is_proven_after(enough) {
        enough *= 2.0;
        if enough > MOST_UNITS {
            return None;
        }
    }
    let mut short = enough / 2.0;
    while enough - short > (enough * 1e-3).max(1.0) {
        let middle = f64::midpoint(short, enough);
        if is_proven_after(middle) {
            enough = middle;
        } else {
            short = middle;
        }
    }
    Some(enough.ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(bad: f64, units: f64) -> Proportion {
        Proportion { bad, units }
    }

    #[test]
    fn the_method_follows_the_events() {
        let many = noninferior(arm(500., 1e4), arm(500., 1e4), Margin::Relative(0.1), 0.05);
        assert_eq!((many.method, many.limit, many.estimate), (Method::Asymptotic, 0.0, 0.0));
        let few = noninferior(arm(99., 1e4), arm(500., 1e4), Margin::Points(0.01), 0.05);
        assert_eq!((few.method, few.limit), (Method::Exact, 0.01));
        let bound = exact::upper(99., 1e4, 0.025) - exact::lower(500., 1e4, 0.025);
        assert_eq!(few.bound, bound);
    }

    #[test]
    fn not_yet_worse_is_no_proof_and_enough_units_are() {
        let at =
            |n: f64| noninferior(arm(0.05 * n, n), arm(0.05 * n, n), Margin::Relative(0.1), 0.05).is_proven;
        assert!(!at(1e4) && at(1e6));
        // At the margin itself, and past it, nothing proves it.
        for n in [1e4, 1e6, 1e8] {
            assert!(!noninferior(arm(0.055 * n, n), arm(0.05 * n, n), Margin::Relative(0.1), 0.05).is_proven);
        }
    }

    #[test]
    fn nothing_bad_at_all_passes_a_margin_of_points_and_no_relative_one() {
        let clean = arm(0., 1e5);
        assert!(noninferior(clean, clean, Margin::Points(0.001), 0.05).is_proven);
        assert!(!noninferior(clean, clean, Margin::Relative(0.1), 0.05).is_proven);
        assert_eq!(units_missing(clean, clean, Margin::Relative(0.1), 0.05), None);
    }

    #[test]
    fn what_is_no_number_is_not_proven() {
        let (nan, good) = (f64::NAN, arm(10., 1e6));
        let points = Margin::Points(0.5);
        assert!(noninferior(good, good, points, 0.05).is_proven);
        for wrong in [arm(nan, 1e6), arm(10., nan), arm(0., 0.), arm(11., 10.), arm(10., f64::INFINITY)] {
            assert!(!noninferior(wrong, good, Margin::Points(2.0), 0.05).is_proven, "{wrong:?}");
            assert!(!noninferior(good, wrong, Margin::Points(2.0), 0.05).is_proven, "{wrong:?}");
            assert_eq!(units_missing(wrong, good, points, 0.05), None);
        }
        assert!(!noninferior(good, good, Margin::Points(nan), 0.05).is_proven);
        assert!(!noninferior(good, good, Margin::Relative(nan), 0.05).is_proven);
        assert!(!noninferior(good, good, points, nan).is_proven);
    }

    #[test]
    fn the_units_missing_are_those_that_prove_it() {
        let (treatment, control) = (arm(480., 1e4), arm(1_000., 2e4));
        let margin = Margin::Relative(0.1);
        let missing = units_missing(treatment, control, margin, 0.05).expect("it can be proven");
        let rate = 1_480. / 3e4;
        let later = |more: f64| {
            let treatment = arm(480. + more * rate, 1e4 + more);
            noninferior(treatment, arm(1_000. + 2. * more * rate, 2e4 + 2. * more), margin, 0.05).is_proven
        };
        assert!(later(missing) && !later(missing * 0.99), "{missing}");
        let proven = arm(0.05 * 1e6, 1e6);
        assert_eq!(units_missing(proven, proven, margin, 0.05), Some(0.0));
        assert_eq!(units_missing(arm(800., 1e4), arm(500., 1e4), margin, 0.05), None);
    }
}
