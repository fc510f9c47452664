//! Approve: a person gives a role's go for the next stage of one segment. It changes nobody's exposure.

use super::Plan;
use crate::action::Request;
use crate::domain::{Actor, Text};
use crate::effect::Record;
use crate::engine::Model;
use crate::engine::people;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let refuse = |cause: String| Err(Text::new(&cause));
    if !matches!(request.actor, Actor::Person(_)) {
        return refuse("only a person gives a go".into());
    }
    if request.scope.platform.is_some() {
        return refuse("a go is for a segment on all platforms: leave the platform out".into());
    }
    let Some(segment) = request.scope.segment.as_ref().and_then(|name| model.segment(name)) else {
        return refuse("a go is for one segment: choose one".into());
    };
    let name = &segment.name;
    let Some(from) = people::lowest(model, segment) else {
        return refuse(format!("the exposure of {name} is not known yet, so neither is its next stage"));
    };
    let ladder = model.rollout.segment(name).map(|segment| &segment.ladder);
    let Some(stage) = ladder.and_then(|ladder| ladder.next_after(from)) else {
        return refuse(format!("{name} is at the top of its plan, {from}"));
    };
    let exposure = stage.exposure;
    if let Some(to) = request.to.filter(|to| *to != exposure) {
        return refuse(format!("the next stage of {name} is {exposure}, not {to}"));
    }
    let Some(wanted) = &stage.approval else {
        return refuse(format!("{name} at {exposure} needs nobody's go"));
    };
    match &request.role {
        None => return refuse(format!("{name} at {exposure} needs {wanted}'s go: {}", people::how(wanted))),
        Some(role) if role != wanted => {
            return refuse(format!(
                "{name} at {exposure} needs {wanted}'s go; {role}'s does not count there"
            ));
        }
        Some(_) => {}
    }
    if let Some(cause) = people::obstacle(model, segment) {
        return refuse(format!("cannot give a go for {name}: {cause}"));
    }
    if let Some(given) = people::given(model, segment, stage) {
        return refuse(format!("{wanted}'s go for {name} at {exposure} was already given, by {}", given.by));
    }
    let record = Record::Approved {
        segment: name.clone(),
        exposure,
        role: wanted.clone(),
        actor: request.actor.clone(),
    };
    Ok(Plan { records: vec![record], ..Plan::default() })
}
