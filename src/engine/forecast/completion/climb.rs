//! The way of one segment: which stages lie behind and ahead, and when each can end.
//!
//! In: the model, a segment, and when those that come before it are done. Out: a [`Climb`]. What stands against any forecast
//! is looked for first, in the order in which a person would name it.

use std::time::Duration;

use super::{Climb, End, Go, Place, Rung, Wait};
use crate::domain::{
    Arm, Guardrail, MetricName, Percent, Phase, Segment, SegmentName, Stage, Station, Timestamp, Verdict,
};
use crate::engine::coach::words::about;
use crate::engine::forecast::need::{self, Need};
use crate::engine::forecast::traffic::{self, Traffic};
use crate::engine::model::{Model, SegmentModel};
use crate::engine::people;
use crate::engine::watch::Watch;

/// Longer than this nobody plans: a year.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// When a segment may begin, or go on, as far as others matter.
pub enum Gate {
    /// Now.
    Open,
    /// When this one is done, and when that is.
    At(SegmentName, Timestamp),
    /// Nobody knows.
    Unknown(String),
}

/// What a segment must wait for of the others. `None`: one of them is not told yet.
pub fn gate(model: &Model, segment: &SegmentModel, told: &[Option<Climb>]) -> Option<Gate> {
    let mut gate = Gate::Open;
    for first in model.rollout.segment(&segment.name).map_or(&[][..], |planned| &planned.after) {
        let Some(index) = model.segments.iter().position(|known| known.name == *first) else {
            return Some(Gate::Unknown(format!("begins after {first}, which is not part of the rollout")));
        };
        gate = match (&told.get(index)?.as_ref()?.end, gate) {
            (_, Gate::Unknown(why)) => Gate::Unknown(why),
            (End::Unknown(why), _) if super::names(why, first) => {
                Gate::Unknown(format!("begins after {first} ({why})"))
            }
            (End::Unknown(why), _) => {
                Gate::Unknown(format!("begins after {first}, which is not known: {why}"))
            }
            (End::At(at), Gate::At(_, then)) if then < *at => Gate::At(first.clone(), *at),
            (End::At(at), Gate::Open) => Gate::At(first.clone(), *at),
            (_, gate) => gate,
        };
    }
    Some(gate)
}

/// Tells the way of a segment.
pub fn climb(model: &Model, segment: &SegmentModel, gate: &Gate) -> Climb {
    let name = segment.name.clone();
    let Some(planned) = model.rollout.segment(&name) else {
        let end = End::Unknown("it is not part of the plan".to_owned());
        return Climb { segment: name, rungs: Vec::new(), waits: Vec::new(), end };
    };
    let lowest = people::lowest(model, segment);
    let mut rungs = rungs(model, segment, planned, lowest);
    let mut waits = Vec::new();
    let end = match (obstacle(model, segment), lowest) {
        (Some(why), _) => Err(why),
        (None, None) => Err("the exposure is not known yet".to_owned()),
        (None, Some(from)) => time(model, segment, planned, (from, gate), &mut rungs, &mut waits),
    };
    let end = end.unwrap_or_else(|why| {
        // What is not known at the end is not known on the way either.
        for rung in rungs.iter_mut().filter(|rung| rung.place == Place::Ahead) {
            (rung.begins, rung.ends, rung.longest) = (None, None, None);
        }
        End::Unknown(why)
    });
    Climb { segment: name, rungs, waits, end }
}

/// The stages without their times.
fn rungs(model: &Model, segment: &SegmentModel, planned: &Segment, lowest: Option<Percent>) -> Vec<Rung> {
    let here = lowest.and_then(|share| planned.ladder.stage_at(share)).map(|(index, _)| index);
    let stages = planned.ladder.stages().iter().enumerate();
    let rung = |(index, stage): (usize, &Stage)| {
        let place = match here {
            Some(here) if index < here => Place::Passed,
            Some(here) if index == here => Place::Here,
            _ => Place::Ahead,
        };
        let counted = (place == Place::Here).then(|| counted(segment)).flatten();
        let bake_left = match place {
            Place::Passed => Duration::ZERO,
            Place::Here => model.bake_left(segment).unwrap_or_default(),
            Place::Ahead => stage.bake.0,
        };
        let given_by = || people::given(model, segment, stage).map(|given| given.by.clone());
        Rung {
            exposure: stage.exposure,
            place,
            bake: stage.bake.0,
            bake_left,
            sample: stage.sample,
            counted,
            go: stage.approval.clone().map(|role| Go { role, given_by: given_by() }),
            begins: segment.stage_since.filter(|_| place == Place::Here),
            ends: None,
            longest: None,
        }
    };
    stages.map(rung).collect()
}

