//! Guardrails: how much worse is too much, how sure to be, and what to do about it.

use serde::{Deserialize, Serialize};

use super::{GuardrailName, MetricName, Station};

/// A rule on one metric, judged in every segment on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    /// Unique in the rollout.
    pub name: GuardrailName,
    /// The line of the go/no-go poll that it belongs to.
    pub station: Station,
    /// The metric that it watches.
    pub metric: MetricName,
    /// What the treatment arm is held against.
    pub compare: Compare,
    /// Relative worsening that is accepted: 0.10 is 10 % worse. 0 or more.
    pub tolerate: f64,
    /// Chance of a false alarm over the whole rollout, over all segments together. Above 0, below 1.
    pub risk: f64,
    /// What is counted.
    pub unit: Unit,
    /// What the autopilot does on a NO-GO.
    pub action: Response,
}

/// What the treatment arm is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The control arm of the same segment at the same time.
    Control,
}

/// What one count stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Distinct users: the e-value means what it says.
    User,
    /// Requests: over-confident, because one user makes many. Such a guardrail may pause, never kill.
    Request,
}

/// What the autopilot does when a guardrail says NO-GO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Shows it.
    Warn,
    /// Pauses the segment: no widening until a person resumes.
    Pause,
    /// Kills the segment.
    Kill,
}
