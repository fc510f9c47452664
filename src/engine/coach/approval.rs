//! A stage that waits for somebody's go, and for nothing else.

use super::Advice;
use super::words::is_free;
use crate::domain::{RoleName, Stage, Station, Verdict};
use crate::engine::model::{Model, SegmentModel};
use crate::engine::people;

pub fn advise(model: &Model) -> Vec<Advice> {
    model.segments.iter().filter_map(|segment| of(model, segment)).collect()
}

/// The stage that waits for a role's go alone, and the role.
pub fn awaited<'a>(model: &'a Model, segment: &SegmentModel) -> Option<(&'a Stage, &'a RoleName)> {
    segment.board.get(&Station::People).filter(|cell| cell.verdict == Verdict::Wait)?;
    let is_else_go = segment
        .board
        .iter()
        .all(|(station, cell)| *station == Station::People || cell.verdict == Verdict::Go);
    let confirmed = segment.exposure.confirmed?;
    // Before the first stage there is nothing to judge.
    if !(is_free(model, segment) && (is_else_go || confirmed.is_zero())) {
        return None;
    }
    let stage = model.rollout.segment(&segment.name)?.ladder.next_after(confirmed)?;
    Some((stage, stage.approval.as_ref()?))
}

fn of(model: &Model, segment: &SegmentModel) -> Option<Advice> {
    let (stage, role) = awaited(model, segment)?;
    let text = format!(
        "{} can go to {} with {role}'s go: select it, then {}.",
        segment.name,
        stage.exposure,
        people::how(role)
    );
    Some(Advice::new(Some(&segment.name), Verdict::Wait, text))
}
