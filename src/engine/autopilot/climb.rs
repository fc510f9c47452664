//! Climbing: `full` widens a segment to its next stage when nothing speaks against it.
//!
//! In: the model at a tick. Out: requests like those of the key, or why not, in words for the coach and the screen.
//! A doubt means no. Stale, missing or one-sided data is a doubt, whatever the board says of earlier numbers.

use std::time::Duration;

use crate::action::{Request, Scope, Verb};
use crate::domain::{
    Actor, Arm, Compare, Guardrail, Percent, SegmentName, Source, Span, Station, Text, Timestamp, Verdict,
};
use crate::effect::Outcome;
use crate::engine::model::{Model, SegmentModel, Tracked};
use crate::engine::{acts, people};

/// How long the autopilot waits after a widen of its own that was refused, or whose answer was lost: a person has
/// time to read why, and a sick backend is not pressed.
pub const RETRY: Duration = Duration::from_secs(60);

/// What can be widened now, in the order of the rollout file.
pub(super) fn steps(model: &Model) -> Vec<Request> {
    model.segments.iter().filter_map(|segment| step(model, segment).ok().flatten()).collect()
}

/// Why `full` does not widen a segment right now, in words: `bakes for 3:10 more`, `latency is WAIT: …`,
/// `waits for captain's go`, `begins after internal`. `None`: nothing is in the way, or it is at the top of its plan.
#[must_use]
pub fn obstacle(model: &Model, segment: &SegmentModel) -> Option<Text> {
    step(model, segment).err()
}

/// The next widen of a segment. `Ok(None)`: it is at the top.
fn step(model: &Model, segment: &SegmentModel) -> Result<Option<Request>, Text> {
    let name = &segment.name;
    let Some(plan) = model.rollout.segment(name) else { return Ok(None) };
    let from = lowest(model, name)?;
    let Some(stage) = plan.ladder.next_after(from) else { return Ok(None) };
    check_holds(model, segment)?;
    if let Some(first) = plan.after.iter().find(|first| !is_done(model, first)) {
        return Err(Text::new(&format!("begins after {first}")));
    }
    check_commands(model, name)?;
    check_board(segment, Verdict::Hold)?;
    check_data(model, segment)?;
    check_board(segment, Verdict::Wait)?;
    check_complete(model, segment)?;
    if let Some(left) = model.bake_left(segment) {
        return Err(Text::new(&format!("bakes for {} more", Span(left))));
    }
    if let Some((_, role)) = people::missing(model, segment, stage.exposure) {
        return Err(Text::new(&format!("waits for {role}'s go")));
    }
    let request = Request {
        to: Some(stage.exposure),
        reason: Some(Text::new(&reason(segment, from))),
        seen: model.versions(),
        ..Request::new(Actor::Autopilot, Verb::Widen, Scope::segment(name.clone()))
    };
    match acts::consider(model, &request)?.needs_reason {
        Some(doubt) => Err(doubt),
        None => Ok(Some(request)),
    }
}

/// The smallest exposure of a segment over all platforms: nobody is left behind, and nobody runs ahead.
fn lowest(model: &Model, name: &SegmentName) -> Result<Percent, Text> {
    let mut lowest = None;
    for platform in &model.platforms {
        let Some(state) = &platform.state else {
            return Err(Text::new(&format!("{} has not been read yet", platform.name)));
        };
        lowest = lowest.into_iter().chain(state.confirmed(name)).min();
    }
    lowest.ok_or_else(|| Text::new("no backend knows this segment"))
}

/// What somebody or a guardrail holds.
fn check_holds(model: &Model, segment: &SegmentModel) -> Result<(), Text> {
    if let Some(latch) = segment.latches.first() {
        return Err(Text::new(&format!("NO-GO on {}: {}", latch.station, latch.evidence.sentence)));
    }
    let killed = segment.killed.as_ref().or_else(|| model.platforms.iter().find_map(|p| p.killed.as_ref()));
    if let Some(hold) = killed {
        return Err(Text::new(&format!("killed by {}", hold.by)));
    }
    if let Some(hold) = &segment.paused {
        return Err(Text::new(&format!("paused by {}", hold.by)));
    }
    if let Some(hold) = &segment.lowered {
        return Err(Text::new(&format!("taken back by {}: widen it by hand to go on", hold.by)));
    }
    Ok(())
}

/// Whether a segment is where others may follow it: at the top of its ladder everywhere, baked, and nothing holds it.
fn is_done(model: &Model, name: &SegmentName) -> bool {
    let (Some(segment), Some(plan)) = (model.segment(name), model.rollout.segment(name)) else {
        return false;
    };
    let is_at_top = lowest(model, name).is_ok_and(|share| plan.ladder.next_after(share).is_none());
    is_at_top
        && model.bake_left(segment).is_none()
        && segment.verdict < Verdict::Hold
        && check_holds(model, segment).is_ok()
}

