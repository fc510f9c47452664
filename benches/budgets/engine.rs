//! The engine: one bet, one sample, many samples, and what a series weighs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use gonogo::engine::update;
use gonogo::stats::{DEFAULT_HORIZON, KillBet, Tick};

use super::process;
use super::table::{Runs, Table, time_each};
use super::world::World;

/// Slots that a series keeps, and some more, so that it is full.
const FULL: usize = 1_900;

pub fn measure(table: &mut Table) {
    // First: memory that something else gave back would be taken again and not be seen.
    weight(table);
    bet(table);
    let small = samples(10, 5, 400);
    table.row(
        "one sample through the engine, 10 segments × 5 guardrails",
        "≤ 25 µs (40,000 pairs/s)",
        format!("{}, {:.0} pairs/s", small.spread("µs", 2), 1e6 / small.median()),
        small.median() <= 25.0,
    );
    let large = samples(200, 5, 12);
    table.note(
        "the same with 200 segments × 5 guardrails",
        format!("{}, {:.0} pairs/s", large.spread("µs", 2), 1e6 / large.median()),
    );
}

fn bet(table: &mut Table) {
    let mut bet = KillBet::new(0.01, 0.1, DEFAULT_HORIZON);
    let runs = time_each(9, 100_000, |n| {
        let n = f64::from(n % 7);
        bet.update(black_box(&Tick {
            treatment_units: 25.0 + n,
            treatment_bad: n * 0.25,
            control_units: 75.0,
            control_bad: 1.0,
        }));
    });
    black_box(bet.standing());
    table.row(
        "one guardrail update (M1 with its twin)",
        "≤ 1 µs",
        runs.spread("ns", 0),
        runs.median() <= 1000.0,
    );
    let look = time_each(9, 100_000, |_| _ = black_box(black_box(&bet).standing()));
    table.note("reading its e-value", look.spread("ns", 0));
}

/// Microseconds for each sample, by round over all series.
fn samples(segments: usize, metrics: usize, rounds: usize) -> Runs {
    let mut world = World::live(segments, metrics);
    (0..30).for_each(|_| world.step(Duration::from_secs(1)));
    let round = |_| {
        let events = world.next_round(Duration::from_secs(1));
        world.flag_heard();
        let start = Instant::now();
        for event in &events {
            black_box(update(&mut world.model, event));
        }
        start.elapsed().as_secs_f64() * 1e6 / events.len() as f64
    };
    Runs::new((0..rounds).map(round).collect())
}

fn weight(table: &mut Table) {
    let me = std::process::id();
    let before = process::resident(me);
    let mut world = World::live(10, 5);
    (0..FULL).for_each(|_| world.step(Duration::from_secs(1)));
    let each = process::resident(me).saturating_sub(before) as f64 / 50.0;
    black_box(&world.model);
    table.row(
        "memory of 500 series (half an hour of seconds each)",
        "≤ 60 MB",
        format!("{:.0} MB; {:.0} kB each", each * 500.0 / 1e6, each / 1e3),
        each * 500.0 <= 60e6,
    );
}
