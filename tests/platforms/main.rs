//! Three platforms at once, the real binary in a pseudo-terminal, fifty kills from the key: how fast is it off, as it
//! was read back, and as edges serve it?
//!
//! ```text
//! key ─▶ cockpit ─▶ Unleash, GO Feature Flag's relay, flagd ─▶ edges, asked without gonogo
//!            └────▶ journal: read back as off, per platform
//! ```
//!
//! In: the servers of `.ci/servers run`. Out: per platform, from the key to "read back as off" (by the journal) and to
//! "served as off" (by asking each edge for a user who had the feature), beside the backend's own floor: the same change
//! written directly, in the same run. It must never believe the cockpit about what is served.
//!
//! `.ci/servers run -- cargo test --features real-servers --test platforms -- --nocapture`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod edges;
mod kills;
#[path = "../rollout_e2e/screen.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod screen;
mod town;
