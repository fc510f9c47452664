//! Without data for too long: an exposed rollout whose guardrails are blind is paused.

use std::cmp::Reverse;
use std::time::Duration;

use crate::action::{Request, Scope, Verb};
use crate::domain::{Actor, Source, Span, Text, Timestamp};
use crate::engine::model::{Model, SegmentModel};

/// The pauses that are due now. Who was resumed since the data stopped coming is left alone: a person decided that.
pub fn pauses(model: &Model) -> Vec<Request> {
    let limit = model.rollout.pause_without_data.0;
    let is_open =
        |s: &&SegmentModel| s.paused.is_none() && s.exposure.confirmed.is_some_and(|share| !share.is_zero());
    let open = || model.segments.iter().filter(is_open);
    if open().next().is_none() {
        return Vec::new();
    }
    let alone = |segment: &SegmentModel| Scope::segment(segment.name.clone());
    let is_due = |segment: &SegmentModel, since: Timestamp| segment.resumed_at.is_none_or(|at| at < since);
    let causes: Vec<_> = match blind(model, limit) {
        Some((cause, since)) if open().all(|segment| is_due(segment, since)) => {
            vec![(cause, Scope::default())]
        }
        Some((cause, since)) => {
            let due = open().filter(|segment| is_due(segment, since));
            due.map(|segment| (cause.clone(), alone(segment))).collect()
        }
        None => {
            let silent = |segment| {
                let (cause, since) = silent(model, segment, limit)?;
                is_due(segment, since).then(|| (cause, alone(segment)))
            };
            open().filter_map(silent).collect()
        }
    };
    let pause = |(cause, scope): (String, Scope)| Request {
        reason: Some(Text::new(&cause)),
        ..Request::new(Actor::Autopilot, Verb::Pause, scope)
    };
    causes.into_iter().map(pause).collect()
}

/// The data are back: the next time without them is worth a word again.
pub fn forget_said(model: &mut Model, pauses: &[Request]) {
    model.advised.retain(|(verb, scope), _| {
        *verb != Verb::Pause || pauses.iter().any(|request| request.scope == *scope)
    });
}

/// A metric that nothing was heard of for too long, or never since the start, and since when.
fn blind(model: &Model, limit: Duration) -> Option<(String, Timestamp)> {
    let blind = model.rollout.guardrails.iter().filter_map(|guardrail| {
        let link = model.links.get(&Source::of_metric(&guardrail.metric));
        let since = match link {
            Some(link) => link.heard_at.unwrap_or(link.since),
            None => model.began?,
        };
        let silence = model.now.since(since);
        let is_blind = link.is_none_or(|link| link.is_stale(model.now));
        let text = || format!("no {} data for {}", guardrail.metric, Span(silence));
        (is_blind && silence >= limit).then(|| (text(), since))
    });
    // The one lost last: a person may have known of the others.
    blind.min_by_key(|(_, since)| Reverse(*since))
}

/// The source is alive, and has had nothing about this segment for too long, and since when.
fn silent(model: &Model, segment: &SegmentModel, limit: Duration) -> Option<(String, Timestamp)> {
    model.rollout.guardrails.iter().find_map(|guardrail| {
        let since = segment.series.get(&guardrail.metric)?.sampled_at?;
        let silence = model.now.since(since);
        let text = || format!("no {} data of {} for {}", guardrail.metric, segment.name, Span(silence));
        (silence >= limit).then(|| (text(), since))
    })
}
