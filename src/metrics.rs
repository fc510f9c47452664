//! Metrics sources: cumulative counts and histograms by segment and arm.
//!
//! In: settings from the rollout file and the [`Query`]s that share a source. Out: one
//! [`Sample`](crate::domain::Sample) for each metric and segment, both arms together, as events.
//!
//! A source never judges and never computes a rate: it hands on cumulative numbers. NaN, infinity
//! and missing series become no data (`None`), never 0. It sees neither the engine nor a backend.
//!
//! A new source is one file here, one variant of [`SourceSettings`] and one arm of [`build`].

pub mod feed;
pub mod prometheus;

use serde::Deserialize;

use crate::domain::{MetricName, SegmentName, Span, Text};
use crate::event::{Promise, Sink};

/// One metric of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Our name for it.
    pub metric: MetricName,
    /// How often to ask, for sources that are polled.
    pub interval: Span,
    /// What to read.
    pub select: Select,
}

/// What to read, in the language of the source; each query returns all segments and arms.
#[derive(Debug, Clone, PartialEq)]
pub enum Select {
    /// The source knows the metric by our name, or by this one.
    Named(Option<String>),
    /// Two queries: bad units, and all units.
    Counts {
        /// Cumulative bad units.
        bad: String,
        /// Cumulative units.
        total: String,
    },
    /// One query for cumulative buckets with an `le` label.
    Histogram {
        /// The query.
        buckets: String,
        /// Units of the metric in one unit of `le` (1000 when `le` is in seconds and we show ms).
        scale: f64,
    },
}

/// One source of metrics.
pub trait MetricSource: Send + Sync {
    /// Watches for ever, with its own retry timer.
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()>;

    /// Asks once for everything, for `check`: what works, in words, or why not.
    fn probe(&self) -> Promise<'_, Vec<Finding>>;
}

/// What `check` learned about one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The metric.
    pub metric: MetricName,
    /// What was found ("4 segments, both arms, newest 0.8 s old"), or what is wrong, with a hint.
    pub result: Result<Text, Text>,
}

/// Why a source cannot be constructed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub Text);

/// The `source = { kind = …, … }` of a metric: the list of all adapters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SourceSettings {
    /// A server that speaks the feed protocol.
    Feed(crate::feed::Settings),
    /// A server with the Prometheus HTTP API.
    Prometheus(prometheus::Settings),
}

/// Constructs the adapter for the metrics that share a source.
///
/// # Errors
/// [`SourceError`] when the settings or a query cannot work, before anything is connected.
pub fn build(
    settings: &SourceSettings,
    queries: Vec<Query>,
    segments: &[SegmentName],
) -> Result<Box<dyn MetricSource>, SourceError> {
    match settings {
        SourceSettings::Feed(settings) => {
            Ok(Box::new(feed::Feed::new(settings, crate::feed::Timing::default(), queries, segments)?))
        }
        SourceSettings::Prometheus(settings) => {
            Ok(Box::new(prometheus::Prometheus::new(settings, queries, segments)?))
        }
    }
}
