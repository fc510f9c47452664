//! People: the goes of roles that a stage asks for.
//!
//! In: [`Approval`]s, given by key or verb and written into the journal. Out: the cell of the people station, and
//! whether a widen may pass.
//!
//! A go is for one stage of one segment. It is void after a kill, a roll-back, a NO-GO, and when its stage was
//! reached and left again. Only a person gives one.
//!
//! Start reading at [`missing`].

use serde::{Deserialize, Serialize};

use super::model::{Model, SegmentModel};
use crate::domain::{
    Actor, Evidence, Percent, RoleName, Segment, SegmentName, Stage, Text, Timestamp, Verdict,
};

/// A role's go for one stage of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The stage, by its exposure.
    pub exposure: Percent,
    /// On behalf of which role.
    pub role: RoleName,
    /// Who gave it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Whether the segment was seen at that exposure since.
    reached: bool,
}

impl Approval {
    /// A go that was just given.
    #[must_use]
    pub const fn new(exposure: Percent, role: RoleName, by: Actor, at: Timestamp) -> Self {
        Self { exposure, role, by, at, reached: false }
    }
}

/// Whether any stage of the rollout asks for somebody's go.
#[must_use]
pub fn are_asked(model: &Model) -> bool {
    let asks = |segment: &Segment| segment.ladder.stages().iter().any(|stage| stage.approval.is_some());
    model.rollout.segments.iter().any(asks)
}

/// The next stage of a segment, as far as its exposure is known.
#[must_use]
pub fn next_stage<'a>(model: &'a Model, segment: &SegmentModel) -> Option<&'a Stage> {
    model.rollout.segment(&segment.name)?.ladder.next_after(lowest(model, segment)?)
}

/// The exposure from which a segment goes on: that of the platform that is furthest behind. `None`: not known.
pub(super) fn lowest(model: &Model, segment: &SegmentModel) -> Option<Percent> {
    model.platforms.iter().filter_map(|p| p.state.as_ref()?.confirmed(&segment.name)).min()
}

/// The first go that is missing on the way of a segment to an exposure: the stage that asks for it, and the role.
/// `None`: none is.
#[must_use]
pub fn missing(model: &Model, segment: &SegmentModel, to: Percent) -> Option<(Percent, RoleName)> {
    let from = lowest(model, segment).unwrap_or_default();
    let stages = model.rollout.segment(&segment.name)?.ladder.stages().iter();
    let mut entered = stages.filter(|stage| stage.exposure > from && stage.exposure <= to);
    entered.find_map(|stage| {
        let role = stage.approval.clone()?;
        given(model, segment, stage).is_none().then_some((stage.exposure, role))
    })
}

/// The go that holds for a stage of a segment.
pub(super) fn given<'a>(model: &Model, segment: &'a SegmentModel, stage: &Stage) -> Option<&'a Approval> {
    let is_for = |a: &&Approval| a.exposure == stage.exposure && Some(&a.role) == stage.approval.as_ref();
    segment.approvals.iter().filter(is_for).find(|approval| holds(model, segment, approval))
}

/// Why no go can be given for a segment, and none that was given holds. `None`: it can.
pub(super) fn obstacle(model: &Model, segment: &SegmentModel) -> Option<Text> {
    if let Some(latch) = segment.latches.first() {
        return Some(Text::new(&format!("NO-GO on {}: clear it first", latch.station)));
    }
    let everywhere = || model.platforms.iter().find_map(|platform| platform.killed.as_ref());
    let hold = segment.killed.as_ref().or_else(everywhere)?;
    Some(Text::new(&format!("it was killed by {}: resume it first", hold.by)))
}

fn holds(model: &Model, segment: &SegmentModel, approval: &Approval) -> bool {
    let is_left = approval.reached && segment.exposure.confirmed.is_some_and(|now| now < approval.exposure);
    !is_left && obstacle(model, segment).is_none()
}

/// How a role gives its go, in words.
pub(super) fn how(role: &RoleName) -> String {
    format!("g in a cockpit started with --role {role}, or gonogo approve --role {role}")
}

/// Keeps a go, if a stage of that segment asks for it: so there are never more than stages.
pub(super) fn take(model: &mut Model, segment: &SegmentName, approval: Approval) {
    let stages = model.rollout.segment(segment).map_or(&[][..], |segment| segment.ladder.stages());
    let is_asked_for = stages
        .iter()
        .any(|stage| stage.exposure == approval.exposure && stage.approval.as_ref() == Some(&approval.role));
    if let Some(segment) = model.segments.iter_mut().find(|s| s.name == *segment).filter(|_| is_asked_for) {
        segment.approvals.retain(|known| known.exposure != approval.exposure);
        segment.approvals.push(approval);
    }
}

/// A segment was seen at an exposure, now or by an earlier run.
pub(super) fn reach(segments: &mut [SegmentModel], name: &SegmentName, share: Percent) {
    for segment in segments.iter_mut().filter(|segment| segment.name == *name) {
        for approval in segment.approvals.iter_mut().filter(|approval| approval.exposure <= share) {
            approval.reached = true;
        }
    }
}

/// Forgets the goes that hold no longer.
pub(super) fn void(model: &mut Model) {
    for index in 0..model.segments.len() {
        let Some(segment) = model.segments.get_mut(index).filter(|s| !s.approvals.is_empty()) else {
            continue;
        };
        let mut approvals = std::mem::take(&mut segment.approvals);
        let confirmed = segment.exposure.confirmed;
        for approval in &mut approvals {
            approval.reached |= confirmed.is_some_and(|share| share >= approval.exposure);
        }
        let Some(segment) = model.segments.get(index) else { continue };
        approvals.retain(|approval| holds(model, segment, approval));
        if let Some(segment) = model.segments.get_mut(index) {
            segment.approvals = approvals;
        }
    }
}

/// The cell of the people station. `None`: the ladder asks for nobody.
pub(super) fn judge(model: &Model, segment: &SegmentModel) -> Option<(Verdict, Evidence)> {
    let ladder = &model.rollout.segment(&segment.name)?.ladder;
    if ladder.stages().iter().all(|stage| stage.approval.is_none()) {
        return None;
    }
    let at = Timestamp::default();
    let Some(from) = lowest(model, segment) else {
        return Some((Verdict::Wait, Evidence::of("the exposure is not known yet", at)));
    };
    let Some(stage) = ladder.next_after(from) else {
        return Some((Verdict::Go, Evidence::of("nobody's go is needed any more", at)));
    };
    let exposure = stage.exposure;
    Some(match (&stage.approval, given(model, segment, stage)) {
        (None, _) => (Verdict::Go, Evidence::of(format!("{exposure} needs nobody's go"), at)),
        (Some(role), Some(given)) => {
            (Verdict::Go, Evidence::of(format!("{} gave {role}'s go for {exposure}", given.by), given.at))
        }
        (Some(role), None) => {
            let sentence = format!("{exposure} needs {role}'s go: g, or gonogo approve --role {role}");
            (Verdict::Wait, Evidence::of(sentence, at))
        }
    })
}
