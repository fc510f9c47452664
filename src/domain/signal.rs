//! Signals: what is measured of one segment, in both arms at the same moment.
//!
//! All numbers are cumulative: they only grow until the source restarts. A lost sample therefore
//! loses nothing, and the newest sample of a series may stand for all before it.

use serde::{Deserialize, Serialize};

use super::{MetricName, SegmentName, number};

/// Which half of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// Has the feature.
    Treatment,
    /// Does not have it yet.
    Control,
}

/// A value for each arm. `None`: the source had no data for that arm, which is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ByArm<T> {
    /// The arm that has the feature.
    pub treatment: Option<T>,
    /// The arm that does not.
    pub control: Option<T>,
}

impl<T> ByArm<T> {
    /// The value of one arm.
    #[must_use]
    pub const fn get(&self, arm: Arm) -> Option<&T> {
        match arm {
            Arm::Treatment => self.treatment.as_ref(),
            Arm::Control => self.control.as_ref(),
        }
    }

    /// The place of one arm.
    pub const fn get_mut(&mut self, arm: Arm) -> &mut Option<T> {
        match arm {
            Arm::Treatment => &mut self.treatment,
            Arm::Control => &mut self.control,
        }
    }

    /// Both values, if both are there.
    #[must_use]
    pub fn both(&self) -> Option<(&T, &T)> {
        self.treatment.as_ref().zip(self.control.as_ref())
    }
}

/// Cumulative counts of one arm.
///
/// `units` are users (or requests, if the rollout file says so), `bad` those of them with at least
/// one bad event. Finite and not negative: adapters turn NaN and infinity into no data.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Units seen so far.
    #[serde(with = "number")]
    pub units: f64,
    /// Bad units so far; normally at most `units`.
    #[serde(with = "number")]
    pub bad: f64,
}

/// A cumulative histogram of one arm, over the bounds of its [`SampleValue::Histogram`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// Units at or below each bound, one count per bound, growing from left to right (Prometheus's `le`).
    #[serde(with = "number::list")]
    pub at_most: Vec<f64>,
    /// All units, those above the last bound included (Prometheus's `+Inf`).
    #[serde(with = "number")]
    pub total: f64,
}

/// One reading of one metric in one segment, both arms together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The metric.
    pub metric: MetricName,
    /// The segment.
    pub segment: SegmentName,
    /// The reading.
    pub value: SampleValue,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum SampleValue {
    /// Bad units out of units.
    Counts(ByArm<Counts>),
    /// A distribution, in the unit of its bounds (milliseconds for latency).
    Histogram {
        /// Upper bounds in rising order, without infinity; the same for both arms.
        #[serde(with = "number::list")]
        bounds: Vec<f64>,
        /// The counts.
        arms: ByArm<Histogram>,
    },
}
