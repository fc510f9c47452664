//! The autopilot: makes the same requests that keys make, from fresh NO-GOs and missing data.
//!
//! `off` does nothing. `advise` says what it would do, and so does every mode of a read-only cockpit. `guard`
//! pauses and kills; it never exposes more.

use std::time::Duration;

use super::chronicle::record_moment;
use super::judge::Fresh;
use super::model::{Autopilot, Model, Moment, MomentKind, SegmentModel};
use crate::action::{Request, Scope, Verb};
use crate::domain::{Actor, Response, Source, SourceKind, Span, Text};

/// Segments with a NO-GO from which on the whole rollout is stopped, not only they.
const SEGMENTS_FOR_ALL: usize = 2;

/// What the autopilot asks for now.
pub fn react(model: &mut Model, fresh: &[Fresh]) -> Vec<Request> {
    if model.autopilot == Autopilot::Off {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    for fresh in fresh {
        let Some(response) = response(model, fresh) else { continue };
        let verb = match response {
            Response::Warn => continue,
            Response::Pause => Verb::Pause,
            Response::Kill => Verb::Kill,
        };
        let scope = if verb == Verb::Kill && bad_segments(model) >= SEGMENTS_FOR_ALL {
            Scope::default()
        } else {
            Scope::segment(fresh.segment.clone())
        };
        let latch = model
            .segment(&fresh.segment)
            .and_then(|s| s.latches.iter().find(|l| l.guardrail == fresh.guardrail));
        let reason = latch.map(|latch| {
            Text::new(&format!("{} {}: {}", latch.station, fresh.segment, latch.evidence.sentence))
        });
        wanted.push(Request { reason, ..Request::new(Actor::Autopilot, verb, scope) });
    }
    let only_says = model.autopilot == Autopilot::Advise || model.read_only;
    wanted.extend(pause_without_data(model, only_says));
    if only_says {
        for request in wanted.drain(..) {
            let text = format!("would {} {}", request.verb.spec().name, request.scope);
            record_moment(model, Moment::new(model.now, MomentKind::Act, text).by(&Actor::Autopilot));
        }
    }
    wanted
}

fn response(model: &Model, fresh: &Fresh) -> Option<Response> {
    let latches = &model.segment(&fresh.segment)?.latches;
    latches.iter().find(|latch| latch.guardrail == fresh.guardrail).map(|latch| latch.response)
}

fn bad_segments(model: &Model) -> usize {
    let kills = |latch: &super::model::Latch| latch.response == Response::Kill;
    model.segments.iter().filter(|s| s.latches.iter().any(kills)).count()
}

/// An exposed rollout whose guardrails have been blind for too long is paused.
fn pause_without_data(model: &Model, only_says: bool) -> Vec<Request> {
    let limit = model.rollout.pause_without_data.0;
    let is_exposed = |s: &SegmentModel| s.exposure.confirmed.is_some_and(|share| !share.is_zero());
    if !model.segments.iter().any(|s| is_exposed(s) && s.paused.is_none()) {
        return Vec::new();
    }
    let mut causes: Vec<_> = blind(model, limit).into_iter().collect();
    if causes.is_empty() {
        let open = model.segments.iter().filter(|s| is_exposed(s) && s.paused.is_none());
        causes.extend(open.filter_map(|segment| silent(model, segment, limit)));
    }
    let already = only_says
        && model
            .timeline
            .iter()
            .rev()
            .take(50)
            .any(|m| m.actor == Some(Actor::Autopilot) && m.text.as_str().starts_with("would pause"));
    if already {
        return Vec::new();
    }
    let pause = |(cause, scope): (String, Scope)| Request {
        reason: Some(Text::new(&cause)),
        ..Request::new(Actor::Autopilot, Verb::Pause, scope)
    };
    causes.into_iter().map(pause).collect()
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
