//! Reports: what they say of a small rollout that was written by hand, how they look, and the command.
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test that cannot go on fails it")]

mod arithmetic;
mod command;
mod golden;
mod html;
mod script;
