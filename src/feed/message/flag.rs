//! `flag`: the full state of one flag.
//!
//! In: nothing. Out: [`State`], which also rides in `ack` and `refused`, and [`Flag`], the same
//! with a number in the flag's stream. A state is always whole; there are no partial updates, so
//! the newest one is all that a client needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Actor, FlagKey, FlagState, Percent, SegmentName, Text, Timestamp, Version};

/// The state of one flag as the server has stored it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The flag.
    pub flag: FlagKey,
    /// Grows with each stored change of this flag.
    pub version: Version,
    /// Whether the flag as a whole is on. Off means that nobody gets the feature.
    pub on: bool,
    /// The share of each segment while the flag is on, in percent, 0 to 100.
    pub shares: BTreeMap<SegmentName, Percent>,
    /// Who made the last change. `None`: not known.
    pub by: Option<Actor>,
    /// When the last change was stored, by the server's clock. `None`: not known.
    pub changed_at_ms: Option<Timestamp>,
    /// Why it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// `flag`: a [`State`] with its number in the stream of this flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The number in the stream.
    pub seq: u64,
    /// See [`State::flag`].
    pub flag: FlagKey,
    /// See [`State::version`].
    pub version: Version,
    /// See [`State::on`].
    pub on: bool,
    /// See [`State::shares`].
    pub shares: BTreeMap<SegmentName, Percent>,
    /// See [`State::by`].
    pub by: Option<Actor>,
    /// See [`State::changed_at_ms`].
    pub changed_at_ms: Option<Timestamp>,
    /// See [`State::reason`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

impl Flag {
    /// Numbers a state.
    #[must_use]
    pub fn new(seq: u64, state: State) -> Self {
        let State { flag, version, on, shares, by, changed_at_ms, reason } = state;
        Self { seq, flag, version, on, shares, by, changed_at_ms, reason }
    }

    /// The state without its number.
    #[must_use]
    pub fn into_state(self) -> State {
        let Self { seq: _, flag, version, on, shares, by, changed_at_ms, reason } = self;
        State { flag, version, on, shares, by, changed_at_ms, reason }
    }
}

impl From<State> for FlagState {
    fn from(state: State) -> Self {
        Self {
            version: state.version,
            on: state.on,
            shares: state.shares,
            by: state.by,
            changed_at: state.changed_at_ms,
            doubts: Vec::new(),
            ..FlagState::default()
        }
    }
}
