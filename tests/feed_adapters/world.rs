//! All three adapters, built from the rollout file that the demo writes, on the demo's world.

use std::sync::Arc;
use std::time::Duration;

use gonogo::backends::{self, Rights};
use gonogo::demo::{self, Scenario};
use gonogo::domain::{SegmentName, Source, SourceKind, Timestamp, Version};
use gonogo::event::Body;
use gonogo::{config, feedback, metrics};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Failure;
use super::seen::Seen;

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

const RUDE: &str = r#"
    title = "test"
    about = "a world for a test"
    seed = 1
    flag = "f"
    owner = "o"
    rude_texts = true
    plan = { stages = [{ exposure = 25, bake = "5s", sample = 10 }] }
    guardrails = [{ station = "errors", metric = "errors", tolerate = 0.1, risk = 0.01, action = "kill" }]
    [[segments]]
    name = "eu"
    size = 1000
    users_per_s = 500
    errors = 0.01
    median_ms = 100
    spread = 0.5
    feedback_per_s = 50
    happy = 0.5
"#;

#[tokio::test]
async fn the_written_rollout_file_brings_everything_in_within_a_second() -> Result<(), Failure> {
    let scenario = Scenario::parse("test", RUDE)?;
    let served = demo::serve(LOOPBACK.into(), &scenario, 1, None, Timestamp(1_700_000_000_000)).await?;
    let file = config::rollout_file::parse(&scenario.rollout_toml(&served.url(), None), "demo")?;
    let segments: Vec<SegmentName> = file.rollout.segments.iter().map(|s| s.name.clone()).collect();

    let seen = Arc::new(Seen::default());
    let mut tasks = JoinSet::new();
    let since = Instant::now();
    for platform in &file.platforms {
        let backend = backends::build(&platform.backend, platform.target.clone(), Rights::ReadWrite)?;
        let sink = Arc::clone(&seen);
        tasks.spawn(async move { backend.watch(&*sink).await });
    }
    for (settings, queries) in &file.metrics {
        let source = metrics::build(settings, queries.clone(), &segments)?;
        let sink = Arc::clone(&seen);
        tasks.spawn(async move { source.watch(&*sink).await });
    }
    for (name, settings) in &file.feedback {
        let source = feedback::build(name, settings)?;
        let sink = Arc::clone(&seen);
        tasks.spawn(async move { source.watch(&*sink).await });
    }
    assert_eq!(file.metrics.len(), 1, "metrics of one server share a socket");

    let state =
        seen.wait(|body| if let Body::Flag { state, .. } = body { Some(state.clone()) } else { None });
    assert_eq!(state.await?.version, Version(1));
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    for metric in &file.rollout.metrics {
        seen.live(0, &Source::new(SourceKind::Metrics, metric.name.as_str())).await?;
        seen.wait(|body| match body {
            Body::Sample(sample) if sample.metric == metric.name => Some(()),
            _ => None,
        })
        .await?;
    }
    // Some of these customers write escape sequences.
    let mut from = 0;
    for _ in 0..40 {
        let skip = from;
        seen.wait_after(skip, |body| match body {
            Body::Feedback(piece) => {
                assert!(!piece.text.as_str().chars().any(char::is_control), "{piece:?}");
                Some(())
            }
            _ => None,
        })
        .await?;
        from += 1 + seen.all().iter().skip(skip).position(|b| matches!(b, Body::Feedback(_))).unwrap_or(0);
    }
    let problems: Vec<_> = seen.all().into_iter().filter(|b| matches!(b, Body::Problem { .. })).collect();
    assert_eq!(problems, []);
    Ok(())
}
