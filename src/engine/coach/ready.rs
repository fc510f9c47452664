//! All is GO and the stage is baked: what can be widened, and by whom.

use super::Advice;
use super::words::{are, is_free, list, press, press_on};
use crate::action::Verb;
use crate::domain::{Percent, Verdict};
use crate::engine::model::{Autopilot, Model, SegmentModel};

pub fn advise(model: &Model) -> Vec<Advice> {
    // The autopilot widens by itself then.
    if model.autopilot == Autopilot::Full && !model.read_only {
        return Vec::new();
    }
    let ready: Vec<_> =
        model.segments.iter().filter_map(|segment| Some((segment, next(model, segment)?))).collect();
    match ready.as_slice() {
        [] => Vec::new(),
        [(segment, to)] => {
            let text = format!("{} can go to {to}: {}.", segment.name, press_on(model, Verb::Widen));
            vec![Advice::new(Some(&segment.name), Verdict::Go, text)]
        }
        all => {
            let names = list(all.iter().map(|(segment, _)| segment.name.as_str()));
            let text = format!(
                "{names} {} ready for the next stage: select one, then {}.",
                are(all.len()),
                press(model, Verb::Widen)
            );
            vec![Advice::new(None, Verdict::Go, text)]
        }
    }
}

/// The exposure that nothing stands against.
pub fn next(model: &Model, segment: &SegmentModel) -> Option<Percent> {
    let confirmed = segment.exposure.confirmed?;
    let to = model.rollout.segment(&segment.name)?.ladder.above(confirmed)?;
    let is_well = !confirmed.is_zero() && segment.verdict == Verdict::Go;
    let is_waited_for = !after(model, segment).is_empty();
    let is_moving = model.commands.iter().any(crate::engine::model::Tracked::is_open);
    (is_well && !is_waited_for && !is_moving && is_free(model, segment) && model.bake_left(segment).is_none())
        .then_some(to)
}

/// The segments that must be at the top of their plans before this one begins, and are not.
pub fn after<'a>(model: &'a Model, segment: &SegmentModel) -> Vec<&'a SegmentModel> {
    let Some(planned) = model.rollout.segment(&segment.name) else { return Vec::new() };
    let is_below = |before: &&SegmentModel| {
        let ladder = model.rollout.segment(&before.name).map(|s| &s.ladder);
        before
            .exposure
            .confirmed
            .is_none_or(|share| ladder.is_some_and(|ladder| ladder.above(share).is_some()))
    };
    planned.after.iter().filter_map(|name| model.segment(name)).filter(is_below).collect()
}
