//! The LaunchDarkly adapter against a fake of it: flows of several requests, other people, faults.
//!
//! LaunchDarkly cannot be started by a test; `tests/launchdarkly.rs` has its real relay and its published API.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "launchdarkly/fake.rs"]
mod fake;
#[path = "launchdarkly/faults.rs"]
mod faults;
#[path = "launchdarkly/flows.rs"]
mod flows;
#[path = "launchdarkly/outside.rs"]
mod outside;
