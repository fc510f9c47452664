//! Links to the outside: which source, and how alive it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MetricName, PlatformName, Span, Text};

/// What a source delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A flag backend of a platform.
    Flags,
    /// A metrics source.
    Metrics,
    /// A feedback source.
    Feedback,
    /// A probe of what a platform's edge serves.
    Probes,
}

impl SourceKind {
    /// The word on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Metrics => "metrics",
            Self::Feedback => "feedback",
            Self::Probes => "probe",
        }
    }
}

/// One connection to the outside: its kind and the name it has in the rollout file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// What it delivers.
    pub kind: SourceKind,
    /// The platform's, metric's or feedback source's name.
    pub name: Text,
}

impl Source {
    /// A source of a kind by name.
    #[must_use]
    pub fn new(kind: SourceKind, name: &str) -> Self {
        Self { kind, name: Text::new(name) }
    }

    /// The source of a metric. It shares the metric's name, so it is cheap to make for each reading.
    #[must_use]
    pub fn of_metric(metric: &MetricName) -> Self {
        Self { kind: SourceKind::Metrics, name: metric.into() }
    }

    /// The flags of a platform; shares its name likewise.
    #[must_use]
    pub fn of_platform(platform: &PlatformName) -> Self {
        Self { kind: SourceKind::Flags, name: platform.into() }
    }
}

impl Source {
    /// The probe of a platform; shares its name likewise.
    #[must_use]
    pub fn of_probe(platform: &PlatformName) -> Self {
        Self { kind: SourceKind::Probes, name: platform.into() }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.name)
    }
}

/// How alive a link is, as its own task reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum LinkState {
    /// First attempt under way; nothing known yet.
    Connecting,
    /// Answering. The age of its data is kept by the engine.
    Live,
    /// Lost; trying again.
    Retrying {
        /// Why the last attempt failed.
        cause: Text,
        /// How long until the next attempt.
        wait: Span,
    },
    /// Given up: an error that trying again cannot mend (a bad token, an unknown flag).
    Failed {
        /// Why, with a remedy.
        cause: Text,
    },
}
