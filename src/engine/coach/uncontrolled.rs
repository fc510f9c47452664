//! Everybody has it: nobody is left to compare with.

use super::Advice;
use super::words::list;
use crate::domain::{Percent, Verdict};
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let full: Vec<_> =
        model.segments.iter().filter(|s| s.exposure.confirmed == Some(Percent::FULL)).collect();
    if full.is_empty() || model.rollout.guardrails.is_empty() {
        return Vec::new();
    }
    let place = if let [one] = full.as_slice() { Some(&one.name) } else { None };
    let (has, it) = if place.is_some() { ("has", "it") } else { ("have", "they") };
    let text = format!(
        "at 100% {} {has} no control group: {it} can only be held against what was before, and an outage of everything looks the same.",
        list(full.iter().map(|segment| segment.name.as_str()))
    );
    vec![Advice::new(place, Verdict::Wait, text)]
}
