//! Latency: how many units are slower than a frozen quantile of the control arm.
//!
//! The bucket bounds nearest to control's q50, q90, q95 and q99 are frozen once. From then on the
//! units above each bound are the bad units of a [`ConditionalBinomial`]. The reader holds the largest of
//! the four against a quarter of its risk ([`Exceedance::LOOKS`]).
//!
//! A tail that grows is seen at q99 long before the mean moves.

use super::binomial::{ConditionalBinomial, Tick};

/// The quantiles that are watched.
const QUANTILES: [f64; 4] = [0.50, 0.90, 0.95, 0.99];

/// Four e-processes above four frozen bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Exceedance {
    /// For each quantile: the index of its bound, and the bet on it.
    bets: [(usize, ConditionalBinomial); QUANTILES.len()],
}

impl Exceedance {
    /// Number of bets; the risk is shared among them.
    pub const LOOKS: f64 = QUANTILES.len() as f64;

    /// Least number of control units before bounds can be frozen: about ten above the 99 % quantile.
    pub const LEAST_UNITS: f64 = 1_000.0;

    /// Freezes the bounds from a control histogram.
    ///
    /// `at_most` holds the units at or below each bound, cumulative; `total` all units. `None` with fewer
    /// than [`Self::LEAST_UNITS`] units or without bounds.
    #[must_use]
    pub fn freeze(at_most: &[f64], total: f64, tolerated: f64) -> Option<Self> {
        if at_most.is_empty() || total.is_nan() || total < Self::LEAST_UNITS {
            return None;
        }
        let bet = |quantile| (nearest(at_most, total, quantile), ConditionalBinomial::new(tolerated));
        Some(Self { bets: QUANTILES.map(bet) })
    }

    /// The same bets above the same bounds, whose indices have changed. `None` when a bound is gone.
    #[must_use]
    pub fn moved(&self, place: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut moved = self.clone();
        for (index, _) in &mut moved.bets {
            *index = place(*index)?;
        }
        Some(moved)
    }

    /// The same bets, gone on with above other bounds, chosen as in [`Self::freeze`]. A bound may depend on what was
    /// seen before it is used, so the e-values go on. `None` as there.
    #[must_use]
    pub fn frozen_again(&self, at_most: &[f64], total: f64) -> Option<Self> {
        let Self { bets } = Self::freeze(at_most, total, 0.0)?;
        let mut again = self.clone();
        for ((index, _), (chosen, _)) in again.bets.iter_mut().zip(bets) {
            *index = chosen;
        }
        Some(again)
    }

    /// Takes the increments of both arms' histograms into account; each as in [`Self::freeze`].
    pub fn update(&mut self, treatment: (&[f64], f64), control: (&[f64], f64)) {
        for (index, bet) in &mut self.bets {
            let above =
                |(at_most, total): (&[f64], f64)| at_most.get(*index).map(|below| (total - below).max(0.0));
            if let (Some(treatment_bad), Some(control_bad)) = (above(treatment), above(control)) {
                bet.update(&Tick {
                    treatment_units: treatment.1,
                    treatment_bad,
                    control_units: control.1,
                    control_bad,
                });
            }
        }
    }

    /// The strongest bet: index of its bound, and ln of its e-value.
    #[must_use]
    pub fn strongest(&self) -> (usize, f64) {
        self.bets
            .iter()
            .map(|(index, bet)| (*index, bet.ln_e()))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, 0.0))
    }
}

/// The index of the bound nearest to a quantile.
fn nearest(at_most: &[f64], total: f64, quantile: f64) -> usize {
    let distance = |below: f64| (below / total - quantile).abs();
    let nearest = at_most.iter().enumerate().min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)));
    nearest.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_tail_is_seen_at_the_last_quantile() {
        // Bounds at q50, q90, q95, q99 of the control arm.
        let control = [500., 900., 950., 990.];
        let mut watch = Exceedance::freeze(&control, 1_000., 0.0).expect("enough units");
        for _ in 0..5 {
            watch.update((&[500., 900., 950., 950.], 1_000.), (&control, 1_000.));
        }
        let (bound, ln_e) = watch.strongest();
        assert_eq!(bound, 3);
        assert!(ln_e > (Exceedance::LOOKS / 0.01).ln(), "{ln_e}");
    }

    #[test]
    fn too_few_units_freeze_nothing() {
        assert_eq!(Exceedance::freeze(&[1., 2.], 999., 0.0), None);
        assert_eq!(Exceedance::freeze(&[], 5_000., 0.0), None);
        assert_eq!(Exceedance::freeze(&[1.], f64::NAN, 0.0), None);
    }
}
