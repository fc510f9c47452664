//! A kill by somebody else's hand, straight into the edge's file: how soon it is known that nobody is served any more,
//! beside the edge's own floor: a bare loop that asks for one user.

use std::time::Duration;

use gonogo::domain::Panel;
use gonogo::probes::ofrep::TARGETING_KEY;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::Failure;
use super::edge::{BOTH, Edge, alone, variable};
use super::watched::Watched;

const FLAG: &str = "probe-kills";
const KILLS: usize = 9;

/// Asks for one user, as fast as is fair to the other, until it has the feature no more; returns when that was.
fn bare_loop(edge: Edge, key: String) -> JoinHandle<Instant> {
    tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/ofrep/v1/evaluate/flags/{FLAG}", edge.url());
        let api_key = if edge == Edge::Goff { variable("GOFF_API_KEY") } else { String::new() };
        let body = json!({ "context": { TARGETING_KEY: key, "plan": "enterprise" } });
        loop {
            let ask = client.post(&url).header("X-API-Key", &api_key).json(&body);
            let answer: Value = ask.send().await.expect("an answer").json().await.expect("JSON");
            if answer["value"] != json!(true) {
                return Instant::now();
            }
            sleep(Duration::from_millis(1)).await;
        }
    })
}

fn ms(mut times: Vec<Duration>) -> (u128, u128) {
    times.sort();
    let at = |n: usize| times.get(n).map_or(0, Duration::as_millis);
    (at(times.len() / 2), at(times.len() - 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_command_off_is_seen_one_quick_round_after_the_edge_has_it() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        edge.serve(FLAG, (100, 50)).await;
        let watched = Watched::start(edge.probe(FLAG, ""));
        watched.stored((100, 50));
        let (mut floors, mut seen, mut behind) = (vec![], vec![], vec![]);
        for _ in 0..KILLS {
            let skip = watched.so_far();
            edge.serve(FLAG, (100, 50)).await;
            watched.cuer.sent();
            watched.stored((100, 50));
            watched.cuer.ended();
            watched.whole(skip, |served| served.values().all(|probed| probed.treated > 0)).await?;

            let floor = bare_loop(edge, "gonogo-probe-web-enterprise-1".into());
            watched.cuer.sent();
            let (skip, written) = (watched.so_far(), Instant::now());
            edge.kill(FLAG).await;
            let panel = watched.off(skip).await?;
            let at = Instant::now();
            let floor = floor.await?;
            watched.stored((0, 0));
            watched.cuer.ended();
            assert_eq!(panel, Panel::Treated, "by those who had it, before everybody was asked");
            floors.push(floor - written);
            seen.push(at - written);
            behind.push(at.saturating_duration_since(floor));
            // And then everybody, which is the proof.
            watched.whole(skip, |served| served.values().all(|probed| probed.treated == 0)).await?;
        }
        let (floor, off, late) = (ms(floors), ms(seen), ms(behind));
        println!(
            "{}: from the write to served off: {} ms (median of {KILLS}; most {}), the edge's own floor {} ms ({}), behind it {} ms ({})",
            edge.name(),
            off.0,
            off.1,
            floor.0,
            floor.1,
            late.0,
            late.1
        );
        assert!(late.0 <= 50, "one quick round after the edge has it, usually: {late:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_that_nobody_announced_is_seen_by_the_canary() -> Result<(), Failure> {
    let _alone = alone().await;
    for edge in BOTH {
        edge.serve(FLAG, (100, 50)).await;
        let watched = Watched::start(edge.probe(FLAG, "interval = \"60s\""));
        watched.whole(0, |served| served.values().all(|probed| probed.treated > 0)).await?;
        // The canary has looked once: it has something to compare with.
        sleep(Duration::from_millis(1500)).await;
        let floor = bare_loop(edge, "gonogo-probe-web-enterprise-1".into());
        let (skip, written) = (watched.so_far(), Instant::now());
        edge.kill(FLAG).await;
        watched.off(skip).await?;
        let (at, floor) = (Instant::now(), floor.await?);
        println!(
            "{}: without a cue: served off seen {} ms after the write, the edge's own floor {} ms",
            edge.name(),
            (at - written).as_millis(),
            (floor - written).as_millis()
        );
        assert!(
            at.saturating_duration_since(floor) <= Duration::from_secs(2),
            "the canary looks each second"
        );
    }
    Ok(())
}
