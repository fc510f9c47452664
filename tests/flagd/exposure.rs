//! What flagd's clients are served, by flagd's own counting: the metric of `tests/rollouts/good/flagd.toml`, through a real
//! Prometheus.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gonogo::backends::Backend;
use gonogo::config::rollout_file;
use gonogo::domain::{ByArm, Counts, Sample, SampleValue, SegmentName, Timestamp};
use gonogo::event::{Body, Promise, Sink};
use gonogo::metrics::{SourceSettings, build};
use tokio::sync::Notify;

use crate::server::{alone, rule, variable};

/// How many users are asked for.
const USERS: u32 = 400;

/// How long until Prometheus has scraped, and we have asked: 1 s and 5 s, on a slow machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// The newest counts.
#[derive(Default)]
struct Newest {
    counts: Mutex<Option<ByArm<Counts>>>,
    facts: Mutex<Vec<Body>>,
    news: Notify,
}

impl Sink for Newest {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.facts.lock().expect("lock").push(body);
        Box::pin(async {})
    }

    fn sample(&self, _: Option<Timestamp>, sample: Sample) {
        if let SampleValue::Counts(counts) = sample.value {
            *self.counts.lock().expect("lock") = Some(counts);
            self.news.notify_one();
        }
    }
}

impl Newest {
    fn units(&self) -> Option<(f64, f64)> {
        let counts = (*self.counts.lock().expect("lock"))?;
        Some((counts.treatment?.units, counts.control?.units))
    }

    /// Waits until this many users are counted; how many of them had the feature.
    async fn treated_of(&self, users: f64) -> f64 {
        let counted = async {
            loop {
                if let Some((treated, others)) = self.units().filter(|(a, b)| a + b >= users) {
                    assert!((treated + others - users).abs() < 0.5, "{treated} and {others}");
                    return treated;
                }
                self.news.notified().await;
            }
        };
        match tokio::time::timeout(DEADLINE, counted).await {
            Ok(treated) => treated,
            Err(_) => panic!("{:?} are counted, not {users}", self.units()),
        }
    }
}

/// Shows flagd's metrics on the port that Prometheus scrapes.
async fn mirror(http: reqwest::Client) {
    let answer = move || {
        let http = http.clone();
        async move {
            let metrics = http.get(variable("FLAGD_METRICS_URL")).send().await.expect("an answer");
            metrics.text().await.expect("a text")
        }
    };
    let address = format!("127.0.0.1:{}", variable("GONOGO_SHOP_PORT"));
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/metrics", get(answer))).await });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_that_flagd_serves_is_counted_by_flagd_and_read_through_prometheus() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 25)).await;
    mirror(server.http.clone()).await;
    let text = include_str!("../rollouts/good/flagd.toml")
        .replace("http://127.0.0.1:9090", &variable("PROMETHEUS_URL"));
    let file = rollout_file::parse(&text, "flagd.toml").expect("a good file");
    let (settings, queries) = file.metrics.first().expect("a source of metrics");
    assert!(matches!(settings, SourceSettings::Prometheus(_)));
    let segments = [SegmentName::new("everybody").expect("a name")];
    let source = build(settings, queries.clone(), &segments).expect("a source");
    let newest = Arc::new(Newest::default());
    let sink = Arc::clone(&newest);
    let watch = tokio::spawn(async move { source.watch(&*sink).await });

    // What other tests had counted before; one more user makes sure that both arms are there.
    server.treated_by_rpc(USERS).await;
    let settled = async {
        loop {
            newest.news.notified().await;
            let counted = newest.units();
            newest.news.notified().await;
            // All of this round have been scraped once two readings agree.
            if let Some(counted) = counted.filter(|counted| newest.units() == Some(*counted)) {
                return counted;
            }
        }
    };
    let before = match tokio::time::timeout(DEADLINE, settled).await {
        Ok(before) => before,
        Err(_) => panic!("nothing is counted: {:#?}", newest.facts.lock().expect("lock")),
    };
    let treated = server.treated_by_rpc(USERS).await;
    let counted = newest.treated_of(before.0 + before.1 + f64::from(USERS)).await - before.0;
    assert_eq!(counted as usize, treated, "each evaluation is counted for its variant");
    println!("configured 25 %, {} of {USERS} served it, as flagd counts them", treated);
    // A disabled flag is counted without a variant: for neither arm.
    crate::server::kill(&adapter).await.expect("killed");
    assert_eq!(server.treated_by_rpc(1).await, 0);
    assert!(adapter.read().await.expect("a state").is_off());
    watch.abort();
}
