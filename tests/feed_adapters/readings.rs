//! Metrics and feedback: what is handed in, under which names, how often.

use std::sync::Arc;
use std::time::Duration;

use gonogo::domain::{
    ByArm, Counts, Feedback, LinkState, Sample, SampleValue, SegmentName, Source, SourceKind, Span, Text,
    Timestamp,
};
use gonogo::event::Body;
use gonogo::feedback::FeedbackSource;
use gonogo::metrics::{MetricSource, Query, Select};
use tokio::task::JoinHandle;

use super::Failure;
use super::seen::Seen;
use super::server::{Server, fast};

const ANY: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn query(metric: &str, series: Option<&str>) -> Result<Query, Failure> {
    let select = Select::Named(series.map(str::to_owned));
    Ok(Query { metric: metric.parse()?, interval: Span(Duration::from_secs(1)), select })
}

fn source(server: &Server, queries: Vec<Query>) -> Result<gonogo::metrics::feed::Feed, Failure> {
    let segments = [SegmentName::new("eu")?, SegmentName::new("free")?];
    Ok(gonogo::metrics::feed::Feed::new(&server.settings()?, fast(), queries, &segments)?)
}

fn watch(source: gonogo::metrics::feed::Feed) -> (Arc<Seen>, JoinHandle<()>) {
    let seen = Arc::new(Seen::default());
    let sink = Arc::clone(&seen);
    (seen, tokio::spawn(async move { source.watch(&*sink).await }))
}

fn sample(metric: &str, segment: &str, units: f64) -> Result<Sample, Failure> {
    let arms = ByArm { treatment: Some(Counts { units, bad: 1.0 }), control: None };
    Ok(Sample { metric: metric.parse()?, segment: segment.parse()?, value: SampleValue::Counts(arms) })
}

fn publish(server: &Server, samples: &[Sample]) {
    server.hub.publish(|log| {
        for sample in samples {
            log.publish_sample(NOW, sample.clone());
        }
    });
}

fn is(sample: &Sample) -> impl Fn(&Body) -> Option<()> {
    let sample = sample.clone();
    move |body| (*body == Body::Sample(sample.clone())).then_some(())
}

#[tokio::test]
async fn only_what_the_rollout_names_is_handed_in_and_the_rest_is_said_once() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let queries = vec![query("errors", Some("shop/errors"))?, query("faults", Some("shop/errors"))?];
    let (seen, task) = watch(source(&server, queries)?);
    for _ in 0..3 {
        publish(&server, &[sample("cpu", "eu", 1.0)?, sample("shop/errors", "vip", 2.0)?]);
    }
    publish(&server, &[sample("shop/errors", "eu", 3.0)?]);
    seen.wait(is(&sample("faults", "eu", 3.0)?)).await?;
    assert_eq!(seen.samples(), [sample("errors", "eu", 3.0)?, sample("faults", "eu", 3.0)?]);
    let said = |body: &Body| matches!(body, Body::Problem { .. });
    assert_eq!(seen.all().iter().filter(|body| said(body)).count(), 1, "{:#?}", seen.all());
    task.abort();
    Ok(())
}

#[tokio::test]
async fn each_metric_has_its_own_link_and_pings_make_none_of_them_fresh() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let (seen, task) = watch(source(&server, vec![query("errors", None)?, query("latency", None)?])?);
    for metric in ["errors", "latency"] {
        let source = Source::new(SourceKind::Metrics, metric);
        let first = |body: &Body| match body {
            Body::Link { source: s, state } if *s == source => Some(state.clone()),
            _ => None,
        };
        assert_eq!(seen.wait(first).await?, LinkState::Connecting);
        seen.live(0, &source).await?;
    }
    // The feedback source beside it hears pings of the same server; when it has, so had the metrics.
    let beside = Arc::new(Seen::default());
    let feedback = gonogo::feedback::feed::Feed::new("voices", &server.settings()?, fast())?;
    let sink = Arc::clone(&beside);
    let other = tokio::spawn(async move { feedback.watch(&*sink).await });
    let is_heard = |body: &Body| matches!(body, Body::Heard(_)).then_some(());
    for skip in 0..5 {
        beside.wait_after(skip, is_heard).await?;
    }
    assert!(seen.all().iter().all(|body| is_heard(body).is_none()));
    task.abort();
    other.abort();
    Ok(())
}

