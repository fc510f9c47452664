//! Recording: what it costs the loop, how fast the thread writes, how fast the file is read, and a seek in a large one.
//!
//! `GONOGO_BENCH_GB` says how large that is: 1 if it is not set, 0 for none. It is made in the temporary folder, of
//! comments that hardly compress, so that a gigabyte is soon full; and removed afterwards.

use std::fs::File;
use std::hint::black_box;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use gonogo::domain::{Feedback, Text, Timestamp};
use gonogo::engine::{Autopilot, Decision, update};
use gonogo::event::{Body, Event};
use gonogo::feed::codec;
use gonogo::recording::{Archive, Header, Recorder, Recording, Writer};

use super::flood;
use super::table::{Runs, Table, time_each};
use super::world::{World, metric_name, rollout, segment_name};

const SEGMENTS: usize = 10;
const METRICS: usize = 5;
/// Readings that are handed to the recorder at once: they fit its queue, or refusing them would be measured.
const BURST: usize = 8_000;
const TURNS: usize = 7;
/// Events that are written and read.
const EVENTS: usize = 200_000;
/// Places in the large file that are gone to.
const SEEKS: usize = 100;

pub fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let events = readings();
    beside_the_loop(table, folder.path(), &events[..BURST]);
    through(table, &folder.path().join("through.rec"), &events);
    let gb = std::env::var("GONOGO_BENCH_GB").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    if gb > 0.0 {
        large(table, &folder.path().join("large.rec"), gb);
    }
}

fn header() -> Header {
    Header::new(&rollout(SEGMENTS, METRICS), Autopilot::Advise, false)
}

/// Readings as they come in a second, with a tick twice a second.
fn readings() -> Vec<Event> {
    let mut world = World::live(SEGMENTS, METRICS);
    let mut events = Vec::with_capacity(EVENTS + 64);
    while events.len() < EVENTS {
        events.extend(world.next_round(Duration::from_secs(1)));
        events.push(World::heard(world.now));
        events.push(Event { at: world.now, source_at: None, body: Body::Tick });
        events.push(Event { at: world.now, source_at: None, body: Body::Tick });
    }
    events
}

/// What handing over costs the loop, against reading the same message and taking it into the model.
fn beside_the_loop(table: &mut Table, folder: &Path, events: &[Event]) {
    let mut own = Vec::new();
    for turn in 0..TURNS {
        let path = folder.join(format!("turn-{turn}.rec"));
        let mut recorder = Recorder::create(&path, &header()).expect("a new file");
        let start = Instant::now();
        events.iter().for_each(|event| recorder.take(event, &[]));
        own.push(start.elapsed().as_nanos() as f64 / events.len() as f64);
        assert_eq!(recorder.finish(Duration::from_secs(60)).lost, 0, "the queue was full");
    }
    let own = Runs::new(own);
    let mut model = World::live(SEGMENTS, METRICS).model;
    let updates = (0..3).map(|_| {
        let start = Instant::now();
        for event in events {
            black_box(update(&mut model, event));
        }
        start.elapsed().as_nanos() as f64 / events.len() as f64
    });
    let updates = Runs::new(updates.collect());
    let text = flood::message(&metric_name(0), &segment_name(0));
    let parse = time_each(5, 50_000, |_| _ = black_box(codec::read_server(black_box(&text))));
    table.note(
        "reading one message and taking it into the model",
        format!("{:.0} + {:.0} ns", parse.median(), updates.median()),
    );
    let share = 100.0 * own.median() / (parse.median() + updates.median());
    table.row(
        "recording: its cost in the loop",
        "≤ 3 % of ingest",
        format!("{share:.2} %: {}", own.spread("ns an event", 0)),
        share <= 3.0,
    );
}

