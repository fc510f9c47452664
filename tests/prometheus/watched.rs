//! A metric under watch, and what the tests want to know about it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gonogo::domain::{ByArm, Counts, MetricName, Sample, SampleValue, SegmentName, Span, Text, Timestamp};
use gonogo::event::{Body, Promise, Sink};
use gonogo::metrics::{MetricSource, Query, Select, SourceSettings, build};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a change at the shop may take to arrive: a scrape of 1 s, a poll of 0.2 s, and a slow machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Where the real Prometheus is.
pub fn prometheus_url() -> String {
    std::env::var("PROMETHEUS_URL")
        .expect("PROMETHEUS_URL is not set: start this test with `.ci/servers run -- cargo test …`")
}

/// Makes queries for a metric named `errors`.
pub trait Errors {
    /// The query, five times a second.
    fn errors(select: Select) -> Query;
}

impl Errors for Query {
    fn errors(select: Select) -> Query {
        let metric = MetricName::new("errors").expect("a name");
        Query { metric, interval: Span(Duration::from_millis(200)), select }
    }
}

/// The counts of a segment, if that is what it is about.
pub fn counts<'a>(body: &'a Body, segment: &str) -> Option<&'a ByArm<Counts>> {
    match body {
        Body::Sample(Sample { value: SampleValue::Counts(arms), segment: found, .. }) => {
            (found.as_str() == segment).then_some(arms)
        }
        _ => None,
    }
}

/// A histogram with both arms, if that is what it is.
pub fn histogram(body: &Body) -> Option<&SampleValue> {
    match body {
        Body::Sample(Sample { value: value @ SampleValue::Histogram { arms, .. }, .. }) => {
            arms.both().map(|_| value)
        }
        _ => None,
    }
}

fn source(url: &str, query: Query) -> Box<dyn MetricSource> {
    let settings = format!("kind = \"prometheus\"\nurl = {url:?}");
    let settings: SourceSettings = toml::from_str(&settings).expect("settings");
    let segments = ["free", "beta"].map(|name| SegmentName::new(name).expect("a name"));
    build(&settings, vec![query], &segments).expect("a source")
}

/// What `check` finds.
pub async fn probe(url: &str, query: Query) -> Result<Text, Text> {
    source(url, query).probe().await.remove(0).result
}

#[derive(Default)]
struct Seen {
    new: Mutex<Vec<(Option<Timestamp>, Body)>>,
    news: Notify,
}

impl Seen {
    fn push(&self, at: Option<Timestamp>, body: Body) {
        self.new.lock().expect("lock").push((at, body));
        self.news.notify_one();
    }
}

impl Sink for Seen {
    fn fact(&self, at: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.push(at, body);
        Box::pin(async {})
    }

    fn sample(&self, at: Option<Timestamp>, sample: Sample) {
        self.push(at, Body::Sample(sample));
    }
}

/// A metric under watch until it is dropped.
pub struct Watched {
    seen: Arc<Seen>,
    problems: Vec<String>,
    last: Option<(Option<Timestamp>, Body)>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    /// Starts to watch.
    pub fn start(url: &str, query: Query) -> Self {
        let (source, seen) = (source(url, query), Arc::new(Seen::default()));
        let sink = Arc::clone(&seen);
        let task = tokio::spawn(async move { source.watch(&*sink).await });
        Self { seen, problems: Vec::new(), last: None, task }
    }

    /// Waits for something that was not looked at before.
    pub async fn until(&mut self, what: &str, found: impl Fn(&Body) -> bool) -> Body {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let new = std::mem::take(&mut *self.seen.new.lock().expect("lock"));
            let mut hit = None;
            for (at, body) in new {
                if let Body::Problem { problem, .. } = &body {
                    self.problems.push(problem.to_string());
                }
                if hit.is_none() && found(&body) {
                    hit = Some(body.clone());
                }
                self.last = Some((at, body));
            }
            if let Some(body) = hit {
                return body;
            }
            let news = timeout_at(deadline, self.seen.news.notified()).await;
            assert!(
                news.is_ok(),
                "{what}: not within {DEADLINE:?}; last {:?}; {:#?}",
                self.last,
                self.problems
            );
        }
    }

    /// Waits for a problem with these words, also among those of the past.
    pub async fn until_problem(&mut self, words: &str) {
        if !self.problems.iter().any(|text| text.contains(words)) {
            self.until_new_problem(words).await;
        }
    }

    /// Waits for a problem with these words that was not looked at before.
    pub async fn until_new_problem(&mut self, words: &str) {
        let is_it =
            |body: &Body| matches!(body, Body::Problem { problem, .. } if problem.as_str().contains(words));
        self.until(words, is_it).await;
    }

    /// Leaves out what came so far.
    pub fn forget(&self) {
        self.seen.new.lock().expect("lock").clear();
    }

    /// The server's time of the newest thing that had one.
    pub fn source_at(&self) -> Option<Timestamp> {
        self.last.as_ref().and_then(|(at, _)| *at)
    }
}
