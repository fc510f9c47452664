//! The cockpit from outside: the real binary in a real pseudo-terminal, against a flag service on a real websocket.
//!
//! In: keys, signals, sizes, outages. Out: what a person sees, and what the service has really stored; no test
//! believes the one without the other. Start reading at `harness` (the terminal) and `world` (the service).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail; it prints what it measured"
)]

#[path = "cockpit/acting.rs"]
mod acting;
#[path = "cockpit/drawing.rs"]
mod drawing;
#[path = "cockpit/ending.rs"]
mod ending;
#[path = "cockpit/fleet.rs"]
mod fleet;
#[path = "cockpit/harness.rs"]
mod harness;
#[path = "cockpit/kills.rs"]
mod kills;
#[path = "cockpit/link.rs"]
mod link;
#[path = "cockpit/others.rs"]
mod others;
#[path = "cockpit/plain.rs"]
mod plain;
#[path = "cockpit/platforms.rs"]
mod platforms;
#[path = "cockpit/recording.rs"]
mod recording;
#[path = "cockpit/replay.rs"]
mod replay;
#[path = "cockpit/seat.rs"]
mod seat;
#[path = "cockpit/seen.rs"]
mod seen;
#[path = "cockpit/themes.rs"]
mod themes;
#[path = "cockpit/usability.rs"]
mod usability;
#[path = "cockpit/verbs.rs"]
mod verbs;
#[path = "cockpit/watching.rs"]
mod watching;
#[path = "cockpit/world.rs"]
mod world;
