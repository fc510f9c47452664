//! The guard from outside: the real binary without a terminal, against a flag service on a real websocket.
//!
//! In: rollout files, signals, outages, a service that withholds its answers. Out: lines of the log, exit codes, the
//! journal, and what the service has really stored. Start reading at `process` (the guard) and `gate` (the service that
//! does not answer); the world is the cockpit's.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail; it prints what it measured"
)]

mod crash;
mod ending;
mod files;
mod gate;
mod killing;
mod others;
mod process;
mod ready;
#[path = "../cockpit/world.rs"]
#[allow(dead_code, reason = "the cockpit's tests look at more of it")]
mod world;
