//! M4, the time before: the largest healthy rate of a single arm, for when there is no control group.
//!
//! In: ticks of the time before the stage. Out: an upper bound of the rate of bad units, to hold the stage against
//! ([`KillBet::update_against`](super::kill::KillBet::update_against)). A few dozen numbers of memory for any number of ticks.
//!
//! Rates wander by themselves: what comes in ticks varies more than independent units would. The over-dispersion
//!
//! ```text
//! φ = max(1, χ²/(k−1))      χ² = Σ (x_j − n_j·p)²/(n_j·p·(1−p)) = (Σ x_j²/n_j − X²/N)/(p·(1−p))
//! ```
//!
//! (Pearson; McCullagh and Nelder, Generalized Linear Models, 4.5) over k ticks with p = X/N divides the counts: as if there
//! were only N/φ independent units. A slow wandering does not show from one tick to the next, so φ is taken over ticks, pairs
//! of ticks, fours, and so on ([`SCALES`]), and the largest counts. The bound is that of Clopper and Pearson (1934) on X/φ of
//! N/φ: the largest rate at which so few bad units still have a chance of α/2. The other half of α is the stage's. From
//! `MANY` bad units on it is the bound of Zubkov and Serov (arXiv 1207.3838), which is never below it and needs no
//! incomplete beta function.
//!
//! A rate that wanders in the baseline wanders in the stage too: there, hand in counts divided by φ. A factor to the power
//! of 1/φ still has a mean of at most 1 (Jensen), so that takes nothing from the promise.
//!
//! What it cannot see: a rate that drifts over hours looks steady in a baseline of minutes. Hence *uncontrolled*.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::checked_beta_reg;

/// Least units of a baseline: with no bad unit at all in so many, the bound at a risk of 1 % is half a per cent.
pub const LEAST_UNITS: f64 = 1_000.0;

/// Least ticks with units, and least groups of ticks at a scale: with fewer, the over-dispersion itself is known to a third
/// at best.
pub const LEAST_TICKS: f64 = 20.0;

/// Scales at which the over-dispersion is looked for, each of twice as many ticks as the one before: up to 64, a minute of
/// one-second ticks. Slower than that is drift.
pub const SCALES: usize = 7;

/// Bad units from which on the bound of Zubkov and Serov is used. It lies within one bad unit of the exact one; the
/// continued fraction of the incomplete beta function loses digits above.
const MANY: f64 = 500.0;

/// Halvings of an interval of length 1.
const HALVINGS: u32 = 60;

/// What was seen before the stage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    units: f64,
    bad: f64,
    scales: [Scale; SCALES],
}

/// Groups of so many ticks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Scale {
    /// The group that is being filled: ticks, units, bad units.
    filling: (u32, f64, f64),
    /// Complete groups: how many, units, bad units, Σ x_j²/n_j.
    groups: f64,
    units: f64,
    bad: f64,
    squares: f64,
}

impl Scale {
    /// Adds a tick to the group of `ticks` ticks.
    fn update(&mut self, ticks: u32, units: f64, bad: f64) {
        let (n, sum, sum_bad) = (self.filling.0 + 1, self.filling.1 + units, self.filling.2 + bad);
        self.filling = (n, sum, sum_bad);
        if n >= ticks {
            self.filling = (0, 0.0, 0.0);
            self.groups += 1.0;
            self.units += sum;
            self.bad += sum_bad;
            self.squares += sum_bad * sum_bad / sum;
        }
    }

    /// χ²/(k−1) of the complete groups. `None` with fewer than [`LEAST_TICKS`].
    fn dispersion(&self) -> Option<f64> {
        let rate = self.bad / self.units;
        let chi_square = (self.squares - self.bad * rate) / (rate * (1.0 - rate));
        (self.groups >= LEAST_TICKS).then(|| chi_square / (self.groups - 1.0))
    }
}

impl Baseline {
    /// Takes a tick into account. One without units, with more bad units than units, or not made of finite numbers is
    /// left out.
    pub fn update(&mut self, units: f64, bad: f64) {
        // Written so that NaN fails too.
        if units.is_finite() && units > 0.0 && bad >= 0.0 && bad <= units {
            self.units += units;
            self.bad += bad;
            for (scale, ticks) in self.scales.iter_mut().zip((0..).map(|power| 1 << power)) {
                scale.update(ticks, units, bad);
            }
        }
    }

    /// Whether it can be counted on: no group is fuller than its scale. Only one that came from outside may not be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let mut scales = self.scales.iter().zip((0..).map(|power| 1_u32 << power));
        scales.all(|(scale, ticks)| scale.filling.0 < ticks)
    }

    /// The rate of bad units, 0 to 1. `None` without units.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.units > 0.0).then(|| self.bad / self.units)
    }

    /// φ, at least 1: how much more the ticks vary than independent units would, at the scale where it is most.
    #[must_use]
    pub fn over_dispersion(&self) -> f64 {
        // `max` passes NaN by: nothing bad yet, or nothing good.
        self.scales.iter().filter_map(Scale::dispersion).fold(1.0, f64::max)
    }

    /// Ticks with units: the groups of one tick.
    fn ticks(&self) -> f64 {
        self.scales.first().map_or(0.0, |scale| scale.groups)
    }

    /// The largest healthy rate, above 0 and below 1; it is wrong with a chance of `alpha`/2.
    ///
    /// `None` with fewer than [`LEAST_UNITS`] units or [`LEAST_TICKS`] ticks, if every unit was bad, or if `alpha` is not
    /// above 0 and below 1.
    #[must_use]
    pub fn upper_bound(&self, alpha: f64) -> Option<f64> {
        let is_enough = self.units >= LEAST_UNITS && self.ticks() >= LEAST_TICKS && self.bad < self.units;
        if !(is_enough && alpha > 0.0 && alpha < 1.0) {
            return None;
        }
        let dispersion = self.over_dispersion();
        let (bad, units) = (self.bad / dispersion, self.units / dispersion);
        if bad < MANY {
            clopper_pearson(bad, units, alpha / 2.0)
        } else {
            zubkov_serov(bad, units, alpha / 2.0)
        }
    }
}

