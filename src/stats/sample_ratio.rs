//! M3: is the split between the arms the one that was asked for? If not, the arms are no longer comparable.
//!
//! In: new units of each arm. Out: an e-value against "the split is as expected", and a p-value that may be looked at any
//! time. Dirichlet-multinomial sequential test (Lindon, Malek, arXiv 2011.03567), here with two arms:
//!
//! ```text
//! E = B(α0 + x)/B(α0) · Π θ0_i^(−x_i)      α0 = k·θ0, k = 10⁴      p = min(1, 1/max E)
//! ```
//!
//! θ0 is the expected split, x the units counted so far. k says how close to the expected split a wrong one is looked for:
//! a few parts in a thousand. When the exposure changes, a new test begins.

use serde::{Deserialize, Serialize};

use super::beta::ln_beta;

/// k: weight of the prior in units.
const CONCENTRATION: f64 = 1e4;

/// A p-value at or below this is an alert: one rollout in a thousand by luck.
pub const ALERT: f64 = 0.001;

/// The test of one split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleRatio {
    /// Expected share of treatment.
    share: f64,
    treatment: f64,
    control: f64,
    ln_e: f64,
    largest: f64,
}

impl SampleRatio {
    /// Starts with no units. The share is that of all units that shall be in treatment, above 0 and below 1; with any other
    /// there is no split to test, and no alert ever.
    #[must_use]
    pub fn new(expected_treatment_share: f64) -> Self {
        Self { share: expected_treatment_share, treatment: 0.0, control: 0.0, ln_e: 0.0, largest: 0.0 }
    }

    /// Takes new units into account. What is negative or not finite is left out.
    pub fn update(&mut self, new_treatment_units: f64, new_control_units: f64) {
        let is_count = |units: f64| units.is_finite() && units >= 0.0;
        let has_split = self.share > 0.0 && self.share < 1.0;
        if !(has_split && is_count(new_treatment_units) && is_count(new_control_units)) {
            return;
        }
        self.treatment += new_treatment_units;
        self.control += new_control_units;
        let (a, b) = (CONCENTRATION * self.share, CONCENTRATION * (1.0 - self.share));
        self.ln_e = ln_beta(a + self.treatment, b + self.control)
            - ln_beta(a, b)
            - self.treatment * self.share.ln()
            - self.control * (1.0 - self.share).ln();
        self.largest = self.largest.max(self.ln_e);
    }

    /// Natural logarithm of the e-value now.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.ln_e
    }

    /// The p-value so far, 0 to 1; it only falls.
    #[must_use]
    pub fn p(&self) -> f64 {
        (-self.largest).exp()
    }

    /// Whether the split is not the expected one: p at or below [`ALERT`]. Once true it stays.
    #[must_use]
    pub fn is_alert(&self) -> bool {
        self.p() <= ALERT
    }

    /// Share of treatment as counted, 0 to 1; `None` without units.
    #[must_use]
    pub fn observed(&self) -> Option<f64> {
        let units = self.treatment + self.control;
        (units > 0.0).then(|| self.treatment / units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Computed with forty digits.
        for (share, x_t, x_c, expected) in [
            (0.5, 5_000., 5_100., -0.100_310_301_6),
            (0.1, 1_000., 9_500., 0.334_495_453_296),
            (0.5, 500_000., 505_000., 10.005_278_725_1),
        ] {
            let mut test = SampleRatio::new(share);
            test.update(x_t, x_c);
            assert!((test.ln_e() - expected).abs() < 1e-8, "{x_t} {x_c}: {}", test.ln_e());
        }
    }

    #[test]
    fn the_steps_do_not_matter_and_p_only_falls() {
        let (mut at_once, mut by_steps) = (SampleRatio::new(0.3), SampleRatio::new(0.3));
        at_once.update(4_000., 6_000.);
        let mut last = 1.0;
        for _ in 0..100 {
            by_steps.update(40., 60.);
            assert!(by_steps.p() <= last);
            last = by_steps.p();
        }
        assert!((at_once.ln_e() - by_steps.ln_e()).abs() < 1e-9);
        assert!(by_steps.is_alert());
        by_steps.update(0., 1e5);
        by_steps.update(1e5, 1e5);
        assert!(by_steps.is_alert() && by_steps.p() <= last);
    }

    #[test]
    fn what_is_no_number_or_no_split_is_left_out() {
        let mut test = SampleRatio::new(0.5);
        let before = test;
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            test.update(wrong, 10.);
            test.update(10., wrong);
        }
        assert_eq!(test, before);
        assert_eq!((test.p(), test.observed()), (1.0, None));
        for share in [0.0, 1.0, -0.5] {
            let mut test = SampleRatio::new(share);
            test.update(1e6, 0.);
            assert!(!test.is_alert(), "{share}");
        }
    }
}
