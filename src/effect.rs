//! Effects: the only way out.
//!
//! The engine answers an event with [`Effect`]s; the runner carries them out and reports each step
//! back as an event. A [`Command`] moves `requested → sent → confirmed | refused | unknown`, and
//! nothing counts as done before the backend was read back.
//!
//! A [`Record`] is a line of the journal. The runner writes [`Record::Commanded`] before it sends a
//! command, and [`Record::Finished`] after; everything else is written when the engine says so.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::action::{Scope, Verb};
use crate::domain::{
    Actor, Evidence, FlagState, GuardrailName, Percent, PlatformName, Response, RoleName, SegmentName,
    Station, Text, VariantShare, Version,
};

/// The id of one command; unique over restarts, and the idempotency key at backends that take one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(pub u64);

impl std::fmt::Display for EffectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// What the engine wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Change a flag, and read it back.
    Command(Command),
    /// Write a line into the journal.
    Record(Record),
    /// Another process stops something: send nothing, but give up whatever would expose more than this.
    GiveWay(Command),
}

/// A change of the flag on one platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: EffectId,
    /// The action that it is part of.
    pub verb: Verb,
    /// Where.
    pub platform: PlatformName,
    /// What.
    pub change: Change,
    /// Refuse if the platform's flag is no longer at this version. `None`: whatever it is now;
    /// only what stops may be sent so.
    pub expected: Option<Version>,
    /// Who asked.
    pub actor: Actor,
    /// Why.
    pub reason: Option<Text>,
    /// What it was decided on, as a sentence. Written down before the command is sent.
    pub evidence: Option<String>,
    /// The first command of the same request: what went to all platforms at once belongs together. `None`: it is
    /// that one, or of a journal that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<EffectId>,
}

impl Command {
    /// Whether it stops: overtakes everything, and is repeated until it is read back. A pause is sent only where
    /// something moves by itself.
    #[must_use]
    pub const fn is_urgent(&self) -> bool {
        matches!(self.verb, Verb::Kill | Verb::RollBack | Verb::Pause)
    }

    /// What it belongs to: the first command of the same request.
    #[must_use]
    pub fn whole(&self) -> EffectId {
        self.part_of.unwrap_or(self.id)
    }
}

/// What to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Set the shares of some segments; the others and the switch stay.
    Shares(BTreeMap<SegmentName, Percent>),
    /// Switch the whole flag off; the stored shares stay.
    Off,
    /// Switch the whole flag on with these shares, set before the switch: no moment with others.
    On(BTreeMap<SegmentName, Percent>),
    /// Stop what moves by itself: each of these segments stays at the share that it has when the command arrives.
    Freeze(BTreeSet<SegmentName>),
    /// Give the variants of some segments these shares; variants that are not named get nothing.
    Weights(BTreeMap<SegmentName, Vec<VariantShare>>),
}

impl Change {
    /// Whether a state is what this change asks for.
    #[must_use]
    pub fn is_met_by(&self, state: &FlagState) -> bool {
        let shares_are = |wanted: &BTreeMap<SegmentName, Percent>| {
            wanted.iter().all(|(segment, share)| state.shares.get(segment) == Some(share))
        };
        match self {
            Self::Shares(wanted) => {
                shares_are(wanted) || (!state.on && wanted.values().all(|share| share.is_zero()))
            }
            Self::Off => !state.on,
            Self::On(wanted) => state.on && shares_are(wanted),
            Self::Freeze(names) => !state.on || names.iter().all(|name| !state.ramps.contains_key(name)),
            Self::Weights(wanted) => wanted.iter().all(|(name, weights)| {
                state.splits.get(name).is_some_and(|split| {
                    let share = |name: &Text| weights.iter().find(|w| w.name == *name).map(|w| w.share);
                    let is_known = |w: &VariantShare| split.iter().any(|v| v.name == w.name);
                    weights.iter().all(is_known)
                        && split.iter().all(|v| v.share == share(&v.name).unwrap_or_default())
                })
            }),
        }
    }

    /// The segments that it names. `None`: the whole flag is switched off.
    #[must_use]
    pub fn segments(&self) -> Option<BTreeSet<&SegmentName>> {
        match self {
            Self::Off => None,
            Self::Shares(shares) | Self::On(shares) => Some(shares.keys().collect()),
            Self::Freeze(names) => Some(names.iter().collect()),
            Self::Weights(weights) => Some(weights.keys().collect()),
        }
    }

    /// The segment that it is about, where it names one only.
    #[must_use]
    pub fn only_segment(&self) -> Option<&SegmentName> {
        self.segments().filter(|names| names.len() == 1)?.pop_first()
    }

