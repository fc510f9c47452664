//! What a probe costs the edge: questions a second in both modes, by the edge's own count.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Failure;
use super::edge::{BOTH, Edge, alone};
use super::watched::Watched;

const FLAG: &str = "probe-load";

/// Questions a second over a while.
async fn rate(edge: Edge, during: Duration) -> f64 {
    let (before, at) = (edge.evaluations().await, Instant::now());
    sleep(during).await;
    (edge.evaluations().await - before) / at.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn calm_is_cheap_and_fast_mode_is_bounded_and_ends() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        edge.serve(FLAG, (25, 25)).await;
        let watched = Watched::start(edge.probe(FLAG, ""));
        watched.whole(0, |served| served.values().all(|probed| probed.treated > 0)).await?;
        watched.stored((25, 25));
        // Two intervals, of which one has a panel to its end: 400 users, and a canary each second.
        let calm = rate(edge, Duration::from_secs(18)).await;
        watched.cuer.sent();
        let fast = rate(edge, Duration::from_secs(4)).await;
        watched.cuer.ended();
        // It agrees, so fast mode has ended within its two quiet seconds.
        sleep(Duration::from_secs(3)).await;
        let after = rate(edge, Duration::from_secs(5)).await;
        println!(
            "{}: {calm:.0} questions a second in calm, {fast:.0} in fast mode, {after:.0} after it",
            edge.name()
        );
        assert!((10.0..=60.0).contains(&calm), "{calm}");
        assert!(fast <= 1300.0, "{fast}");
        assert!(fast >= 300.0, "{fast}: rounds of 24 every 20 ms were expected");
        assert!(after <= 60.0, "{after}");
    }
    Ok(())
}
