//! Pause: no widening until somebody resumes. The exposure stays as it is; a ramp that the backend would go on with is
//! frozen there.

use std::collections::BTreeSet;

use super::{Plan, segments};
use crate::action::Request;
use crate::domain::{Capabilities, Pausing, Text};
use crate::effect::{Change, Record};
use crate::engine::model::{Model, PlatformModel};

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
    // What moves by itself would go on without us: it is stopped where it is.
    let mut changes = Vec::new();
    for platform in &model.platforms {
        let Some(state) = platform.state.as_ref().filter(|state| state.on) else { continue };
        let moving: BTreeSet<_> = segments(model, request)
            .map(|segment| segment.name.clone())
            .filter(|name| state.ramps.contains_key(name))
            .collect();
        if !moving.is_empty() && capabilities(model, platform).pause == Pausing::Freezes {
            changes.push((platform.name.clone(), Change::Freeze(moving), None));
        }
    }
    Ok(Plan { records: vec![record], changes, ..Plan::default() })
}

fn capabilities(model: &Model, platform: &PlatformModel) -> Capabilities {
    let platform = model.rollout.platforms.iter().find(|known| known.name == platform.name);
    platform.map(|platform| platform.capabilities).unwrap_or_default()
}