/// Units of the treatment in the present stage, by the guardrail that has fewest.
fn counted(segment: &SegmentModel) -> Option<f64> {
    let units = segment.watches.iter().map(|watch| watch.stage_units(Arm::Treatment));
    units.min_by(f64::total_cmp)
}

/// Why nobody can know, in words.
fn obstacle(model: &Model, segment: &SegmentModel) -> Option<String> {
    match segment.phase {
        Phase::Killing => return Some("a kill is under way".to_owned()),
        Phase::RollingBack => return Some("a roll-back is under way".to_owned()),
        _ => {}
    }
    if let Some(latch) = segment.latches.first() {
        return Some(format!("NO-GO on {}", latch.station));
    }
    let killed = segment.killed.as_ref().or_else(|| model.platforms.iter().find_map(|p| p.killed.as_ref()));
    if let Some(hold) = killed {
        return Some(format!("killed by {}", hold.by));
    }
    if let Some(hold) = &segment.paused {
        return Some(format!("paused by {}", hold.by));
    }
    if let Some(hold) = &segment.lowered {
        return Some(format!("taken back by {}", hold.by));
    }
    if let Some(platform) = model.platforms.iter().find(|platform| platform.state.is_none()) {
        return Some(format!("{} has not been read yet", platform.name));
    }
    // What is blind is on HOLD as well; the data say why.
    let is_held = |station: &Station| segment.board.get(station).is_some_and(|c| c.verdict == Verdict::Hold);
    let mut stations = [Station::Data].into_iter().chain(Station::ALL);
    if let Some(station) = stations.find(is_held) {
        return Some(format!("HOLD on {station}"));
    }
    let data = segment.board.get(&Station::Data).filter(|cell| cell.verdict != Verdict::Go)?;
    Some(data.evidence.sentence.clone())
}

/// Fills in the times.
///
/// # Errors
/// Why there are none.
fn time(
    model: &Model,
    segment: &SegmentModel,
    planned: &Segment,
    (from, gate): (Percent, &Gate),
    rungs: &mut [Rung],
    waits: &mut Vec<Wait>,
) -> Result<End, String> {
    let (now, top) = (model.now, rungs.len().saturating_sub(1));
    let watched: Vec<_> = model.rollout.guardrails.iter().zip(&segment.watches).collect();
    let mut at = now;
    let mut timed: Vec<(Duration, Wait)> = Vec::new();
    if let Some((index, rung)) = rungs.iter_mut().enumerate().find(|(_, rung)| rung.place == Place::Here) {
        timed.push((rung.bake_left, Wait::Bake));
        if index < top {
            let stage = planned.ladder.stages().get(index);
            timed.extend(present(model, segment, stage, from, &watched)?);
        }
        timed.retain(|(takes, _)| !takes.is_zero());
        timed.sort_by_key(|(takes, _)| std::cmp::Reverse(*takes));
        let takes = timed.first().map_or(Duration::ZERO, |(takes, _)| *takes);
        rung.longest = timed.first().map(|(_, wait)| wait.clone());
        at = soon(segment, now.plus(takes), now)?;
        rung.ends = Some(at);
    }
    if !rungs.iter().any(|rung| rung.place == Place::Ahead) {
        waits.extend(timed.into_iter().map(|(_, wait)| wait));
        return Ok(if at > now { End::At(at) } else { End::Done });
    }
    match gate {
        Gate::Open => {}
        Gate::At(first, then) => {
            timed.push((then.since(now), Wait::After(first.clone())));
            timed.sort_by_key(|(takes, _)| std::cmp::Reverse(*takes));
            at = at.max(*then);
        }
        Gate::Unknown(why) => return Err(why.clone()),
    }
    waits.extend(timed.into_iter().map(|(_, wait)| wait));
    let next = rungs.iter().find(|rung| rung.place == Place::Ahead).and_then(|rung| rung.go.as_ref());
    waits.extend(next.filter(|go| go.given_by.is_none()).map(|go| Wait::Go(go.role.clone())));
    let traffics: Vec<_> = watched.iter().map(|(guardrail, _)| known(model, segment, guardrail)).collect();
    for (index, rung) in rungs.iter_mut().enumerate().filter(|(_, rung)| rung.place == Place::Ahead) {
        let mut longest = (rung.bake, Wait::Bake);
        // The last one is followed by nothing that needs a GO.
        let stage = planned.ladder.stages().get(index).filter(|_| index < top);
        for ((guardrail, watch), traffic) in watched.iter().zip(&traffics).filter(|_| stage.is_some()) {
            let (Some(stage), traffic) = (stage, traffic.as_ref().map_err(Clone::clone)?) else { continue };
            let units = need::in_stage(segment, (guardrail, watch), stage, traffic)
                .ok_or_else(|| endless(&guardrail.metric, stage.exposure))?;
            let takes = gather(units, traffic, stage.exposure);
            if takes > longest.0 {
                longest = (takes, Wait::Users(guardrail.metric.clone()));
            }
        }
        rung.begins = Some(at);
        at = soon(segment, at.plus(longest.0), now)?;
        rung.ends = Some(at);
        rung.longest = Some(longest.1).filter(|_| !longest.0.is_zero());
    }
    Ok(End::At(at))
}

