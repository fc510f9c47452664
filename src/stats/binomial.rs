//! M1, cumulative part: a one-sided conditional-binomial e-process with a grid mixture.
//!
//! In every tick each arm gets new units and new bad units. Given the bad units of both arms
//! together, the treatment's part of them is compared with its part of the units as realised in
//! that very tick. Batching, a changing exposure and an outage of both arms therefore cancel out.
//!
//! With x = x_t + x_c bad units in a tick, of n_t and n_c units, θ0 = n_t/(n_t+n_c), with a tolerated worsening m
//! θ0 ← θ0(1+m)/(1+θ0·m). For each rate ratio r of [`RATIOS`] the alternative is θ_r = θ0·r/(θ0·r + 1 − θ0) and
//! ℓ_r = x_t·ln(θ_r/θ0) + x_c·ln((1−θ_r)/(1−θ0)); the e-value is the mean over r of exp(Σ ℓ_r).
//!
//! Under equal rates the treatment's bad units, given all bad units, are hypergeometric, which is
//! dominated in convex order by the binomial (Hoeffding 1963). Each factor is convex in them, so its
//! mean is at most 1 and the product is an e-process. With a tolerance, where Hoeffding does not apply, the same follows
//! from 1 + y ≤ exp(y): with a = θ_r/θ0, b = (1−θ_r)/(1−θ0) and independent units the mean of a factor is at most
//! exp(n_t·p_t·(a−1) + n_c·p_c·(b−1)), and that is at most 1 whenever p_t ≤ (1+m)·p_c. The rates are those of the
//! tick: what shifts both arms during one tick must not come together with a changed exposure in the same tick.
//!
//! It works with zero bad control units, where a normal approximation has no variance.
//! The twin for late onsets is in [`twin`](super::twin), the whole test in [`kill`](super::kill).

use serde::{Deserialize, Serialize};

use super::sum::ln_mean;

/// Rate ratios that the mixture bets on, from a quarter worse to fifty times as bad.
pub const RATIOS: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];

/// New units of one tick, both arms. All are finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tick {
    /// New units in treatment.
    pub treatment_units: f64,
    /// Of them bad.
    pub treatment_bad: f64,
    /// New units in control.
    pub control_units: f64,
    /// Of them bad.
    pub control_bad: f64,
}

/// What a tick says: for each of [`RATIOS`] the natural logarithm of the factor on its likelihood ratio.
pub type Factors = [f64; RATIOS.len()];

/// ln of [`RATIOS`], written out so that a tick does not take the same logarithms again.
const LN_RATIOS: Factors = [
    0.223_143_551_314_209_76,
    0.405_465_108_108_164_4,
    std::f64::consts::LN_2,
    1.098_612_288_668_109_8,
    1.609_437_912_434_100_3,
    std::f64::consts::LN_10,
    2.995_732_273_553_991,
    3.912_023_005_428_146,
];

/// The log factors of a tick. `tolerated` is the accepted relative worsening: 0.1 is 10 % worse; negative values and
/// NaN count as 0.
///
/// `None`: nothing to learn. That is a tick without bad units, one in which an arm had no units (there is nothing to
/// compare with), and one that is not made of finite numbers.
#[must_use]
pub fn factors(tick: &Tick, tolerated: f64) -> Option<Factors> {
    let bad = tick.treatment_bad + tick.control_bad;
    let units = tick.treatment_units + tick.control_units;
    let is_sound =
        bad.is_finite() && units.is_finite() && tick.treatment_bad >= 0.0 && tick.control_bad >= 0.0;
    // Written so that NaN fails too.
    if !(is_sound && bad > 0.0 && tick.treatment_units > 0.0 && tick.control_units > 0.0) {
        return None;
    }
    Some(factors_of(tick.treatment_bad, tick.control_bad, tick.treatment_units / units, tolerated))
}

/// The log factors of `x_t` bad treatment and `x_c` bad control units, of which a share `theta0` (above 0, below 1) is
/// expected in treatment if the rates are equal. `tolerated` as in [`factors`].
#[must_use]
pub fn factors_of(x_t: f64, x_c: f64, theta0: f64, tolerated: f64) -> Factors {
    // With a tolerated worsening m: θ0 ← θ0(1+m)/(1+θ0·m).
    let tolerated = tolerated.max(0.0);
    let theta = theta0 * (1.0 + tolerated) / (1.0 + theta0 * tolerated);
    let mut factors = [0.0; RATIOS.len()];
    for ((factor, ratio), ln_ratio) in factors.iter_mut().zip(RATIOS).zip(LN_RATIOS) {
        // θ_r = θ0·r/(θ0·r + 1 − θ0); θ_r/θ0 = r/d and (1−θ_r)/(1−θ0) = 1/d with d as below.
        let d = (theta * (ratio - 1.0)).ln_1p();
        *factor = x_t * ln_ratio - (x_t + x_c) * d;
    }
    factors
}

/// The e-process. Eight numbers; a tick costs about eight multiply-adds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConditionalBinomial {
    /// The tolerated relative worsening.
    tolerated: f64,
    /// ln of the likelihood ratio for each of [`RATIOS`].
    ln_ratios: Factors,
}

