//! The runner against backends that fail on demand: what stops overtakes, is written down first, and is repeated
//! until it is read back; what grows is sent once.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::{Applied, Backend, BackendError, Control};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, EffectId, Outcome, Record};
use gonogo::event::{Body, Event, Promise, Sink};
use gonogo::runtime::clock::Clock;
use gonogo::runtime::runner::Runner;
use gonogo::runtime::scribe::{Ledger, Scribe};
use tokio::sync::mpsc;

/// What the backend does with the next write.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    /// Stores it and says so.
    Works,
    /// Never answers.
    Hangs,
    /// Stores it, and the answer is lost.
    Mumbles,
    /// Neither stores nor answers.
    Breaks,
    /// Says no.
    Refuses,
    /// Has a bug.
    Panics,
}

#[derive(Default)]
struct Fake {
    stored: Mutex<(bool, Percent, u64)>,
    script: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<(EffectId, usize)>>,
    journal: Arc<Mutex<Vec<Record>>>,
    is_read_only: bool,
}

fn free() -> SegmentName {
    "free".parse().expect("a name")
}

fn web() -> PlatformName {
    "web".parse().expect("a name")
}

impl Fake {
    fn state(&self) -> FlagState {
        let (on, share, version) = *self.stored.lock().expect("lock");
        FlagState {
            version: Version(version),
            on,
            shares: [(free(), share)].into(),
            by: None,
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        }
    }

    fn store(&self, change: &Change) {
        let mut stored = self.stored.lock().expect("lock");
        match change {
            Change::Off => stored.0 = false,
            Change::On(shares) | Change::Shares(shares) => {
                stored.0 |= matches!(change, Change::On(_));
                stored.1 = shares[&free()];
            }
            Change::Freeze(_) | Change::Weights(_) => {}
        }
        stored.2 += 1;
    }
}

impl Backend for Fake {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
    fn watch<'a>(&'a self, _: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(std::future::pending())
    }
    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async { Ok(self.state()) })
    }
    fn control(&self) -> Option<&dyn Control> {
        (!self.is_read_only).then_some(self as &dyn Control)
    }
    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Control for Fake {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        let lines = self.journal.lock().expect("lock").len();
        self.calls.lock().expect("lock").push((command.id, lines));
        let answer = self.script.lock().expect("lock").pop_front().unwrap_or(Answer::Works);
        Box::pin(async move {
            let lost = || BackendError::Lost { cause: "connection reset".into() };
            match answer {
                Answer::Works => {
                    self.store(&command.change);
                    Ok(Applied { state: self.state(), overwrote: None })
                }
                Answer::Hangs => std::future::pending().await,
                Answer::Mumbles => {
                    self.store(&command.change);
                    Err(lost())
                }
                Answer::Breaks => Err(lost()),
                Answer::Panics => panic!("a bug in the adapter"),
                Answer::Refuses => Err(BackendError::Refused { cause: "no permission".into(), state: None }),
            }
        })
    }
}

/// A journal in memory that can be broken.
struct Paper(Arc<Mutex<Vec<Record>>>, bool);

impl Ledger for Paper {
    fn append(&mut self, _: Timestamp, record: &Record) -> Result<(), Text> {
        if self.1 {
            return Err("no space left on device".into());
        }
        self.0.lock().expect("lock").push(record.clone());
        Ok(())
    }
    fn foreign(&mut self) -> Result<Vec<(Timestamp, Record)>, Text> {
        Ok(vec![])
    }
}

struct Bench {
    fake: Arc<Fake>,
    runner: Runner,
    outcomes: mpsc::Receiver<Event>,
    seen: Vec<Body>,
}

