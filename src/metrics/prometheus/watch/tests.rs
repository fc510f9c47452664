//! Polls under a clock that only moves when everybody waits: no server, no real time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::domain::{ByArm, Counts, SampleValue, Timestamp};
use crate::event::Promise;
use crate::metrics::Select;

use super::super::fixture::{Seen, layout, vector};
use super::*;

/// Answers from a list, each after its delay; the last one for ever.
struct Scripted {
    steps: Mutex<VecDeque<(Duration, Result<String, Trouble>)>>,
    began: Instant,
    asked_at: Arc<Mutex<Vec<Duration>>>,
    times: Arc<Mutex<Vec<Option<Timestamp>>>>,
}

impl Ask for Scripted {
    fn ask<'a>(
        &'a self,
        expression: &'a str,
        at: Option<Timestamp>,
    ) -> Promise<'a, Result<Vec<u8>, Trouble>> {
        Box::pin(async move {
            self.times.lock().expect("lock").push(at);
            if expression == "total" {
                return Ok(vector(&[("free", "control", "50"), ("free", "treatment", "50")]).into_bytes());
            }
            self.asked_at.lock().expect("lock").push(self.began.elapsed());
            let (delay, answer) = {
                let mut steps = self.steps.lock().expect("lock");
                if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() }
            }
            .expect("a step");
            sleep(delay).await;
            answer.map(String::into_bytes)
        })
    }
}

struct Ran {
    seen: Vec<(Option<Timestamp>, Body)>,
    asked_at: Vec<Duration>,
    times: Vec<Option<Timestamp>>,
}

const S: fn(u64) -> Duration = Duration::from_secs;

fn bad(value: &str) -> Result<String, Trouble> {
    Ok(vector(&[("free", "control", value), ("free", "treatment", "1")]))
}

fn trouble(remedy: Remedy) -> Result<String, Trouble> {
    Err(Trouble { cause: Text::new("no luck"), remedy })
}

fn query(select: Select) -> Query {
    let metric = crate::domain::MetricName::new("errors").expect("a name");
    Query { metric, interval: Span(S(2)), select }
}

/// Runs a watch through these answers for a while.
async fn run(steps: Vec<(Duration, Result<String, Trouble>)>, length: Duration) -> Ran {
    let sink = Seen::default();
    let asked_at = Arc::default();
    let times = Arc::default();
    let asked = Scripted {
        steps: Mutex::new(steps.into()),
        began: Instant::now(),
        asked_at: Arc::clone(&asked_at),
        times: Arc::clone(&times),
    };
    let select = Select::Counts { bad: "bad".into(), total: "total".into() };
    let (query, layout) = (query(select), layout(&["free", "beta"]));
    let ended = tokio::time::timeout(length, watch(&asked, &query, &layout, &sink)).await;
    assert!(ended.is_err(), "a watch never ends");
    let asked_at = asked_at.lock().expect("lock").clone();
    let times = times.lock().expect("lock").clone();
    Ran { seen: sink.take(), asked_at, times }
}

impl Ran {
    fn problems(&self) -> Vec<String> {
        let texts = self.seen.iter().filter_map(|(_, body)| match body {
            Body::Problem { problem, .. } => Some(problem.to_string()),
            _ => None,
        });
        texts.collect()
    }

