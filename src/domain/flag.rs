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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a backend is able to do; shown by `check` and in the confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Changes are pushed to us. If not, they are polled.
    pub push: bool,
    /// The backend refuses a write whose expected version is old. If not, we verify afterwards.
    pub compare_and_set: bool,
    /// What a kill can be aimed at.
    pub kill: KillScope,
}

/// The smallest thing that a backend can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KillScope {
    /// Only the whole flag.
    Flag,
    /// A single segment.
    Segment,
}

impl KillScope {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Flag => "the whole flag only",
            Self::Segment => "single segments or the whole flag",
        }
    }
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
