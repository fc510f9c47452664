//! How long until M1 would see it: the evidence time of the earliest possible kill.
//!
//! In: units a second of both arms, the rate of bad units, the jump that matters, the threshold. Out: the seconds within
//! which half of the runs alarm, or nine tenths.
//!
//! ```text
//! ln E(t) with a·t bad treatment and c·t bad control units          a = n_t·p·r, c = n_c·p each second
//! T: ln E(T) = threshold                                            the path without chance; costs of the mixture included
//! g_t, g_c: what one more bad unit of an arm adds to ln E at T      the grid's members, weighed by their likelihood
//! μ = a·g_t + c·g_c,  σ² = a·(1−p_t)·g_t² + c·(1−p_c)·g_c²          near T a random walk with drift
//! T′ = T + g_t/(2μ)                                                 renewal theory: the last step goes past by half of itself
//! time to the threshold ~ inverse Gaussian with mean T′ and shape (μ·T′/σ)²
//! ```
//!
//! and never less than it takes to gather the bad units without which no E is large enough. Against simulation it is within a
//! tenth of the median and of the 90 % quantile; a source that delivers in intervals adds its own wait. It is the
//! cumulative part's time for a change that is there from the start; with the threshold of the twin, ln(2·M/(0.9·α)), it is about
//! the twin's time after a late onset.
//!
//! Source: Siegmund, Sequential Analysis (1985), chapters 3 and 8.

use statrs::function::erf::erfc;
use statrs::function::gamma::checked_gamma_lr;

use super::binomial::{RATIOS, factors_of};
use super::sum::ln_mean;

/// Longer than this nobody waits: a century in seconds.
const LONGEST: f64 = 3.2e9;

/// Halvings of an interval when a time is looked for.
const HALVINGS: u32 = 60;

/// What comes in, and the change that must be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Units a second in treatment.
    pub treatment_units_per_s: f64,
    /// Units a second in control.
    pub control_units_per_s: f64,
    /// Part of control's units that are bad, 0 to 1.
    pub base_rate: f64,
    /// How many times as many are bad in treatment; more than all of them counts as all.
    pub ratio: f64,
    /// The relative worsening that is tolerated, as in [`KillBet::new`](super::kill::KillBet::new).
    pub tolerated: f64,
}

/// Seconds until M1 alarms in a part `quantile` of the runs (0.5, 0.9), if the change is there from the start.
///
/// `ln_threshold` is what ln E must reach: ln(2/α) for [`KillBet`](super::kill::KillBet). `None`: it is not expected to
/// alarm ever (no such change, no bad units, no traffic in an arm), or something is no number.
#[must_use]
pub fn evidence_time(rates: Rates, ln_threshold: f64, quantile: f64) -> Option<f64> {
    let (n_t, n_c) = (rates.treatment_units_per_s, rates.control_units_per_s);
    let (p_c, p_t) = (rates.base_rate, (rates.base_rate * rates.ratio).min(1.0));
    // Written so that NaN fails too.
    let is_sound =
        n_t > 0.0 && n_c > 0.0 && n_t + n_c < LONGEST && p_c > 0.0 && p_c <= 1.0 && rates.ratio > 0.0;
    let walk = Walk {
        a: n_t * p_t,
        c: n_c * p_c,
        theta: n_t / (n_t + n_c),
        tolerated: rates.tolerated,
        spread: |g_t: f64, g_c: f64| {
            n_t * p_t * (1.0 - p_t) * g_t * g_t + n_c * p_c * (1.0 - p_c) * g_c * g_c
        },
    };
    is_sound.then(|| walk.time(ln_threshold, quantile))?
}

/// The same without a control group (M4): `units_per_s` of which a part `rate` is bad, against the largest healthy rate
/// `bound`.
#[must_use]
pub fn evidence_time_alone(
    units_per_s: f64,
    rate: f64,
    bound: f64,
    ln_threshold: f64,
    quantile: f64,
) -> Option<f64> {
    let is_sound =
        units_per_s > 0.0 && units_per_s < LONGEST && rate > 0.0 && rate <= 1.0 && bound > 0.0 && bound < 1.0;
    let walk = Walk {
        a: units_per_s * rate,
        c: units_per_s * (1.0 - rate),
        theta: bound,
        tolerated: 0.0,
        spread: |g_t: f64, g_c: f64| units_per_s * rate * (1.0 - rate) * (g_t - g_c).powi(2),
    };
    is_sound.then(|| walk.time(ln_threshold, quantile))?
}

