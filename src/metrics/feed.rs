//! Counters and histograms that a feed server pushes.
//!
//! In: [`Settings`] and the [`Query`]s that share a server. Out: a sample for each message of a metric
//! and segment of the rollout; the state of the link, for each metric.
//!
//! A server may serve many features: what this rollout does not name is left out, counted, and said
//! once. Two metrics may read the same series.
//!
//! It must never call a metric fresh because the socket lives: a server whose own measuring has died
//! still answers pings. Only a sample makes a metric fresh, so the server is expected to send one within
//! the metric's interval even when nothing changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, MetricSource, Query, Select, SourceError};
use crate::domain::{LinkState, MetricName, Sample, SegmentName, Source, SourceKind, Span, Text, Timestamp};
use crate::event::{Body, Promise, Sink};
use crate::feed::{
    Endpoint, Fault, FromServer, Incoming, Problems, Settings, Standing, Timing, View, Want, look,
};

/// The most metrics of a server that a hint lists: enough to see a wrong name.
const MAX_LISTED: usize = 8;

/// The samples of one feed server.
#[derive(Debug)]
pub struct Feed {
    endpoint: Endpoint,
    /// Our names of each series of the server.
    series: BTreeMap<MetricName, Vec<MetricName>>,
    segments: BTreeSet<SegmentName>,
}

impl Feed {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`SourceError`] for an address or token that cannot work, or a query that no feed understands.
    pub fn new(
        settings: &Settings,
        timing: Timing,
        queries: Vec<Query>,
        segments: &[SegmentName],
    ) -> Result<Self, SourceError> {
        let endpoint = Endpoint::new(settings.clone(), timing)
            .map_err(|error| SourceError(Text::new(&error.to_string())))?;
        let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for query in queries {
            series.entry(series_of(&query)?).or_default().push(query.metric);
        }
        Ok(Self { endpoint, series, segments: segments.iter().cloned().collect() })
    }

    fn metrics(&self) -> impl Iterator<Item = &MetricName> {
        self.series.values().flatten()
    }

    /// The metrics that a sample is for; none if it is not of this rollout.
    fn wanted(&self, sample: &Sample) -> &[MetricName] {
        match self.series.get(&sample.metric) {
            Some(metrics) if self.segments.contains(&sample.segment) => metrics,
            _ => &[],
        }
    }

    async fn follow(&self, sink: &dyn Sink) {
        let mut subscription = Standing::new(self.endpoint.clone(), Want::samples());
        let mut left_out = Problems::default();
        let source = Source::new(SourceKind::Metrics, &self.endpoint.shown());
        loop {
            let problem = match subscription.next().await {
                Incoming::Link(state) => {
                    self.report(&state, sink).await;
                    None
                }
                Incoming::Message(message) => {
                    reading(message).and_then(|(at, sample)| self.deliver(at, sample, &mut left_out, sink))
                }
                Incoming::Problem(problem) => Some(problem.what),
                // A sign of life of the socket is none of the metrics.
                Incoming::Hello(_) | Incoming::Resynced(_) | Incoming::Heard => None,
            };
            if let Some(problem) = problem {
                sink.fact(None, Body::Problem { source: source.clone(), problem }).await;
            }
        }
    }

    async fn report(&self, state: &LinkState, sink: &dyn Sink) {
        for metric in self.metrics() {
            let source = Source::new(SourceKind::Metrics, metric.as_str());
            sink.fact(None, Body::Link { source, state: state.clone() }).await;
        }
    }

    /// Hands a sample in. Returns what is to be said when it is left out.
    fn deliver(
        &self,
        at: Timestamp,
        sample: Sample,
        left_out: &mut Problems,
        sink: &dyn Sink,
    ) -> Option<Text> {
        if let Some((last, others)) = self.wanted(&sample).split_last() {
            for metric in others {
                sink.sample(Some(at), Sample { metric: metric.clone(), ..sample.clone() });
            }
            sink.sample(Some(at), Sample { metric: last.clone(), ..sample });
            return None;
        }
        let Sample { metric, segment, .. } = &sample;
        let what = || format!("{metric} of {segment}, and what else is not in this rollout, is left out");
        left_out.note(Fault::Unwanted, what).map(|problem| problem.what)
    }

    fn find(&self, view: &View) -> Vec<Finding> {
        let seen: Vec<(Timestamp, Sample)> = view.messages.iter().cloned().filter_map(reading).collect();
        let finding = |(series, metric): (&MetricName, &MetricName)| {
            let ours = seen.iter().filter(|(_, s)| s.metric == *series && self.segments.contains(&s.segment));
            let times: Vec<Timestamp> = ours.map(|(at, _)| *at).collect();
            let result = match times.iter().max() {
                Some(newest) => Ok(Text::new(&format!(
                    "{} of {} segments, newest {} old",
                    times.len(),
                    self.segments.len(),
                    Span(view.hello.time_ms.since(*newest))
                ))),
                None => Err(Text::new(&format!(
                    "{} has sent no {series} of these segments; it has {}. hint: name it with `series`",
                    view.hello.server,
                    listed(seen.iter().map(|(_, sample)| &sample.metric))
                ))),
            };
            Finding { metric: metric.clone(), result }
        };
        let all = self.series.iter().flat_map(|(series, metrics)| metrics.iter().map(move |m| (series, m)));
        all.map(finding).collect()
    }
}

impl MetricSource for Feed {
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(self.follow(sink))
    }

    fn probe(&self) -> Promise<'_, Vec<Finding>> {
        Box::pin(async move {
            match look(&self.endpoint, &Want::samples()).await {
                Ok(view) => self.find(&view),
                Err(lost) => self
                    .metrics()
                    .map(|metric| Finding { metric: metric.clone(), result: Err(lost.cause.clone()) })
                    .collect(),
            }
        })
    }
}

/// What the server calls a metric.
fn series_of(query: &Query) -> Result<MetricName, SourceError> {
    let metric = &query.metric;
    match &query.select {
        Select::Named(None) => Ok(metric.clone()),
        Select::Named(Some(series)) => MetricName::new(series)
            .map_err(|error| SourceError(Text::new(&format!("metric {metric}: series {series:?}: {error}")))),
        Select::Counts { .. } | Select::Histogram { .. } => Err(SourceError(Text::new(&format!(
            "metric {metric}: a feed is not asked with queries. hint: use `series`, or nothing if the names are equal"
        )))),
    }
}

fn reading(message: FromServer) -> Option<(Timestamp, Sample)> {
    match message {
        FromServer::Counters(counters) => Some((counters.at_ms, counters.into_sample())),
        FromServer::Histogram(histogram) => Some((histogram.at_ms, histogram.into_sample())),
        _ => None,
    }
}

fn listed<'a>(metrics: impl Iterator<Item = &'a MetricName>) -> String {
    let names: BTreeSet<&str> = metrics.map(MetricName::as_str).collect();
    let first: Vec<&str> = names.iter().copied().take(MAX_LISTED).collect();
    if first.is_empty() { "none yet".into() } else { first.join(", ") }
}
