//! Decisions: what an event brought about, for the recording.
//!
//! A recording holds the events and, after each, the decisions that were made on it. Whoever replays the events makes
//! them again, and compares. A report reads them, and needs no engine of the day for what was decided then.

use serde::{Deserialize, Serialize};

use crate::domain::{Evidence, Percent, Phase, SegmentName, Station, Verdict};
use crate::effect::{Command, Effect, Record};

/// Something that an event brought about. Text is not compared more loosely than numbers: equal means equal, bit for
/// bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// A station says something else about a segment.
    Verdict {
        /// Where.
        segment: SegmentName,
        /// Which.
        station: Station,
        /// What it says now. `None`: it has nothing to say any more.
        verdict: Option<Verdict>,
        /// On what grounds. `None` without a verdict.
        evidence: Option<Evidence>,
    },
    /// A segment's phase changed.
    Phase {
        /// Which.
        segment: SegmentName,
        /// The new phase.
        phase: Phase,
    },
    /// A segment's confirmed exposure changed: a stage began, or it was taken back.
    Exposure {
        /// Which.
        segment: SegmentName,
        /// The new share. `None`: it is not known any more.
        confirmed: Option<Percent>,
    },
    /// A change of the flag was asked for.
    Command(Command),
    /// A line was written into the journal.
    Record(Record),
    /// Another process stops something, and whatever would expose more than this was given up.
    GiveWay(Command),
}

impl From<&Effect> for Decision {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Command(command) => Self::Command(command.clone()),
            Effect::Record(record) => Self::Record(record.clone()),
            Effect::GiveWay(command) => Self::GiveWay(command.clone()),
        }
    }
}
