//! NO-GOs that nobody has answered: pause or kill, once for each.
//!
//! A kill needs no reading and goes out at once. One bad segment is killed alone where the platform can do that;
//! two stop everything. A kill that a backend refuses is not let go: then everything is killed there.

use super::is_exposed;
use crate::action::{Request, Scope, Verb};
use crate::domain::{Actor, KillScope, PlatformName, Response, SegmentName, Text};
use crate::effect::{Change, Outcome};
use crate::engine::model::{Latch, Model, SegmentModel, Tracked};

/// Segments with a NO-GO that kills, from which on the whole rollout is stopped, not only they.
const SEGMENTS_FOR_ALL: usize = 2;

/// What the unanswered NO-GOs of exposed segments ask for. They count as answered from now on.
pub fn answer(model: &mut Model) -> Vec<Request> {
    let is_open = |s: &SegmentModel| s.latches.iter().any(|latch| !latch.answered) && is_exposed(s);
    if !model.segments.iter().any(is_open) {
        return Vec::new();
    }
    let (mut kills, mut pauses) = (Vec::new(), Vec::new());
    for segment in model.segments.iter().filter(|segment| is_open(segment)) {
        let kill = reasons(segment, Response::Kill);
        let pause = reasons(segment, Response::Pause);
        if !kill.is_empty() {
            kills.push((segment.name.clone(), kill.join("; ")));
        } else if !pause.is_empty() && segment.paused.is_none() {
            pauses.push(ask(Verb::Pause, Scope::segment(segment.name.clone()), &pause.join("; ")));
        }
    }
    for segment in model.segments.iter_mut().filter(|segment| is_open(segment)) {
        segment.latches.iter_mut().for_each(|latch| latch.answered = true);
    }
    let is_for_all = bad_segments(model) >= SEGMENTS_FOR_ALL;
    let mut wanted = Vec::new();
    if is_for_all && !kills.is_empty() {
        let all: Vec<_> = kills.into_iter().map(|(_, reason)| reason).collect();
        wanted.push(ask(Verb::Kill, Scope::default(), &all.join("; ")));
    } else {
        wanted.extend(kills.iter().flat_map(|(name, reason)| kill_segment(model, name, reason)));
    }
    wanted.extend(pauses);
    wanted
}

/// What is asked for where a backend has refused to kill a segment that still stands exposed there: everything.
pub fn escalate(model: &Model) -> Vec<Request> {
    let mut wanted: Vec<Request> = Vec::new();
    for (index, tracked) in model.commands.iter().enumerate() {
        let Some((platform, cause)) = refused(tracked) else { continue };
        let later = || model.commands.range(index + 1..).filter(|t| t.command.platform == *platform);
        let stands = model.segments.iter().filter(|segment| {
            tracked.command.change.touches(&segment.name)
                && is_exposed_at(model, platform, &segment.name)
                && !later().any(|t| t.command.change.touches(&segment.name))
        });
        let bad: Vec<_> = stands.flat_map(reasons_standing).collect();
        let scope = Scope { segment: None, platform: Some(platform.clone()) };
        if !bad.is_empty() && !wanted.iter().any(|request| request.scope == scope) {
            let what = tracked.what();
            let reason = format!("{platform} refused to {what}: {cause}; {}", bad.join("; "));
            wanted.push(ask(Verb::Kill, scope, &reason));
        }
    }
    wanted
}

/// Where and why the autopilot's kill of a segment was refused.
fn refused(tracked: &Tracked) -> Option<(&PlatformName, &Text)> {
    let command = &tracked.command;
    let is_ours = command.actor == Actor::Autopilot && command.verb == Verb::Kill;
    match &tracked.outcome {
        Some(Outcome::Refused { cause, .. }) if is_ours && matches!(command.change, Change::Shares(_)) => {
            Some((&command.platform, cause))
        }
        _ => None,
    }
}

fn is_exposed_at(model: &Model, platform: &PlatformName, segment: &SegmentName) -> bool {
    let state = model.platform(platform).and_then(|platform| platform.state.as_ref());
    state.and_then(|state| state.confirmed(segment)).is_none_or(|share| !share.is_zero())
}

/// A segment alone, where the platform can do that; else the whole flag there.
fn kill_segment(model: &Model, segment: &SegmentName, reason: &str) -> Vec<Request> {
    let platforms = &model.rollout.platforms;
    let alone = |segment: Option<SegmentName>, platform| ask(Verb::Kill, Scope { segment, platform }, reason);
    if platforms.iter().all(|platform| platform.capabilities.kill == KillScope::Segment) {
        return vec![alone(Some(segment.clone()), None)];
    }
    let one = |platform: &crate::domain::Platform| {
        let segment = (platform.capabilities.kill == KillScope::Segment).then(|| segment.clone());
        alone(segment, Some(platform.name.clone()))
    };
    platforms.iter().map(one).collect()
}

fn ask(verb: Verb, scope: Scope, reason: &str) -> Request {
    Request { reason: Some(Text::new(reason)), ..Request::new(Actor::Autopilot, verb, scope) }
}

/// The unanswered NO-GOs of a segment that ask for this response, each as a sentence.
fn reasons(segment: &SegmentModel, wanted: Response) -> Vec<String> {
    let open = segment.latches.iter().filter(|latch| !latch.answered);
    open.filter(|latch| latch.response == wanted).map(|latch| words(segment, latch)).collect()
}

/// All its NO-GOs that kill.
fn reasons_standing(segment: &SegmentModel) -> Vec<String> {
    let kills = segment.latches.iter().filter(|latch| latch.response == Response::Kill);
    kills.map(|latch| words(segment, latch)).collect()
}

fn words(segment: &SegmentModel, latch: &Latch) -> String {
    format!("{} in {}: {}", latch.station, segment.name, latch.evidence.sentence)
}

fn bad_segments(model: &Model) -> usize {
    let kills = |latch: &Latch| latch.response == Response::Kill;
    model.segments.iter().filter(|segment| segment.latches.iter().any(kills)).count()
}
