//! Pause: no widening until somebody resumes. The exposure stays as it is.

use super::{Plan, segments};
use crate::action::Request;
use crate::domain::Text;
use crate::effect::Record;
use crate::engine::Model;

pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    if request.scope.platform.is_some() {
        return Err(Text::new("a pause holds a segment on all platforms: leave the platform out"));
    }
    if segments(model, request).all(|segment| segment.paused.is_some()) {
        return Err(Text::new(&format!("{} is paused already", request.scope)));
    }
    let record = Record::Paused {
        scope: request.scope.clone(),
        actor: request.actor.clone(),
        reason: request.reason.clone(),
    };
    Ok(Plan { records: vec![record], ..Plan::default() })
}
