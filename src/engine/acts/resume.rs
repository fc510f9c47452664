//! Resume: lift a pause, or bring back what was killed.
//!
//! What was killed comes back with the exposure it had, and only when the rollout's name is typed. A
//! segment with a NO-GO stays off when everything is resumed; resumed on its own, its NO-GO is cleared
//! with the reason, and it starts again at the first stage of its ladder.

use std::collections::BTreeMap;

use super::{Move, Plan, exposures, may_grow, platforms, segments};
use crate::action::Request;
use crate::domain::{Percent, Text};
use crate::effect::Record;
use crate::engine::Model;
use crate::engine::model::{PlatformModel, SegmentModel};

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let mut plan = Plan::default();
    let is_paused = segments(model, request).any(|segment| segment.paused.is_some());
    let is_killed = platforms(model, request).any(|p| p.killed.is_some())
        || segments(model, request).any(|segment| segment.killed.is_some());
    if is_paused {
        plan.records.push(Record::Resumed {
            scope: request.scope.clone(),
            actor: request.actor.clone(),
            reason: request.reason.clone(),
        });
    }
    if !is_killed {
        let nothing = Text::new(&format!("{} is neither paused nor killed", request.scope));
        return if is_paused { Ok(plan) } else { Err(nothing) };
    }
    plan.needs_name = true;
    let mut versions = BTreeMap::new();
    for platform in platforms(model, request) {
        versions.insert(platform.name.clone(), may_grow(model, request, platform)?);
        for segment in segments(model, request) {
            let was_killed = platform.killed.is_some() || segment.killed.is_some();
            let knows = platform.state.as_ref().is_some_and(|state| state.shares.contains_key(&segment.name));
            if !was_killed || !knows {
                continue;
            }
            let to = back_to(model, request, platform, segment);
            let from = platform.state.as_ref().and_then(|state| state.confirmed(&segment.name));
            plan.moves.push(Move {
                platform: platform.name.clone(),
                segment: segment.name.clone(),
                from,
                to,
            });
        }
    }
    if let Some(latched) =
        request.scope.segment.as_ref().and_then(|n| model.segment(n)).filter(|s| !s.latches.is_empty())
    {
        plan.needs_reason =
            Some(Text::new(&format!("{} has a NO-GO that resuming would clear", latched.name)));
        if let Some(reason) = request.reason.clone() {
            let (segment, actor) = (latched.name.clone(), request.actor.clone());
            plan.records.push(Record::Cleared { segment, actor, reason });
        }
    }
    plan.changes = exposures(model, &plan.moves, &versions);
    if plan.changes.is_empty() && plan.records.is_empty() {
        return Err(Text::new("no backend knows a segment to resume"));
    }
    Ok(plan)
}

fn back_to(model: &Model, request: &Request, platform: &PlatformModel, segment: &SegmentModel) -> Percent {
    let first = model.rollout.segment(&segment.name).and_then(|s| s.ladder.stages().first());
    let first = first.map_or(Percent::ZERO, |stage| stage.exposure);
    if !segment.latches.is_empty() {
        let alone = request.scope.segment.is_some();
        return if alone { request.to.unwrap_or(first) } else { Percent::ZERO };
    }
    let before = platform.before_kill.get(&segment.name).copied();
    // A flag that is off keeps its shares. Where they and our memory differ, the smaller one is the safe one.
    let stored = platform.state.as_ref().filter(|state| !state.on && segment.killed.is_none());
    let stored = stored.and_then(|state| state.shares.get(&segment.name)).copied();
    let before = before.into_iter().chain(stored).min();
    request.to.or(before).unwrap_or(if segment.killed.is_some() { first } else { Percent::ZERO })
}
