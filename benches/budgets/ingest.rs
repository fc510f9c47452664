//! A websocket full of samples: our whole path against a bare loop in the same run, and facts beside a flood.
//!
//! ```text
//! bare: websocket ─▶ serde_json into a borrowed struct
//! ours: net::websocket ─▶ feed codec ─▶ metrics adapter ─▶ inbox ─▶ engine::update
//! ```

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use gonogo::domain::{Sample, Span, Timestamp};
use gonogo::engine::model::Traffic;
use gonogo::engine::{Model, update};
use gonogo::event::{Body, Promise, Sink};
use gonogo::feed::{Settings, Timing, codec};
use gonogo::feedback::{self, FeedbackSource};
use gonogo::metrics::{self, MetricSource, Query, Select};
use gonogo::runtime::clock::Clock;
use gonogo::runtime::inbox::{self, Entrance};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::flood::{self, Flood, Load, MESSAGE};
use super::table::{Runs, Table, time_each};
use super::world::{World, metric_name, segment_name};

const SEGMENTS: usize = 10;
const METRICS: usize = 5;
/// Until both sides run at their pace.
const WARM: Duration = Duration::from_millis(300);
const MEASURED: Duration = Duration::from_millis(1200);
const TURNS: usize = 3;

pub fn measure(table: &mut Table) {
    // The same kind of runtime as the program's.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (mut bare, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let flood = Flood::start(load(None, 0));
        flood.go();
        let theirs =
            runtime.block_on(async { tokio::spawn(run_bare(flood.address)).await.expect("it runs") });
        drop(flood);
        let own = runtime.block_on(run_ours());
        bare.push(theirs / 1e3);
        ours.push(own / 1e3);
        ratios.push(own / theirs * 100.0);
    }
    let ratios = Runs::new(ratios);
    table.note(&format!("bare loop, {MESSAGE} bytes"), Runs::new(bare).spread("k messages/s", 0));
    table.note("ours, into the model", Runs::new(ours).spread("k messages/s", 0));
    table.row("ingest against the bare loop", "≥ 70 %", ratios.spread("%", 0), ratios.median() >= 70.0);
    parse(table);
    runtime.block_on(hold(table));
}

/// What of the difference is reading a message, without socket and other threads.
fn parse(table: &Table) {
    let text = flood::message(&metric_name(0), &segment_name(0));
    let bare = time_each(5, 100_000, |_| _ = black_box(serde_json::from_str::<Bare<'_>>(black_box(&text))));
    let ours = time_each(5, 100_000, |_| _ = black_box(codec::read_server(black_box(&text))));
    table.note("reading one message: bare", bare.spread("ns", 0));
    table.note("reading one message: ours, each field checked", ours.spread("ns", 0));
}

fn load(samples: Option<u32>, feedback: u32) -> Load {
    Load { segments: SEGMENTS, metrics: METRICS, samples, feedback }
}

/// What the bare loop reads: the same fields, nothing checked, nothing copied.
#[derive(Deserialize)]
struct Bare<'f> {
    #[serde(borrow)]
    kind: &'f str,
    seq: u64,
    at_ms: i64,
    #[serde(borrow)]
    metric: &'f str,
    #[serde(borrow)]
    segment: &'f str,
    treatment: Option<Pair>,
    control: Option<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    units: f64,
    bad: f64,
}

async fn run_bare(address: SocketAddr) -> f64 {
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{address}/")).await.expect("a server");
    let hello = r#"{"kind":"hello","protocol":1,"client":"bare","want":["samples"],"resume":null}"#;
    socket.send(Message::text(hello)).await.expect("sent");
    let mut count = 0_u64;
    let mut seen = 0.0;
    let mut since: Option<Instant> = None;
    let begin = Instant::now() + WARM;
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else {
            panic!("the bare loop lost its server")
        };
        let Ok(read) = serde_json::from_str::<Bare<'_>>(&text) else { continue };
        let units = |pair: &Option<Pair>| pair.as_ref().map_or(0.0, |pair| pair.units + pair.bad);
        seen += units(&read.treatment) + units(&read.control) + read.seq as f64 + read.at_ms as f64;
        seen += (read.kind.len() + read.metric.len() + read.segment.len()) as f64;
        count += 1;
        // Looking at the clock each time would be measured as well.
        if count.is_multiple_of(1024) {
            let now = Instant::now();
            match since {
                None if now >= begin => {
                    since = Some(now);
                    count = 0;
                }
                Some(since) if now - since >= MEASURED => {
                    black_box(seen);
                    return count as f64 / (now - since).as_secs_f64();
                }
                _ => {}
            }
        }
    }
}

/// The inbox's entrance, with a count.
struct Counting {
    entrance: Entrance,
    samples: Arc<AtomicU64>,
}

impl Sink for Counting {
    fn fact(&self, source_at: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.entrance.fact(source_at, body)
    }

    fn sample(&self, source_at: Option<Timestamp>, sample: Sample) {
        self.entrance.sample(source_at, sample);
        self.samples.fetch_add(1, Relaxed);
    }
}