/// Nothing of ours is under way, and the last attempt was not refused a moment ago.
fn check_commands(model: &Model, name: &SegmentName) -> Result<(), Text> {
    let about = || model.commands.iter().rev().filter(|t| t.command.change.touches(name));
    if let Some(open) = about().find(|tracked| tracked.is_open()) {
        return Err(Text::new(&format!("{} is under way", open.what())));
    }
    let is_ours = |t: &&Tracked| t.command.actor == Actor::Autopilot && t.command.verb == Verb::Widen;
    let Some(last) = about().find(is_ours) else { return Ok(()) };
    let Some(Outcome::Refused { cause, .. }) = &last.outcome else { return Ok(()) };
    let waited = model.now.since(last.outcome_at.unwrap_or(last.requested_at));
    match RETRY.checked_sub(waited).filter(|left| !left.is_zero()) {
        Some(left) => Err(Text::new(&format!("was refused; again in {}: {cause}", Span(left)))),
        None => Ok(()),
    }
}

/// No station says this or worse. Where nobody is exposed, only the data can be judged, and people wait for their own.
fn check_board(segment: &SegmentModel, limit: Verdict) -> Result<(), Text> {
    let is_exposed = segment.exposure.confirmed.is_some_and(|share| !share.is_zero());
    let counts = |station: Station| match station {
        Station::People => false,
        Station::Data => true,
        _ => is_exposed || limit > Verdict::Wait,
    };
    let cells = segment.board.iter().filter(|(station, cell)| counts(**station) && cell.verdict >= limit);
    match cells.max_by_key(|(_, cell)| cell.verdict) {
        Some((station, cell)) => {
            Err(Text::new(&format!("{station} is {}: {}", cell.verdict, cell.evidence.sentence)))
        }
        None => Ok(()),
    }
}

/// Each station that must speak has spoken: a board without a cell is no GO.
fn check_complete(model: &Model, segment: &SegmentModel) -> Result<(), Text> {
    let is_exposed = segment.exposure.confirmed.is_some_and(|share| !share.is_zero());
    let judged = model.rollout.guardrails.iter().filter(|_| is_exposed).map(|guardrail| guardrail.station);
    for station in judged.chain([Station::Data]) {
        if segment.board.get(&station).is_none_or(|cell| cell.verdict != Verdict::Go) {
            return Err(Text::new(&format!("{station} has not said GO")));
        }
    }
    Ok(())
}

/// Every guardrail has fresh numbers of this segment; where it compares the arms, of both of them.
fn check_data(model: &Model, segment: &SegmentModel) -> Result<(), Text> {
    model.rollout.guardrails.iter().try_for_each(|guardrail| check_metric(model, segment, guardrail))
}

fn check_metric(model: &Model, segment: &SegmentModel, guardrail: &Guardrail) -> Result<(), Text> {
    let (metric, now) = (&guardrail.metric, model.now);
    let refuse = |cause: String| Err(Text::new(&cause));
    let link = model.links.get(&Source::of_metric(metric));
    if link.is_none_or(|link| link.is_stale(now)) {
        return refuse(format!("no fresh {metric} data"));
    }
    let fresh = model.rollout.metric(metric).map_or(Duration::ZERO, |m| m.interval.0.saturating_mul(2));
    let series = segment.series.get(metric);
    let Some((series, sampled_at)) = series.and_then(|series| Some((series, series.sampled_at?))) else {
        return refuse(format!("no {metric} data of {} yet", segment.name));
    };
    let age = now.since(sampled_at);
    if age > fresh {
        return refuse(format!("no {metric} data of {} for {}", segment.name, Span(age)));
    }
    // Slots begin at whole seconds.
    let back = fresh.saturating_add(Duration::from_secs(1)).as_millis();
    let from = Timestamp(now.0.saturating_sub(i64::try_from(back).unwrap_or(i64::MAX)));
    let share = segment.exposure.confirmed.unwrap_or_default();
    let is_compared = guardrail.compare == Compare::Control && share != Percent::FULL;
    let arms = [(Arm::Treatment, !share.is_zero()), (Arm::Control, is_compared)];
    let mut needed = arms.into_iter().filter_map(|(arm, is_needed)| is_needed.then_some(arm));
    match needed.find(|arm| series.since(from, *arm).is_none()) {
        Some(Arm::Treatment) => refuse(format!("no {metric} data of {} with the feature", segment.name)),
        Some(Arm::Control) => refuse(format!("no {metric} data of control in {}", segment.name)),
        None => Ok(()),
    }
}

/// What speaks for it, as a sentence for the journal.
fn reason(segment: &SegmentModel, from: Percent) -> String {
    if from.is_zero() {
        return "nobody is exposed yet, and the data of every guardrail are fresh".into();
    }
    let cells = segment.board.iter().filter(|(station, _)| **station != Station::Data);
    let words: Vec<_> = cells
        .map(|(station, cell)| format!("{station} {}: {}", cell.verdict, cell.evidence.sentence))
        .collect();
    format!("baked at {from}; {}", words.join("; "))
}
