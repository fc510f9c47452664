//! `[[metrics]]`: what is measured, and where it is asked for.

use std::time::Duration;

use super::names::Names;
use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::{settings, values};
use crate::domain::{Metric, MetricName, Source, SourceKind, Span};
use crate::metrics::{Query, Select, SourceSettings};

/// The most metrics: with 500 segments they make 100,000 series.
const MAX_METRICS: usize = 200;

/// How often a source is asked, or expected to speak, when the file does not say.
const DEFAULT_INTERVAL: Span = Span(Duration::from_secs(5));

/// Asking more often than this is an attack on the source.
const MIN_INTERVAL: Span = Span(Duration::from_millis(100));

/// Data older than a day guards nothing.
const MAX_INTERVAL: Span = Span(Duration::from_secs(86_400));

const FIELDS: [&str; 8] = ["name", "source", "interval", "bad", "total", "buckets", "scale", "series"];

/// The metrics of the file.
pub(super) struct Metrics {
    /// For the engine.
    pub metrics: Vec<Metric>,
    /// For the adapters, grouped by equal settings.
    pub groups: Vec<(SourceSettings, Vec<Query>)>,
    /// For people.
    pub sources: Vec<(Source, String)>,
    /// All names, those of faulty metrics included.
    pub names: Names,
}

impl Metrics {
    /// Whether the file reads a metric as a distribution. A metric that its source knows by name may still be one.
    pub fn is_distribution(&self, name: &MetricName) -> bool {
        let mut queries = self.groups.iter().flat_map(|(_, queries)| queries);
        queries.any(|query| query.metric == *name && matches!(query.select, Select::Histogram { .. }))
    }
}

/// Reads all metrics.
pub(super) fn read(root: &Fields<'_>, problems: &mut Problems) -> Metrics {
    let mut read =
        Metrics { metrics: vec![], groups: vec![], sources: vec![], names: Names::of("metrics named") };
    let items = root
        .get("metrics")
        .and_then(|value| values::list(value, "the list of metrics", MAX_METRICS, problems))
        .unwrap_or_default();
    for item in items {
        metric(item, &mut read, problems);
    }
    read
}

/// The interval that an adapter's settings name; the default when they name none. `None` when it
/// cannot be used.
pub(super) fn interval_of(settings: &Value<'_>, problems: &mut Problems) -> Option<Span> {
    let interval = settings.get_ref().as_table().and_then(|table| table.get("interval"));
    match interval {
        // The adapter's own type reports a value that is no text.
        Some(value) if value.get_ref().is_str() => values::span(value, MIN_INTERVAL, MAX_INTERVAL, problems),
        _ => Some(DEFAULT_INTERVAL),
    }
}

fn metric(item: &Value<'_>, read: &mut Metrics, problems: &mut Problems) -> Option<()> {
    let fields = Fields::of(item, "a metric", &FIELDS, problems)?;
    let name: Option<MetricName> = read.names.read(&fields, problems);
    let select = select(&fields, problems);
    let own = fields.get("interval").map(|own| values::span(own, MIN_INTERVAL, MAX_INTERVAL, problems));
    let value = fields.require("source", "source = { kind = \"...\", ... }", problems)?;
    let source: Option<SourceSettings> = settings::read(value, "source", problems);
    // What the adapter has already complained about is not reported again.
    let interval = match (own, &source) {
        (Some(own), _) => own,
        (None, Some(_)) => interval_of(value, problems),
        (None, None) => None,
    };
    let (metric, select, source, interval) = (name?, select?, source?, interval?);
    read.sources.push((Source::new(SourceKind::Metrics, metric.as_str()), settings::describe(value)));
    read.metrics.push(Metric { name: metric.clone(), interval });
    let query = Query { metric, interval, select };
    match read.groups.iter_mut().find(|(settings, _)| *settings == source) {
        Some((_, queries)) => queries.push(query),
        None => read.groups.push((source, vec![query])),
    }
    Some(())
}

fn select(fields: &Fields<'_>, problems: &mut Problems) -> Option<Select> {
    let text = |name: &str, problems: &mut Problems| {
        fields.get(name).map(|value| values::text(value, "a query", problems).map(str::to_owned))
    };
    let (bad, total) = (text("bad", problems), text("total", problems));
    let (buckets, series) = (text("buckets", problems), text("series", problems));
    let scale = fields.get("scale").map(|scale| scale_of(scale, problems));
    let clash = |one: &str, other: &str, problems: &mut Problems| {
        problems.push(
            Problem::new(
                fields.place_of(other),
                format!("a metric has either `{one}` or `{other}`, not both"),
            )
            .hint("counts: bad and total; a distribution: buckets and scale; a name at the source: series"),
        );
        None
    };
    match (bad, total, buckets, series) {
        (Some(_), _, Some(_), _) => clash("bad", "buckets", problems),
        (_, Some(_), Some(_), _) => clash("total", "buckets", problems),
        (Some(_), _, _, Some(_)) => clash("bad", "series", problems),
        (_, Some(_), _, Some(_)) => clash("total", "series", problems),
        (_, _, Some(_), Some(_)) => clash("buckets", "series", problems),
        (Some(_), None, ..) => lone(fields, "bad", "total", problems),
        (None, Some(_), ..) => lone(fields, "total", "bad", problems),
        (_, _, None, _) if scale.is_some() => lone(fields, "scale", "buckets", problems),
        (Some(bad), Some(total), ..) => Some(Select::Counts { bad: bad?, total: total? }),
        (_, _, Some(buckets), _) => {
            Some(Select::Histogram { buckets: buckets?, scale: scale.unwrap_or(Some(1.0))? })
        }
        (_, _, _, Some(series)) => Some(Select::Named(Some(series?))),
        (None, None, None, None) => Some(Select::Named(None)),
    }
}

fn lone(fields: &Fields<'_>, has: &str, lacks: &str, problems: &mut Problems) -> Option<Select> {
    let message = format!("a metric with `{has}` needs `{lacks}` too");
    problems.push(Problem::new(fields.place_of(has), message));
    None
}

fn scale_of(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let what = "a factor above 0, such as 1000 when `le` is in seconds and milliseconds are shown";
    let scale = values::number(value, what, problems)?;
    if scale > 0.0 && scale.is_finite() {
        return Some(scale);
    }
    problems.push(Problem::new(value.span(), format!("expected {what}")));
    None
}
