//! Decisions: what an event brought about, for the recording.
//!
//! A recording holds the events and, after each, the decisions that were made on it. Whoever replays the events makes
//! them again, and compares. A report reads them, and needs no engine of the day for what was decided then.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::commands;

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

impl fmt::Display for Decision {
    /// One line for a person: `free: errors NO-GO: …`, `free: KILLED`, `free: confirmed at 25%`, `kill free to 0% at web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict { segment, station, verdict: Some(verdict), evidence } => {
                let sentence = evidence.as_ref().map_or("", |evidence| evidence.sentence.as_str());
                write!(f, "{segment}: {station} {verdict}: {sentence}")
            }
            Self::Verdict { segment, station, verdict: None, .. } => {
                write!(f, "{segment}: {station} has nothing to say any more")
            }
            Self::Phase { segment, phase } => write!(f, "{segment}: {phase}"),
            Self::Exposure { segment, confirmed: Some(share) } => {
                write!(f, "{segment}: confirmed at {share}")
            }
            Self::Exposure { segment, confirmed: None } => {
                write!(f, "{segment}: the exposure is not known any more")
            }
            Self::Command(command) => write!(f, "{} by {}", commands::describe(command), command.actor),
            Self::GiveWay(command) => {
                write!(f, "give way to {} by {}", commands::describe(command), command.actor)
            }
            Self::Record(record) => {
                let (what, by) = match record {
                    Record::Commanded { command } => (commands::describe(command), Some(&command.actor)),
                    Record::Finished { id, .. } => (format!("the end of command {id}"), None),
                    Record::Paused { scope, actor, .. } => (format!("pause {scope}"), Some(actor)),
                    Record::Resumed { scope, actor, .. } => (format!("resume {scope}"), Some(actor)),
                    Record::Noted { text, actor, .. } => (format!("note {text}"), Some(actor)),
                    Record::Latched { segment, guardrail, .. } => {
                        (format!("NO-GO of {guardrail} in {segment}"), None)
                    }
                    Record::Cleared { segment, actor, .. } => (format!("clear {segment}"), Some(actor)),
                    Record::Approved { segment, exposure, role, actor } => {
                        (format!("go of {role} for {segment} at {exposure}"), Some(actor))
                    }
                };
                write!(f, "journal: {what}")?;
                by.map_or(Ok(()), |actor| write!(f, " by {actor}"))
            }
        }
    }
}
