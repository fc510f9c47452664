//! Clear: a person takes a latched NO-GO or a wrong sample ratio back, with a reason. Counting starts anew.

use super::{Plan, segments};
use crate::action::Request;
use crate::domain::{Actor, Text};
use crate::effect::Record;
use crate::engine::Model;
use crate::engine::health::is_alert;
use crate::engine::model::SegmentModel;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    if !matches!(request.actor, Actor::Person(_)) {
        return Err(Text::new("only a person clears a NO-GO"));
    }
    let is_held = |segment: &&SegmentModel| !segment.latches.is_empty() || is_alert(segment);
    let held: Vec<_> = segments(model, request).filter(is_held).collect();
    if held.is_empty() {
        let text = format!("{} has nothing to clear: no NO-GO and no wrong sample ratio", request.scope);
        return Err(Text::new(&text));
    }
    let what = match held.iter().any(|segment| !segment.latches.is_empty()) {
        true => "a NO-GO is cleared by a person",
        false => "a sample ratio is cleared by a person",
    };
    let reason = request.reason.clone();
    let record = |reason: &Text, segment: &SegmentModel| Record::Cleared {
        segment: segment.name.clone(),
        actor: request.actor.clone(),
        reason: reason.clone(),
    };
    Ok(Plan {
        records: reason
            .iter()
            .flat_map(|reason| held.iter().map(|segment| record(reason, segment)))
            .collect(),
        needs_reason: Some(Text::new(what)),
        ..Plan::default()
    })
}