/// ln E as a random walk in time.
struct Walk<S> {
    /// Bad treatment units a second.
    a: f64,
    /// What speaks against, a second: bad control units.
    c: f64,
    /// Share of the bad units expected in treatment.
    theta: f64,
    tolerated: f64,
    /// Variance a second, from what one unit of each adds.
    spread: S,
}

impl<S: Fn(f64, f64) -> f64> Walk<S> {
    fn time(&self, ln_threshold: f64, quantile: f64) -> Option<f64> {
        if !(ln_threshold > 0.0 && ln_threshold.is_finite() && quantile > 0.0 && quantile < 1.0) {
            return None;
        }
        let straight = first(|t| self.ln_e(self.a * t, self.c * t) >= ln_threshold)?;
        let (g_t, g_c) = self.gradient(straight);
        let drift = self.a * g_t + self.c * g_c;
        let mean = straight + g_t / (2.0 * drift);
        let spread = (self.spread)(g_t, g_c);
        let shape = (drift * mean).powi(2) / spread;
        let walked = first(|t| inverse_gaussian(t, mean, shape) >= quantile).filter(|_| spread > 0.0);
        // No E is large enough before so many bad units are there, even if none speaks against.
        let needed = first(|x| self.ln_e(x, 0.0) >= ln_threshold)?.ceil();
        let gathered = first(|t| checked_gamma_lr(needed, self.a * t).is_ok_and(|part| part >= quantile))?;
        Some(walked.unwrap_or(mean).max(gathered)).filter(|time| time.is_finite())
    }

    fn ln_e(&self, x_t: f64, x_c: f64) -> f64 {
        ln_mean(factors_of(x_t, x_c, self.theta, self.tolerated).into_iter())
    }

    /// What one more bad unit of treatment and of control adds to ln E after `t` seconds without chance.
    fn gradient(&self, t: f64) -> (f64, f64) {
        let at = factors_of(self.a * t, self.c * t, self.theta, self.tolerated);
        let (up, down) = (
            factors_of(1.0, 0.0, self.theta, self.tolerated),
            factors_of(0.0, 1.0, self.theta, self.tolerated),
        );
        let mean = ln_mean(at.into_iter());
        let weights = at.map(|ln| (ln - mean).exp() / RATIOS.len() as f64);
        let weigh = |steps: [f64; RATIOS.len()]| weights.iter().zip(steps).map(|(w, step)| w * step).sum();
        (weigh(up), weigh(down))
    }
}

