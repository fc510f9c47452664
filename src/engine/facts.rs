//! Facts from the outside: flags, links, feedback, unusable input.

use std::time::Duration;

use super::chronicle::record_moment;
use super::model::{
    Comment, Hold, Link, MAX_COMMENTS, MAX_FEEDBACK_IDS, MAX_PROBLEMS, MAX_SKEW, Model, Moment, MomentKind,
    Traffic,
};
use crate::domain::{
    Actor, Feedback, FlagState, LinkState, PlatformName, SegmentName, Source, SourceKind, Span, Text,
    Timestamp,
};
use crate::effect::{Change, Effect};

use super::commands;

/// What is expected of a source whose interval nobody stated.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// How often a probe has something to say at the least: it looks at all its users once in ten seconds.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);

/// A platform's flag was read.
pub fn flag(model: &mut Model, platform: &PlatformName, state: &FlagState, effects: &mut Vec<Effect>) {
    heard(model, &Source::of_platform(platform), None);
    let now = model.now;
    let Some(index) = model.platforms.iter().position(|p| p.name == *platform) else { return };
    let Some(known) = model.platforms.get_mut(index) else { return };
    // A late answer never overwrites a newer one.
    if known.state.as_ref().is_some_and(|old| old.version > state.version) {
        return;
    }
    known.read_at = Some(now);
    if known.state.as_ref() == Some(state) {
        return;
    }
    known.changed_at = Some(now);
    let before = known.state.replace(state.clone()).or_else(|| known.remembered.take());
    model.revision += 1;
    for doubt in &state.doubts {
        if !before.as_ref().is_some_and(|old| old.doubts.contains(doubt)) {
            problem(model, &Source::of_platform(platform), doubt);
        }
    }
    commands::settle(model, effects);
    adopt(model, index, before.as_ref(), state);
}

/// Takes over what somebody else changed, and says so. What a command of ours still works on is left alone.
fn adopt(model: &mut Model, index: usize, before: Option<&FlagState>, state: &FlagState) {
    let Some(known) = model.platforms.get(index) else { return };
    let platform = known.name.clone();
    let ours = |segment: Option<&SegmentName>| {
        model.commands.iter().any(|tracked| {
            tracked.command.platform == platform
                && (tracked.is_open() || tracked.outcome_at == Some(model.now))
                && match segment {
                    Some(segment) => tracked.command.change.touches(segment),
                    None => matches!(tracked.command.change, Change::Off | Change::On(_)),
                }
        })
    };
    let actor = state.by.clone().unwrap_or_else(|| Actor::Other(Text::new("somebody")));
    let mut moments = Vec::new();
    let (mut adopted, mut lowered) = (Vec::new(), Vec::new());
    for segment in &model.rollout.segments {
        let name = &segment.name;
        let (was, is) = (before.and_then(|old| old.shares.get(name)), state.shares.get(name));
        let Some(is) = is else { continue };
        let moves = |state: &FlagState| state.ramps.contains_key(name);
        if moves(state) || before.is_some_and(moves) {
            // What is being stopped moves on until it is.
            if ours(Some(name)) {
                continue;
            }
            adopted.push((name.clone(), *is));
            moments.extend(
                ramped(before, state, name, &platform)
                    .map(|text| Moment::new(model.now, MomentKind::Act, text).in_segment(name).by(&actor)),
            );
            continue;
        }
        if known.desired.contains_key(name)
            && (was == Some(is) || known.desired.get(name) == Some(is) || ours(Some(name)))
        {
            continue;
        }
        adopted.push((name.clone(), *is));
        if was.is_some_and(|was| is < was) {
            lowered.push(name.clone());
        }
        if let Some(was) = was.filter(|was| *was != is) {
            let text = format!("changed {name} at {platform} from {was} to {is}, outside this cockpit");
            moments.push(Moment::new(model.now, MomentKind::Act, text).in_segment(name).by(&actor));
        }
    }
    let switched = before.is_some_and(|old| old.on != state.on) && !ours(None);
    if switched {
        let word = if state.on { "on" } else { "off" };
        let text = format!("switched the flag {word} at {platform}, outside this cockpit");
        moments.push(Moment::new(model.now, MomentKind::Act, text).by(&actor));
    }
    let now = model.now;
    // The autopilot does not take up again what somebody else took back.
    for segment in model.segments.iter_mut().filter(|segment| lowered.contains(&segment.name)) {
        segment.lowered = Some(Hold { by: actor.clone(), since: now, reason: None });
        segment.approvals.clear();
    }
    if let Some(known) = model.platforms.get_mut(index) {
        known.desired.extend(adopted.iter().cloned());
        if switched {
            known.killed = (!state.on).then_some(Hold { by: actor, since: now, reason: None });
            if !state.on {
                known.before_kill = state.shares.clone();
            }
        }
    }
    // Somebody else brought a killed segment back: it is no longer killed, and everybody sees it.
    let was_off =
        |name: &SegmentName| before.and_then(|old| old.confirmed(name)).is_none_or(|was| was.is_zero());
    for (name, share) in adopted {
        let is_back = !share.is_zero() && state.on && was_off(&name);
        if let Some(segment) = model.segments.iter_mut().find(|s| s.name == name && is_back) {
            segment.killed = None;
        }
    }
    for moment in moments {
        record_moment(model, moment);
    }
}

