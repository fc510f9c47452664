//! All is GO, but the stage still bakes.

use super::Advice;
use super::words::{about, is_free};
use crate::domain::Verdict;
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let baking = model.segments.iter().filter_map(|segment| {
        let left = model.bake_left(segment)?;
        let to = model.rollout.segment(&segment.name)?.ladder.above(segment.exposure.confirmed?)?;
        let text =
            format!("{} is GO and bakes for {} more; then it can go to {to}.", segment.name, about(left));
        (segment.verdict == Verdict::Go && is_free(model, segment))
            .then(|| Advice::new(Some(&segment.name), Verdict::Go, text))
    });
    baking.collect()
}
