//! The budgets of the design, measured: prints figures beside what they may be, and asserts nothing, because
//! machines differ. Where a limit depends on the machine, the peer runs in the same process and a ratio is printed.
//!
//! ```text
//! cargo bench --bench budgets
//! ```
//!
//! In: the simulated world, stepped without a clock, and a websocket on loopback. Out: lines of text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must fail; it prints what it measured"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use gonogo::action::{Request, Scope, Verb};
use gonogo::backends::{Applied, Backend, BackendError, Control};
use gonogo::config::rollout_file;
use gonogo::demo::{World, find};
use gonogo::domain::{
    Actor, Capabilities, FlagState, KillScope, LinkState, PlatformName, Rollout, Source, SourceKind, Text,
    Timestamp, Version,
};
use gonogo::effect::{Command, Effect};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event, Promise, Sink};
use gonogo::feed::message::Counters;
use gonogo::feed::{FromServer, OpaqueId, codec};
use gonogo::net::websocket::{self, Frame};
use gonogo::runtime::clock::Clock;
use gonogo::runtime::inbox;
use gonogo::runtime::ledger::Forgetful;
use gonogo::runtime::runner::Runner;
use gonogo::runtime::scribe::Scribe;
use gonogo::theme::{self, Depth};
use gonogo::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

const START: Timestamp = Timestamp(1_700_000_000_000);

fn main() {
    let (model, samples) = launch(Duration::from_secs(110));
    engine(&model, &samples);
    drawing(&model);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(ingest(&model));
    runtime.block_on(kill());
}

fn event(at: Timestamp, body: Body) -> Event {
    Event { at, source_at: None, body }
}

fn rollout() -> Arc<Rollout> {
    let scenario = find("story").unwrap();
    let text = scenario.rollout_toml("ws://127.0.0.1:1", None);
    Arc::new(rollout_file::parse(&text, "story").unwrap().rollout)
}

/// The story as it stands after a while, and every sample that was sent until then.
fn launch(length: Duration) -> (Model, Vec<Event>) {
    let scenario = find("story").unwrap();
    let mut model = Model::new(rollout(), Autopilot::Advise, false);
    let mut world = World::new(&scenario, scenario.seed, START);
    let mut log = world.open_log(OpaqueId::new("bench").unwrap());
    let platform: PlatformName = model.platforms[0].name.clone();
    for (kind, name) in [(SourceKind::Flags, "web"), (SourceKind::Feedback, "customers")] {
        update(
            &mut model,
            &event(START, Body::Link { source: Source::new(kind, name), state: LinkState::Live }),
        );
    }
    for name in ["errors", "latency", "feedback"] {
        let source = Source::new(SourceKind::Metrics, name);
        update(&mut model, &event(START, Body::Link { source, state: LinkState::Live }));
    }
    let mut samples = Vec::new();
    while world.elapsed() < length {
        world.step(Duration::from_millis(100), &mut log);
        if world.elapsed().as_millis().is_multiple_of(500) {
            let now = world.now();
            let state = log.state(world.flag()).cloned().unwrap();
            let platform = platform.clone();
            update(&mut model, &event(now, Body::Flag { platform, state: FlagState::from(state) }));
            for sample in world.samples() {
                let event = event(now, Body::Sample(sample));
                update(&mut model, &event);
                samples.push(event);
            }
        }
    }
    (model, samples)
}

fn engine(model: &Model, samples: &[Event]) {
    let mut fresh = Model::new(Arc::clone(&model.rollout), Autopilot::Off, false);
    let start = Instant::now();
    let mut effects = 0;
    for sample in samples {
        effects += update(&mut fresh, sample).len();
    }
    let each = start.elapsed() / u32::try_from(samples.len()).unwrap();
    println!("engine: {each:?} for a sample ({} samples, {effects} effects)", samples.len());
}

fn drawing(model: &Model) {
    let theme = theme::pick("default", Depth::Rgb, false).unwrap();
    let view = View::new(Actor::Person(Text::new("bench"))).unwrap();
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let frames = 300;
        let start = Instant::now();
        for _ in 0..frames {
            black_box(terminal.draw(|frame| ui::draw(frame, model, &view, &theme)).unwrap());
        }
        println!("draw {columns}x{rows}: {:?} (budget at 200x60: 1 ms)", start.elapsed() / frames);
    }
}

/// Messages of the flood.
const FLOOD: u64 = 200_000;

