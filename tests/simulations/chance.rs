//! Seeded chance: counts of bad units, drawn fast enough for millions of ticks.
//!
//! Small means by adding up the probabilities (BINV), large ones by transformed rejection (BTRS, Hörmann 1993). Both are
//! exact, not approximations.

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use statrs::function::gamma::ln_gamma;

/// From this mean on rejection is faster than adding up.
const REJECTION: f64 = 12.0;

/// A stream of chance.
pub struct Chance(SmallRng);

impl Chance {
    /// The same seed gives the same stream.
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// How many of `units` are bad if each is so with the probability `rate`.
    pub fn bad(&mut self, units: f64, rate: f64) -> f64 {
        if units < 1.0 || rate <= 0.0 {
            0.0
        } else if rate > 0.5 {
            units - self.bad(units, 1.0 - rate)
        } else if units * rate < REJECTION {
            self.added_up(units, rate)
        } else {
            self.rejected(units, rate)
        }
    }

    fn added_up(&mut self, units: f64, rate: f64) -> f64 {
        let odds = rate / (1.0 - rate);
        let mut part = (units * (-rate).ln_1p()).exp();
        let mut left: f64 = self.0.random();
        let mut count = 0.0;
        while left > part && count < units {
            left -= part;
            part *= odds * (units - count) / (count + 1.0);
            count += 1.0;
        }
        count
    }

    fn rejected(&mut self, units: f64, rate: f64) -> f64 {
        let (n, p, q) = (units, rate, 1.0 - rate);
        let spread = (n * p * q).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = n * p + 0.5;
        let alpha = (2.83 + 5.1 / b) * spread;
        let mode = ((n + 1.0) * p).floor();
        let ln_factorial = |k: f64| ln_gamma(k + 1.0);
        loop {
            let u = self.0.random::<f64>() - 0.5;
            let v: f64 = self.0.random();
            let edge = 0.5 - u.abs();
            let k = ((2.0 * a / edge + b) * u + centre).floor();
            if edge >= 0.07 && v <= 0.92 - 4.2 / b {
                return k;
            }
            if k < 0.0 || k > n {
                continue;
            }
            let height = (v * alpha / (a / (edge * edge) + b)).ln();
            let ln_ratio =
                ln_factorial(mode) + ln_factorial(n - mode) - ln_factorial(k) - ln_factorial(n - k)
                    + (k - mode) * (p / q).ln();
            if height <= ln_ratio {
                return k;
            }
        }
    }
}

#[test]
fn counts_have_the_mean_and_the_variance_of_a_binomial() {
    for (units, rate) in
        [(50., 0.01), (600., 0.015), (3_000., 0.005), (200., 0.3), (12_000., 0.3), (40., 0.9)]
    {
        let mut chance = Chance::new(11);
        let runs = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        let (mean, variance) = (units * rate, units * rate * (1.0 - rate));
        for _ in 0..runs {
            let count = chance.bad(units, rate) - mean;
            sum += count;
            squares += count * count;
        }
        let runs = f64::from(runs);
        // Four standard errors of each.
        assert!(
            (sum / runs).abs() < 4.0 * (variance / runs).sqrt(),
            "{units} {rate}: mean off by {}",
            sum / runs
        );
        let fourth = variance * variance * (2.0 + 1.0 / variance);
        assert!(
            (squares / runs - variance).abs() < 4.0 * (fourth / runs).sqrt(),
            "{units} {rate}: {}",
            squares / runs
        );
    }
}
