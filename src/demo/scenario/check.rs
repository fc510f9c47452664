//! What a scenario must keep to beyond its shape.
//!
//! In: a [`Scenario`] that was read. Out: nothing, or the first thing that is wrong, in words.

use std::collections::BTreeSet;

use super::act::{Deed, Worsen};
use super::rail::Rail;
use super::{Crowd, MAX_SEGMENTS, MAX_USERS_PER_S, METRICS, Scenario};
use crate::domain::{Guardrail, Ladder, Margin, SegmentName};

/// Why a scenario cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// There is none of that name.
    #[error("cannot play {name:?}: there is no such scenario and no such recording\nhint: {hint}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// A near name, or where to find them all.
        hint: String,
    },
    /// The file does not fit.
    #[error("cannot read the scenario {name:?}: {cause}")]
    Bad {
        /// Its name.
        name: String,
        /// What is wrong.
        cause: String,
    },
}

impl ScenarioError {
    pub(super) fn new(name: &str, cause: String) -> Self {
        Self::Bad { name: name.into(), cause }
    }
}

pub(super) fn check(scenario: &Scenario) -> Result<(), String> {
    let names: BTreeSet<_> = scenario.segments.iter().map(|crowd| &crowd.name).collect();
    if names.is_empty() || names.len() != scenario.segments.len() || names.len() > MAX_SEGMENTS {
        return Err(format!("it needs 1 to {MAX_SEGMENTS} segments, each with its own name"));
    }
    scenario.segments.iter().try_for_each(|crowd| check_crowd(crowd, &names))?;
    if Ladder::new(scenario.plan.stages.clone()).is_none() {
        return Err("plan.stages must climb from above 0".into());
    }
    scenario.guardrails.iter().try_for_each(check_rail)?;
    let known = |segment: &SegmentName| match names.contains(segment) {
        true => Ok(()),
        false => Err(format!("somebody names the segment {segment}, which is not there")),
    };
    for act in &scenario.acts {
        match &act.deed {
            Deed::Set { shares, .. } => shares.keys().try_for_each(known)?,
            Deed::Worsen(worsen) => {
                worsen.segment.iter().try_for_each(known)?;
                check_worsen(worsen)?;
            }
            Deed::Traffic { segment, times, .. } => {
                segment.iter().try_for_each(known)?;
                within("traffic.times", *times, 0.0, 100.0)?;
            }
            Deed::Drop {} | Deed::Refuse { .. } | Deed::HalfOpen {} => {}
        }
    }
    scenario.phrases.check()?;
    scenario.days.iter().try_for_each(|days| days.check(known))
}

fn check_crowd(crowd: &Crowd, names: &BTreeSet<&SegmentName>) -> Result<(), String> {
    let at = |field: &str| format!("segment {}: {field}", crowd.name);
    if crowd.stages.as_ref().is_some_and(|stages| Ladder::new(stages.clone()).is_none()) {
        return Err(format!("{} must climb from above 0", at("stages")));
    }
    if let Some(other) =
        crowd.after.iter().flatten().find(|other| !names.contains(other) || **other == crowd.name)
    {
        return Err(format!("{} names {other}, which is no other segment", at("after")));
    }
    within(&at("users_per_s"), crowd.users_per_s, 0.0, MAX_USERS_PER_S)?;
    within(&at("errors"), crowd.errors, 0.0, 1.0)?;
    within(&at("median_ms"), crowd.median_ms, 1.0, 60_000.0)?;
    within(&at("spread"), crowd.spread, 0.0, 3.0)?;
    within(&at("feedback_per_s"), crowd.feedback_per_s, 0.0, crowd.users_per_s)?;
    within(&at("happy"), crowd.happy, 0.0, 1.0)
}

