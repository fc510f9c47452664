//! The statistics next to what the field does, simulated at length: `cargo bench --bench statistics`.
//!
//! In: fixed seeds. Out: tables on standard output; nothing fails. What the statistics promise is held by
//! `tests/simulations/`; here are more runs, and peers in the same runs.
//!
//! | peer | what it is |
//! |---|---|
//! | bound | sequential bound of the kind that GrowthBook uses: asymptotic confidence sequence, N* = 5,000, here one-sided, at each look |
//! | z-test | a fixed-sample two-sided test on a timer: what not to do |
//!
//! Left out: Statsig's mSPRT. Its mixing variance could not be looked up, and a guess would be no peer. The column of the table
//! it belongs to is printed as it was handed down.
#![allow(clippy::print_stdout, reason = "tables are what this is for")]

#[path = "../tests/simulations/chance.rs"]
mod chance;
#[path = "statistics/cost.rs"]
mod cost;
#[path = "statistics/peers.rs"]
mod peers;
#[path = "../tests/simulations/scene.rs"]
mod scene;
#[path = "statistics/tables.rs"]
mod tables;

fn main() {
    // `cargo test --all-targets` starts benches too, without the optimiser: that would take an hour.
    if std::env::args().len() > 1 {
        tables::print_detection();
        tables::print_late_onset();
        tables::print_false_alarms();
        tables::print_first_stages();
        tables::print_latency();
        cost::print();
    }
}
