//! Marks: the moments of a recording that one jumps to, in a few bytes each, for the index and the timeline.

use serde::{Deserialize, Serialize};

use crate::action::{Scope, Verb};
use crate::domain::{Actor, Percent, SegmentName, Station, Timestamp, Verdict};
use crate::effect::{Command, Record};
use crate::engine::Decision;

/// A moment that one jumps to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The number of its event, see [`super::Taken::number`].
    pub event: u64,
    /// When the event was taken.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened at a mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A station's verdict on a segment changed; `None`: it has nothing to say any more.
    Verdict(SegmentName, Station, Option<Verdict>),
    /// A segment's confirmed exposure changed; `None`: it is not known any more.
    Exposure(SegmentName, Option<Percent>),
    /// Somebody, or the autopilot, acted: their verb, where, and who.
    Action(Verb, Scope, Actor),
}

/// What one jumps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any mark: the next decision.
    Any,
    /// A changed verdict.
    Verdict,
    /// A changed exposure: the next stage.
    Stage,
    /// An action.
    Action,
}

impl Mark {
    /// The mark of a decision, if one jumps to it: a phase follows from the others, and a NO-GO's line in the journal
    /// from its verdict.
    #[must_use]
    pub fn of(event: u64, at: Timestamp, decision: &Decision) -> Option<Self> {
        let what = match decision {
            Decision::Verdict { segment, station, verdict, .. } => {
                What::Verdict(segment.clone(), *station, *verdict)
            }
            Decision::Exposure { segment, confirmed } => What::Exposure(segment.clone(), *confirmed),
            Decision::Command(command) => What::Action(command.verb, scope(command), command.actor.clone()),
            Decision::Record(record) => record_action(record)?,
            Decision::Phase { .. } | Decision::GiveWay(_) => return None,
        };
        Some(Self { event, at, what })
    }

    /// Whether it is of a kind.
    #[must_use]
    pub const fn is(&self, kind: Kind) -> bool {
        match kind {
            Kind::Any => true,
            Kind::Verdict => matches!(self.what, What::Verdict(..)),
            Kind::Stage => matches!(self.what, What::Exposure(..)),
            Kind::Action => matches!(self.what, What::Action(..)),
        }
    }
}

/// Where a command acts: at its platform, in its segment if it is only one.
fn scope(command: &Command) -> Scope {
    let segment = command.change.only_segment().cloned();
    Scope { segment, platform: Some(command.platform.clone()) }
}

fn record_action(record: &Record) -> Option<What> {
    Some(match record {
        Record::Paused { scope, actor, .. } => What::Action(Verb::Pause, scope.clone(), actor.clone()),
        Record::Resumed { scope, actor, .. } => What::Action(Verb::Resume, scope.clone(), actor.clone()),
        Record::Noted { scope, actor, .. } => What::Action(Verb::Note, scope.clone(), actor.clone()),
        Record::Cleared { segment, actor, .. } => {
            What::Action(Verb::Clear, Scope::segment(segment.clone()), actor.clone())
        }
        Record::Approved { segment, actor, .. } => {
            What::Action(Verb::Approve, Scope::segment(segment.clone()), actor.clone())
        }
        Record::Commanded { .. } | Record::Finished { .. } | Record::Latched { .. } => return None,
    })
}
