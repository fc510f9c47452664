//! M1, cumulative part: a one-sided conditional-binomial e-process with a grid mixture.
//!
//! In every tick each arm gets new units and new bad units. Given the bad units of both arms
//! together, the treatment's part of them is compared with its part of the units as realised in
//! that very tick. Batching, a changing exposure and an outage of both arms therefore cancel out.
//!
//! Under equal rates the treatment's bad units, given all bad units, are hypergeometric, which is
//! dominated in convex order by the binomial (Hoeffding 1963). Each factor is convex in them, so its
//! mean is at most 1 and the product is an e-process.
//!
//! It works with zero bad control units, where a normal approximation has no variance.

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

/// The e-process. Eight numbers; a tick costs about eight multiply-adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConditionalBinomial {
    /// 1 + the tolerated relative worsening.
    tolerance: f64,
    /// ln of the likelihood ratio for each of [`RATIOS`].
    ln_ratios: [f64; RATIOS.len()],
}

impl ConditionalBinomial {
    /// Starts with no evidence. `tolerated` is the accepted relative worsening: 0.1 is 10 % worse;
    /// negative values and NaN count as 0.
    #[must_use]
    pub fn new(tolerated: f64) -> Self {
        Self { tolerance: 1.0 + tolerated.max(0.0), ln_ratios: [0.0; RATIOS.len()] }
    }

    /// Takes a tick into account.
    ///
    /// A tick without bad units says nothing, and so does one in which an arm had no units: there is
    /// nothing to compare with.
    pub fn update(&mut self, tick: &Tick) {
        let bad = tick.treatment_bad + tick.control_bad;
        let units = tick.treatment_units + tick.control_units;
        // Written so that NaN fails too.
        if !(bad > 0.0 && tick.treatment_units > 0.0 && tick.control_units > 0.0) {
            return;
        }
        self.observe(tick.treatment_bad, tick.control_bad, tick.treatment_units / units);
    }

    /// Takes `x_t` bad treatment and `x_c` bad control units into account, of which a share `theta`
    /// was expected in treatment if the rates were equal.
    fn observe(&mut self, x_t: f64, x_c: f64, theta: f64) {
        // With a tolerated worsening m: θ0 ← θ0(1+m)/(1+θ0·m).
        let theta = theta * self.tolerance / (1.0 + theta * (self.tolerance - 1.0));
        for (ln_ratio, ratio) in self.ln_ratios.iter_mut().zip(RATIOS) {
            // θ_r = θ0·r/(θ0·r + 1 − θ0); θ_r/θ0 = r/d and (1−θ_r)/(1−θ0) = 1/d with d as below.
            let d = (theta * ratio + 1.0 - theta).ln();
            *ln_ratio += x_t * (ratio.ln() - d) - x_c * d;
        }
    }

    /// Natural logarithm of the e-value: the mean of the likelihood ratios over the grid.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        let largest = self.ln_ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.ln_ratios.iter().map(|ln| (ln - largest).exp()).sum();
        largest + (sum / RATIOS.len() as f64).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ln_e(x_t: f64, x_c: f64, theta: f64) -> f64 {
        let mut process = ConditionalBinomial::new(0.0);
        process.observe(x_t, x_c, theta);
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
