//! The engine's state as bytes: how large, how long to write and to read, and what a copy in memory costs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gonogo::domain::{ByArm, Counts, Histogram, SampleValue};
use gonogo::engine::state::{read, write};
use gonogo::engine::update;
use gonogo::event::{Body, Event};

use super::table::{Runs, Table};
use super::world::{World, metric_name};

/// Slots that a series keeps, and some more, so that it is full.
const FULL: usize = 1_900;
/// Upper bounds of the distribution, in milliseconds.
const BOUNDS: [f64; 12] = [5., 10., 25., 50., 100., 200., 300., 400., 500., 1000., 2500., 5000.];

pub fn measure(table: &mut Table) {
    let small = model(4, 3);
    sizes(table, "4 segments × 3 metrics, full charts", &small, 200, Some(10.0));
    let large = model(50, 10);
    sizes(table, "50 × 10", &large, 7, None);
}

/// A model with half an hour of seconds; its second metric is a distribution.
fn model(segments: usize, metrics: usize) -> World {
    let mut world = World::live(segments, metrics);
    for _ in 0..FULL {
        let events = world.next_round(Duration::from_secs(1));
        world.flag_heard();
        for event in events {
            update(&mut world.model, &distribution(event));
        }
    }
    world
}

fn distribution(mut event: Event) -> Event {
    if let Body::Sample(sample) = &mut event.body
        && sample.metric == metric_name(1)
        && let SampleValue::Counts(arms) = &sample.value
    {
        let histogram = |counts: Counts| Histogram {
            at_most: (1..=BOUNDS.len()).map(|n| (counts.units * n as f64 / 12.5).floor()).collect(),
            total: counts.units,
        };
        let arms = ByArm { treatment: arms.treatment.map(histogram), control: arms.control.map(histogram) };
        sample.value = SampleValue::Histogram { bounds: BOUNDS.to_vec(), arms };
    }
    event
}

fn sizes(table: &mut Table, what: &str, world: &World, runs: usize, budget: Option<f64>) {
    let model = &world.model;
    let bytes = write(model).expect("a state");
    let packed = zstd::bulk::compress(&bytes, 3).expect("a compressed state");
    table.note(
        &format!("size of a state, {what}"),
        format!("{:.0} kB, compressed {:.0} kB", bytes.len() as f64 / 1e3, packed.len() as f64 / 1e3),
    );
    let each = |call: &dyn Fn()| {
        let one = |_| {
            let start = Instant::now();
            call();
            start.elapsed()
        };
        Runs::ms((0..runs).map(one))
    };
    let write = each(&|| drop(black_box(write(model))));
    table.note("writing it", write.spread("ms", 2));
    let read = each(&|| drop(black_box(read(model.rollout.clone(), &bytes))));
    match budget {
        Some(most) => {
            table.row("reading it", &format!("≤ {most} ms"), read.spread("ms", 2), read.median() <= most)
        }
        None => table.note("reading it", read.spread("ms", 2)),
    }
    let unpack = each(&|| drop(black_box(zstd::bulk::decompress(&packed, bytes.len()))));
    table.note("decompressing it, beside", unpack.spread("ms", 2));
    let clone = each(&|| drop(black_box(model.clone())));
    table.note("a copy in memory (`Model::clone`)", clone.spread("ms", 2));
}