fn check_rail(rail: &Rail) -> Result<(), String> {
    if !METRICS.contains(&rail.metric.as_str()) {
        return Err(format!("a guardrail watches {}; a world measures {}", rail.metric, METRICS.join(", ")));
    }
    within("guardrail.tolerate", rail.tolerate, 0.0, 100.0)?;
    match rail.margin {
        Some(Margin::Relative(share)) => within("guardrail.margin", share, 1e-9, 100.0)?,
        Some(Margin::Points(points)) => within("guardrail.margin", points, 1e-9, 1.0)?,
        None => {}
    }
    within("guardrail.jump", rail.jump.unwrap_or(Guardrail::JUMP), 1.0, 1000.0)?;
    within("guardrail.risk", rail.risk.unwrap_or(Guardrail::RISK), 1e-9, 0.5)
}

fn check_worsen(worsen: &Worsen) -> Result<(), String> {
    if worsen.errors.is_none() && worsen.latency.is_none() && worsen.mood.is_none() {
        return Err("worsen says nothing: give errors, latency or mood".into());
    }
    if let Some(amount) = worsen.errors {
        within("worsen.errors", amount.of(0.001), 0.0, 1.0)?;
    }
    if let Some(latency) = worsen.latency {
        within("worsen.latency.share", latency.share, 0.0, 1.0)?;
        within("worsen.latency.times", latency.times, 0.0, 1000.0)?;
    }
    if let Some(mood) = worsen.mood {
        within("worsen.mood.happy", mood.happy, 0.0, 1.0)?;
        within("worsen.mood.talk", mood.talk, 0.0, 1000.0)?;
    }
    Ok(())
}

fn within(what: &str, value: f64, least: f64, most: f64) -> Result<(), String> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(format!("{what} is {value}; it must be {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        title = "t"
        about = "a"
        seed = 1
        flag = "f"
        owner = "o"
        plan = { stages = [{ exposure = 25, bake = "5s", sample = 10 }] }
        guardrails = [{ station = "errors", metric = "errors", tolerate = 0.1, risk = 0.01, action = "kill" }]
        segments = [{ name = "eu", size = 9, users_per_s = 10, errors = 0.01, median_ms = 100, spread = 0.5, feedback_per_s = 1, happy = 0.9 }]
        acts = [
            { at = "9s", do = { kind = "drop" } },
            { at = "2s", do = { kind = "worsen", segment = "eu", errors = { times = 5 } } },
        ]
    "#;

    #[test]
    fn acts_are_put_in_order_of_time() {
        let scenario = Scenario::parse("good", GOOD).expect("good");
        assert!(scenario.acts.is_sorted_by_key(|act| act.at));
    }

    #[test]
    fn what_cannot_be_played_is_refused_and_says_what() {
        for (from, to, says) in [
            ("owner =", "owned =", "unknown field `owned`"),
            ("errors = 0.01", "errors = 1.5", "segment eu: errors is 1.5"),
            ("users_per_s = 10", "users_per_s = nan", "users_per_s is NaN"),
            ("exposure = 25", "exposure = 0", "must climb"),
            ("exposure = 25", "exposure = 250", "not a percentage"),
            ("segment = \"eu\"", "segment = \"us\"", "the segment us"),
            ("errors = { times = 5 }", "arms = \"both\"", "says nothing"),
            ("kind = \"drop\"", "kind = \"drop\", extra = 1", "unknown field"),
            ("times = 5", "times = 5, x = 1", "x"),
            ("metric = \"errors\"", "metric = \"sales\"", "a world measures errors"),
            ("at = \"9s\"", "at = \"soon\"", "not a duration"),
            ("risk = 0.01", "risk = 0.01, margin = { points = 250 }", "guardrail.margin is 2.5"),
            ("risk = 0.01", "jump = 0.5", "guardrail.jump is 0.5"),
            ("happy = 0.9", "happy = 0.9, after = [\"eu\"]", "segment eu: after names eu"),
            ("happy = 0.9", "happy = 0.9, stages = []", "segment eu: stages must climb"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let error = Scenario::parse("bad", &text).expect_err(to).to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
    }
}
