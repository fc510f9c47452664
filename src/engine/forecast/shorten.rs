//! What to do about a kill that is too slow: the largest term, and the one thing that shortens it.
//!
//! In: a forecast over its budget. Out: one sentence. It compares with other exposures of the plan only where the same
//! traffic says how long those would take.

use std::time::Duration;

use super::{BUDGET, Forecast, Part, evidence, traffic};
use crate::domain::text::thousands;
use crate::domain::{Percent, Span};
use crate::engine::model::{Model, PlatformModel};

/// What a source can be asked for without being a burden.
const OFTEN: Duration = Duration::from_secs(2);

/// One sentence about the largest term. `None` when nothing would help.
pub fn advise(forecast: &Forecast, model: &Model) -> Option<String> {
    let largest = forecast.terms.iter().max_by_key(|term| term.takes)?;
    match largest.part {
        Part::Interval => Some(interval(forecast, model, largest.takes)),
        Part::Evidence => evidence_advice(forecast, model, largest.takes),
        Part::Decision => None,
        Part::Api => Some(format!(
            "a {} took {} until it was read back: look at the link to the flag service",
            if largest.is_measured { "command of this run" } else { "kill" },
            Span(largest.takes)
        )),
        Part::Reach => reach(model),
    }
}

fn interval(forecast: &Forecast, model: &Model, takes: Duration) -> String {
    let metric = &forecast.metric;
    let asked = model.rollout.metric(metric).map_or(takes, |metric| metric.interval.0);
    let gain = takes.saturating_sub(OFTEN);
    if takes > asked {
        return format!(
            "{metric} has something new only every {}, although it is expected every {}: let its source count more often",
            Span(takes),
            Span(asked)
        );
    }
    format!(
        "{metric} is read every {}: read it every {} and it is {} shorter",
        short(takes),
        short(OFTEN),
        short(gain)
    )
}

/// The first larger stage of the plan at which everything is in time; else the one with the fastest evidence.
fn evidence_advice(forecast: &Forecast, model: &Model, takes: Duration) -> Option<String> {
    let segment = model.segment(&forecast.segment)?;
    let mut watched = model.rollout.guardrails.iter().zip(&segment.watches);
    let (guardrail, watch) = watched.find(|(guardrail, _)| guardrail.name == forecast.guardrail)?;
    let traffic = traffic::of(model, segment, &forecast.metric).ok()?;
    let others = forecast.total().saturating_sub(takes);
    let stages = model.rollout.segment(&forecast.segment)?.ladder.stages().iter();
    let larger = stages.map(|stage| stage.exposure).filter(|exposure| *exposure > forecast.exposure);
    let timed: Vec<(Percent, Duration)> = larger
        .filter_map(|exposure| {
            let case = evidence::prepare(segment, exposure, (guardrail, watch), &traffic).ok()?;
            Some((exposure, case.takes()?))
        })
        .collect();
    let in_time = timed.iter().find(|(_, there)| others.saturating_add(*there) <= BUDGET);
    let best = in_time.or_else(|| timed.iter().min_by_key(|(_, there)| *there)).copied();
    let here = forecast.exposure;
    // Less than a fifth faster is not worth a word.
    let Some((there, faster)) = best.filter(|(_, there)| *there < takes.mul_f64(0.8)) else {
        return Some(format!(
            "the evidence takes {} at {here}, and no larger stage of the plan is faster: it needs more users",
            Span(takes)
        ));
    };
    let hurt = |exposure: Percent, takes: Duration| {
        let bad = (traffic.base_rate * guardrail.jump).min(1.0);
        let users = traffic.units_per_s * exposure.as_f64() / 100.0 * bad * takes.as_secs_f64();
        thousands(users.clamp(0.0, 9e15).ceil() as u64)
    };
    Some(format!(
        "the evidence takes {}: at {there} instead of {here} it would be {}, and about {} users instead of {} would be hurt until then",
        Span(takes),
        Span(faster),
        hurt(there, faster),
        hurt(here, takes),
    ))
}

fn reach(model: &Model) -> Option<String> {
    let reach = |platform: &PlatformModel| platform.reach(&model.rollout);
    let slowest = model.platforms.iter().max_by_key(|platform| reach(platform).span)?;
    Some(format!(
        "clients of {} hear of a change within {}: shorten their refresh interval",
        slowest.name,
        reach(slowest).span
    ))
}

/// Whole seconds without a decimal: `15s`, not `15.0s`.
fn short(span: Duration) -> String {
    if span.subsec_millis() == 0 && span.as_secs() < 60 {
        format!("{}s", span.as_secs())
    } else {
        Span(span).to_string()
    }
}