fn bench(script: &[Answer], broken_journal: bool) -> Bench {
    let journal = Arc::new(Mutex::new(vec![]));
    let fake = Arc::new(Fake {
        stored: Mutex::new((true, Percent::from_ppm(50_000), 1)),
        script: Mutex::new(script.iter().copied().collect()),
        journal: Arc::clone(&journal),
        ..Fake::default()
    });
    let scribe = Scribe::start(Paper(journal, broken_journal)).expect("a thread");
    let (sender, outcomes) = mpsc::channel(1024);
    let backends = BTreeMap::from([(web(), Arc::clone(&fake) as Arc<dyn Backend>)]);
    let runner = Runner::new(backends, scribe, sender, Clock::starting_at(Timestamp(0)));
    Bench { fake, runner, outcomes, seen: vec![] }
}

fn command(id: u64, verb: Verb) -> Command {
    let change = match verb {
        Verb::Kill => Change::Off,
        _ => Change::Shares([(free(), Percent::from_ppm(250_000))].into()),
    };
    Command {
        id: EffectId(id),
        verb,
        platform: web(),
        change,
        expected: None,
        actor: Actor::Person("ann".into()),
        reason: None,
        evidence: None,
        part_of: None,
    }
}

impl Bench {
    fn send(&mut self, id: u64, verb: Verb) {
        self.runner.carry_out(vec![Effect::Command(command(id, verb))]);
    }

    fn kill_free(&mut self, id: u64) {
        let change = Change::Shares([(free(), Percent::ZERO)].into());
        self.runner.carry_out(vec![Effect::Command(Command { change, ..command(id, Verb::Kill) })]);
    }

