//! What a guard sees, and how a rollout stands: read off the model, nothing else.
//!
//! - [`look`]: has every flag been read and every metric of every guardrail been heard of? That is *ready*.
//! - [`standing`]: what the exit code is made of.
//! - [`is_done`]: whether there is nothing left to guard, for `--until-done`.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::{LinkState, Phase, Response, Source, SourceKind, Span, Verdict};
use crate::engine::model::SegmentModel;
use crate::engine::{Autopilot, Model};

/// How long the start waits for a source that neither answers nor fails: several tries at a slow one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a guard sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It still waits for first words.
    Opening,
    /// Every flag was read, and every metric of every guardrail heard of.
    Full,
    /// Not all of it: what is missing, and why.
    Blind(Vec<String>),
}

/// What is seen, `waited` after the start.
#[must_use]
pub fn look(model: &Model, waited: Duration) -> Sight {
    let flags = model
        .platforms
        .iter()
        .map(|platform| (Source::new(SourceKind::Flags, platform.name.as_str()), platform.state.is_some()));
    let names: BTreeSet<_> = model.rollout.guardrails.iter().map(|guardrail| &guardrail.metric).collect();
    let metrics = names.into_iter().map(|name| {
        let source = Source::new(SourceKind::Metrics, name.as_str());
        let is_heard = model.links.get(&source).is_some_and(|link| link.heard_at.is_some());
        (source, is_heard)
    });
    let mut missing = Vec::new();
    let mut is_opening = false;
    for (source, is_heard) in flags.chain(metrics) {
        let state = model.links.get(&source).map(|link| &link.state);
        match state {
            Some(LinkState::Live) if is_heard => {}
            Some(LinkState::Retrying { cause, .. } | LinkState::Failed { cause }) => {
                missing.push(format!("{source}: {cause}"));
            }
            _ if waited >= PATIENCE => missing.push(format!("{source}: nothing heard for {}", Span(waited))),
            _ => is_opening = true,
        }
    }
    match (is_opening, missing.is_empty()) {
        (true, _) => Sight::Opening,
        (false, true) => Sight::Full,
        (false, false) => Sight::Blind(missing),
    }
}

/// How a rollout stands, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// No NO-GO, nothing killed, everything heard of.
    Healthy,
    /// A flag or a guardrail's metric is out of contact: nobody knows.
    Lost,
    /// A NO-GO stands, or something was killed.
    NoGo,
    /// Something was asked for and has not been read back.
    Unconfirmed,
}

/// How a rollout stands now.
#[must_use]
pub fn standing(model: &Model) -> Standing {
    let is_killed = |segment: &SegmentModel| matches!(segment.phase, Phase::Killed | Phase::Killing);
    if has_open_acts(model) {
        Standing::Unconfirmed
    } else if model.verdict() == Verdict::NoGo || model.segments.iter().any(is_killed) {
        Standing::NoGo
    } else if is_out_of_contact(model) {
        Standing::Lost
    } else {
        Standing::Healthy
    }
}

/// Whether something has no known end: what this run asked for, and whatever was to stop, whoever asked.
#[must_use]
pub fn has_open_acts(model: &Model) -> bool {
    model.commands.iter().any(|t| t.is_open() && (!t.restored || t.command.is_urgent()))
}

fn is_out_of_contact(model: &Model) -> bool {
    let is_stale = |kind, name: &str| {
        model.links.get(&Source::new(kind, name)).is_none_or(|link| link.is_stale(model.now))
    };
    model.platforms.iter().any(|p| p.state.is_none() || is_stale(SourceKind::Flags, p.name.as_str()))
        || model.rollout.guardrails.iter().any(|g| is_stale(SourceKind::Metrics, g.metric.as_str()))
}

/// Whether there is nothing left to guard: everybody has it and it has baked, or it went wrong and is stopped.
#[must_use]
pub fn is_done(model: &Model) -> bool {
    if has_open_acts(model) || model.segments.is_empty() {
        return false;
    }
    if model.segments.iter().all(|segment| segment.phase == Phase::Killed) {
        return true;
    }
    if model.verdict() == Verdict::NoGo {
        return model.segments.iter().all(|segment| is_stopped(model, segment));
    }
    model.segments.iter().all(|segment| is_at_the_top(model, segment))
}

/// Whether what a segment's NO-GOs call for was done. Where the autopilot only looks on, nothing more will come.
fn is_stopped(model: &Model, segment: &SegmentModel) -> bool {
    let only_looks = matches!(model.autopilot, Autopilot::Off | Autopilot::Advise) || model.read_only;
    let is_off = segment.exposure.confirmed.is_some_and(|share| share.is_zero());
    segment.latches.iter().all(|latch| {
        only_looks
            || match latch.response {
                Response::Warn => true,
                Response::Pause => segment.paused.is_some() || is_off,
                Response::Kill => is_off,
            }
    })
}

/// Whether a segment stands on its last stage, has baked there, and nothing is in doubt.
fn is_at_the_top(model: &Model, segment: &SegmentModel) -> bool {
    let ladder = model.rollout.segment(&segment.name).map(|s| &s.ladder);
    let is_top = ladder
        .zip(segment.exposure.confirmed)
        .is_some_and(|(ladder, share)| !share.is_zero() && ladder.next_after(share).is_none());
    is_top
        && segment.stage_since.is_some()
        && model.bake_left(segment).is_none()
        && segment.verdict < Verdict::Hold
}
