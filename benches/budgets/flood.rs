//! A server that speaks the feed protocol and sends as much as is asked of it, from a thread of its own.
//!
//! In: a [`Load`]. Out: an address, and counts of what was sent. Frames are made once and only their numbers are
//! changed, so that the sender costs little more than the kernel's copying and the reader is what is measured.
//! Each connection is served by a blocking thread; [`Flood::go`] lets the samples loose, after one of each series.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gonogo::domain::{MetricName, SegmentName};
use gonogo::feed::{FromClient, Topic, codec};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::world::{START, metric_name, segment_name};

/// Bytes of one message, padded with spaces.
pub const MESSAGE: usize = 330;
/// All numbers that change have ten digits.
const BASE: u64 = 1_000_000_000;

/// What is sent.
#[derive(Clone, Copy)]
pub struct Load {
    pub segments: usize,
    pub metrics: usize,
    /// Samples a second; `None`: as fast as they are taken.
    pub samples: Option<u32>,
    /// Pieces of feedback a second.
    pub feedback: u32,
}

#[derive(Default)]
struct Shared {
    go: AtomicBool,
    stop: AtomicBool,
    end: AtomicBool,
    samples: AtomicU64,
    rounds: AtomicU64,
    feedback: AtomicU64,
}

pub struct Flood {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Flood {
    pub fn start(load: Load) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let all = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&all);
                if shared.end.load(SeqCst) {
                    return;
                }
                // A client that hangs up ends its thread.
                thread::spawn(move || serve(stream, load, &shared));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Lets samples and feedback loose.
    pub fn go(&self) {
        self.shared.go.store(true, SeqCst);
    }

    /// Stops sending; connections stay.
    pub fn stop(&self) {
        self.shared.stop.store(true, SeqCst);
    }

    /// Samples sent so far.
    pub fn samples(&self) -> u64 {
        self.shared.samples.load(SeqCst)
    }

    /// Pieces of feedback sent so far.
    pub fn feedback(&self) -> u64 {
        self.shared.feedback.load(SeqCst)
    }

