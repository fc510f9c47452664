//! M1, the twin for late onsets: a Shiryaev–Roberts statistic over the same factors as the cumulative part.
//!
//! The cumulative part pays for every healthy hour: its likelihood ratios sink while all is well, and must be won back.
//! The twin places a new bet in every tick and keeps the sum: R_r ← (1 + R_r)·exp(ℓ_r), where a tick that teaches
//! nothing has ℓ_r = 0. R is the mean of R_r over the grid. All of it is kept as logarithms.
//!
//! ```text
//! ln R_r ← ln(w + R_r) + ℓ_r        w = 1 in the first horizon of M ticks
//! ```
//!
//! **Past the horizon.** With factors of mean at most 1, W = Σ_j w_j·Π_(i≥j) factors is an e-process for any weights w_j
//! that add up to at most 1: W plus the weight still to be placed is a supermartingale that starts at 1. So the chance
//! that W ever reaches 1/a is at most a (Ville), over the whole rollout. The weights are shared out by horizons: the
//! first one has [`FIRST_SHARE`] of them, horizon h = 1, 2, … has (1 − `FIRST_SHARE`)/(h·(h+1)), which telescopes to the
//! rest; within a horizon every tick has the same. In units of the first horizon's weights, W ≥ 1/a is
//! R ≥ M/(`FIRST_SHARE`·a): the plain threshold M/a, and ln(1/0.9) = 0.105 more. Nothing is forgotten at a horizon: it is
//! the new bets that become smaller, by ln(h·(h+1)·9) after h horizons, 2.9 after one, 8.6 after a day of hours.
//!
//! Sources: Shiryaev 1963, Roberts 1966; e-detectors: Shin, Ramdas, Rinaldo, arXiv 2203.03532.

use serde::{Deserialize, Serialize};

use super::binomial::{Factors, RATIOS};
use super::sum::ln_mean;

/// Part of the weights, and so of the risk, that belongs to the first horizon. Most rollout stages end within it; the
/// rest must be enough to see a late onset on the third day.
pub const FIRST_SHARE: f64 = 0.9;

/// The statistic. It never allocates; one tick costs eight times an exponential and a logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShiryaevRoberts {
    /// ln R_r for each of the grid; −∞ before the first tick.
    ln_r: Factors,
    /// ln of the weight of a bet placed in the present horizon; 0 in the first.
    ln_weight: f64,
    /// Length of a horizon in ticks, at least 1.
    horizon: u32,
    /// Ticks of the present horizon that are still to come.
    remaining: u32,
    /// Horizons that are over.
    passed: u32,
}

impl ShiryaevRoberts {
    /// Starts with no bet placed. `horizon` is M in ticks; 0 counts as 1.
    #[must_use]
    pub fn new(horizon: u32) -> Self {
        let horizon = horizon.max(1);
        Self {
            ln_r: [f64::NEG_INFINITY; RATIOS.len()],
            ln_weight: 0.0,
            horizon,
            remaining: horizon,
            passed: 0,
        }
    }

    /// Length of a horizon in ticks, at least 1.
    #[must_use]
    pub const fn horizon(&self) -> u32 {
        self.horizon
    }

    /// Takes one tick into account. `None`: a tick that teaches nothing; it still places its bet.
    pub fn update(&mut self, factors: Option<&Factors>) {
        self.enter_horizon();
        for ln_r in &mut self.ln_r {
            *ln_r = ln_sum(*ln_r, self.ln_weight);
        }
        if let Some(factors) = factors {
            for (ln_r, factor) in self.ln_r.iter_mut().zip(factors) {
                *ln_r += factor;
            }
        }
    }

    /// Counts a tick, and shares out smaller bets when a horizon is over.
    fn enter_horizon(&mut self) {
        if self.remaining == 0 {
            self.passed = self.passed.saturating_add(1);
            self.remaining = self.horizon;
            let h = f64::from(self.passed);
            self.ln_weight = ((1.0 - FIRST_SHARE) / (h * (h + 1.0)) / FIRST_SHARE).ln();
        }
        self.remaining -= 1;
    }

    /// ln R: of the mean over the grid. −∞ before the first tick.
    #[must_use]
    pub fn ln_r(&self) -> f64 {
        ln_mean(self.ln_r.iter().copied())
    }

    /// What ln R must reach so that the chance of ever doing so by luck is at most `alpha`: ln(M/(0.9·alpha)).
    /// `alpha` is above 0; anything else can never be reached (+∞).
    #[must_use]
    pub fn ln_threshold(&self, alpha: f64) -> f64 {
        if alpha > 0.0 { (f64::from(self.horizon) / (FIRST_SHARE * alpha)).ln() } else { f64::INFINITY }
    }
}

/// ln(exp(a) + exp(b)) without overflow; `b` is finite, `a` may be −∞.
fn ln_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::super::binomial::factors_of;
    use super::*;

    #[test]
    fn without_bad_units_it_counts_the_ticks() {
        let mut twin = ShiryaevRoberts::new(100);
        assert_eq!(twin.ln_r(), f64::NEG_INFINITY);
        for n in 1..=100 {
            twin.update(None);
            assert!((twin.ln_r() - f64::from(n).ln()).abs() < 1e-12, "{n}: {}", twin.ln_r());
        }
    }

    #[test]
    fn it_is_the_recursion_written_plainly() {
        let ticks = [(1., 0.), (0., 2.), (3., 1.), (0., 0.), (5., 0.), (12., 2.)];
        let mut twin = ShiryaevRoberts::new(3_600);
        let mut plain = [0.0f64; RATIOS.len()];
        for (x_t, x_c) in ticks {
            let factors = factors_of(x_t, x_c, 0.4, 0.1);
            twin.update(Some(&factors));
            for (r, factor) in plain.iter_mut().zip(factors) {
                *r = (1.0 + *r) * factor.exp();
            }
        }
        let mean = plain.iter().sum::<f64>() / RATIOS.len() as f64;
        assert!((twin.ln_r() - mean.ln()).abs() < 1e-12, "{} {}", twin.ln_r(), mean.ln());
    }

    #[test]
    fn enormous_evidence_stays_a_number() {
        let mut twin = ShiryaevRoberts::new(10);
        for _ in 0..1_000 {
            twin.update(Some(&factors_of(1e6, 0.0, 0.5, 0.0)));
        }
        assert!(twin.ln_r().is_finite() && twin.ln_r() > 1e8);
        for _ in 0..1_000 {
            twin.update(Some(&factors_of(0.0, 1e6, 0.5, 0.0)));
        }
        assert!(twin.ln_r().is_finite());
    }

    #[test]
    fn all_the_bets_of_a_rollout_add_up_to_the_promise() {
        // Without evidence R is the weight placed so far; it must never pass the threshold's weight, M/0.9.
        let horizon = 10;
        let mut twin = ShiryaevRoberts::new(horizon);
        for _ in 0..1_000 * horizon {
            twin.update(None);
        }
        let placed = twin.ln_r().exp() / (f64::from(horizon) / FIRST_SHARE);
        assert!(placed < 1.0 && placed > 0.9995, "{placed}");
        assert!((twin.ln_threshold(1.0).exp() * FIRST_SHARE - f64::from(horizon)).abs() < 1e-9);
    }

    #[test]
    fn a_risk_of_nothing_is_never_reached() {
        for alpha in [0.0, -1.0, f64::NAN] {
            assert_eq!(ShiryaevRoberts::new(10).ln_threshold(alpha), f64::INFINITY);
        }
    }
}
