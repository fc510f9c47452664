//! Rollouts and CSVs to judge.

use std::fmt::Write;
use std::time::Duration;

use gonogo::backtest::{self, BacktestError, Change, Summary};
use gonogo::domain::*;

pub fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a valid name")
}

/// A rollout with guardrails on `errors` and `latency`, read every five seconds; `orders` has none.
pub fn rollout(segments: &[&str]) -> Rollout {
    let stage = |p| Stage::new(Percent::new(p).expect("a percentage"), Span(Duration::from_secs(10)), 100);
    let ladder = Ladder::new(vec![stage(5.), stage(50.)]).expect("climbs");
    let metric = |n: &str| Metric { name: name(n), interval: Span(Duration::from_secs(5)) };
    let guardrail = |n: &str, station, action| Guardrail {
        tolerate: 0.1,
        margin: Margin::Points(0.02),
        action,
        ..Guardrail::new(name(n), station, name(n))
    };
    Rollout {
        name: name("checkout-v2"),
        owner: None,
        platforms: vec![Platform::new(name("web"), name("checkout-v2"), Span(Duration::from_secs(5)))],
        segments: segments.iter().map(|n| Segment::new(name(n), Some(1000), ladder.clone())).collect(),
        metrics: vec![metric("errors"), metric("latency"), metric("orders")],
        guardrails: vec![
            guardrail("errors", Station::Errors, Response::Kill),
            guardrail("latency", Station::Latency, Response::Pause),
        ],
        pause_without_data: Span(Duration::from_secs(60)),
        sample_ratio: true,
    }
}

/// The same rollout as a file.
pub const ROLLOUT: &str = r#"
name = "checkout-v2"
plan = { stages = [{ exposure = 5, bake = "10s", sample = 100 }, { exposure = 100, bake = "10s", sample = 100 }] }
[[platforms]]
name = "web"
backend = { kind = "feed", url = "ws://127.0.0.1:9" }
flag = "checkout-v2"
[[segments]]
name = "free"
[[segments]]
name = "beta"
[[metrics]]
name = "errors"
source = { kind = "feed", url = "ws://127.0.0.1:9" }
interval = "5s"
[[guardrails]]
station = "errors"
metric = "errors"
tolerate = 0.1
risk = 0.01
action = "kill"
"#;

pub const HEADER: &str = "at_s,segment,metric,arm,units,bad\n";

/// Judges rows by the rollout's guardrails; `rows` come without the header.
pub fn try_judge(rollout: &Rollout, rows: &str) -> Result<(Vec<Change>, Summary), BacktestError> {
    let mut changes = Vec::new();
    let mut keep = |change: &Change| {
        changes.push(change.clone());
        Ok(())
    };
    let text = format!("{HEADER}{rows}");
    let summary = backtest::csv(rollout, "counters.csv", text.as_bytes(), &mut keep)?;
    Ok((changes, summary))
}

pub fn judge(rows: &str) -> (Vec<Change>, Summary) {
    try_judge(&rollout(&["free"]), rows).unwrap_or_else(|error| panic!("{error}"))
}

/// Verdicts as (second, verdict), of one guardrail.
pub fn told(changes: &[Change], segment: &str, metric: &str) -> Vec<(i64, Verdict)> {
    let metric: MetricName = name(metric);
    let of = changes.iter().filter(|c| c.segment.as_str() == segment && c.metric.as_ref() == Some(&metric));
    of.map(|change| (change.at.0 / 1000, change.verdict)).collect()
}

/// The last verdict about errors in `free`.
pub fn last(rows: &str) -> Option<Verdict> {
    judge(rows).1.finals.first().expect("a guardrail").verdict
}

/// Rows of one series, arm by arm, every five seconds: new units in each arm, and new bad ones of both.
pub fn steady(segment: &str, seconds: i64, units: u64, bad: impl Fn(i64) -> (u64, u64)) -> Vec<String> {
    let (mut treatment, mut control) = (0, 0);
    let mut rows = Vec::new();
    for (index, at) in (0..seconds).step_by(5).enumerate() {
        let (t, c) = bad(at);
        (treatment, control) = (treatment + t, control + c);
        let total = units * (index as u64 + 1);
        rows.push(format!("{at},{segment},errors,treatment,{total},{treatment}\n"));
        rows.push(format!("{at},{segment},errors,control,{total},{control}\n"));
    }
    rows
}

/// Rows as one text.
pub fn text<'a>(rows: impl IntoIterator<Item = &'a String>) -> String {
    rows.into_iter().fold(String::new(), |mut text, row| {
        let _ = write!(text, "{row}");
        text
    })
}
