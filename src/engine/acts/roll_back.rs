//! Roll back: one stage down, or to a smaller exposure. It stops, so it is never refused for a stale view.

use std::collections::BTreeMap;

use super::{Move, Plan, platforms, segments, shares};
use crate::action::Request;
use crate::domain::Text;
use crate::engine::Model;
use crate::engine::commands::is_being_killed;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let mut plan = Plan::default();
    let mut obstacle = None;
    for platform in platforms(model, request) {
        for segment in segments(model, request) {
            let name = &segment.name;
            if is_being_killed(model, &platform.name, name) {
                // What is smaller than a kill does not exist; what is larger must not come after it.
                let text = format!("cannot roll back {name} at {}: it is being killed", platform.name);
                obstacle = Some(Text::new(&text));
                continue;
            }
            let Some(from) = platform.state.as_ref().and_then(|state| state.confirmed(name)) else {
                let text = format!(
                    "cannot roll back {name} at {}: its exposure is not known; kill it to be safe",
                    platform.name
                );
                obstacle = Some(Text::new(&text));
                continue;
            };
            let ladder = model.rollout.segment(name).map(|s| &s.ladder);
            let to = request.to.or_else(|| ladder.map(|ladder| ladder.below(from))).unwrap_or_default();
            if to >= from {
                let text = if from.is_zero() {
                    format!("cannot roll back {name}: nobody is exposed")
                } else {
                    format!("cannot roll back {name}: {to} is not less than the present {from}")
                };
                obstacle = Some(Text::new(&text));
                continue;
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
        return Err(obstacle.unwrap_or_else(|| Text::new("there is nothing to roll back")));
    }
    plan.changes = shares(&plan.moves, &BTreeMap::new());
    Ok(plan)
}
