//! The people of a tape: whether it is time for what one of them wants to do.
//!
//! In: the model and an ask. Out: yes or no. They look at what everybody sees on the screen, nothing else.

use gonogo::action::{Request, Verb};
use gonogo::demo::scenario::{Ask, When};
use gonogo::domain::{Station, Verdict};
use gonogo::engine::model::Tracked;
use gonogo::engine::{self, Model};

/// Whether what somebody waits for is there.
pub fn is_time(model: &Model, ask: &Ask, request: &Request) -> bool {
    // One thing after the other: nobody acts while something is under way.
    if model.commands.iter().any(Tracked::is_open) {
        return false;
    }
    let segment = ask.segment.as_ref().and_then(|name| model.segment(name));
    match ask.when {
        When::Time => true,
        When::NoGo => segment.is_some_and(|segment| !segment.latches.is_empty()),
        When::Ready => {
            let Ok(plan) = engine::plan(model, request) else { return false };
            let is_clear = segment.is_some_and(|segment| {
                let all = segment.board.iter().filter(|(station, _)| **station != Station::People);
                let is_seen = segment.exposure.confirmed.is_some_and(|share| !share.is_zero());
                !is_seen || all.into_iter().all(|(_, cell)| cell.verdict == Verdict::Go)
            });
            is_clear && (plan.needs_reason.is_none() || ask.verb != Verb::Widen)
        }
        When::Done => model.segments.iter().all(|segment| {
            let ladder = model.rollout.segment(&segment.name).map(|segment| &segment.ladder);
            let at = segment.exposure.confirmed;
            ladder.zip(at).is_some_and(|(ladder, at)| ladder.next_after(at).is_none())
                && segment.verdict == Verdict::Go
        }),
    }
}
