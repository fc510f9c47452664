//! Watching a real relay: over each stream, over a restart, and while the flag is gone.

use gonogo::domain::{LinkState, Timestamp};
use gonogo::event::Body;
use serde_json::json;

use crate::place::{PLACES, Place, Watched, alone, flag, off, segment, share, shared, split, variable};

#[tokio::test]
async fn a_change_from_outside_arrives_over_each_stream() {
    let _guard = shared().await;
    for place in PLACES {
        for stream in ["websocket", "sse", "poll"] {
            let flag = place.flag(stream, flag(split(10.0), off())).await;
            let adapter = flag.adapter_with(json!({ "stream": stream }));
            let mut watched = Watched::start(&adapter);
            watched.state(|state| state.shares[&segment("eu")] == share(10.0)).await;
            for percent in [20.0, 5.0] {
                flag.store(Some(&crate::place::flag(split(percent), off()))).await;
                watched.state(|state| state.shares[&segment("eu")] == share(percent)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_flag_that_is_deleted_fails_the_link_with_its_reason_and_comes_back() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("deleted", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        let mut watched = Watched::start(&adapter);
        let first = watched.state(|state| state.on).await;
        flag.store(None).await;
        let cause = watched.until(|body| match body {
            Body::Link { state: LinkState::Failed { cause }, .. } => Some(cause.to_string()),
            _ => None,
        });
        let cause = cause.await;
        assert!(cause.contains("deleted or renamed"), "{cause}");
        let refused = crate::place::refusal(crate::place::kill(&adapter).await);
        assert!(refused.contains("no flag"), "{refused}");
        flag.store(Some(&crate::place::flag(split(10.0), off()))).await;
        let back = watched.state(|state| state.on).await;
        assert!(back.version > first.version, "it was made again");
    }
}

#[tokio::test]
async fn a_ramp_moves_on_the_screen_without_any_message() {
    let _guard = shared().await;
    let now = gonogo::runtime::clock::Clock::system().now();
    let date = |seconds: i64| Timestamp(now.0 + seconds * 1000).rfc3339();
    let ramp = json!({"progressiveRollout": {
        "initial": {"variation": "off", "percentage": 0, "date": date(-10)},
        "end": {"variation": "on", "percentage": 100, "date": date(990)},
    }});
    let flag = Place::File.flag("moves", flag(ramp, off())).await;
    let mut watched = Watched::start(&flag.adapter());
    let first = watched.state(|state| state.on).await;
    let eu = segment("eu");
    let second = watched.state(|state| state.shares[&eu] > first.shares[&eu]).await;
    assert_eq!(second.version, first.version, "the same content");
    assert_eq!(second.ramps[&eu].to, Some(share(100.0)));
}

#[tokio::test]
async fn a_relay_that_restarts_is_found_again_and_looked_at_anew() {
    let _guard = alone().await;
    let flag = Place::Redis.flag("restart", flag(split(10.0), off())).await;
    let adapter = flag.adapter();
    let mut watched = Watched::start(&adapter);
    watched.state(|state| state.on).await;
    control("GOFF_REDIS_RELAY_CTL", "kill").await;
    watched
        .until(|body| matches!(body, Body::Link { state: LinkState::Retrying { .. }, .. }).then_some(()))
        .await;
    flag.store_quietly(Some(&crate::place::flag(split(30.0), off()))).await;
    control("GOFF_REDIS_RELAY_CTL", "start").await;
    watched.state(|state| state.shares[&segment("eu")] == share(30.0)).await;
}

#[tokio::test]
async fn a_relay_that_hangs_is_noticed() {
    let _guard = alone().await;
    let flag = Place::Redis.flag("hangs", flag(split(10.0), off())).await;
    let adapter = flag.adapter();
    let mut watched = Watched::start(&adapter);
    watched.state(|state| state.on).await;
    control("GOFF_REDIS_RELAY_CTL", "freeze").await;
    let began = tokio::time::Instant::now();
    watched
        .until(|body| matches!(body, Body::Link { state: LinkState::Retrying { .. }, .. }).then_some(()))
        .await;
    let noticed = began.elapsed();
    control("GOFF_REDIS_RELAY_CTL", "thaw").await;
    watched.until(|body| matches!(body, Body::Link { state: LinkState::Live, .. }).then_some(())).await;
    assert!(noticed.as_secs() < 8, "five seconds without a ping: {noticed:?}");
}

/// Runs a control script of `.ci/servers`.
pub async fn control(script: &str, verb: &str) {
    let (path, verb) = (variable(script), verb.to_owned());
    let run = move || std::process::Command::new(path).arg(verb).status().expect("a script");
    let done = tokio::task::spawn_blocking(run).await.expect("it ran");
    assert!(done.success(), "{script}");
}
