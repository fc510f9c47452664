//! The GO Feature Flag adapter against real relay proxies on a file, PostgreSQL and Redis: every trap that it is built
//! around, shown and avoided.
//!
//! `.ci/servers run --only goff,goff-postgres,goff-redis -- cargo test --features real-servers --test goff -- --nocapture`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod faults;
mod measured;
mod place;
mod traps;
mod watched;
mod written;
