//! What a backend has stored for one flag.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Actor, Percent, SegmentName, Text, Timestamp};

/// The backend's own version of a flag: it grows with each change. What it counts is the
/// adapter's business (a feed's version, Unleash's newest event id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The full state of the flag on one platform, as it was read back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FlagState {
    /// The version that was read.
    pub version: Version,
    /// Whether the flag as a whole is on. Off means that nobody gets the feature.
    pub on: bool,
    /// The stored share of each segment while the flag is on. A segment that the backend does
    /// not know is absent.
    pub shares: BTreeMap<SegmentName, Percent>,
    /// Who made the last change, if the backend says so.
    pub by: Option<Actor>,
    /// When the last change was made, by the backend's clock.
    pub changed_at: Option<Timestamp>,
    /// What cannot be trusted in this state: an unreadable percentage, a strategy we do not
    /// understand. Empty when all is understood.
    pub doubts: Vec<Text>,
    /// Segments with more variants than one that has the feature and one that has not: each variant's share, in
    /// the backend's order. Their entry in `shares` is what is not control, in all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub splits: BTreeMap<SegmentName, Vec<VariantShare>>,
    /// Segments whose share moves by itself at the backend: a native ramp, a computed weight.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ramps: BTreeMap<SegmentName, Ramp>,
}

impl FlagState {
    /// What the backend serves to a segment by what it stored: 0 % to everybody when the flag is off, also
    /// where the stored share makes no sense; `None` for a segment that it does not know.
    #[must_use]
    pub fn confirmed(&self, segment: &SegmentName) -> Option<Percent> {
        if self.on { self.shares.get(segment).copied() } else { Some(Percent::ZERO) }
    }

    /// Whether nobody can get the feature: off, or all shares 0 and nothing in doubt.
    #[must_use]
    pub fn is_off(&self) -> bool {
        !self.on || (self.doubts.is_empty() && self.shares.values().all(|share| share.is_zero()))
    }
}

/// One variant of a flag and the share of a segment's users that get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantShare {
    /// What the backend calls it.
    pub name: Text,
    /// The share of the segment's users.
    pub share: Percent,
}

/// A share that moves by itself at the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ramp {
    /// Where it ends. `None`: it is computed there, and cannot be said.
    pub to: Option<Percent>,
    /// When it is there. `None`: likewise.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_off_flag_confirms_zero_to_everybody_and_one_that_is_on_nothing_to_an_unknown_segment()
    -> Result<(), Box<dyn std::error::Error>> {
        let free = SegmentName::new("free")?;
        let mut state = FlagState {
            version: Version(1),
            on: true,
            shares: [(free.clone(), Percent::FULL)].into(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        };
        assert_eq!(state.confirmed(&free), Some(Percent::FULL));
        assert_eq!(state.confirmed(&SegmentName::new("eu")?), None);
        state.on = false;
        assert_eq!(state.confirmed(&free), Some(Percent::ZERO));
        assert_eq!(state.confirmed(&SegmentName::new("eu")?), Some(Percent::ZERO));
        assert!(state.is_off());
        Ok(())
    }
}