/// A server that sends the flood to each client, as fast as it can.
async fn flood(model: &Model) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let segments: Vec<_> = model.segments.iter().map(|segment| segment.name.clone()).collect();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            for seq in 0..FLOOD {
                let segment = &segments[usize::try_from(seq).unwrap() % segments.len()];
                let text = format!(
                    r#"{{"kind":"counters","seq":{seq},"at_ms":{},"metric":"errors","segment":"{segment}","treatment":{{"units":{seq},"bad":{}}},"control":{{"units":{},"bad":{}}}}}"#,
                    START.0,
                    seq / 200,
                    seq * 3,
                    seq / 70,
                );
                if socket.feed(Message::text(text)).await.is_err() {
                    break;
                }
            }
            let _ = socket.close(None).await;
        }
    });
    address
}

async fn ingest(model: &Model) {
    let address = flood(model).await;
    let url = format!("ws://{address}/");
    let (mut bare_best, mut ours_best) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let (mut bare, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        let (start, mut count) = (Instant::now(), 0);
        while let Some(Ok(frame)) = bare.next().await {
            if let Message::Text(text) = frame {
                black_box(serde_json::from_str::<Counters>(&text).unwrap());
                count += 1;
            }
        }
        assert_eq!(count, FLOOD);
        bare_best = bare_best.min(start.elapsed());

        let mut model = model.clone();
        let clock = Clock::starting_at(START);
        let (entrance, mut inbox) = inbox::open(clock);
        let mut socket =
            websocket::connect(&url.parse().unwrap(), &websocket::Options::default()).await.unwrap();
        let (start, mut count) = (Instant::now(), 0);
        while let Ok(frame) = socket.receive().await {
            let Frame::Text(text) = frame else { continue };
            if let Ok(FromServer::Counters(counters)) = codec::read_server(&text).map(|read| read.message) {
                entrance.sample(Some(counters.at_ms), counters.into_sample());
                count += 1;
            }
            // The loop takes what has come in between two looks at the keys.
            if count % 64 == 0 {
                for event in inbox.take_now(2048) {
                    black_box(update(&mut model, &event));
                }
            }
        }
        assert_eq!(count, FLOOD);
        ours_best = ours_best.min(start.elapsed());
    }
    let rate = |took: Duration| FLOOD as f64 / took.as_secs_f64() / 1000.0;
    println!(
        "ingest: {:.0} thousand/s through socket, codec, inbox and engine; a bare receive-and-parse loop {:.0} thousand/s: {:.0} % (budget 70 %)",
        rate(ours_best),
        rate(bare_best),
        100.0 * bare_best.as_secs_f64() / ours_best.as_secs_f64(),
    );
}

/// A backend that notes when it was called: the moment before the wire.
#[derive(Default)]
struct Wire(Mutex<Option<Instant>>);

impl Backend for Wire {
    fn capabilities(&self) -> Capabilities {
        Capabilities { push: true, compare_and_set: true, kill: KillScope::Segment }
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

impl Control for Wire {
    fn apply<'a>(&'a self, _: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        *self.0.lock().unwrap() = Some(Instant::now());
        Box::pin(async { Ok(Applied { state: off(), overwrote: None }) })
    }
}

fn off() -> FlagState {
    FlagState {
        version: Version(1),
        on: false,
        shares: BTreeMap::new(),
        by: None,
        changed_at: None,
        doubts: Vec::new(),
    }
}

async fn kill() {
    let rollout = rollout();
    let clock = Clock::starting_at(START);
    let mut took = Vec::new();
    for _ in 0..500 {
        let wire = Arc::new(Wire::default());
        let backends = [(rollout.platforms[0].name.clone(), Arc::clone(&wire) as Arc<dyn Backend>)].into();
        let (outcomes, mut answers) = mpsc::channel(64);
        let mut runner = Runner::new(backends, Scribe::start(Forgetful).unwrap(), outcomes, clock);
        let mut model = Model::new(Arc::clone(&rollout), Autopilot::Off, false);
        let request = Request::new(Actor::Person(Text::new("bench")), Verb::Kill, Scope::default());
        let start = Instant::now();
        let effects: Vec<Effect> = update(&mut model, &event(clock.now(), Body::Asked(request)));
        runner.carry_out(effects);
        while wire.0.lock().unwrap().is_none() {
            answers.recv().await.unwrap();
        }
        took.push(wire.0.lock().unwrap().unwrap() - start);
    }
    took.sort();
    println!(
        "kill: request to the backend's wire p50 {:?}, p99 {:?}, without a disk (budget 10 ms)",
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );
}
