//! Without data for too long: an exposed rollout whose guardrails are blind is paused.

use std::time::Duration;

use crate::action::{Request, Scope, Verb};
use crate::domain::{Actor, Source, SourceKind, Span, Text};
use crate::engine::model::{Model, SegmentModel};

/// The pauses that are due now.
pub fn pauses(model: &Model) -> Vec<Request> {
    let limit = model.rollout.pause_without_data.0;
    let is_open =
        |s: &SegmentModel| s.paused.is_none() && s.exposure.confirmed.is_some_and(|share| !share.is_zero());
    if !model.segments.iter().any(is_open) {
        return Vec::new();
    }
    let mut causes: Vec<_> = blind(model, limit).into_iter().collect();
    if causes.is_empty() {
        let open = model.segments.iter().filter(|segment| is_open(segment));
        causes.extend(open.filter_map(|segment| silent(model, segment, limit)));
    }
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

/// A metric that nothing was heard of for too long, or never since the start.
fn blind(model: &Model, limit: Duration) -> Option<(String, Scope)> {
    let blind = model.rollout.guardrails.iter().find_map(|guardrail| {
        let link = model.links.get(&Source::new(SourceKind::Metrics, guardrail.metric.as_str()));
        let since = match link {
            Some(link) => link.heard_at.unwrap_or(link.since),
            None => model.began?,
        };
        let silence = model.now.since(since);
        let is_blind = link.is_none_or(|link| link.is_stale(model.now));
        (is_blind && silence >= limit).then(|| format!("no {} data for {}", guardrail.metric, Span(silence)))
    })?;
    Some((blind, Scope::default()))
}

/// The source is alive, and has had nothing about this segment for too long.
fn silent(model: &Model, segment: &SegmentModel, limit: Duration) -> Option<(String, Scope)> {
    model.rollout.guardrails.iter().find_map(|guardrail| {
        let silence = model.now.since(segment.series.get(&guardrail.metric)?.sampled_at?);
        let text = || format!("no {} data of {} for {}", guardrail.metric, segment.name, Span(silence));
        (silence >= limit).then(|| (text(), Scope::segment(segment.name.clone())))
    })
}
