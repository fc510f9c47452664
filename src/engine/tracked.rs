//! A command and how far it has come: requested, sent, confirmed, served, each with its time.
//!
//! In: what the engine asked for and what was heard of it. Out: plain values for the screen, the report and the journal.
//! Only `commands` and `served` change it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::Hold;
use crate::domain::{Probed, SegmentName, Timestamp};
use crate::effect::{Command, Outcome};

/// A command and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    /// The command.
    pub command: Command,
    /// When the engine asked for it.
    pub requested_at: Timestamp,
    /// The last that was heard of it. `None`: requested, not yet sent.
    pub outcome: Option<Outcome>,
    /// When that was.
    pub outcome_at: Option<Timestamp>,
    /// When it was sent. `None`: not yet.
    #[serde(default)]
    pub sent_at: Option<Timestamp>,
    /// When it was read back as asked for. `None`: not yet, or never.
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// When a probe first saw it served. `None`: not yet, or nobody probes.
    #[serde(default)]
    pub served_at: Option<Timestamp>,
    /// What was served before it.
    #[serde(default)]
    pub(in crate::engine) served_before: BTreeMap<SegmentName, Probed>,
    /// Whether it was found in the journal of another run, which may still be carrying it out.
    pub restored: bool,
    pub(in crate::engine) undo: Undo,
}

/// What was killed before a command, for when it is refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Undo {
    pub platform: Option<Hold>,
    pub segments: BTreeMap<SegmentName, Option<Hold>>,
}

impl Tracked {
    /// What was asked for, in words: `kill everything at web`.
    #[must_use]
    pub fn what(&self) -> String {
        super::commands::describe(&self.command)
    }

    /// Whether its end is still open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.outcome.as_ref().is_some_and(Outcome::is_final)
    }
}
