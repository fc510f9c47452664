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
    /// Relative worsening that is accepted without a kill: 0.10 is 10 % worse. 0 or more.
    pub tolerate: f64,
    /// What a GO must rule out.
    pub margin: Margin,
    /// The worsening that must be seen fast, as times the usual rate; above 1. Only forecasts use it.
    pub jump: f64,
    /// Chance of a false alarm over the whole rollout, over all segments together. Above 0, below 1.
    pub risk: f64,
    /// What is counted.
    pub unit: Unit,
    /// What the autopilot does on a NO-GO.
    pub action: Response,
}

impl Guardrail {
    /// A worsening that matters when nobody said which: ten times as many bad users.
    pub const JUMP: f64 = 10.0;
    /// The margin when neither a margin nor a tolerance is given: nobody can rule out any worsening at all.
    pub const MARGIN: f64 = 0.10;
    /// The chance of a false alarm over the whole rollout, when nobody said it.
    pub const RISK: f64 = 0.01;

    /// A guardrail against control that counts users, tolerates nothing, and kills.
    #[must_use]
    pub const fn new(name: GuardrailName, station: Station, metric: MetricName) -> Self {
        Self {
            name,
            station,
            metric,
            compare: Compare::Control,
            tolerate: 0.0,
            margin: Margin::Relative(Self::MARGIN),
            jump: Self::JUMP,
            risk: Self::RISK,
            unit: Unit::User,
            action: Response::Kill,
        }
    }
}

/// What the treatment arm is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The control arm of the same segment at the same time. Once everybody has the feature: what control
    /// showed before.
    Control,
    /// The same segment before anybody had the feature. There is no control group: a shared outage looks the same.
    Baseline,
    /// A plain threshold: the bad share in treatment is above `rate` (0 to 1), of at least `least` units.
    /// No promise about false alarms.
    Above {
        /// The largest share of bad units that is accepted, 0 to 1.
        rate: f64,
        /// Least number of treatment units in the stage before it is looked at.
        least: u64,
    },
}

/// How much worse the treatment may be for a GO: the bound of the interval must stay below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margin {
    /// Relative to control's rate: 0.10 is 10 % worse. Above 0.
    Relative(f64),
    /// A difference of rates, 0 to 1: 0.01 is one user in a hundred more. Above 0.
    Points(f64),
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