/// What the guardrails still miss in the present stage, with the time that it takes.
fn present(
    model: &Model,
    segment: &SegmentModel,
    stage: Option<&Stage>,
    share: Percent,
    watched: &[(&Guardrail, &Watch)],
) -> Result<Vec<(Duration, Wait)>, String> {
    let Some(stage) = stage else { return Ok(Vec::new()) };
    let is_go = |station| segment.board.get(&station).is_some_and(|cell| cell.verdict == Verdict::Go);
    let mut timed = Vec::new();
    for (guardrail, watch) in watched.iter().filter(|(guardrail, _)| !is_go(guardrail.station)) {
        let counted = watch.stage_units(Arm::Treatment);
        let sample = (stage.sample as f64).max(1.0);
        let is_proven = watch.proof().is_some_and(|proof| proof.is_proven) && counted >= sample;
        if is_proven {
            continue;
        }
        let traffic = known(model, segment, guardrail)?;
        let missing = match need::here(guardrail, watch, sample) {
            Some(Need::Out) => {
                return Err(format!("{} looks worse than its margin so far", guardrail.metric));
            }
            Some(Need::Proof { missing, .. }) => missing,
            found => {
                // After the sample comes the proof, of which nothing is seen yet.
                let in_all = need::in_stage(segment, (guardrail, watch), stage, &traffic)
                    .ok_or_else(|| endless(&guardrail.metric, share))?;
                (in_all - counted).max(found.map_or(1.0, |need| need.users()))
            }
        };
        timed.push((gather(missing, &traffic, share), Wait::Users(guardrail.metric.clone())));
    }
    // Several metrics wait for the same users: the one that takes longest says it.
    timed.sort_by_key(|(takes, _)| std::cmp::Reverse(*takes));
    timed.truncate(1);
    Ok(timed)
}

fn known(model: &Model, segment: &SegmentModel, guardrail: &Guardrail) -> Result<Traffic, String> {
    traffic::of(model, segment, &guardrail.metric).map_err(|missing| missing.0)
}

fn endless(metric: &MetricName, at: Percent) -> String {
    format!("{metric} has no GO in sight at {at}")
}

/// How long so many units of the treatment take at an exposure.
fn gather(units: f64, traffic: &Traffic, exposure: Percent) -> Duration {
    let seconds = units / (traffic.units_per_s * exposure.as_f64() / 100.0);
    let longest = LONGEST.as_secs_f64();
    Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, longest) } else { longest })
}

/// A time that somebody can plan by.
fn soon(segment: &SegmentModel, at: Timestamp, now: Timestamp) -> Result<Timestamp, String> {
    let span = at.since(now);
    if span < LONGEST {
        Ok(at)
    } else {
        Err(format!("{} takes {} at this traffic", segment.name, about(span)))
    }
}
