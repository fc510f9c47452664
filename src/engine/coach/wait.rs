//! WAIT: what is missing, when it will be there, and which exposure would be faster.
//!
//! | missing | from | faster with |
//! |---|---|---|
//! | the stage's least sample | users in treatment since the stage began | the share q of the treatment |
//! | proof inside the margin | the watch; the interval narrows with √users of both arms | q(1−q) |
//!
//! At another stage the counting begins anew; the times that are compared respect that.

use std::time::Duration;

use super::Advice;
use super::words::{about, count, estimate, exposed, is_free};
use crate::domain::{Guardrail, Percent, Unit, Verdict};
use crate::engine::evidence;
use crate::engine::forecast::need::{self, Need};
use crate::engine::forecast::traffic;
use crate::engine::model::{Model, SegmentModel};
use crate::engine::watch::Watch;

/// What is there sooner needs no advice.
const SOON: Duration = Duration::from_secs(60);
/// A stage that is not so much faster is not worth a word.
const WORTH: f64 = 0.7;

pub fn advise(model: &Model) -> Vec<Advice> {
    let waiting = model.segments.iter().filter(|s| s.verdict == Verdict::Wait && is_free(model, s));
    let say =
        |segment: &SegmentModel| Some(Advice::new(Some(&segment.name), Verdict::Wait, of(model, segment)?));
    waiting.filter_map(say).collect()
}

fn of(model: &Model, segment: &SegmentModel) -> Option<String> {
    let share = exposed(segment)?;
    let is_waiting = |guardrail: &Guardrail| {
        segment.board.get(&guardrail.station).is_some_and(|cell| cell.verdict == Verdict::Wait)
    };
    let watched = model.rollout.guardrails.iter().zip(&segment.watches);
    let waiting: Vec<_> = watched.filter(|(guardrail, _)| is_waiting(guardrail)).collect();
    let sample = model.rollout.segment(&segment.name).and_then(|s| s.ladder.stage_at(share));
    let sample = sample.map_or(1.0, |(_, stage)| stage.sample.max(1) as f64);
    let needs = waiting
        .iter()
        .filter_map(|(guardrail, watch)| Some((*guardrail, *watch, need::here(guardrail, watch, sample)?)));
    // The one that takes longest is what it waits for.
    let timed = needs.map(|(guardrail, watch, need)| {
        let rate = traffic::of(model, segment, &guardrail.metric).map_or(0.0, |traffic| traffic.units_per_s);
        (need.users() / rate, guardrail, watch, need)
    });
    if let Some((_, guardrail, watch, need)) = timed.max_by(|a, b| a.0.total_cmp(&b.0)) {
        return Some(sentence(model, segment, (guardrail, watch), &need, share));
    }
    // Nothing was counted that something could be missing from.
    let missing =
        waiting.iter().find_map(|(guardrail, _)| traffic::of(model, segment, &guardrail.metric).err())?;
    Some(format!("{missing}, so there is no forecast for {} at {share}.", segment.name))
}

fn sentence(
    model: &Model,
    segment: &SegmentModel,
    (guardrail, watch): (&Guardrail, &Watch),
    need: &Need,
    share: Percent,
) -> String {
    let (name, missing) = (&segment.name, count(need.users()));
    let bounds = segment.series.get(&guardrail.metric).map_or(&[][..], |series| series.bounds());
    let unit = match (guardrail.unit, missing == "1") {
        (Unit::User, true) => "user",
        (Unit::User, false) => "users",
        (Unit::Request, true) => "request",
        (Unit::Request, false) => "requests",
    };
    let aim = evidence::margin(guardrail, watch, bounds);
    let mut text = match need {
        Need::Out => {
            return format!(
                "{name} looks worse than the margin so far, by too little to be sure: {aim} is not ruled out. More users will tell; roll back to be safe."
            );
        }
        Need::Sample { .. } => {
            format!("{name} needs {missing} more {unit} for the least sample of {}", guardrail.metric)
        }
        Need::Proof { .. } => format!("{name} needs {missing} more {unit} to rule out {aim}"),
    };
    let Ok(traffic) = traffic::of(model, segment, &guardrail.metric) else {
        text.push_str(&format!("; no {unit} lately, so no forecast."));
        return text;
    };
    let takes = span(need.users() / (traffic.units_per_s * share.as_f64() / 100.0));
    text.push_str(&format!(", {} at this rate", estimate(takes)));
    let next = model.rollout.segment(name).and_then(|s| s.ladder.next_after(share));
    if let Some(stage) = next.filter(|stage| stage.exposure < Percent::FULL)
        && let Some(there) = there(need, share, stage.exposure, stage.sample as f64, traffic.units_per_s)
        && takes > SOON
        && there < takes.mul_f64(WORTH)
    {
        text.push_str(&format!(
            "; a stage at {} instead of {share} would need {}",
            stage.exposure,
            about(there)
        ));
    }
    text.push('.');
    text
}

/// How long the same would take at another exposure, from its beginning.
fn there(need: &Need, here: Percent, there: Percent, sample: f64, units_per_s: f64) -> Option<Duration> {
    let part = |share: Percent| share.as_f64() / 100.0;
    let gather = sample / (units_per_s * part(there));
    let seconds = match need {
        Need::Sample { .. } => gather,
        Need::Proof { in_all, .. } => {
            let weight = |share: Percent| part(share) * (1.0 - part(share));
            gather.max(in_all / (units_per_s * part(here)) * weight(here) / weight(there))
        }
        Need::Out => return None,
    };
    Some(span(seconds))
}

/// Seconds as a span; what never ends is a year.
fn span(seconds: f64) -> Duration {
    const YEAR: f64 = 31_536_000.0;
    Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, YEAR) } else { YEAR })
}
