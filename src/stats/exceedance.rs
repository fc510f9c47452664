//! Latency: from a distribution to bad units.
//!
//! In: the control arm's histogram. Out: the bucket bounds nearest to its q50, q90, q95 and q99. They are frozen, and from
//! then on the units above each bound are the bad units of a bet of its own, with a quarter of the risk. A tail that
//! grows is seen at q99 long before the mean moves.
//!
//! Bounds may be chosen from everything that was seen before they are used, so they can be frozen again at each stage
//! without harm to the bets.

/// The quantiles that are watched.
pub const QUANTILES: [f64; 4] = [0.50, 0.90, 0.95, 0.99];

/// Least number of control units before bounds can be frozen: about ten above the 99 % quantile.
pub const LEAST_UNITS: f64 = 1_000.0;

/// The index of the bound nearest to each of [`QUANTILES`]; coarse bounds may repeat.
///
/// `at_most` holds the units at or below each bound, cumulative; `total` all units, those above the last bound included.
/// `None` with fewer than [`LEAST_UNITS`] units or without bounds.
#[must_use]
pub fn freeze(at_most: &[f64], total: f64) -> Option<[usize; QUANTILES.len()]> {
    // Written so that NaN fails too.
    let is_enough = total >= LEAST_UNITS && !at_most.is_empty();
    is_enough.then(|| QUANTILES.map(|quantile| nearest(at_most, total, quantile)))
}

fn nearest(at_most: &[f64], total: f64, quantile: f64) -> usize {
    let distance = |below: f64| (below / total - quantile).abs();
    let nearest = at_most.iter().enumerate().min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)));
    nearest.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_bounds_are_taken() {
        let at_most = [100., 480., 700., 905., 948., 985., 1_000.];
        assert_eq!(freeze(&at_most, 1_000.), Some([1, 3, 4, 5]));
        // A single bound stands for all.
        assert_eq!(freeze(&[10.], 5_000.), Some([0; 4]));
    }

    #[test]
    fn too_few_units_freeze_nothing() {
        assert_eq!(freeze(&[1., 2.], 999.), None);
        assert_eq!(freeze(&[], 5_000.), None);
        assert_eq!(freeze(&[1.], f64::NAN), None);
    }
}
