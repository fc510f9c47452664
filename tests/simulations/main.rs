//! The promises of the statistics, simulated: false alarms, detection, coverage.
//!
//! In: fixed seeds. Out: tables on standard output, and a failure where a promise does not hold. It takes a minute or two
//! in release, and is asked for by name:
//!
//! ```text
//! cargo test --release --features simulations --test simulations -- --nocapture
//! ```
//!
//! A promise that is a probability is held to α plus three standard errors of the number of runs, and nothing else is
//! added: `Table::promise`. The longer run with the peers is `benches/statistics.rs`.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a simulation prints its tables and fails where it must"
)]

mod chance;
mod clusters;
mod detection;
mod false_alarms;
mod health;
mod passing;
mod scene;
mod table;
