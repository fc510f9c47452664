//! A recording, replayed: the same verdicts, the same acts, the same frames.
//!
//! Random worlds and the demo recordings; start reading at `determinism`.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

#[path = "../engine/bench.rs"]
#[expect(dead_code, reason = "the workbench of the engine's tests; a part of it is needed here")]
mod bench;
mod determinism;
mod seeks;
mod world;