#[tokio::test]
async fn after_a_restart_every_reading_is_handed_in_once() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let (address, errors) = (server.address, Source::new(SourceKind::Metrics, "errors"));
    let (seen, task) = watch(source(&server, vec![query("errors", None)?])?);
    publish(&server, &[sample("errors", "eu", 100.0)?]);
    seen.wait(is(&sample("errors", "eu", 100.0)?)).await?;
    publish(&server, &[sample("errors", "eu", 150.0)?]);
    seen.wait(is(&sample("errors", "eu", 150.0)?)).await?;
    let before = seen.all().len();
    server.stop().await;
    seen.lost(before, &errors).await?;

    let server = Server::start(address, "b", 1, true).await?;
    publish(&server, &[sample("errors", "eu", 7.0)?]);
    seen.live(before, &errors).await?;
    seen.wait(is(&sample("errors", "eu", 7.0)?)).await?;
    publish(&server, &[sample("errors", "eu", 9.0)?]);
    seen.wait(is(&sample("errors", "eu", 9.0)?)).await?;
    let units = |sample: Sample| match sample.value {
        SampleValue::Counts(arms) => arms.treatment.map(|counts| counts.units),
        SampleValue::Histogram { .. } => None,
    };
    let units: Vec<_> = seen.samples().into_iter().filter_map(units).collect();
    assert_eq!(units, [100.0, 150.0, 7.0, 9.0]);
    task.abort();
    Ok(())
}

#[tokio::test]
async fn a_query_in_a_foreign_language_is_refused_before_anything_is_connected() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let select = Select::Counts { bad: "x".into(), total: "y".into() };
    let error = source(&server, vec![Query { select, ..query("errors", None)? }]).err();
    assert!(error.is_some_and(|error| error.to_string().contains("hint: use `series`")));
    assert_eq!(server.open(), 0);
    Ok(())
}

#[tokio::test]
async fn the_probe_says_what_is_there_and_what_is_called_otherwise() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    publish(&server, &[sample("errors", "eu", 3.0)?, sample("errors", "free", 3.0)?]);
    let findings = source(&server, vec![query("errors", None)?, query("latencies", None)?])?.probe().await;
    let results: Vec<_> = findings.into_iter().map(|finding| finding.result).collect();
    assert_eq!(results.first(), Some(&Ok(Text::new("2 of 2 segments, newest 0ms old"))));
    let wrong = results.get(1).and_then(|result| result.clone().err()).ok_or("latencies were found")?;
    assert!(wrong.as_str().contains("it has errors. hint"), "{wrong}");
    Ok(())
}

#[tokio::test]
async fn feedback_is_handed_in_with_its_time_and_once_over_a_lost_connection() -> Result<(), Failure> {
    let server = Server::start(ANY.into(), "a", 1, true).await?;
    let feedback = gonogo::feedback::feed::Feed::new("voices", &server.settings()?, fast())?;
    let piece = |id: &str| -> Result<Feedback, Failure> {
        let text = Text::new("the pay button jumps");
        Ok(Feedback { id: Text::new(id), segment: "eu".parse()?, arm: None, score: Some(2), text })
    };
    let is = |piece: Feedback| move |body: &Body| (*body == Body::Feedback(piece.clone())).then_some(());
    let seen = Arc::new(Seen::default());
    let sink = Arc::clone(&seen);
    let task = tokio::spawn(async move { feedback.watch(&*sink).await });
    let one = piece("1")?;
    server.hub.publish(|log| log.publish_feedback(NOW, one));
    seen.wait(is(piece("1")?)).await?;
    let before = seen.all().len();
    server.cut_and_take_back();
    let voices = Source::new(SourceKind::Feedback, "voices");
    seen.lost(before, &voices).await?;
    seen.live(before, &voices).await?;
    let two = piece("2")?;
    server.hub.publish(|log| log.publish_feedback(NOW, two));
    seen.wait(is(piece("2")?)).await?;
    let pieces = seen.all().iter().filter(|body| matches!(body, Body::Feedback(_))).count();
    assert_eq!(pieces, 2);
    task.abort();
    Ok(())
}
