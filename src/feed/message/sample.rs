//! `counters` and `histogram`: what is measured of one segment, both arms together.
//!
//! In: nothing. Out: [`Counters`] and [`Distribution`]. All counts are cumulative since the epoch
//! began, so a lost message loses nothing. An arm that is `null` has no data, which is not 0.

use serde::{Deserialize, Serialize};

use crate::domain::{ByArm, Counts, Histogram, MetricName, Sample, SampleValue, SegmentName, Timestamp};

/// The most bounds of a histogram: finer than any plot, small enough for a frame.
pub const MAX_BOUNDS: usize = 512;

/// `counters`: bad units out of units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// The number in the stream `samples`.
    pub seq: u64,
    /// When it was measured, by the server's clock.
    pub at_ms: Timestamp,
    /// The metric; unique at the server.
    pub metric: MetricName,
    /// The segment.
    pub segment: SegmentName,
    /// Those who have the feature.
    pub treatment: Option<Counts>,
    /// Those who do not.
    pub control: Option<Counts>,
}

/// `histogram`: a distribution, in the unit of its bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The number in the stream `samples`.
    pub seq: u64,
    /// When it was measured, by the server's clock.
    pub at_ms: Timestamp,
    /// The metric; unique at the server.
    pub metric: MetricName,
    /// The segment.
    pub segment: SegmentName,
    /// Upper bounds in rising order, 1 to [`MAX_BOUNDS`], without infinity.
    pub bounds: Vec<f64>,
    /// Those who have the feature.
    pub treatment: Option<Histogram>,
    /// Those who do not.
    pub control: Option<Histogram>,
}

impl Counters {
    /// The reading without number and time.
    #[must_use]
    pub fn into_sample(self) -> Sample {
        let value = SampleValue::Counts(ByArm { treatment: self.treatment, control: self.control });
        Sample { metric: self.metric, segment: self.segment, value }
    }

    pub(in crate::feed) fn check(&self) -> Result<(), String> {
        for counts in self.treatment.iter().chain(&self.control) {
            check_count(counts.units)?;
            check_count(counts.bad)?;
        }
        Ok(())
    }
}

impl Distribution {
    /// The reading without number and time.
    #[must_use]
    pub fn into_sample(self) -> Sample {
        let arms = ByArm { treatment: self.treatment, control: self.control };
        let value = SampleValue::Histogram { bounds: self.bounds, arms };
        Sample { metric: self.metric, segment: self.segment, value }
    }

    pub(in crate::feed) fn check(&self) -> Result<(), String> {
        let bounds = &self.bounds;
        if bounds.is_empty() || bounds.len() > MAX_BOUNDS {
            return Err(format!("a histogram has 1 to {MAX_BOUNDS} bounds, not {}", bounds.len()));
        }
        if !bounds.is_sorted_by(|a, b| a < b) {
            return Err("bounds do not rise".into());
        }
        for arm in self.treatment.iter().chain(&self.control) {
            if arm.at_most.len() != bounds.len() {
                return Err(format!("{} counts for {} bounds", arm.at_most.len(), bounds.len()));
            }
            check_count(arm.total)?;
            arm.at_most.iter().try_for_each(|count| check_count(*count))?;
            if !arm.at_most.is_sorted() || arm.at_most.last().is_some_and(|last| *last > arm.total) {
                return Err("counts of a histogram shrink".into());
            }
        }
        Ok(())
    }
}

fn check_count(count: f64) -> Result<(), String> {
    if count.is_finite() && count >= 0.0 { Ok(()) } else { Err(format!("{count} is not a count")) }
}
