//! Widen: the next stage for a segment, or for each of them.

use std::collections::BTreeMap;

use super::{Move, Plan, doubt, exposures, may_grow, platforms, segments};
use crate::action::Request;
use crate::domain::{Actor, FlagState, Percent, PlatformName, SegmentName, Text, VariantShare};
use crate::effect::Change;
use crate::engine::model::{Model, PlatformModel};

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let mut plan = Plan::default();
    let mut versions = BTreeMap::new();
    let mut obstacle = None;
    let mut won: BTreeMap<PlatformName, BTreeMap<SegmentName, Vec<VariantShare>>> = BTreeMap::new();
    for platform in platforms(model, request) {
        versions.insert(platform.name.clone(), may_grow(model, request, platform)?);
        if let Some(killed) = &platform.killed {
            let text = format!("{} was switched off by {}: resume it first", platform.name, killed.by);
            return Err(Text::new(&text));
        }
        let Some(state) = &platform.state else { continue };
        for segment in segments(model, request) {
            let name = &segment.name;
            let refuse = |cause: String| Text::new(&format!("cannot widen {name}: {cause}"));
            if let Some(hold) = &segment.killed {
                obstacle = Some(refuse(format!("it was killed by {}: resume it first", hold.by)));
                continue;
            }
            if let Some(hold) = &segment.paused {
                obstacle = Some(refuse(format!("paused by {}: resume it first", hold.by)));
                continue;
            }
            if let Some(winner) = &request.winner {
                match weights(state, name, winner) {
                    Ok(weights) => {
                        won.entry(platform.name.clone()).or_default().insert(name.clone(), weights)
                    }
                    Err(cause) => {
                        obstacle = Some(refuse(format!("{}: {cause}", platform.name)));
                        continue;
                    }
                };
            }
            let Some(from) = state.confirmed(name) else {
                obstacle = Some(refuse(format!("{} does not know this segment", platform.name)));
                continue;
            };
            let ladder = model.rollout.segment(name).map(|s| &s.ladder);
            let everybody = request.winner.as_ref().map(|_| Percent::FULL);
            let Some(to) = everybody.or(request.to).or_else(|| ladder.and_then(|l| l.above(from))) else {
                obstacle = Some(refuse(format!("it is at the top of its plan, {from}")));
                continue;
            };
            if to <= from && request.winner.is_none() {
                obstacle = Some(refuse(format!("{to} is not more than the present {from}")));
                continue;
            }
            if plan.needs_reason.is_none() {
                plan.needs_reason = doubt(model, segment, to).or_else(|| drift(platform, name));
            }
            plan.moves.push(Move {
                platform: platform.name.clone(),
                segment: name.clone(),
                from: Some(from),
                to,
            });
        }
    }
    if plan.moves.is_empty() {
        return Err(obstacle.unwrap_or_else(|| Text::new("there is nothing to widen")));
    }
    plan.changes = if request.winner.is_some() {
        let send = |(name, weights): (PlatformName, _)| {
            let version = versions.get(&name).copied();
            (name, Change::Weights(weights), version)
        };
        won.into_iter().map(send).collect()
    } else {
        exposures(model, &plan.moves, &versions)
    };
    let names = request.scope.segment.as_ref();
    // The autopilot says itself what it goes by.
    let own = request.reason.as_ref().filter(|_| request.actor == Actor::Autopilot);
    let worst = segments(model, request)
        .filter(|s| names.is_none_or(|n| *n == s.name))
        .flat_map(|s| s.board.values())
        .max_by_key(|cell| cell.verdict)
        .map(|cell| format!("{}: {}", cell.verdict, cell.evidence.sentence));
    plan.evidence = own.map(|reason| reason.as_str().to_owned()).or(worst);
    Ok(plan)
}

/// The weights of a segment whose variant has won: everybody gets it.
fn weights(state: &FlagState, segment: &SegmentName, winner: &Text) -> Result<Vec<VariantShare>, String> {
    let Some(split) = state.splits.get(segment) else {
        return Err("it has no variants to choose from: leave the winner out".into());
    };
    if !split.iter().any(|variant| variant.name == *winner) {
        let names: Vec<_> = split.iter().map(|variant| variant.name.as_str()).collect();
        return Err(format!("there is no variant {winner}; there are {}", names.join(", ")));
    }
    let share = |name: &Text| if name == winner { Percent::FULL } else { Percent::ZERO };
    let each = |variant: &VariantShare| VariantShare { share: share(&variant.name), ..variant.clone() };
    Ok(split.iter().map(each).collect())
}

/// Why more users at an edge that serves something else than is stored need a reason.
fn drift(platform: &PlatformModel, segment: &SegmentName) -> Option<Text> {
    let served = platform.served_share(segment).filter(|_| platform.drifting.contains(segment))?;
    let text =
        format!("the edge of {} serves {segment} to {served}, which is not what is stored", platform.name);
    Some(Text::new(&text))
}
