//! `set` and its two answers.
//!
//! In: nothing. Out: [`Set`], [`Ack`], [`Refused`] and [`Code`]. One `set` is one change of one
//! flag: it is stored as a whole or not at all, and it is stored once however often it arrives,
//! because its id is an idempotency key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use crate::domain::{Actor, FlagKey, Percent, SegmentName, Text, Version};
use crate::feed::stream::OpaqueId;

/// `set`: changes the shares of some segments, or the whole flag, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// The idempotency key: a retry after a lost answer carries the same one.
    pub id: OpaqueId,
    /// The flag to change.
    pub flag: FlagKey,
    /// The new share of each named segment; the others stay as they are.
    #[serde(default)]
    pub shares: BTreeMap<SegmentName, Percent>,
    /// Switches the whole flag; `None` leaves it. A kill of the whole flag is `false`.
    pub on: Option<bool>,
    /// The version that the author saw; another one is refused. `None`: whatever it is, which is
    /// allowed only for changes that make no exposure larger.
    pub expected_version: Option<Version>,
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: Text,
}

/// `ack`: the change is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The id of the `set`.
    pub id: OpaqueId,
    /// The state after it.
    pub flag: State,
}

/// `refused`: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The id of the `set`.
    pub id: OpaqueId,
    /// Why.
    pub code: Code,
    /// Why, for a person.
    pub message: Text,
    /// The present state; `None` if there is no such flag.
    pub flag: Option<State>,
}

/// Why a `set` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The flag changed since the author looked, or a change that makes exposure larger named no version.
    StaleVersion,
    /// There is no such flag.
    UnknownFlag,
    /// The flag has no such segment.
    UnknownSegment,
    /// A share that the server cannot store, or a change that changes nothing by intent (no share, no switch).
    BadShare,
    /// This client may not write.
    ReadOnly,
    /// A code that we do not know.
    #[serde(other)]
    Other,
}
