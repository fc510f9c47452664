//! The budgets of the design, measured: `cargo bench` prints one line for each.
//!
//! In: nothing, or the names of sections (`cargo bench --bench budgets -- ingest kill`). Out: a table on standard
//! output. It never fails on a slow day: a figure past its budget is marked and the run goes on. Where a peer can run
//! in the same process, the figure is a ratio to it, so that a busy machine hurts both alike.
//!
//! | section | what |
//! |---|---|
//! | `engine` | one bet, one sample through `engine::update`, bytes for a series |
//! | `state` | a whole model as bytes and back: size, time, and a copy in memory |
//! | `draw` | a whole screen into cells, and the bytes of a changed one |
//! | `fleet` | 200 rollouts × 20 segments × 8 metrics: frames, keys, memory |
//! | `ingest` | a websocket full of samples: ours against a bare loop; facts beside 500,000 samples a second |
//! | `kill` | from the decision to the wire, and to the flag read back as off |
//! | `backtest` | rows a second and memory of a backtest, against a loop that only reads them |
//! | `recording` | what recording costs the loop; written, read, and a seek in a file of 1 GB (`GONOGO_BENCH_GB`) |
//! | `replay` | events a second decided anew, against a loop that only decodes; seeks; a day in memory |
//! | `reaction` | an error spike on the demo: from the first bad sample to read back as off |
//! | `cockpit` | the real binary in a pseudo-terminal: first frame, keys under load, idle, memory |
//!
//! What the figures were on one machine, and what is not measured, stands in `docs/budgets.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on must stop"
)]

#[path = "budgets/backtest.rs"]
mod backtest;
#[path = "budgets/cockpit.rs"]
mod cockpit;
#[path = "budgets/draw.rs"]
mod draw;
#[path = "budgets/engine.rs"]
mod engine;
#[path = "budgets/fleet.rs"]
mod fleet;
#[path = "budgets/flood.rs"]
mod flood;
#[path = "budgets/ingest.rs"]
mod ingest;
#[path = "budgets/kill.rs"]
mod kill;
#[path = "budgets/process.rs"]
mod process;
#[path = "budgets/reaction.rs"]
mod reaction;
#[path = "budgets/recording.rs"]
mod recording;
#[path = "budgets/replay.rs"]
mod replay;
#[path = "budgets/state.rs"]
mod state;
#[path = "budgets/table.rs"]
mod table;
#[path = "budgets/world.rs"]
mod world;

use table::Table;

/// Measures, and says so line by line.
type Section = fn(&mut Table);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        // `cargo test --all-targets` starts benches too, without the optimiser: that would measure nothing.
        return;
    }
    // Cargo hands `--bench` in; names are sections.
    let wanted: Vec<String> = words.into_iter().filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |section: &str| wanted.is_empty() || wanted.iter().any(|word| word == section);
    let mut table = Table::start();
    // It runs for a minute, beside everything else.
    let demo = is_wanted("cockpit").then(cockpit::start_demo);
    let sections: [(&str, Section); 11] = [
        ("engine", engine::measure),
        ("state", state::measure),
        ("draw", draw::measure),
        ("fleet", fleet::measure),
        ("ingest", ingest::measure),
        ("kill", kill::measure),
        ("backtest", backtest::measure),
        ("recording", recording::measure),
        ("replay", replay::measure),
        ("reaction", reaction::measure),
        ("cockpit", cockpit::measure),
    ];
    for (section, measure) in sections {
        if is_wanted(section) {
            table.section(section);
            measure(&mut table);
        }
    }
    if let Some(demo) = demo {
        cockpit::measure_demo(&mut table, demo);
    }
    table.end();
}
