//! Clear: a person takes a latched NO-GO back, with a reason. Counting starts anew.

use super::{Plan, segments};
use crate::action::Request;
use crate::domain::{Actor, Text};
use crate::effect::Record;
use crate::engine::Model;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    if !matches!(request.actor, Actor::Person(_)) {
        return Err(Text::new("only a person clears a NO-GO"));
    }
    let latched: Vec<_> = segments(model, request).filter(|segment| !segment.latches.is_empty()).collect();
    if latched.is_empty() {
        return Err(Text::new(&format!("{} has no NO-GO to clear", request.scope)));
    }
    let reason = request.reason.clone();
    let record = |reason: &Text, segment: &crate::engine::model::SegmentModel| Record::Cleared {
        segment: segment.name.clone(),
        actor: request.actor.clone(),
        reason: reason.clone(),
    };
    Ok(Plan {
        records: reason
            .iter()
            .flat_map(|reason| latched.iter().map(|segment| record(reason, segment)))
            .collect(),
        needs_reason: Some(Text::new("a NO-GO is cleared by a person")),
        ..Plan::default()
    })
}
