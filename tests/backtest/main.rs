//! Backtests: what guardrails would have done, from a CSV or a recording.
//!
//! `file` makes rollouts and CSVs; `rows` is about what rows mean, `verdicts` about what is said, `command` about the
//! real binary, `recordings` about what is written and read back.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

mod command;
mod file;
mod recordings;
mod rows;
mod verdicts;