    /// Takes reports until one is as wanted.
    async fn until(&mut self, is_wanted: impl Fn(&Body) -> bool) -> Body {
        let wait = async {
            loop {
                let event = self.outcomes.recv().await.expect("the runner lives");
                self.seen.push(event.body.clone());
                if is_wanted(&event.body) {
                    return event.body;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("no such report came")
    }

    async fn end_of(&mut self, id: u64) -> Outcome {
        let is_end = move |body: &Body| matches!(body, Body::Effect { id: of, outcome } if of.0 == id && outcome.is_final());
        match self.until(is_end).await {
            Body::Effect { outcome, .. } => outcome,
            _ => unreachable!("the filter lets only effects through"),
        }
    }

    fn outcomes_of(&self, id: u64) -> Vec<&Outcome> {
        let of = |body| match body {
            &Body::Effect { id: EffectId(of), ref outcome } if of == id => Some(outcome),
            _ => None,
        };
        self.seen.iter().filter_map(of).collect()
    }

    fn complained(&self, words: &str) -> bool {
        self.seen
            .iter()
            .any(|body| matches!(body, Body::Problem { problem, .. } if problem.as_str().contains(words)))
    }
}

#[tokio::test]
async fn a_command_is_in_the_journal_before_it_is_sent_and_its_end_after() {
    for verb in [Verb::Widen, Verb::Kill] {
        let mut bench = bench(&[], false);
        bench.send(1, verb);
        assert!(matches!(bench.end_of(1).await, Outcome::Confirmed { .. }));
        assert_eq!(*bench.fake.calls.lock().expect("lock"), [(EffectId(1), 1)], "one line before the call");
        assert!(bench.runner.settle(Duration::from_secs(5)).await);
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while bench.fake.journal.lock().expect("lock").len() < 2 {
            assert!(std::time::Instant::now() < deadline, "the end was never written");
            tokio::task::yield_now().await;
        }
        let journal = bench.fake.journal.lock().expect("lock").clone();
        assert!(matches!(&journal[0], Record::Commanded { command } if command.id.0 == 1));
        assert!(matches!(&journal[1], Record::Finished { outcome: Outcome::Confirmed { .. }, .. }));
    }
}

#[tokio::test]
async fn kill_is_not_delayed_by_a_pending_widen() {
    let mut bench = bench(&[Answer::Hangs], false);
    bench.send(1, Verb::Widen);
    bench.until(|body| matches!(body, Body::Effect { outcome: Outcome::Sent, .. })).await;
    let begun = std::time::Instant::now();
    bench.send(2, Verb::Kill);
    assert!(matches!(bench.end_of(2).await, Outcome::Confirmed { .. }));
    assert!(begun.elapsed() < Duration::from_secs(2), "the widen alone may take ten");
    if bench.outcomes_of(1).iter().all(|outcome| !outcome.is_final()) {
        bench.end_of(1).await;
    }
    let ends = bench.outcomes_of(1);
    assert!(
        ends.iter()
            .any(|o| matches!(o, Outcome::Refused { cause, .. } if cause.as_str().contains("overtaken")))
    );
}

#[tokio::test]
async fn a_kill_is_repeated_until_it_is_read_back() {
    let mut bench = bench(&[Answer::Breaks, Answer::Breaks, Answer::Breaks], false);
    bench.send(1, Verb::Kill);
    assert!(matches!(bench.end_of(1).await, Outcome::Confirmed { .. }));
    let attempts: Vec<_> = bench
        .outcomes_of(1)
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Unknown { attempts, .. } => Some(*attempts),
            _ => None,
        })
        .collect();
    assert_eq!(attempts, [1, 2, 3], "each failed attempt is said aloud");
    assert!(!bench.fake.state().on);
}

#[tokio::test]
async fn a_kill_that_overtook_something_goes_on_when_another_kill_follows() {
    let mut bench = bench(&[Answer::Hangs, Answer::Breaks, Answer::Breaks, Answer::Breaks], false);
    bench.send(1, Verb::Widen);
    bench.until(|body| matches!(body, Body::Effect { outcome: Outcome::Sent, .. })).await;
    bench.send(2, Verb::Kill);
    bench
        .until(|body| matches!(body, Body::Effect { id: EffectId(2), outcome: Outcome::Unknown { .. } }))
        .await;
    bench.kill_free(3);
    assert!(matches!(bench.end_of(2).await, Outcome::Confirmed { .. }), "the first kill was dropped");
    assert!(!bench.fake.state().on);
}

#[tokio::test]
async fn a_roll_back_that_is_still_repeated_never_undoes_a_later_kill() {
    let mut bench = bench(&[Answer::Breaks], false);
    bench.send(1, Verb::RollBack);
    bench.until(|body| matches!(body, Body::Effect { outcome: Outcome::Unknown { .. }, .. })).await;
    bench.kill_free(2);
    let given_up = bench.end_of(1).await;
    assert!(
        matches!(&given_up, Outcome::Refused { cause, .. } if cause.as_str().contains("overtaken")),
        "{given_up:?}"
    );
    assert!(bench.runner.settle(Duration::from_secs(10)).await);
    assert_eq!(bench.fake.state().shares[&free()], Percent::ZERO, "the roll-back came after the kill");
}

#[tokio::test]
async fn a_kill_of_another_process_is_given_way_to_and_not_sent_from_here() {
    let mut bench = bench(&[Answer::Breaks], false);
    bench.send(1, Verb::RollBack);
    bench.until(|body| matches!(body, Body::Effect { outcome: Outcome::Unknown { .. }, .. })).await;
    let change = Change::Shares([(free(), Percent::ZERO)].into());
    bench.runner.carry_out(vec![Effect::GiveWay(Command { change, ..command(2, Verb::Kill) })]);
    assert!(matches!(bench.end_of(1).await, Outcome::Refused { .. }));
    assert!(bench.runner.settle(Duration::from_secs(5)).await);
    assert_eq!(bench.fake.calls.lock().expect("lock").len(), 1);
}

#[tokio::test]
async fn a_bug_in_an_adapter_does_not_end_a_kill() {
    let mut bench = bench(&[Answer::Panics], false);
    bench.send(1, Verb::Kill);
    assert!(matches!(bench.end_of(1).await, Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn a_long_outage_does_not_fill_the_journal() {
    let mut bench = bench(&[Answer::Breaks; 5], false);
    bench.send(1, Verb::Kill);
    bench.end_of(1).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    loop {
        let lines = bench.fake.journal.lock().expect("lock").clone();
        if lines.iter().any(|l| matches!(l, Record::Finished { outcome: Outcome::Confirmed { .. }, .. })) {
            let unknown =
                |l: &&Record| matches!(l, Record::Finished { outcome: Outcome::Unknown { .. }, .. });
            assert_eq!(lines.iter().filter(unknown).count(), 3, "attempts 1, 2 and 4");
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the end was never written");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_widen_is_never_sent_twice_but_found_out_about() {
    for (answer, is_done) in [(Answer::Mumbles, true), (Answer::Breaks, false)] {
        let mut bench = bench(&[answer], false);
        bench.send(1, Verb::Widen);
        assert_eq!(matches!(bench.end_of(1).await, Outcome::Confirmed { .. }), is_done);
        assert_eq!(bench.fake.calls.lock().expect("lock").len(), 1);
    }
}

#[tokio::test]
async fn a_full_disk_blocks_a_widen_and_not_a_kill() {
    let mut bench = bench(&[], true);
    bench.send(1, Verb::Widen);
    assert!(
        matches!(bench.end_of(1).await, Outcome::Refused { cause, .. } if cause.as_str().contains("no space"))
    );
    assert!(bench.fake.calls.lock().expect("lock").is_empty(), "it was never sent");
    bench.send(2, Verb::Kill);
    assert!(matches!(bench.end_of(2).await, Outcome::Confirmed { .. }));
    assert!(bench.complained("no space"));
}

#[tokio::test]
async fn a_kill_that_is_refused_three_times_is_loud_and_not_hammered() {
    let mut bench = bench(&[Answer::Refuses, Answer::Refuses, Answer::Refuses], false);
    bench.send(1, Verb::Kill);
    assert!(matches!(bench.end_of(1).await, Outcome::Refused { .. }));
    assert_eq!(bench.fake.calls.lock().expect("lock").len(), 3);
}

#[tokio::test]
async fn a_refusal_that_passes_does_not_end_a_kill() {
    let mut bench = bench(&[Answer::Refuses, Answer::Refuses], false);
    bench.send(1, Verb::Kill);
    assert!(matches!(bench.end_of(1).await, Outcome::Confirmed { .. }));
    assert!(!bench.fake.state().on);
}

#[tokio::test]
async fn a_widen_that_arrives_after_the_kill_that_overtook_it_is_killed_again() {
    let mut bench = bench(&[Answer::Hangs], false);
    bench.send(1, Verb::Widen);
    bench.until(|body| matches!(body, Body::Effect { outcome: Outcome::Sent, .. })).await;
    bench.send(2, Verb::Kill);
    bench.end_of(2).await;
    // The request of the widen was on the wire all the time, and switches the flag on again.
    bench.fake.store(&Change::On([(free(), Percent::FULL)].into()));
    bench.until(|body| matches!(body, Body::Problem { problem, .. } if problem.as_str().contains("killing again"))).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while bench.fake.state().on {
        assert!(std::time::Instant::now() < deadline, "it stayed on");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_a_control_nothing_is_sent() {
    let mut bench = bench(&[], false);
    let fake = Arc::new(Fake { is_read_only: true, ..Fake::default() });
    let scribe = Scribe::start(Paper(Arc::default(), false)).expect("a thread");
    let (sender, outcomes) = mpsc::channel(16);
    let backends = BTreeMap::from([(web(), Arc::clone(&fake) as Arc<dyn Backend>)]);
    bench.runner = Runner::new(backends, scribe, sender, Clock::starting_at(Timestamp(0)));
    bench.outcomes = outcomes;
    bench.send(1, Verb::Kill);
    assert!(matches!(bench.end_of(1).await, Outcome::Refused { .. }));
    assert!(fake.calls.lock().expect("lock").is_empty());
}