/// The rate p at which at most `bad` of `units` have a chance of `chance`: I_(1−p)(units−bad, bad+1) = chance.
fn clopper_pearson(bad: f64, units: f64, chance: f64) -> Option<f64> {
    bisect(bad / units, |rate| Some(checked_beta_reg(units - bad, bad + 1.0, 1.0 - rate).ok()? <= chance))
}

/// The same, bounded from above: n·KL((x+1)/n ‖ p) = z²/2 with p above (x+1)/n.
fn zubkov_serov(bad: f64, units: f64, chance: f64) -> Option<f64> {
    let z = Normal::standard().inverse_cdf(chance);
    let measured = (bad + 1.0) / units;
    if measured >= 1.0 {
        return None;
    }
    bisect(measured, |rate| {
        let divergence =
            measured * (measured / rate).ln() + (1.0 - measured) * ((1.0 - measured) / (1.0 - rate)).ln();
        Some(units * divergence >= z * z / 2.0)
    })
}

/// The smallest rate above `low` that is ruled out.
fn bisect(low: f64, is_out: impl Fn(f64) -> Option<bool>) -> Option<f64> {
    let (mut inside, mut outside) = (low, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(inside, outside);
        if is_out(middle)? {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    (outside < 1.0).then_some(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ticks` ticks that together hold `bad` of `units`, all alike.
    fn steady(bad: f64, units: f64, ticks: u32) -> Baseline {
        let mut baseline = Baseline::default();
        for _ in 0..ticks {
            baseline.update(units / f64::from(ticks), bad / f64::from(ticks));
        }
        baseline
    }

    #[test]
    fn known_answers() {
        // Clopper and Pearson, computed with forty digits.
        for (bad, units, chance, expected) in [
            (0., 1_000., 0.005, 0.005_284_306_039_497_44),
            (10., 1_000., 0.025, 0.018_313_243_055_112_5),
            (100., 20_000., 0.005, 0.006_433_396_526_901_47),
        ] {
            let found = steady(bad, units, 100).upper_bound(2.0 * chance).expect("enough units");
            assert!((found - expected).abs() < 1e-9, "{bad} of {units}: {found} not {expected}");
        }
    }

    #[test]
    fn the_ways_meet_within_one_bad_unit_and_on_the_safe_side() {
        for (units, chance) in [(1e4, 0.025), (1e5, 0.0005), (1e7, 0.005)] {
            let bad = MANY - 1.0;
            let (exact, bound) = (clopper_pearson(bad, units, chance), zubkov_serov(bad, units, chance));
            let (exact, bound) = (exact.expect("a bound"), bound.expect("a bound"));
            assert!(bound >= exact && bound - exact < 1.5 / units, "{units}: {exact} {bound}");
        }
    }

    #[test]
    fn a_steady_baseline_has_no_over_dispersion_and_a_wandering_one_has() {
        assert_eq!(steady(100., 1e4, 100).over_dispersion(), 1.0);
        // Ticks of 100 units with 0 and 4 bad ones in turn.
        let mut baseline = Baseline::default();
        for j in 0..100 {
            baseline.update(100., if j % 2 == 0 { 0. } else { 4. });
        }
        let expected = 100.0 * 4.0 / (100.0 * 0.02 * 0.98) / 99.0;
        assert!((baseline.over_dispersion() - expected).abs() < 1e-9, "{}", baseline.over_dispersion());
        let wide = baseline.upper_bound(0.05).expect("enough units");
        assert!(wide > steady(200., 1e4, 100).upper_bound(0.05).expect("enough units"));
    }

    #[test]
    fn a_rate_that_wanders_slowly_is_seen_although_neighbours_are_alike() {
        let mut baseline = Baseline::default();
        for minute in 0..60 {
            (0..64).for_each(|_| baseline.update(100., if minute % 2 == 0 { 1. } else { 3. }));
        }
        // At a minute's scale: 6,400 units with 64 or 192 bad, 128 expected.
        let expected = 60.0 * 64.0 * 64.0 / (6_400.0 * 0.02 * 0.98) / 59.0;
        assert!(
            (baseline.over_dispersion() - expected).abs() < 1e-9,
            "{} {expected}",
            baseline.over_dispersion()
        );
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(steady(1., 999., 100).upper_bound(0.05), None);
        assert_eq!(steady(1., 1e6, 19).upper_bound(0.05), None);
        assert_eq!(steady(1e4, 1e4, 100).upper_bound(0.05), None);
        for alpha in [0.0, 1.0, f64::NAN] {
            assert_eq!(steady(1., 1e4, 100).upper_bound(alpha), None);
        }
        let mut baseline = Baseline::default();
        for (units, bad) in
            [(f64::NAN, 1.), (10., f64::NAN), (10., 11.), (0., 0.), (f64::INFINITY, 1.), (10., -1.)]
        {
            baseline.update(units, bad);
        }
        assert_eq!((baseline, baseline.rate()), (Baseline::default(), None));
    }
}
