//! Verdicts: what a station says about a segment, and on what grounds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Timestamp, number};

/// What a station says. The order is the order of weight: the worst of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Good evidence that all is well.
    Go,
    /// Not enough evidence yet.
    Wait,
    /// The data cannot be believed, or something warns.
    Hold,
    /// Worse than accepted, with the promised certainty. Latched until a person clears it.
    NoGo,
}

impl Verdict {
    /// The word on the screen, in the log and in JSON's text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::Wait => "WAIT",
            Self::Hold => "HOLD",
            Self::NoGo => "NO-GO",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One line of the go/no-go poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Station {
    /// Errors and crashes.
    Errors,
    /// Latency.
    Latency,
    /// Conversion, revenue.
    Business,
    /// Use of the feature.
    Adoption,
    /// What customers say.
    Feedback,
    /// Whether the data can be believed: fresh, complete, and flags that are where we put them.
    Data,
    /// Whether the users are split between the arms as the exposure says.
    SampleRatio,
    /// The roles whose go the next stage asks for.
    People,
}

impl Station {
    /// All stations, in the order of the board.
    pub const ALL: [Self; 8] = [
        Self::Errors,
        Self::Latency,
        Self::Business,
        Self::Adoption,
        Self::Feedback,
        Self::Data,
        Self::SampleRatio,
        Self::People,
    ];

    /// The word on the board and in the rollout file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Business => "business",
            Self::Adoption => "adoption",
            Self::Feedback => "feedback",
            Self::Data => "data",
            Self::SampleRatio => "sample ratio",
            Self::People => "people",
        }
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a verdict is made of; enough to derive it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence for a person.
    pub sentence: String,
    /// How it was reached.
    #[serde(default)]
    pub method: Method,
    /// Natural logarithm of the e-value; `None` where the verdict is not a statistical one.
    #[serde(default, with = "number::optional")]
    pub ln_e: Option<f64>,
    /// Natural logarithm of the threshold that `ln_e` is held against.
    #[serde(default, with = "number::optional")]
    pub ln_threshold: Option<f64>,
    /// Treatment: units and bad units counted since the stage began.
    #[serde(default, with = "number::pair")]
    pub treatment: Option<(f64, f64)>,
    /// Control: units and bad units counted since the stage began.
    #[serde(default, with = "number::pair")]
    pub control: Option<(f64, f64)>,
    /// One-sided upper bound of how much worse treatment is, as a difference of rates. `None`: no interval.
    #[serde(default, with = "number::optional")]
    pub bound: Option<f64>,
    /// The largest such difference that a GO allows. `None`: no interval.
    #[serde(default, with = "number::optional")]
    pub limit: Option<f64>,
    /// When the newest input was measured.
    pub as_of: Timestamp,
}

/// How a verdict was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By a fact: no numbers were weighed.
    #[default]
    Fact,
    /// M1: the cumulative bet against control.
    Bet,
    /// M1: its twin for late onsets (Shiryaev–Roberts).
    Twin,
    /// M1 over all segments together: the average of their e-values.
    Together,
    /// M2: the interval of the difference.
    Interval,
    /// M3: the split of the users.
    SampleRatio,
    /// M4: against what was before; there is no control group.
    Uncontrolled,
    /// A plain threshold.
    Threshold,
}

impl Evidence {
    /// Evidence that is only a sentence.
    #[must_use]
    pub fn of(sentence: impl Into<String>, as_of: Timestamp) -> Self {
        Self {
            sentence: sentence.into(),
            method: Method::Fact,
            ln_e: None,
            ln_threshold: None,
            treatment: None,
            control: None,
            bound: None,
            limit: None,
            as_of,
        }
    }
}

/// Where a rollout or a segment of it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Exposed, or ready to be, and free to widen.
    Running,
    /// Something holds it: a NO-GO or unhealthy data.
    Holding,
    /// Held by a person or the autopilot until it is resumed. The exposure stays.
    Paused,
    /// A kill is under way and not yet read back as off.
    Killing,
    /// Read back as off.
    Killed,
    /// A smaller exposure is under way.
    RollingBack,
    /// 100 % confirmed.
    Complete,
    /// We do not know what the backend serves.
    Unknown,
}

impl Phase {
    /// The word on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Holding => "HOLDING",
            Self::Paused => "PAUSED",
            Self::Killing => "KILLING",
            Self::Killed => "KILLED",
            Self::RollingBack => "ROLLING-BACK",
            Self::Complete => "COMPLETE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
