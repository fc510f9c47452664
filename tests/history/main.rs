//! The history from outside: the real binary beside a flag service on a real websocket, and processes that are killed
//! while they write.
//!
//! Start reading at `crash` (nothing that was said to be written is lost) and `command` (what a user sees).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail; the child tells on standard output what it has written"
)]

mod command;
mod crash;
mod recordings;
#[path = "../cockpit/world.rs"]
#[allow(dead_code, reason = "the cockpit's tests look at more of it")]
mod world;
