//! Stages: a ladder of exposures, each larger than the one before.

use std::time::Duration;

use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::{Ladder, Percent, RoleName, Span, Stage};

/// The most stages: one for each percent.
const MAX_STAGES: usize = 100;

/// How long a stage bakes when the file does not say.
const DEFAULT_BAKE: Span = Span(Duration::from_secs(600));

/// The longest bake time: a year; more is a typing error.
const MAX_BAKE: Span = Span(Duration::from_secs(365 * 86_400));

const FIELDS: [&str; 4] = ["exposure", "bake", "sample", "approval"];

/// Reads a list of stages.
pub(super) fn read(value: &Value<'_>, problems: &mut Problems) -> Option<Ladder> {
    let items = values::list(value, "a list of stages", MAX_STAGES, problems)?;
    if items.is_empty() {
        problems.push(
            Problem::new(value.span(), "a plan needs at least one stage")
                .hint("write stages = [ { exposure = 5, bake = \"10m\" }, { exposure = 100 } ]"),
        );
        return None;
    }
    let mut stages: Vec<Stage> = Vec::new();
    let before = problems.count();
    for item in items {
        let Some((stage, place)) = stage(item, problems) else { continue };
        match stages.last() {
            Some(last) if stage.exposure <= last.exposure => problems.push(
                Problem::new(
                    place,
                    format!("stages must climb: {} does not exceed {}", stage.exposure, last.exposure),
                )
                .hint("order the stages by exposure, each larger than the one before"),
            ),
            _ => stages.push(stage),
        }
    }
    if problems.count() > before { None } else { Ladder::new(stages) }
}

fn stage(value: &Value<'_>, problems: &mut Problems) -> Option<(Stage, std::ops::Range<usize>)> {
    let fields = Fields::of(value, "a stage", &FIELDS, problems)?;
    let bake = fields
        .get("bake")
        .map_or(Some(DEFAULT_BAKE), |bake| values::span(bake, Span::default(), MAX_BAKE, problems));
    let sample = fields.get("sample").map_or(Some(0), |sample| values::whole(sample, 0, problems));
    let approval: Option<Option<RoleName>> =
        fields.get("approval").map(|role| values::parsed(role, "the name of a role", problems));
    let exposure = fields.require("exposure", "exposure = 5", problems)?;
    let number = values::number(exposure, "a percentage from 0 to 100", problems)?;
    let percent = match Percent::new(number) {
        Ok(percent) if percent.is_zero() => {
            let message = format!("a stage exposes somebody: {number} % is too little");
            problems.push(
                Problem::new(exposure.span(), message).hint("leave the stage out: a segment begins at 0 %"),
            );
            return None;
        }
        Ok(percent) => percent,
        Err(cause) => {
            problems.push(Problem::new(exposure.span(), cause.to_string()));
            return None;
        }
    };
    // A role that cannot be read is a fault of the file; a stage without one would ask for nobody's go.
    let approval = match approval {
        Some(role) => Some(role?),
        None => None,
    };
    Some((Stage { approval, ..Stage::new(percent, bake?, sample?) }, exposure.span()))
}
