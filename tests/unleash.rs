//! The Unleash adapter against a real Unleash: every trap that it is built around, shown and avoided.
//!
//! `.ci/servers run -- cargo test --features real-servers --test unleash`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

#[path = "unleash/faults.rs"]
mod faults;
#[path = "unleash/reading.rs"]
mod reading;
#[path = "unleash/server.rs"]
mod server;
#[path = "unleash/switching.rs"]
mod switching;
#[path = "unleash/writing.rs"]
mod writing;
