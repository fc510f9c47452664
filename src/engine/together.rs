//! The rollout as a whole: evidence that no segment has enough of, but all have together.
//!
//! In: each segment's e-value for one guardrail. Out: the average, weighted by the segments' shares of the risk. Averages of
//! e-values are e-values under any dependence, so NO-GO at 2/α. A single segment adds as much to it as its own threshold
//! asks for: with these weights the average costs no risk beyond that of the segments. Those that have their NO-GO are left
//! out: they have been acted on, and their growing e-values must not stop the others. So are those that speak for the
//! feature (an e-value of 1 or less): leaving them out makes the average smaller, so it costs nothing.

use super::model::Model;
use crate::domain::{Compare, SegmentName};

/// ln of the mean of e-values given as logarithms; 0 (an e-value of 1) without any.
pub fn ln_mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (count, largest) =
        values.clone().fold((0_u32, f64::NEG_INFINITY), |(n, most), ln| (n + 1, most.max(ln)));
    if count == 0 || !largest.is_finite() {
        return if largest == f64::INFINITY { largest } else { 0.0 };
    }
    let sum: f64 = values.map(|ln| (ln - largest).exp()).sum();
    largest + (sum / f64::from(count)).ln()
}

/// A rollout-wide alarm of one guardrail.
pub struct Together {
    /// ln of the average e-value.
    pub ln_e: f64,
    /// ln of what it needs: 2/α.
    pub ln_threshold: f64,
    /// The exposed segments that it is made of.
    pub segments: Vec<SegmentName>,
}

/// Whether a guardrail's average over the exposed segments without a NO-GO is past its threshold. `None`: not so, or only
/// one segment is left.
pub fn alarm(model: &Model, index: usize) -> Option<Together> {
    let guardrail = model.rollout.guardrails.get(index).filter(|g| g.compare == Compare::Control)?;
    let is_open = |segment: &&super::model::SegmentModel| {
        segment.exposure.confirmed.is_some_and(|share| !share.is_zero())
            && segment.latches.iter().all(|latch| latch.guardrail != guardrail.name)
            // One that speaks for it is not stopped for what another one alone is about to reach by itself.
            && segment.watches.get(index).is_some_and(|watch| watch.ln_mean_e() > 0.0)
    };
    let open = || model.segments.iter().filter(is_open);
    let ln_threshold = (2.0 / guardrail.risk).ln();
    // ln of each segment's part of the average: its share of the risk times its e-value.
    let part = |segment: &super::model::SegmentModel| {
        let watch = segment.watches.get(index)?;
        Some((watch.alpha() / guardrail.risk).ln() + watch.ln_mean_e())
    };
    let largest = open().filter_map(part).fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return None;
    }
    let ln_e = largest + open().filter_map(part).map(|ln| (ln - largest).exp()).sum::<f64>().ln();
    let segments: Vec<SegmentName> = open().map(|segment| segment.name.clone()).collect();
    (ln_e >= ln_threshold && segments.len() > 1).then_some(Together { ln_e, ln_threshold, segments })
}
