//! Kill: from the decision to the wire, and from the key to the flag read back as off.
//!
//! The first is measured on the runner with a backend that only looks at the clock, and a journal on the disk. The
//! second is a session on the simulated world over its websocket, with the same journal; each kill is followed by a
//! resume that is not measured.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gonogo::action::{Request, Scope, Verb};
use gonogo::backends::{Applied, Backend, BackendError, Control, Rights};
use gonogo::config::rollout_file;
use gonogo::demo;
use gonogo::domain::*;
use gonogo::effect::{Command, Outcome, Record};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event, Promise, Sink};
use gonogo::journal::Journal;
use gonogo::runtime::clock::Clock;
use gonogo::runtime::runner::Runner;
use gonogo::runtime::scribe::{Ledger, Scribe};
use gonogo::runtime::session::{Session, Start};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::table::{Runs, Table};
use super::world::{START, World};

const KILLS: usize = 50;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    runtime.block_on(async {
        let healthy = to_the_wire(journal(folder.path(), "wire"), 200).await;
        table.row(
            "kill: decision → request handed to the backend",
            "≤ 10 ms",
            healthy.tail("ms"),
            healthy.p99() <= 10.0,
        );
        let stuck = to_the_wire(Stuck, 10).await;
        table.note("the same while the journal's disk hangs", stuck.tail("ms"));
        let off = to_off(journal(folder.path(), "off")).await;
        table.row(
            "kill: key → read back as off (demo, loopback)",
            "p99 ≤ 250 ms",
            off.tail("ms"),
            off.p99() <= 250.0,
        );
    });
}

fn journal(folder: &Path, name: &str) -> Journal {
    Journal::open(Some(folder), &name.parse().expect("a name")).expect("a journal").0
}

/// A disk that does not answer.
struct Stuck;

impl Ledger for Stuck {
    fn append(&mut self, _: Timestamp, _: &Record) -> Result<(), Text> {
        std::thread::sleep(Duration::from_millis(200));
        Ok(())
    }

    fn foreign(&mut self) -> Result<Vec<(Timestamp, Record)>, Text> {
        Ok(Vec::new())
    }
}

/// A backend that notes when it was asked.
#[derive(Default)]
struct Watch(Mutex<Option<Instant>>);

impl Backend for Watch {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
    fn watch<'a>(&'a self, _: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(std::future::pending())
    }
    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async { Ok(off()) })
    }
    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }
    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Control for Watch {
    fn apply<'a>(&'a self, _: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        self.0.lock().expect("a lock").get_or_insert_with(Instant::now);
        Box::pin(async { Ok(Applied { state: off(), overwrote: None }) })
    }
}

fn off() -> FlagState {
    FlagState {
        version: Version(2),
        on: false,
        shares: BTreeMap::new(),
        by: None,
        changed_at: None,
        doubts: vec![],
        ..FlagState::default()
    }
}

fn kill() -> Request {
    Request::new(Actor::Person(Text::new("captain")), Verb::Kill, Scope::default())
}

/// From the request, through the engine and the runner, to the call of the backend.
async fn to_the_wire(ledger: impl Ledger, times: usize) -> Runs {
    let clock = Clock::starting_at(START);
    let scribe = Scribe::start(ledger).expect("a thread");
    let mut runs = Vec::new();
    for _ in 0..times {
        let mut world = World::live(10, 5);
        world.step(Duration::from_secs(1));
        let backend = Arc::new(Watch::default());
        let backends: BTreeMap<PlatformName, Arc<dyn Backend>> =
            [("web".parse().expect("a name"), Arc::clone(&backend) as Arc<dyn Backend>)].into();
        let (sender, mut outcomes) = mpsc::channel(64);
        let mut runner = Runner::new(backends, scribe.clone(), sender, clock);
        let start = Instant::now();
        let event = Event { at: clock.now(), source_at: None, body: Body::Asked(kill()) };
        runner.carry_out(update(&mut world.model, &event));
        let confirmed = async {
            while let Some(event) = outcomes.recv().await {
                if matches!(event.body, Body::Effect { outcome: Outcome::Confirmed { .. }, .. }) {
                    return;
                }
            }
        };
        timeout(PATIENCE, confirmed).await.expect("a kill that is confirmed");
        let called = backend.0.lock().expect("a lock").expect("the backend was called");
        runs.push(called - start);
    }
    Runs::ms(runs)
}

/// A session on the simulated world: kills, read back as off, and resumes.
async fn to_off(ledger: impl Ledger) -> Runs {
    let clock = Clock::system();
    let scenario = demo::find("calm").expect("a scenario");
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let world = demo::serve(nowhere, &scenario, 1, None, clock.now()).await.expect("a world");
    let file = rollout_file::parse(&scenario.rollout_toml(&world.url(), None), "calm").expect("a rollout");
    let start = Start {
        file,
        rights: Rights::ReadWrite,
        autopilot: Autopilot::Off,
        ledger,
        remembered: Vec::new(),
        clock,
    };
    let mut session = Session::start(start).expect("a session");
    wait(&mut session, |model| model.platforms.iter().all(|platform| platform.state.is_some())).await;
    // The writer's standing connection is warm, as it is in a cockpit that somebody looks at.
    let warm = async {
        loop {
            session.take_news().await;
        }
    };
    let _ = timeout(Duration::from_millis(500), warm).await;
    let mut runs = Vec::new();
    for _ in 0..KILLS {
        let start = Instant::now();
        carry_out(&mut session, kill()).await;
        runs.push(start.elapsed());
        assert!(world.state().stored.is_some_and(|state| !state.on), "the world says that it is on");
        let seen = session.model.versions();
        let typed_name = Some(Text::new(session.model.rollout.name.as_str()));
        let reason = Some(Text::new("the next kill is measured"));
        carry_out(&mut session, Request { verb: Verb::Resume, typed_name, reason, seen, ..kill() }).await;
    }
    drop(session);
    world.shutdown().await;
    Runs::ms(runs)
}

/// Asks, and waits until every command of it is confirmed.
async fn carry_out(session: &mut Session, request: Request) {
    session.feed(Body::Asked(request));
    assert_eq!(session.model.refusal, None);
    wait(session, |model| {
        model.commands.back().is_some_and(|last| matches!(last.outcome, Some(Outcome::Confirmed { .. })))
    })
    .await;
}

async fn wait(session: &mut Session, is_done: impl Fn(&Model) -> bool) {
    let done = async {
        while !is_done(&session.model) {
            session.take_news().await;
        }
    };
    timeout(PATIENCE, done).await.expect("it is done in time");
}