/// What there is to say of a ramp at the backend: that it began, that it ended. Not each of its steps.
fn ramped(
    before: Option<&FlagState>,
    state: &FlagState,
    segment: &SegmentName,
    platform: &PlatformName,
) -> Option<String> {
    let was = before.and_then(|before| before.ramps.get(segment));
    let share = state.shares.get(segment).copied().unwrap_or_default();
    match (was, state.ramps.get(segment)) {
        (None, Some(ramp)) => {
            let to = ramp.to.map_or_else(|| "as the backend computes".into(), |to| format!("to {to}"));
            Some(format!("{segment} moves by itself at {platform}: now {share}, {to}"))
        }
        (Some(_), None) => Some(format!("{segment} stands still at {platform}: {share}")),
        _ => None,
    }
}

/// A source's link changed.
pub fn link(model: &mut Model, source: &Source, state: &LinkState) {
    let now = model.now;
    let link = ensure_link(model, source);
    if link.state == *state {
        return;
    }
    let was_live = link.state == LinkState::Live;
    let is_same_kind = std::mem::discriminant(&link.state) == std::mem::discriminant(state);
    let was_connecting = link.state == LinkState::Connecting;
    link.state = state.clone();
    if !is_same_kind {
        link.since = now;
    }
    model.revision += 1;
    let text = match state {
        LinkState::Live if was_connecting => format!("{source} connected"),
        LinkState::Live => format!("{source} is back"),
        LinkState::Retrying { cause, .. } if was_live || was_connecting => format!("{source} lost: {cause}"),
        LinkState::Failed { cause } => format!("{source} failed: {cause}"),
        LinkState::Retrying { .. } | LinkState::Connecting => return,
    };
    record_moment(model, Moment::new(now, MomentKind::Link, text));
}

/// A source gave a sign of life.
pub fn heard(model: &mut Model, source: &Source, source_at: Option<Timestamp>) {
    let now = model.now;
    let link = ensure_link(model, source);
    link.heard_at = Some(now);
    if let Some(theirs) = source_at {
        let skew = theirs.0.saturating_sub(now.0);
        link.skew_ms = Some(skew);
        let size = Duration::from_millis(skew.unsigned_abs());
        if size > MAX_SKEW {
            link.skewed = link.skewed.saturating_add(1);
            if link.skewed == 1 {
                let (way, size) = (if skew > 0 { "ahead of" } else { "behind" }, Span(size));
                let text = format!("the clock of {source} is {size} {way} ours, or its data come late");
                record_moment(model, Moment::new(now, MomentKind::Link, text));
            }
        }
    }
    if source.kind == SourceKind::Flags
        && let Some(platform) = model.platforms.iter_mut().find(|p| p.name.as_str() == source.name.as_str())
    {
        platform.read_at = platform.state.as_ref().map(|_| now);
    }
}

fn ensure_link<'a>(model: &'a mut Model, source: &Source) -> &'a mut Link {
    let name = source.name.as_str();
    let interval = match source.kind {
        SourceKind::Flags => {
            model.rollout.platforms.iter().find(|p| p.name.as_str() == name).map(|p| p.interval.0)
        }
        SourceKind::Metrics => {
            model.rollout.metrics.iter().find(|m| m.name.as_str() == name).map(|m| m.interval.0)
        }
        SourceKind::Probes => Some(PROBE_INTERVAL),
        // People do not speak at intervals: the link's own pings tell whether it lives.
        SourceKind::Feedback => Some(Duration::MAX / 4),
    };
    let now = model.now;
    model.links.entry(source.clone()).or_insert_with(|| Link {
        state: LinkState::Connecting,
        since: now,
        heard_at: None,
        interval: interval.unwrap_or(DEFAULT_INTERVAL),
        skew_ms: None,
        skewed: 0,
    })
}

/// A customer said something.
pub fn feedback(model: &mut Model, source_at: Option<Timestamp>, feedback: &Feedback) {
    let (order, known) = &mut model.feedback_ids;
    if !known.insert(feedback.id.clone()) {
        model.feedback_totals.duplicates += 1;
        return;
    }
    order.push_back(feedback.id.clone());
    if order.len() > MAX_FEEDBACK_IDS
        && let Some(oldest) = order.pop_front()
    {
        known.remove(&oldest);
    }
    let totals = &mut model.feedback_totals;
    totals.pieces += 1;
    if let Some(score) = feedback.score {
        totals.scored += 1;
        totals.score_sum += u64::from(score);
    }
    if model.comments.len() >= MAX_COMMENTS {
        model.comments.pop_front();
    }
    let at = source_at.unwrap_or(model.now).min(model.now);
    model.comments.push_back(Comment { at, feedback: feedback.clone() });
    model.revision += 1;
}

/// Input could not be used: shown once, counted always.
pub fn problem(model: &mut Model, source: &Source, problem: &Text) {
    model.problems_seen += 1;
    model.revision += 1;
    let key = (source.clone(), problem.clone());
    if let Some(count) = model.problems.get_mut(&key) {
        *count += 1;
        return;
    }
    if model.problems.len() < MAX_PROBLEMS {
        model.problems.insert(key, 1);
        let text = format!("{source}: {problem}");
        record_moment(model, Moment::new(model.now, MomentKind::Problem, text));
    }
}

/// Takes over what the inbox left out so far. That readings were coalesced is no news.
pub fn traffic(model: &mut Model, refused: u64, coalesced: u64) {
    if model.traffic.refused != refused {
        model.revision += 1;
    }
    model.traffic = Traffic { refused, coalesced, ..model.traffic };
}
