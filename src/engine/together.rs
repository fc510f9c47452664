//! The rollout as a whole: evidence that no segment has enough of, but all have together.
//!
//! In: each segment's e-value for one guardrail. Out: the average, weighted by the segments' shares of the risk. Averages of
//! e-values are e-values under any dependence, so NO-GO at 2/α. A single segment adds as much to it as its own threshold
//! asks for: with these weights the average costs no risk beyond that of the segments. Those that have their NO-GO are left
//! out: they have been acted on, and their growing e-values must not stop the others. So are those that speak for the
//! feature (an e-value of 1 or less): leaving them out makes the average smaller, so it costs nothing.

use super::model::{Model, SegmentModel};
use super::watch::Watch;
use crate::domain::{Compare, Guardrail, SegmentName};
use crate::stats::sum::ln_sum;

/// A rollout-wide alarm of one guardrail.
pub struct Together {
    /// ln of the average e-value.
    pub ln_e: f64,
    /// ln of what it needs: 2/α.
    pub ln_threshold: f64,
    /// The exposed segments that it is made of.
    pub segments: Vec<SegmentName>,
}

/// ln of a segment's part of the average: its share of the risk times its e-value. `None`: it has none, because nothing
/// is compared with control, or because it speaks for the feature.
#[must_use]
pub fn part(guardrail: &Guardrail, watch: &Watch) -> Option<f64> {
    let ln_e = watch.ln_mean_e();
    let takes_part = guardrail.compare == Compare::Control && ln_e > 0.0;
    takes_part.then(|| (watch.alpha() / guardrail.risk).ln() + ln_e)
}

/// ln of what the average needs for a NO-GO.
#[must_use]
pub fn threshold(guardrail: &Guardrail) -> f64 {
    (2.0 / guardrail.risk).ln()
}

/// Whether one part is large enough that the average of so many segments could be past its threshold: one of those that
/// make it up is, and it is looked at with its own next reading.
#[must_use]
pub fn may_tip(guardrail: &Guardrail, part: f64, segments: usize) -> bool {
    part >= threshold(guardrail) - (segments as f64).ln()
}

/// ln of the average of these parts, if it is past its threshold. `None`: not so, or it is only one.
#[must_use]
pub fn average(guardrail: &Guardrail, parts: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let ln_e = ln_sum(parts.clone());
    (ln_e >= threshold(guardrail) && parts.count() > 1).then_some(ln_e)
}

/// Whether a guardrail's average over the exposed segments without a NO-GO is past its threshold. `None`: not so, or only
/// one segment is left.
pub fn alarm(model: &Model, index: usize) -> Option<Together> {
    let guardrail = model.rollout.guardrails.get(index)?;
    let part = |segment: &SegmentModel| {
        let is_open = segment.exposure.confirmed.is_some_and(|share| !share.is_zero())
            && segment.latches.iter().all(|latch| latch.guardrail != guardrail.name);
        part(guardrail, segment.watches.get(index).filter(|_| is_open)?)
    };
    let ln_e = average(guardrail, model.segments.iter().filter_map(part))?;
    let members = model.segments.iter().filter(|segment| part(segment).is_some());
    let segments = members.map(|segment| segment.name.clone()).collect();
    Some(Together { ln_e, ln_threshold: threshold(guardrail), segments })
}
