//! The adapter: the metrics that share one server.
//!
//! In: [`Settings`], queries, segments. Out: a [`MetricSource`]. What cannot work is refused here, in
//! words, before anything is connected.

use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::{SegmentName, Text};
use crate::event::{Promise, Sink};
use crate::metrics::{Finding, MetricSource, Query, Select, SourceError};

use super::Settings;
use super::ask::Http;
use super::layout::Layout;
use super::{probe, watch};

/// The shortest interval: below this the questions themselves become the server's main load.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Metrics of one server with the Prometheus HTTP API.
#[derive(Debug)]
pub struct Prometheus {
    http: Http,
    queries: Vec<Query>,
    layout: Layout,
}

impl Prometheus {
    /// The adapter for these queries. Reads secrets and certificates, connects nowhere.
    ///
    /// # Errors
    /// [`SourceError`] when the settings or a query cannot work.
    pub fn new(
        settings: &Settings,
        queries: Vec<Query>,
        segments: &[SegmentName],
    ) -> Result<Self, SourceError> {
        for query in &queries {
            check(query).map_err(|why| {
                SourceError(Text::new(&format!("cannot read metric {}: {why}", query.metric)))
            })?;
        }
        Ok(Self { http: Http::new(settings)?, queries, layout: Layout::new(settings, segments) })
    }
}

fn check(query: &Query) -> Result<(), &'static str> {
    if query.interval.0 < MIN_INTERVAL {
        return Err("its `interval` is shorter than 100ms\nhint: the scrape interval is enough");
    }
    match &query.select {
        Select::Named(_) => {
            Err("a Prometheus needs to be told what to ask\nhint: give `bad` and `total`, or `buckets`")
        }
        Select::Counts { bad, total } if bad.trim().is_empty() || total.trim().is_empty() => {
            Err("`bad` and `total` must both be queries")
        }
        Select::Histogram { buckets, .. } if buckets.trim().is_empty() => Err("`buckets` must be a query"),
        Select::Histogram { scale, .. } if !(scale.is_finite() && *scale > 0.0) => {
            Err("`scale` must be above 0\nhint: 1000 when `le` is in seconds and the metric in milliseconds")
        }
        _ => Ok(()),
    }
}

impl MetricSource for Prometheus {
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(async move {
            join_all(self.queries.iter().map(|query| watch::watch(&self.http, query, &self.layout, sink)))
                .await;
        })
    }

    fn probe(&self) -> Promise<'_, Vec<Finding>> {
        Box::pin(join_all(self.queries.iter().map(|query| probe::probe(&self.http, query, &self.layout))))
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{MetricName, Span};

    use super::super::fixture::settings;
    use super::*;

    #[test]
    fn a_query_that_cannot_work_is_refused_by_the_metrics_name() {
        let counts = |bad: &str| Select::Counts { bad: bad.into(), total: "t".into() };
        let buckets = |buckets: &str, scale| Select::Histogram { buckets: buckets.into(), scale };
        for (interval_ms, select, words) in [
            (2000, Select::Named(None), "`bad` and `total`, or `buckets`"),
            (2000, counts(" "), "must both be queries"),
            (2000, buckets("", 1.0), "`buckets` must be a query"),
            (2000, buckets("b", 0.0), "`scale` must be above 0"),
            (2000, buckets("b", f64::NAN), "`scale` must be above 0"),
            (99, counts("b"), "shorter than 100ms"),
        ] {
            let metric = MetricName::new("errors").expect("a name");
            let query = Query { metric, interval: Span(Duration::from_millis(interval_ms)), select };
            let error = Prometheus::new(&settings("http://127.0.0.1:9"), vec![query], &[]).expect_err(words);
            assert!(error.to_string().starts_with("cannot read metric errors: "), "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
