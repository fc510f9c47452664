//! The LaunchDarkly adapter against what of LaunchDarkly can be had: its real Relay Proxy, offline, for the stream, and its
//! published OpenAPI file, served and checked by Prism, for the REST API.
//!
//! `.ci/servers run --only ld-relay,ld-api -- cargo test --features real-servers --test launchdarkly`

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "launchdarkly/outside.rs"]
mod outside;
#[path = "launchdarkly/relay.rs"]
mod relay;
#[path = "launchdarkly/specification.rs"]
mod specification;

/// A variable that `.ci/servers run` sets.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run -- cargo test --features real-servers --test launchdarkly`")
    })
}

/// Runs the script that a variable names; it must succeed.
fn script(name: &str, arguments: &[&str]) {
    let status =
        std::process::Command::new(variable(name)).args(arguments).status().expect("the script runs");
    assert!(status.success(), "{name} {arguments:?}: {status}");
}
