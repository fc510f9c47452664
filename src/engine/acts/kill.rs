//! Kill: nobody in the scope gets the feature. Never refused, except where there are no rights at all.
//!
//! The whole rollout is killed by switching the flag off; the stored shares stay for `resume`. A segment
//! is killed by setting its share to 0.

use super::{Move, Plan, platforms, segments};
use crate::action::Request;
use crate::domain::{Percent, Text};
use crate::effect::Change;
use crate::engine::Model;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let mut plan = Plan::default();
    for platform in platforms(model, request) {
        for segment in segments(model, request) {
            let from = platform.state.as_ref().and_then(|state| state.confirmed(&segment.name));
            let (platform, segment) = (platform.name.clone(), segment.name.clone());
            plan.moves.push(Move { platform, segment, from, to: Percent::ZERO });
        }
        let change = match &request.scope.segment {
            None => Change::Off,
            Some(name) => Change::Shares([(name.clone(), Percent::ZERO)].into()),
        };
        plan.changes.push((platform.name.clone(), change, None));
    }
    plan.evidence = request.reason.as_ref().map(|reason| reason.as_str().to_owned()).or_else(|| {
        let worst =
            segments(model, request).flat_map(|s| s.board.values()).max_by_key(|cell| cell.verdict)?;
        Some(format!("{}: {}", worst.verdict, worst.evidence.sentence))
    });
    Ok(plan)
}
