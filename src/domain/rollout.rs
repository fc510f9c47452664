//! A rollout: the release of one feature, as one rollout file describes it.
//!
//! This is the part that the engine needs: names, ladders and guardrails. Addresses and tokens
//! stay in `config` and in the adapters that are built from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Capabilities, FlagKey, Guardrail, Ladder, MetricName, PlatformName, RolloutName, SegmentName, Span, Text,
};

/// The release of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Its name; the journal is kept under it.
    pub name: RolloutName,
    /// The team that answers for it.
    pub owner: Option<Text>,
    /// Where the flag is served; at least one.
    pub platforms: Vec<Platform>,
    /// Who gets it; at least one.
    pub segments: Vec<Segment>,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// What must not get worse.
    pub guardrails: Vec<Guardrail>,
    /// How long the autopilot waits without data before it pauses.
    pub pause_without_data: Span,
    /// Whether the split of users is held against the exposure (sample ratio). Off for a control group that is
    /// not the rest of the segment.
    pub sample_ratio: bool,
}

/// One place where the flag is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Its name.
    pub name: PlatformName,
    /// The flag's key there.
    pub flag: FlagKey,
    /// How often its state is expected to be confirmed at the least; past twice that it is stale.
    pub interval: Span,
    /// How long after a change everybody is served by it, as far as is known: what its clients poll by.
    pub reach: Span,
    /// What its backend is able to do. In recordings of before only `kill`, among the other fields.
    #[serde(flatten)]
    pub capabilities: Capabilities,
    /// Whether its edge is probed for what it really serves.
    #[serde(default)]
    pub probed: bool,
    /// What serves the flag there, for people: `unleash at http://…`, without secrets. Empty: not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub backend: String,
    /// The other ways to the same flag, likewise: what stops goes through all of them at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Text>,
}

impl Platform {
    /// A platform that pushes changes to its clients, and can switch single segments off.
    #[must_use]
    pub fn new(name: PlatformName, flag: FlagKey, interval: Span) -> Self {
        let (reach, capabilities) = (Span(Duration::from_secs(1)), Capabilities::default());
        let (backend, paths) = (String::new(), Vec::new());
        Self { name, flag, interval, reach, capabilities, probed: false, backend, paths }
    }
}

/// One group of customers that is exposed, measured and judged on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: SegmentName,
    /// Number of targeted customers. `None`: not said.
    pub size: Option<u64>,
    /// The stages that it climbs.
    pub ladder: Ladder,
    /// The segments that must have reached the top of their ladders before the autopilot begins with this one.
    pub after: Vec<SegmentName>,
}

impl Segment {
    /// A segment that waits for no other.
    #[must_use]
    pub const fn new(name: SegmentName, size: Option<u64>, ladder: Ladder) -> Self {
        Self { name, size, ladder, after: Vec::new() }
    }
}

/// One measured thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub name: MetricName,
    /// How often a new sample is expected; past twice that it is stale.
    pub interval: Span,
}

impl Rollout {
    /// The segment of that name.
    #[must_use]
    pub fn segment(&self, name: &SegmentName) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == *name)
    }

    /// The metric of that name.
    #[must_use]
    pub fn metric(&self, name: &MetricName) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == *name)
    }
}
