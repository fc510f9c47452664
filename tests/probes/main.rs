//! Probes against real edges: a GO Feature Flag relay proxy and flagd, as `.ci/servers run` starts them.
//!
//! Nothing here writes through an adapter: flags are changed behind everybody's back, in their files.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "tests fail by panicking, and print what they measured"
)]

mod edge;
mod kills;
mod load;
mod session;
mod shares;
mod unleash;
mod watched;

/// Whatever goes wrong.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[path = "../feed_adapters/seen.rs"]
#[allow(dead_code, reason = "shared with other tests, which wait for more")]
mod seen;