impl ConditionalBinomial {
    /// Starts with no evidence. `tolerated` as in [`factors`].
    #[must_use]
    pub fn new(tolerated: f64) -> Self {
        Self { tolerated, ln_ratios: [0.0; RATIOS.len()] }
    }

    /// Takes a tick into account; nothing changes if there is nothing to learn from it.
    pub fn update(&mut self, tick: &Tick) {
        if let Some(factors) = factors(tick, self.tolerated) {
            self.multiply(&factors);
        }
    }

    /// Takes the log factors of a tick into account.
    pub fn multiply(&mut self, factors: &Factors) {
        for (ln_ratio, factor) in self.ln_ratios.iter_mut().zip(factors) {
            *ln_ratio += factor;
        }
    }

    /// Natural logarithm of the e-value: the mean of the likelihood ratios over the grid.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        ln_mean(self.ln_ratios.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ln_e(x_t: f64, x_c: f64, theta: f64) -> f64 {
        let mut process = ConditionalBinomial::new(0.0);
        process.multiply(&factors_of(x_t, x_c, theta, 0.0));
        process.ln_e()
    }

    #[test]
    fn known_answers() {
        for (x_t, x_c, expected) in
            [(5., 0., 2.553_104_078_7), (8., 1., 2.438_080_995_2), (3., 3., -0.920_556_143_8)]
        {
            assert!((ln_e(x_t, x_c, 0.5) - expected).abs() < 1e-9, "{x_t} {x_c}: {}", ln_e(x_t, x_c, 0.5));
        }
    }

    #[test]
    fn the_logarithms_of_the_grid_are_its_logarithms() {
        for (ratio, ln) in RATIOS.into_iter().zip(LN_RATIOS) {
            assert!((ratio.ln() - ln).abs() < 1e-15, "{ratio}: {} {ln}", ratio.ln());
        }
    }

    #[test]
    fn what_is_no_number_or_negative_says_nothing() {
        let good = Tick { treatment_units: 10., treatment_bad: 1., control_units: 10., control_bad: 1. };
        assert!(factors(&good, 0.0).is_some());
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(factors(&Tick { treatment_bad: wrong, ..good }, 0.0), None);
            assert_eq!(factors(&Tick { control_bad: wrong, ..good }, 0.0), None);
            assert_eq!(factors(&Tick { treatment_units: wrong, ..good }, 0.0), None);
            assert_eq!(factors(&Tick { control_units: wrong, ..good }, 0.0), None);
        }
        assert_eq!(factors(&good, f64::NAN), factors(&good, 0.0));
    }

    #[test]
    fn it_fires_without_any_bad_control_unit() {
        // Half and half: 6, 9 and 13 bad treatment units for α = .05, .01, .001; at 10 %: 2, 3 and 4.
        for (theta, needed) in [(0.5, [6., 9., 13.]), (0.1, [2., 3., 4.])] {
            for (alpha, n) in [0.05f64, 0.01, 0.001].into_iter().zip(needed) {
                assert!(ln_e(n, 0., theta) >= -alpha.ln(), "{n} at {theta} for {alpha}");
                assert!(ln_e(n - 1., 0., theta) < -alpha.ln(), "{n} at {theta} for {alpha}");
            }
        }
    }

    #[test]
    fn a_tolerated_worsening_is_no_evidence() {
        let tick =
            Tick { treatment_units: 1e5, treatment_bad: 1_100., control_units: 1e5, control_bad: 1_000. };
        let after = |tolerated| {
            let mut process = ConditionalBinomial::new(tolerated);
            process.update(&tick);
            process.ln_e()
        };
        assert!(after(0.1) < 0.0 && after(0.0) > after(0.1));
    }

    #[test]
    fn an_outage_of_both_arms_and_an_empty_arm_say_nothing() {
        let mut process = ConditionalBinomial::new(0.0);
        process.update(&Tick {
            treatment_units: 100.,
            treatment_bad: 100.,
            control_units: 900.,
            control_bad: 900.,
        });
        assert!(process.ln_e() < 0.0);
        let before = process;
        process.update(&Tick {
            treatment_units: 100.,
            treatment_bad: 100.,
            control_units: 0.,
            control_bad: 0.,
        });
        process.update(&Tick {
            treatment_units: f64::NAN,
            treatment_bad: f64::NAN,
            control_units: 1.,
            control_bad: 1.,
        });
        assert_eq!(process, before);
    }

    #[test]
    fn false_alarms_stay_under_the_promise_with_a_look_every_second() {
        use rand::{RngExt, SeedableRng, rngs::SmallRng};
        let (runs, alpha) = (400, 0.05f64);
        let mut random = SmallRng::seed_from_u64(7);
        let mut alarms = 0;
        for _ in 0..runs {
            let mut process = ConditionalBinomial::new(0.0);
            for _ in 0..900 {
                let mut count =
                    |n: u32, p: f64| f64::from((0..n).filter(|_| random.random_bool(p)).count() as u32);
                let tick = Tick {
                    treatment_units: 20.,
                    treatment_bad: count(20, 0.02),
                    control_units: 60.,
                    control_bad: count(60, 0.02),
                };
                process.update(&tick);
                if process.ln_e() >= -alpha.ln() {
                    alarms += 1;
                    break;
                }
            }
        }
        assert!(f64::from(alarms) <= alpha * f64::from(runs), "{alarms} of {runs}");
    }
}
