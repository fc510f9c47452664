//! What the timeline of a scenario can do.
//!
//! In: the `[[acts]]` of a scenario file. Out: [`Act`]s for the world. Three kinds: somebody changes
//! the flag, customers fare worse (or stay away), and the network misbehaves.
//!
//! ```toml
//! [[acts]]
//! at = "90s"
//! do = { kind = "worsen", segment = "enterprise", when_exposure = 25, errors = { to = 0.03 } }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::{Percent, SegmentName, Span, Text};

/// Something that happens at a time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When, counted from the start of the world.
    pub at: Span,
    /// What.
    #[serde(rename = "do")]
    pub deed: Deed,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// Somebody outside the cockpit sets shares. They stand back once the flag was switched off or
    /// a segment was changed by somebody else.
    Set {
        /// Who, as the cockpit shows them.
        actor: Text,
        /// The new shares.
        shares: BTreeMap<SegmentName, Percent>,
        /// Why.
        reason: Text,
    },
    /// Customers fare worse.
    Worsen(Worsen),
    /// More or fewer users come.
    Traffic {
        /// In which segment; absent: in all.
        segment: Option<SegmentName>,
        /// Times the usual number; 0 stops them.
        times: f64,
        /// For how long; absent: for good.
        #[serde(rename = "for")]
        lasts: Option<Span>,
    },
    /// All connections are cut without a word.
    Drop {},
    /// New connections are closed at once.
    Refuse {
        /// For how long.
        #[serde(rename = "for")]
        lasts: Span,
    },
    /// The present connections stay open and fall silent; new ones work.
    HalfOpen {},
}

/// How customers fare worse, and which.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worsen {
    /// In which segment; absent: in all.
    pub segment: Option<SegmentName>,
    /// Who feels it.
    #[serde(default)]
    pub arms: Arms,
    /// Only while the segment's exposure is at least this.
    pub when_exposure: Option<Percent>,
    /// Grows evenly to its full size over this time; absent: at once.
    pub over: Option<Span>,
    /// For how long; absent: for good.
    #[serde(rename = "for")]
    pub lasts: Option<Span>,
    /// Share of users who meet an error.
    pub errors: Option<Amount>,
    /// Slower answers.
    pub latency: Option<Latency>,
    /// What people say.
    pub mood: Option<Mood>,
}

/// Who feels it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arms {
    /// Only those who have the feature: its fault.
    #[default]
    Treatment,
    /// Everybody alike: not its fault.
    Both,
}

/// A new value, as a factor or outright.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// Times the usual.
    Times(f64),
    /// This value.
    To(f64),
}

impl Amount {
    /// The new value in place of `usual`.
    #[must_use]
    pub fn of(self, usual: f64) -> f64 {
        match self {
            Self::Times(factor) => usual * factor,
            Self::To(value) => value,
        }
    }
}

/// Slower answers for a share of the users.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Share of users who feel it, 0 to 1.
    pub share: f64,
    /// Times their usual latency.
    pub times: f64,
}

/// What people say.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    /// The new share of feedback that is content, 0 to 1.
    pub happy: f64,
    /// Times as many people who say something.
    #[serde(default = "once")]
    pub talk: f64,
}

const fn once() -> f64 {
    1.0
}
