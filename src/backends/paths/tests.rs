//! Ways that answer as they are told: which one proves a kill, and what is said of the others.

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::action::Verb;
use crate::domain::{Actor, PlatformName};
use crate::effect::{Change, EffectId};

/// Answers as it was told, after a while, and remembers what it was asked for.
struct Way {
    after: Duration,
    answer: Result<u64, BackendError>,
    asked: Mutex<u32>,
}

impl Way {
    fn new(after_ms: u64, answer: Result<u64, BackendError>) -> Arc<Self> {
        Arc::new(Self { after: Duration::from_millis(after_ms), answer, asked: Mutex::new(0) })
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().expect("lock")
    }
}

impl Backend for Way {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        let state = FlagState { version: Version(7), on: true, ..FlagState::default() };
        sink.fact(None, Body::Flag { platform: platform(), state })
    }
    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async { Ok(FlagState::default()) })
    }
    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }
    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Control for Way {
    fn apply<'a>(&'a self, _: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(async move {
            tokio::time::sleep(self.after).await;
            *self.asked.lock().expect("lock") += 1;
            let version = Version(self.answer.clone()?);
            Ok(Applied { state: FlagState { version, ..FlagState::default() }, overwrote: None })
        })
    }
}

/// Remembers what it was handed.
#[derive(Default)]
struct List(Mutex<Vec<Body>>);

impl Sink for List {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.0.lock().expect("lock").push(body);
        Box::pin(async {})
    }
    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

struct Nobody;

impl Sink for Nobody {
    fn fact(&self, _: Option<Timestamp>, _: Body) -> Promise<'_, ()> {
        Box::pin(async {})
    }
    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

fn platform() -> PlatformName {
    PlatformName::new("web").expect("a name")
}

fn command(verb: Verb) -> Command {
    Command {
        id: EffectId(1),
        verb,
        platform: platform(),
        change: Change::Off,
        expected: None,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    }
}

fn lost() -> BackendError {
    BackendError::Lost { cause: "no answer".into() }
}

fn refused() -> BackendError {
    BackendError::Refused { cause: "403".into(), state: None }
}

fn with(main: &Arc<Way>, other: &Arc<Way>) -> Paths {
    let other: Arc<dyn Backend> = other.clone();
    Paths::new(main.clone(), vec![Path { name: "the file".into(), backend: other }])
}

#[tokio::test(start_paused = true)]
async fn a_kill_is_proven_by_the_first_way_that_reads_it_back_and_goes_on_by_the_others() {
    let (main, other) = (Way::new(900, Ok(8)), Way::new(20, Ok(3)));
    let paths = with(&main, &other);
    paths.watch(&Nobody).await;
    let applied = paths.apply(&command(Verb::Kill)).await.expect("one way works");
    assert_eq!(applied.state.version, Version(7), "under the version of the main way");
    assert_eq!(applied.overwrote, Some("read back by way of the file".into()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(main.asked(), 1, "the slow way was not given up");
}

#[tokio::test(start_paused = true)]
async fn a_way_that_fails_is_named_when_another_one_works() {
    let paths = with(&Way::new(5, Err(lost())), &Way::new(20, Ok(3)));
    let applied = paths.apply(&command(Verb::Kill)).await.expect("one way works");
    assert_eq!(applied.overwrote, Some("read back by way of the file; its own backend: no answer".into()));
}

#[tokio::test(start_paused = true)]
async fn a_kill_is_refused_only_when_every_way_refuses_it() {
    let paths = with(&Way::new(5, Err(refused())), &Way::new(20, Err(lost())));
    let error = paths.apply(&command(Verb::Kill)).await.expect_err("no way works");
    assert!(matches!(&error, BackendError::Lost { .. }), "it is tried again: {error}");
    assert_eq!(error.to_string(), "its own backend: 403; the file: no answer");
    let paths = with(&Way::new(5, Err(refused())), &Way::new(20, Err(refused())));
    let error = paths.apply(&command(Verb::Kill)).await.expect_err("no way works");
    assert!(matches!(error, BackendError::Refused { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_exposes_more_goes_by_the_main_way_alone() {
    let (main, other) = (Way::new(5, Ok(8)), Way::new(5, Ok(3)));
    let paths = with(&main, &other);
    let applied = paths.apply(&command(Verb::Widen)).await.expect("the main way works");
    assert_eq!((applied.state.version, applied.overwrote), (Version(8), None));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(other.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_main_way_knew_before_another_one_stopped_it_is_a_sign_of_life_and_no_news() {
    let paths = with(&Way::new(5, Err(lost())), &Way::new(20, Ok(3)));
    paths.watch(&Nobody).await;
    paths.apply(&command(Verb::Kill)).await.expect("one way works");
    let list = List::default();
    paths.watch(&list).await;
    assert!(matches!(list.0.lock().expect("lock").as_slice(), [Body::Heard(_)]));
}
