//! A server that goes away, hangs and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gonogo::backends::BackendError;
use gonogo::domain::LinkState;
use gonogo::event::Body;

use crate::server::{Watched, alone, kill, variable};

fn control(verb: &str) {
    let status =
        std::process::Command::new(variable("UNLEASH_CTL")).arg(verb).status().expect("the script runs");
    assert!(status.success(), "{verb}: {status}");
}

/// Brings the server back, also when a test fails half-way.
struct Back(&'static str);

impl Drop for Back {
    fn drop(&mut self) {
        let _ = std::process::Command::new(variable("UNLEASH_CTL")).arg(self.0).status();
    }
}

fn link(body: &Body) -> Option<LinkState> {
    match body {
        Body::Link { state, .. } => Some(state.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_told_and_found_again_with_what_changed() {
    let (server, _guard) = alone().await;
    let flag = server.flag("away").await;
    let id = flag.strategy("free", "10").await;
    let adapter = Arc::new(flag.adapter());
    let mut watched = Watched::start(Arc::clone(&adapter));
    watched.until(|body| (link(body) == Some(LinkState::Live)).then_some(())).await;
    let _back = Back("start");
    control("stop");
    let cause = watched
        .until(|body| match link(body) {
            Some(LinkState::Retrying { cause, .. }) => Some(cause),
            _ => None,
        })
        .await;
    assert!(
        cause.as_str().starts_with(&format!("cannot read {} at web: cannot reach", flag.name)),
        "{cause}"
    );
    assert!(matches!(kill(&adapter).await, Err(BackendError::Lost { .. })), "nobody knows");

    control("start");
    let began = Instant::now();
    watched.until(|body| (link(body) == Some(LinkState::Live)).then_some(())).await;
    println!("found again {} ms after the server was back", began.elapsed().as_millis());
    assert!(began.elapsed() < Duration::from_secs(15), "the back-off has a cap");
    flag.set(&id, "/parameters/rollout", "11").await;
    watched.state(|state| state.shares.values().any(|share| share.as_f64() > 10.5)).await;
    assert!(!kill(&adapter).await.expect("off").state.on);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_a_server_that_hangs_is_lost_in_time_to_be_sent_again() {
    let (server, _guard) = alone().await;
    let flag = server.flag("hangs").await;
    flag.strategy("free", "10").await;
    flag.switch(true).await;
    let adapter = flag.adapter();
    let _back = Back("thaw");
    control("freeze");
    let began = Instant::now();
    let error = kill(&adapter).await.expect_err("nobody answers");
    assert!(matches!(error, BackendError::Lost { .. }), "{error}");
    println!("given up after {} ms", began.elapsed().as_millis());
    assert!(began.elapsed() < Duration::from_secs(4), "a hanging kill blocks the next attempt");
    control("thaw");
    assert!(!kill(&adapter).await.expect("off").state.on);
}
