//! Latency: how many units are slower than a frozen quantile of the control arm.
//!
//! The bucket bounds nearest to control's q50, q90, q95 and q99 are frozen once. From then on the
//! units above each bound are the bad units of a [`KillBet`] of its own, with a quarter of the risk.
//!
//! A tail that grows is seen at q99 long before the mean moves.

use super::binomial::Tick;
use super::kill::{KillBet, KillStanding};

/// The quantiles that are watched.
const QUANTILES: [f64; 4] = [0.50, 0.90, 0.95, 0.99];

/// Four bets above four frozen bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Exceedance {
    /// For each quantile: the index of its bound, and the bet on it.
    bets: [(usize, KillBet); QUANTILES.len()],
}

impl Exceedance {
    /// Number of bets; the risk is shared among them.
    pub const LOOKS: f64 = QUANTILES.len() as f64;

    /// Least number of control units before bounds can be frozen: about ten above the 99 % quantile.
    pub const LEAST_UNITS: f64 = 1_000.0;

    /// Freezes the bounds from a control histogram.
    ///
    /// `at_most` holds the units at or below each bound, cumulative; `total` all units. `alpha` is the risk of all four
    /// bets together; it, `tolerated` and `horizon` as in [`KillBet::new`]. `None` with fewer than
    /// [`Self::LEAST_UNITS`] units or without bounds.
    #[must_use]
    pub fn freeze(at_most: &[f64], total: f64, tolerated: f64, alpha: f64, horizon: u32) -> Option<Self> {
        let bet = KillBet::new(alpha / Self::LOOKS, tolerated, horizon);
        Some(Self { bets: choose(at_most, total)?.map(|index| (index, bet)) })
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
        let mut again = self.clone();
        for ((index, _), chosen) in again.bets.iter_mut().zip(choose(at_most, total)?) {
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

    /// The bet that leads: index of its bound, and how it stands.
    #[must_use]
    pub fn strongest(&self) -> (usize, KillStanding) {
        let [first, rest @ ..] = &self.bets;
        let mut strongest = (first.0, first.1.standing());
        for (index, bet) in rest {
            let standing = bet.standing();
            if standing.lead > strongest.1.lead {
                strongest = (*index, standing);
            }
        }
        strongest
    }

    /// Whether one of the bets is at or past its threshold.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.strongest().1.is_crossed
    }

    /// Indices of the four bounds, those of q50, q90, q95 and q99 in this order. Coarse bounds may repeat.
    #[must_use]
    pub fn bounds(&self) -> [usize; QUANTILES.len()] {
        self.bets.map(|(index, _)| index)
    }
}

/// The bounds nearest to the quantiles; `None` as in [`Exceedance::freeze`].
fn choose(at_most: &[f64], total: f64) -> Option<[usize; QUANTILES.len()]> {
    if at_most.is_empty() || total.is_nan() || total < Exceedance::LEAST_UNITS {
        return None;
    }
    Some(QUANTILES.map(|quantile| nearest(at_most, total, quantile)))
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

    /// Bounds at q50, q90, q95, q99 of the control arm.
    const CONTROL: [f64; 4] = [500., 900., 950., 990.];

    fn freeze(at_most: &[f64], total: f64) -> Option<Exceedance> {
        Exceedance::freeze(at_most, total, 0.0, 0.01, 3_600)
    }

    #[test]
    fn a_growing_tail_is_seen_at_the_last_quantile() {
        let mut watch = freeze(&CONTROL, 1_000.).expect("enough units");
        assert_eq!(watch.bounds(), [0, 1, 2, 3]);
        assert!(!watch.is_crossed());
        for _ in 0..5 {
            watch.update((&[500., 900., 950., 950.], 1_000.), (&CONTROL, 1_000.));
        }
        let (bound, standing) = watch.strongest();
        assert_eq!(bound, 3);
        assert!(watch.is_crossed() && standing.is_crossed, "{standing:?}");
    }

    #[test]
    fn each_of_the_four_has_a_quarter_of_the_risk() {
        let watch = freeze(&CONTROL, 1_000.).expect("enough units");
        assert!((watch.strongest().1.ln_threshold - 800f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn bounds_that_move_take_their_bets_along() {
        let mut watch = freeze(&CONTROL, 1_000.).expect("enough units");
        watch.update((&[500., 900., 950., 950.], 1_000.), (&CONTROL, 1_000.));
        let moved = watch.moved(|index| Some(index + 2)).expect("all have a place");
        assert_eq!(moved.bounds(), [2, 3, 4, 5]);
        assert_eq!(moved.strongest(), (5, watch.strongest().1));
        assert_eq!(watch.moved(|index| (index < 3).then_some(index)), None);
        let again = watch.frozen_again(&[990.], 1_000.).expect("enough units");
        assert_eq!((again.bounds(), again.strongest().1), ([0; 4], watch.strongest().1));
    }

    #[test]
    fn too_few_units_freeze_nothing() {
        assert_eq!(freeze(&[1., 2.], 999.), None);
        assert_eq!(freeze(&[], 5_000.), None);
        assert_eq!(freeze(&[1.], f64::NAN), None);
    }
}