/// Written by the thread's hand, and read in both ways.
fn through(table: &mut Table, path: &Path, events: &[Event]) {
    let mut rates = Vec::new();
    for _ in 0..3 {
        // The last one stays to be read.
        let _ = std::fs::remove_file(path);
        let mut writer = Writer::create(path, &header()).expect("a new file");
        let start = Instant::now();
        for event in events {
            writer.put(event, &[] as &[Decision]).expect("written");
        }
        writer.finish().expect("written");
        rates.push(events.len() as f64 / start.elapsed().as_secs_f64() / 1e3);
    }
    let archive = Archive::open(path).expect("a recording");
    let lines: u64 = archive.blocks().iter().map(|block| block.bytes).sum();
    let bytes = std::fs::metadata(path).expect("a file").len();
    table.note("written", Runs::new(rates).spread("k events/s", 0));
    table.note(
        "readings in the file",
        format!(
            "{:.1} bytes each, of {:.0} as lines",
            bytes as f64 / events.len() as f64,
            lines as f64 / events.len() as f64
        ),
    );
    let rate = |read: &dyn Fn() -> usize| {
        let run = |_| {
            let start = Instant::now();
            assert_eq!(read(), events.len());
            events.len() as f64 / start.elapsed().as_secs_f64() / 1e3
        };
        Runs::new((0..5).map(run).collect())
    };
    let file = || BufReader::new(File::open(path).expect("a file"));
    let pipe = rate(&|| Recording::open("bench", file()).expect("a recording").count());
    let place = rate(&|| {
        let blocks = 0..archive.blocks().len();
        blocks.map(|number| archive.block(number).expect("readable").count()).sum()
    });
    table.note("read as from a pipe and nothing else", pipe.spread("k events/s", 0));
    table.note("read block by block and nothing else", place.spread("k events/s", 0));
}

/// A file that is mostly comments.
fn large(table: &mut Table, path: &Path, gb: f64) {
    let target = (gb * 1e9) as u64;
    let start = Instant::now();
    let mut writer = Writer::create(path, &header()).expect("a new file");
    let (mut chance, mut at, mut events) = (0x9e37_79b9_7f4a_7c15_u64, super::world::START, 0_u64);
    let mut next = || {
        // Xorshift: digits that no compressor shortens to much less than half.
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    while events % 1_000 != 0 || std::fs::metadata(path).expect("a file").len() < target {
        let text: String = (0..30).map(|_| format!("{:016x}", next())).collect();
        let feedback = Feedback { id: Text::new(&events.to_string()), text: Text::new(&text), ..comment() };
        at = Timestamp(at.0 + 20);
        let event = Event { at, source_at: None, body: Body::Feedback(feedback) };
        writer.put(&event, &[]).expect("written");
        events += 1;
    }
    writer.finish().expect("written");
    let bytes = std::fs::metadata(path).expect("a file").len() as f64;
    table.note(
        "a large recording, made for this",
        format!("{:.2} GB, {events} events, {:.0} s", bytes / 1e9, start.elapsed().as_secs_f64()),
    );
    let open = Runs::ms((0..20).map(|_| {
        let start = Instant::now();
        black_box(Archive::open(path).expect("a recording"));
        start.elapsed()
    }));
    table.note("opened, by its index", open.tail("ms"));
    let seek = |n: usize| {
        let event = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % events;
        let start = Instant::now();
        let archive = Archive::open(path).expect("a recording");
        let block = archive.block_of(event).expect("a block");
        let mut taken = archive.block(block).expect("readable").map(|taken| taken.expect("whole"));
        assert!(taken.any(|taken| taken.number == event));
        start.elapsed()
    };
    let seeks = Runs::ms((0..SEEKS).map(seek));
    table.row(
        "opened and read at any event (without the model)",
        "≤ 100 ms",
        seeks.tail("ms"),
        seeks.p99() <= 100.0,
    );
}

fn comment() -> Feedback {
    Feedback { id: Text::new(""), segment: segment_name(0), arm: None, score: Some(4), text: Text::new("") }
}