/// The smallest positive number, up to [`LONGEST`], from which on something holds. `None` if not even there.
fn first(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let mut high = 1e-3;
    while !holds(high) {
        high *= 2.0;
        if high > LONGEST {
            return None;
        }
    }
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// Distribution function of the inverse Gaussian.
fn inverse_gaussian(t: f64, mean: f64, shape: f64) -> f64 {
    let root = (shape / t).sqrt();
    let reflected = normal(-root * (t / mean + 1.0));
    // The product is at most 1; its first factor alone may overflow.
    let reflected = if reflected > 0.0 { (2.0 * shape / mean + reflected.ln()).exp() } else { 0.0 };
    normal(root * (t / mean - 1.0)) + reflected
}

fn normal(z: f64) -> f64 {
    erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(units: f64, from: f64, to: f64, alpha: f64, quantile: f64) -> f64 {
        let rates = Rates {
            treatment_units_per_s: units,
            control_units_per_s: units,
            base_rate: from,
            ratio: to / from,
            tolerated: 0.0,
        };
        evidence_time(rates, -alpha.ln(), quantile).expect("it will alarm")
    }

    #[test]
    fn it_is_the_table_of_simulated_alarms_within_a_quarter() {
        // Units a second in each arm, from, to, median and 90 % quantile in whole seconds at α = .05.
        for (units, from, to, median, p90) in [
            (50., 0.01, 0.2, 1., 2.),
            (50., 0.01, 0.05, 5., 11.),
            (50., 0.001, 0.01, 15., 32.),
            (10., 0.01, 0.1, 8., 17.),
            (200., 0.001, 0.005, 11., 25.),
        ] {
            for (quantile, expected) in [(0.5, median), (0.9, p90)] {
                // A look a second sees it at the next one.
                let found = time(units, from, to, 0.05, quantile).ceil();
                assert!(
                    (found - expected).abs() <= expected * 0.25,
                    "{units} {from} {to}: {found} not {expected}"
                );
            }
        }
    }

    #[test]
    fn small_first_stages_cost_minutes() {
        // 1,000 users a second, .5 → 5 %: at 5 % exposure seconds, at .1 % minutes.
        let at = |share: f64| {
            let rates = Rates {
                treatment_units_per_s: 1_000. * share,
                control_units_per_s: 1_000. * (1. - share),
                base_rate: 0.005,
                ratio: 10.,
                tolerated: 0.,
            };
            evidence_time(rates, 20f64.ln(), 0.9).expect("it will alarm")
        };
        assert!(at(0.05) < 6. && at(0.001) > 100. && at(0.001) < 200., "{} {}", at(0.05), at(0.001));
    }

    #[test]
    fn less_risk_less_traffic_and_smaller_jumps_take_longer() {
        let usual = time(50., 0.01, 0.05, 0.05, 0.9);
        assert!(time(50., 0.01, 0.05, 0.001, 0.9) > usual);
        assert!(time(25., 0.01, 0.05, 0.05, 0.9) > usual);
        assert!(time(50., 0.01, 0.03, 0.05, 0.9) > usual);
        assert!(time(50., 0.01, 0.05, 0.05, 0.5) < usual);
    }

    #[test]
    fn there_is_never_an_alarm_without_the_bad_units_that_it_needs() {
        // At half and half and α = .001, thirteen: at 1 a second half of the runs have them after 12.7 s.
        let rates = Rates {
            treatment_units_per_s: 1.,
            control_units_per_s: 1.,
            base_rate: 1e-9,
            ratio: 1e9,
            tolerated: 0.,
        };
        let found = evidence_time(rates, 1_000f64.ln(), 0.5).expect("it will alarm");
        assert!((12.6..13.5).contains(&found), "{found}");
    }

    #[test]
    fn what_cannot_be_seen_has_no_time() {
        let rates = Rates {
            treatment_units_per_s: 50.,
            control_units_per_s: 50.,
            base_rate: 0.01,
            ratio: 5.,
            tolerated: 0.1,
        };
        let ln = 20f64.ln();
        assert!(evidence_time(rates, ln, 0.5).is_some());
        for wrong in [
            Rates { ratio: 1.0, ..rates },
            Rates { ratio: 1.1, ..rates },
            Rates { ratio: f64::NAN, ..rates },
            Rates { base_rate: 0.0, ..rates },
            Rates { base_rate: f64::NAN, ..rates },
            Rates { control_units_per_s: 0.0, ..rates },
            Rates { treatment_units_per_s: f64::NAN, ..rates },
            Rates { treatment_units_per_s: f64::INFINITY, ..rates },
        ] {
            assert_eq!(evidence_time(wrong, ln, 0.5), None, "{wrong:?}");
        }
        assert_eq!(evidence_time(rates, f64::INFINITY, 0.5), None);
        assert_eq!(evidence_time(rates, ln, f64::NAN), None);
        assert_eq!(evidence_time_alone(50., 0.01, 0.01, ln, 0.5), None);
        assert_eq!(evidence_time_alone(50., f64::NAN, 0.01, ln, 0.5), None);
    }

    #[test]
    fn a_fixed_bound_is_passed_sooner_than_a_control_that_must_be_learnt() {
        let alone = evidence_time_alone(50., 0.05, 0.01, 20f64.ln(), 0.9).expect("it will alarm");
        assert!(alone < time(50., 0.01, 0.05, 0.05, 0.9) && alone > 1., "{alone}");
    }
}
