//! The flagd adapter against a real flagd: what flagd does, and what a cockpit makes of it.
//!
//! `.ci/servers run --only flagd,prometheus -- cargo test --features real-servers --test flagd`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod exposure;
mod faults;
mod measure;
mod own;
mod reading;
mod server;
mod writing;