    /// Treatment's new users of each series in what was sent so far, after the first sample.
    pub fn new_users(&self) -> u64 {
        users(self.shared.rounds.load(SeqCst))
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        self.shared.end.store(true, SeqCst);
        // Wakes the listener, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

const fn users(round: u64) -> u64 {
    round * 10
}

fn serve(stream: TcpStream, load: Load, shared: &Shared) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut socket = tungstenite::accept(stream).ok()?;
    let FromClient::Hello(hello) = codec::read_client(socket.read().ok()?.to_text().ok()?).ok()?.message
    else {
        return None;
    };
    let now = START.0;
    let newest = format!(r#"{{"flag/checkout-v2":1,"feedback":0,"samples":{BASE}}}"#);
    let greeting = format!(
        r#"{{"kind":"hello","protocol":1,"server":"flood","epoch":"1","seq":{newest},"capabilities":{{"set":true,"kill":"segment"}},"time_ms":{now}}}"#
    );
    socket.send(Message::text(greeting)).ok()?;
    let end = |socket: &mut WebSocket<TcpStream>, stream: &str, seq: u64| {
        socket.send(Message::text(format!(r#"{{"kind":"snapshot-end","seq":{{"{stream}":{seq}}}}}"#))).ok()
    };
    match hello.want.first() {
        Some(Topic::Samples) => {
            end(&mut socket, "samples", BASE)?;
            flood(&mut socket, load, shared)?;
        }
        Some(Topic::Feedback) => {
            end(&mut socket, "feedback", 0)?;
            talk(&mut socket, load, shared)?;
        }
        Some(Topic::Flag) => {
            let shares: Vec<_> =
                (0..load.segments).map(|index| format!(r#""{}":25"#, segment_name(index))).collect();
            let shares = shares.join(",");
            socket
                .send(Message::text(format!(
                    r#"{{"kind":"flag","seq":1,"flag":"checkout-v2","version":1,"on":true,"shares":{{{shares}}},"by":null,"changed_at_ms":null}}"#
                )))
                .ok()?;
            end(&mut socket, "flag/checkout-v2", 1)?;
        }
        None => {}
    }
    // Reading answers pings.
    socket.get_mut().set_read_timeout(None).ok()?;
    while !shared.end.load(SeqCst) {
        socket.read().ok()?;
    }
    Some(())
}

/// One message as text.
pub fn message(metric: &MetricName, segment: &SegmentName) -> String {
    let mut text = format!(
        r#"{{"kind":"counters", "seq":{BASE}, "at_ms":{}, "metric":"{metric}", "segment":"{segment}", "treatment":{{"units":{BASE},"bad":{BASE}}}, "control":{{"units":{BASE},"bad":{BASE}}}"#,
        START.0
    );
    while text.len() + 1 < MESSAGE {
        text.push(' ');
    }
    text.push('}');
    text
}

/// One sample of each series as bytes of websocket frames, and where their numbers stand.
struct Block {
    bytes: Vec<u8>,
    /// Of each message: its number in the stream, then units and bad units of treatment and control.
    places: Vec<[usize; 5]>,
}

impl Block {
    fn new(load: Load) -> Self {
        let mut block = Self { bytes: Vec::new(), places: Vec::new() };
        for segment in (0..load.segments).map(segment_name) {
            for metric in (0..load.metrics).map(metric_name) {
                let text = message(&metric, &segment);
                // A final text frame with a length of two bytes, not masked.
                block.bytes.extend([0x81, 126]);
                block.bytes.extend((text.len() as u16).to_be_bytes());
                let start = block.bytes.len();
                let digits = BASE.to_string();
                let places: Vec<_> = text.match_indices(&digits).map(|(at, _)| start + at).collect();
                block.places.push(places.try_into().expect("five numbers"));
                block.bytes.extend(text.as_bytes());
            }
        }
        block
    }

    /// Makes it the given round, after `sent` messages.
    fn turn(&mut self, sent: u64, round: u64) {
        for (index, places) in self.places.iter().enumerate() {
            let seq = BASE + sent + index as u64 + 1;
            let (users, bad) = (users(round), round / 10);
            let numbers = [seq, BASE + users, BASE + bad, BASE + users * 3, BASE + bad * 3];
            for (place, number) in places.iter().zip(numbers) {
                write_digits(&mut self.bytes[*place..*place + 10], number);
            }
        }
    }
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn flood(socket: &mut WebSocket<TcpStream>, load: Load, shared: &Shared) -> Option<()> {
    let mut block = Block::new(load);
    let size = block.places.len() as u64;
    // Enough for a write that is worth its system call, not so much that a slow load comes in bursts.
    let at_once = load.samples.map_or(8, |rate| (u64::from(rate) / 1000 / size).max(1));
    let mut round = 0;
    let mut start = None;
    let mut bytes = Vec::new();
    while !shared.stop.load(SeqCst) {
        let rounds = if round == 0 { 1 } else { at_once };
        bytes.clear();
        for next in round..round + rounds {
            block.turn(next * size, next);
            bytes.extend(&block.bytes);
        }
        socket.get_mut().write_all(&bytes).ok()?;
        round += rounds;
        shared.samples.store(round * size, SeqCst);
        shared.rounds.store(round - 1, SeqCst);
        let start = *start.get_or_insert_with(|| {
            wait(shared);
            Instant::now()
        });
        if let Some(rate) = load.samples {
            let due = start + Duration::from_secs_f64((round * size) as f64 / f64::from(rate));
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    Some(())
}

fn talk(socket: &mut WebSocket<TcpStream>, load: Load, shared: &Shared) -> Option<()> {
    wait(shared);
    let (start, segment) = (Instant::now(), segment_name(0));
    let mut said = 0;
    while !shared.stop.load(SeqCst) {
        said += 1;
        let text = format!(
            r#"{{"kind":"feedback","seq":{said},"at_ms":{},"id":"piece-{said}","segment":"{segment}","score":4,"text":"piece {said}: the pay button is quick now"}}"#,
            START.0
        );
        socket.send(Message::text(text)).ok()?;
        shared.feedback.store(said, SeqCst);
        let due = start + Duration::from_secs_f64(said as f64 / f64::from(load.feedback.max(1)));
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Some(())
}

fn wait(shared: &Shared) {
    while !shared.go.load(SeqCst) && !shared.stop.load(SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
}