/// Adapters on a flood, and an engine at the other end of the inbox.
struct Ours {
    samples: Arc<AtomicU64>,
    sources: JoinSet<()>,
    stop: oneshot::Sender<()>,
    engine: thread::JoinHandle<(Model, Traffic)>,
}

impl Ours {
    fn start(flood: &Flood, with_feedback: bool) -> Self {
        let clock = Clock::starting_at(super::world::START);
        let (entrance, mut inbox) = inbox::open(clock);
        let samples = Arc::new(AtomicU64::new(0));
        let settings: Settings = toml::from_str(&format!("url = {:?}", flood.url())).expect("settings");
        let query = |index| Query {
            metric: metric_name(index),
            interval: Span(Duration::from_secs(5)),
            select: Select::Named(None),
        };
        let segments: Vec<_> = (0..SEGMENTS).map(segment_name).collect();
        let queries = (0..METRICS).map(query).collect();
        let metrics =
            metrics::feed::Feed::new(&settings, Timing::default(), queries, &segments).expect("a source");
        let mut sources = JoinSet::new();
        let sink = Counting { entrance: entrance.clone(), samples: Arc::clone(&samples) };
        sources.spawn(async move { metrics.watch(&sink).await });
        if with_feedback {
            let voices = feedback::feed::Feed::new("voices", &settings, Timing::default()).expect("a source");
            sources.spawn(async move { voices.watch(&entrance).await });
        }
        let (stop, mut stopped) = oneshot::channel();
        let mut model = World::live(SEGMENTS, METRICS).model;
        // As in the program, the loop has a thread of its own beside the runtime's.
        let handle = tokio::runtime::Handle::current();
        let engine = async move {
            loop {
                tokio::select! {
                    biased;
                    _ = &mut stopped => break,
                    batch = inbox.take(2048) => batch.iter().for_each(|event| drop(update(&mut model, event))),
                }
            }
            (model, inbox.traffic())
        };
        let engine = thread::spawn(move || handle.block_on(engine));
        Self { samples, sources, stop, engine }
    }

    fn samples(&self) -> u64 {
        self.samples.load(Relaxed)
    }

    /// Waits until so many samples have come in; then the model.
    async fn end(mut self, samples: u64) -> (Model, Traffic) {
        let all = timeout(Duration::from_secs(10), async {
            while self.samples() < samples {
                sleep(Duration::from_millis(5)).await;
            }
        });
        // What is missing is seen in the figures.
        let _ = all.await;
        sleep(Duration::from_millis(100)).await;
        self.sources.shutdown().await;
        drop(self.stop);
        self.engine.join().expect("the engine runs")
    }
}

async fn run_ours() -> f64 {
    let flood = Flood::start(load(None, 0));
    let ours = Ours::start(&flood, false);
    flood.go();
    sleep(WARM).await;
    let (start, before) = (Instant::now(), ours.samples());
    sleep(MEASURED).await;
    let rate = (ours.samples() - before) as f64 / start.elapsed().as_secs_f64();
    ours.end(0).await;
    rate
}

/// 500,000 samples a second beside 1,000 facts a second: what of it reaches the model.
async fn hold(table: &mut Table) {
    const OFFERED: u32 = 500_000;
    let flood = Flood::start(load(Some(OFFERED), 1_000));
    let ours = Ours::start(&flood, true);
    // The first sample of each series is the baseline of what is counted.
    let baseline = timeout(Duration::from_secs(5), async {
        while ours.samples() < (SEGMENTS * METRICS) as u64 {
            sleep(Duration::from_millis(5)).await;
        }
    });
    baseline.await.expect("the first samples come");
    sleep(Duration::from_millis(300)).await;
    let (start, before) = (Instant::now(), flood.samples());
    flood.go();
    sleep(Duration::from_secs(4)).await;
    flood.stop();
    let offered = (flood.samples() - before) as f64 / start.elapsed().as_secs_f64();
    // The threads of the flood finish the round that they are in.
    sleep(Duration::from_millis(300)).await;
    let (sent, pieces) = (flood.samples(), flood.feedback());
    let expected = flood.new_users() as f64 * (SEGMENTS * METRICS) as f64;
    let (model, traffic) = ours.end(sent).await;
    let series = model.segments.iter().flat_map(|segment| segment.series.values());
    let counted: f64 = series.filter_map(|series| series.stage.treatment).map(|counts| counts.units).sum();
    let heard = model.feedback_totals.pieces;
    table.row(
        "held: 500,000 samples/s offered",
        "500,000/s",
        format!(
            "{:.0} k/s over 4 s, {} k coalesced, {} refused",
            offered / 1e3,
            traffic.coalesced / 1000,
            traffic.refused
        ),
        offered >= f64::from(OFFERED) * 0.99,
    );
    table.row(
        "facts lost beside them",
        "0",
        format!(
            "{} of {pieces} sent; users lost: {:.0} of {expected:.0}",
            pieces - heard,
            expected - counted
        ),
        heard == pieces && counted == expected && traffic.refused == 0,
    );
}
