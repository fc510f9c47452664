//! The autopilot widens by itself: what it waits for, where no other rule says it.

use super::Advice;
use crate::domain::{Percent, Verdict};
use crate::engine::autopilot::obstacle;
use crate::engine::model::{Autopilot, Model, SegmentModel};

pub fn advise(model: &Model) -> Vec<Advice> {
    if model.autopilot != Autopilot::Full || model.read_only {
        return Vec::new();
    }
    let advice = model.segments.iter().filter(|segment| is_left(model, segment)).filter_map(|segment| {
        let text =
            format!("the autopilot does not widen {} yet: {}.", segment.name, obstacle(model, segment)?);
        Some(Advice::new(Some(&segment.name), Verdict::Wait, text))
    });
    advice.collect()
}

/// Whether no verdict, bake or NO-GO of its own is what it waits for.
fn is_left(model: &Model, segment: &SegmentModel) -> bool {
    let is_at_start = segment.exposure.confirmed.is_some_and(Percent::is_zero);
    let is_well = segment.verdict == Verdict::Go && model.bake_left(segment).is_none();
    segment.latches.is_empty() && segment.verdict < Verdict::Hold && (is_at_start || is_well)
}