    /// Whether it has something to do with a segment. A flag that is switched has to do with all of them.
    #[must_use]
    pub fn touches(&self, segment: &SegmentName) -> bool {
        matches!(self, Self::On(_)) || self.segments().is_none_or(|names| names.contains(segment))
    }

    /// Whether a state exposes no more than this change asks for: then what stops has nothing left to do.
    #[must_use]
    pub fn is_stopped_in(&self, state: &FlagState) -> bool {
        match self {
            Self::Shares(wanted) => wanted.iter().all(|(name, share)| {
                // A segment that the backend does not know can be exposed for all we know.
                state.confirmed(name).is_some_and(|confirmed| confirmed <= *share)
            }),
            Self::Off | Self::On(_) | Self::Freeze(_) | Self::Weights(_) => self.is_met_by(state),
        }
    }

    /// What is left to do of this older stopping change beside a newer one: a segment that the newer one stops
    /// further is its business alone, or a late repetition would expose it again. `None`: nothing is left.
    #[must_use]
    pub fn beside(&self, newer: &Self) -> Option<Self> {
        let mine = match self {
            Self::Shares(mine) => mine,
            // A share that is written down moves no more.
            Self::Freeze(mine) => {
                let left: BTreeSet<_> = mine.iter().filter(|name| !newer.sets(name)).cloned().collect();
                return (!left.is_empty()).then_some(Self::Freeze(left));
            }
            Self::Off | Self::On(_) | Self::Weights(_) => return Some(self.clone()),
        };
        let is_left = |name: &SegmentName, share: Percent| match newer {
            Self::Off => share.is_zero(),
            Self::Shares(theirs) => theirs.get(name).is_none_or(|theirs| share <= *theirs),
            Self::On(_) | Self::Freeze(_) | Self::Weights(_) => true,
        };
        let left: BTreeMap<_, _> = mine
            .iter()
            .filter(|(name, share)| is_left(name, **share))
            .map(|(n, s)| (n.clone(), *s))
            .collect();
        (!left.is_empty()).then_some(Self::Shares(left))
    }

    /// Whether it writes the share of a segment down, or sees to it as this one would.
    fn sets(&self, segment: &SegmentName) -> bool {
        self.segments().is_some_and(|names| names.contains(segment))
    }
}

/// How far a command has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// On the wire.
    Sent,
    /// Read back as asked for.
    Confirmed {
        /// What was read.
        state: FlagState,
        /// A change by somebody else that ours overwrote, in words.
        overwrote: Option<Text>,
    },
    /// Not done, for sure.
    Refused {
        /// Why, with a remedy where there is one.
        cause: Text,
        /// The state that was read on that occasion.
        state: Option<FlagState>,
    },
    /// We do not know whether it was done. An urgent command is being repeated.
    Unknown {
        /// Why.
        cause: Text,
        /// How many times it was tried.
        attempts: u32,
    },
}

impl Outcome {
    /// Whether nothing more will come for this command.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Confirmed { .. } | Self::Refused { .. })
    }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "record")]
pub enum Record {
    /// A command is about to be sent.
    Commanded {
        /// The command.
        command: Command,
    },
    /// A command came to an end, or its end is not known.
    Finished {
        /// Which.
        id: EffectId,
        /// How.
        outcome: Outcome,
    },
    /// Widening is held.
    Paused {
        /// What.
        scope: Scope,
        /// By whom.
        actor: Actor,
        /// Why.
        reason: Option<Text>,
    },
    /// Widening is free again.
    Resumed {
        /// What.
        scope: Scope,
        /// By whom.
        actor: Actor,
        /// Why.
        reason: Option<Text>,
    },
    /// A person's words.
    Noted {
        /// On what.
        scope: Scope,
        /// By whom.
        actor: Actor,
        /// The words.
        text: Text,
    },
    /// A guardrail said NO-GO. It stays until it is cleared.
    Latched {
        /// In which segment.
        segment: SegmentName,
        /// At which station.
        station: Station,
        /// Which guardrail.
        guardrail: GuardrailName,
        /// On what grounds.
        evidence: Evidence,
        /// What shall be done about it. `None` in journals that did not say: what the guardrail says.
        #[serde(default)]
        response: Option<Response>,
    },
    /// A person cleared the NO-GOs of a segment.
    Cleared {
        /// Which.
        segment: SegmentName,
        /// Who.
        actor: Actor,
        /// Why.
        reason: Text,
    },
    /// A person gave a role's go for one stage of one segment.
    Approved {
        /// Which segment.
        segment: SegmentName,
        /// Which stage: its exposure.
        exposure: Percent,
        /// On behalf of which role.
        role: RoleName,
        /// Who.
        actor: Actor,
    },
}
