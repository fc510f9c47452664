//! The engine as a whole, through its only door: events in, model and effects out.
//!
//! `bench` builds a small rollout and makes events; each file holds the laws of one part.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

mod acts;
mod approvals;
mod autopilot;
mod bench;
mod brief;
mod clear;
mod climb;
mod coach;
mod completion;
mod corners;
mod decisions;
mod facts;
mod forecast;
mod kills;
mod laws;
mod pilot;
mod platforms;
mod restore;
mod served;
mod state;
mod state_world;
mod verdicts;
