//! The whole loop for real: the binary that people start, a real Unleash, a real Prometheus, and the demo shop whose
//! customers get the treatment.
//!
//! ```text
//! cockpit ─▶ Unleash ─▶ shop ─▶ Prometheus ─▶ cockpit
//! ```
//!
//! In: the servers of `.ci/servers run`. Out: what Unleash's own API, the shop and the screen say afterwards; never
//! what gonogo believes alone. Tests take turns ([`town::Town`]), because there is one Unleash to stop and one port
//! that Prometheus reads.
//!
//! `.ci/servers run -- cargo test --features real-servers --test rollout_e2e`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod crash;
mod doubt;
mod guard;
mod kills;
mod looping;
mod others;
mod outage;
mod screen;
mod town;
mod unleash;
mod verbs;