    fn links(&self) -> Vec<&'static str> {
        let states = self.seen.iter().filter_map(|(_, body)| match body {
            Body::Link { state, .. } => Some(state),
            _ => None,
        });
        let words = states.map(|state| match state {
            LinkState::Connecting => "connecting",
            LinkState::Live => "live",
            LinkState::Retrying { .. } => "retrying",
            LinkState::Failed { .. } => "failed",
        });
        words.collect()
    }

    fn control(&self) -> Vec<Option<f64>> {
        let values = self.seen.iter().filter_map(|(_, body)| match body {
            Body::Sample(Sample { value: SampleValue::Counts(arms), .. }) => {
                Some(arms.control.map(|c| c.bad))
            }
            _ => None,
        });
        values.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_gives_one_sample_a_segment_with_both_arms_and_the_servers_time() {
    let ran = run(vec![(S(0), bad("3"))], Duration::from_millis(1500)).await;
    let at = Some(Timestamp(1_700_000_000_500));
    let samples: Vec<_> = ran.seen.iter().filter(|(_, body)| matches!(body, Body::Sample(_))).collect();
    let [(found_at, Body::Sample(sample))] = samples.as_slice() else { panic!("{samples:?}") };
    let counts = |bad| Some(Counts { units: 50.0, bad });
    assert_eq!(sample.value, SampleValue::Counts(ByArm { treatment: counts(1.0), control: counts(3.0) }));
    assert_eq!((*found_at, sample.segment.as_str()), (at, "free"));
    let source = Source::new(SourceKind::Metrics, "errors");
    assert!(ran.seen.contains(&(at, Body::Heard(source))));
    assert_eq!(ran.times, [None, at], "`total` is asked for the moment of `bad`");
    assert_eq!(ran.links(), ["connecting", "live"]);
}

#[tokio::test(start_paused = true)]
async fn polls_lie_on_the_grid_never_overlap_and_say_when_they_are_late() {
    let slow = vec![
        (S(0), bad("1")),
        (Duration::from_millis(2500), bad("2")),
        (Duration::from_millis(300), bad("3")),
    ];
    let ran = run(slow, S(9)).await;
    assert_eq!(ran.asked_at, [S(0), S(2), S(6), S(8)], "4 s was left out, 6 s is on the grid again");
    assert_eq!(ran.control()[..3], [Some(1.0), Some(2.0), Some(3.0)]);
    assert_eq!(ran.problems().len(), 1);
    assert!(ran.problems()[0].contains("longer than the interval of 2.0s"), "{:?}", ran.problems());
}

#[tokio::test(start_paused = true)]
async fn each_late_poll_is_counted() {
    let ran = run(vec![(S(3), bad("1"))], Duration::from_millis(11_500)).await;
    assert_eq!(ran.asked_at, [S(0), S(4), S(8)]);
    assert_eq!(ran.problems().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_server_is_retried_with_growing_bounded_waits_and_then_found() {
    let mut steps = vec![(S(0), bad("1"))];
    steps.extend((0..20).map(|_| (S(0), trouble(Remedy::Wait(None)))));
    steps.push((S(0), bad("2")));
    let ran = run(steps, S(400)).await;
    assert_eq!(ran.links().first_chunk(), Some(&["connecting", "live", "retrying"]));
    assert_eq!(ran.links().last(), Some(&"live"));
    assert_eq!(ran.control().last(), Some(&Some(2.0)));
    let waits: Vec<_> = ran.asked_at.windows(2).take(21).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.iter().skip(1).all(|wait| *wait <= RETRY_CAP), "{waits:?}");
    assert!(waits[1] <= RETRY_BASE, "{waits:?}");
    let last = ran.asked_at.last().expect("polls").as_millis();
    assert_eq!(last % 2000, 0, "back on the grid");
}

#[tokio::test(start_paused = true)]
async fn a_servers_wish_to_wait_is_granted_within_limits() {
    let ran = run(vec![(S(0), trouble(Remedy::Wait(Some(S(30))))), (S(0), bad("1"))], S(40)).await;
    assert!(ran.asked_at[1] >= S(30) && ran.asked_at[1] < S(31), "{:?}", ran.asked_at);
    let ran = run(vec![(S(0), trouble(Remedy::Wait(Some(S(86_400))))), (S(0), bad("1"))], S(80)).await;
    assert!(ran.asked_at[1] >= PAUSE_CAP && ran.asked_at[1] < PAUSE_CAP + S(1), "{:?}", ran.asked_at);
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_person_fails_once_and_mends_without_a_restart() {
    let mut steps: Vec<_> = (0..5).map(|_| (S(0), trouble(Remedy::Query))).collect();
    steps.push((S(0), bad("1")));
    let ran = run(steps, S(55)).await;
    assert_eq!(ran.links(), ["connecting", "failed", "live"]);
    assert_eq!(ran.problems(), ["`bad`: no luck"]);
    assert_eq!(ran.asked_at[..2], [S(0), RETRY_CAP]);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_problem_is_said_once_and_again_when_it_comes_back() {
    let steps = vec![(S(0), bad("NaN")), (S(0), bad("NaN")), (S(0), bad("1")), (S(0), bad("NaN"))];
    let ran = run(steps, S(9)).await;
    assert_eq!(ran.problems().len(), 2, "{:?}", ran.problems());
    assert_eq!(ran.control(), [None, None, Some(1.0), None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_data_is_live_but_nothing_is_heard_of_the_metric() {
    struct Empty(Mutex<u32>);
    impl Ask for Empty {
        fn ask<'a>(&'a self, _: &'a str, _: Option<Timestamp>) -> Promise<'a, Result<Vec<u8>, Trouble>> {
            let mut polls = self.0.lock().expect("lock");
            *polls += 1;
            // Two questions a poll; only the second poll finds something.
            let rows: &[_] = if matches!(*polls, 3 | 4) { &[("free", "control", "5")] } else { &[] };
            let body = vector(rows).into_bytes();
            Box::pin(async move { Ok(body) })
        }
    }
    let sink = Seen::default();
    let query = query(Select::Counts { bad: "bad".into(), total: "total".into() });
    let (asked, layout) = (Empty(Mutex::new(0)), layout(&["free", "beta"]));
    let _ = tokio::time::timeout(S(5), watch(&asked, &query, &layout, &sink)).await;
    let ran = Ran { seen: sink.take(), asked_at: Vec::new(), times: Vec::new() };
    let heard = ran.seen.iter().filter(|(_, body)| matches!(body, Body::Heard(_))).count();
    assert_eq!(heard, 1, "of three polls, one had data");
    assert_eq!(ran.links(), ["connecting", "live"]);
    assert_eq!(ran.control(), [Some(5.0)], "no sample before and after");
    assert!(ran.problems()[0].contains("`total`: no series"), "{:?}", ran.problems());
}

#[tokio::test(start_paused = true)]
async fn a_partial_answer_is_no_data_because_it_would_look_like_a_reset() {
    let partial =
        vector(&[("free", "control", "1")]).replacen('{', r#"{"warnings":["store 7: timeout"],"#, 1);
    let ran = run(vec![(S(0), bad("3")), (S(0), Ok(partial))], S(3)).await;
    assert_eq!(ran.control(), [Some(3.0)]);
    let problems = ran.problems().join("\n");
    assert!(
        problems.contains("store 7: timeout") && problems.contains("`bad`: the server could not read all")
    );
}

#[test]
fn the_next_poll_is_on_the_grid() {
    for (elapsed, expected) in [(0, 2000), (1, 1999), (1999, 1), (2000, 2000), (4500, 1500)] {
        assert_eq!(until_next(Duration::from_millis(elapsed), S(2)), Duration::from_millis(expected));
    }
    assert_eq!(until_next(S(5), S(0)), S(0));
}
