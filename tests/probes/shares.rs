//! The measured share is what the edge was told to serve, at every stage; what is off, gone or broken is said as such.

use std::collections::BTreeMap;

use gonogo::domain::{Percent, Probed, SegmentName};
use tokio::time::{Instant, sleep};

use super::Failure;
use super::edge::{BOTH, Edge, Shares, alone, segment};

const FLAG: &str = "probe-shares";

/// Asks until the edge has the new file, or until it should have had it.
async fn asked(edge: Edge, flag: &str, (enterprise, free): Shares) -> BTreeMap<SegmentName, Probed> {
    let probe = edge.probe(flag, "keys = 1000\ninterval = \"10s\"");
    let until = Instant::now() + edge.patience();
    loop {
        let asked = probe.ask().await.expect("a panel");
        let fits = |name: &str, percent: u32| {
            asked
                .served
                .get(&segment(name))
                .is_some_and(|p| p.may_be(Percent::from_ppm(percent * 10_000), p.treated))
        };
        if (fits("enterprise", enterprise) && fits("free", free)) || Instant::now() > until {
            return asked.served;
        }
        sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_measured_is_what_is_configured_at_every_stage() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        for shares in [(0, 0), (5, 0), (25, 5), (50, 25), (100, 50), (100, 100)] {
            edge.serve(FLAG, shares).await;
            let served = asked(edge, FLAG, shares).await;
            for (name, configured) in [("enterprise", shares.0), ("free", shares.1)] {
                let probed = served.get(&segment(name)).ok_or("nothing was measured")?;
                let stored = Percent::from_ppm(configured * 10_000);
                let (low, share, high) = probed.interval().ok_or("nothing was measured")?;
                println!("{}: {name} configured {stored}, serving {share} ({low} to {high})", edge.name());
                assert!(low <= stored && stored <= high, "{}: {name} {stored}: {low} to {high}", edge.name());
                if configured % 100 == 0 {
                    assert_eq!(
                        probed.treated,
                        probed.asked * configured / 100,
                        "nobody and everybody are exact"
                    );
                }
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_is_disabled_or_deleted_is_served_to_nobody() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        edge.serve(FLAG, (100, 100)).await;
        assert!(asked(edge, FLAG, (100, 100)).await.values().all(|probed| probed.treated == probed.asked));
        edge.kill(FLAG).await;
        assert!(
            asked(edge, FLAG, (0, 0)).await.values().all(|probed| probed.treated == 0),
            "{}",
            edge.name()
        );
        edge.delete(FLAG).await;
        // Gone is off, too, and said.
        let until = Instant::now() + edge.patience();
        let problems = loop {
            let found = edge.probe(FLAG, "").ask().await.map_err(|cause| cause.to_string())?;
            assert!(found.served.values().all(|probed| probed.treated == 0), "{}", edge.name());
            if !found.problems.is_empty() || Instant::now() > until {
                break found.problems;
            }
        };
        assert!(
            problems.iter().any(|problem| problem.as_str().contains("does not know the flag")),
            "{problems:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variant_with_the_feature_can_be_named() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        edge.serve(FLAG, (100, 0)).await;
        assert_eq!(asked(edge, FLAG, (100, 0)).await.len(), 2);
        for (more, enterprise, free) in
            [("treatment = \"on\"", 200, 0), ("treatment = \"off\"", 0, 200), ("control = \"off\"", 200, 0)]
        {
            let asked = edge.probe(FLAG, more).ask().await.map_err(|cause| cause.to_string())?;
            let served = asked.served;
            let treated = |name| served.get(&segment(name)).map(|probed| probed.treated);
            let found = (treated("enterprise"), treated("free"));
            assert_eq!(found, (Some(enterprise), Some(free)), "{} {more}", edge.name());
        }
    }
    Ok(())
}
