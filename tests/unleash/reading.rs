//! What is read is what is stored, and news arrive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gonogo::backends::Backend;
use gonogo::domain::{Actor, Text};
use gonogo::event::Body;
use serde_json::{Value, json};

use crate::server::{Watched, read, segment, share, shared};

#[tokio::test]
async fn strategies_are_found_by_title_constraint_and_unleash_segment() {
    let (server, _guard) = shared().await;
    let flag = server.flag("map").await;
    let unique = format!("seg-{}", flag.name);
    let constraint = json!([{ "contextName": "region", "operator": "IN", "values": ["eu"] }]);
    let (status, made) =
        server.raw("POST", "/segments", json!({ "name": unique, "constraints": constraint })).await;
    assert_eq!(status, 201, "{made}");
    flag.strategy("free", "10").await;
    flag.add(json!({ "name": "flexibleRollout", "parameters": { "rollout": "20" },
        "constraints": [{ "contextName": "segment", "operator": "IN", "values": ["eu"] }] }))
        .await;
    flag.add(
        json!({ "name": "flexibleRollout", "parameters": { "rollout": "30" }, "segments": [made["id"]] }),
    )
    .await;

    let state = read(&flag.adapter()).await;
    assert_eq!(state.shares, [(segment("free"), share(10.0)), (segment("eu"), share(20.0))].into());
    let doubts = format!("{:?}", state.doubts);
    assert!(doubts.contains(&unique), "the Unleash segment is not ours and is named: {doubts}");
    assert_eq!(state.doubts.len(), 1);
}

#[tokio::test]
async fn the_server_stores_any_text_as_a_share_and_we_do_not_believe_it() {
    let (server, _guard) = shared().await;
    let flag = server.flag("text").await;
    let id = flag.strategy("free", "10").await;
    let adapter = flag.adapter();
    for bad in ["150", "abc", "2.5", ""] {
        flag.set(&id, "/parameters/rollout", bad).await; // 200, all of them
        let state = read(&adapter).await;
        assert_eq!(state.shares.get(&segment("free")), None, "{bad:?}");
        assert!(state.doubts[0].as_str().contains(&format!("{bad:?}")), "{:?}", state.doubts);
    }
    // A number is refused, so we must write a text.
    let patch = json!([{ "op": "replace", "path": "/parameters/rollout", "value": 25 }]);
    let (status, _) = server.raw("PATCH", &format!("{}/strategies/{id}", flag.production()), patch).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn disabling_the_last_strategy_turns_the_environment_off() {
    let (server, _guard) = shared().await;
    let flag = server.flag("last").await;
    let id = flag.strategy("free", "10").await;
    flag.switch(true).await;
    assert!(read(&flag.adapter()).await.on);
    flag.set(&id, "/disabled", true).await;
    let state = read(&flag.adapter()).await;
    assert!(!state.on, "Unleash turned it off");
    flag.set(&id, "/disabled", false).await;
    assert!(!read(&flag.adapter()).await.on, "and does not turn it on again");
}

#[tokio::test]
async fn unchanged_answers_are_304_for_the_flag_and_its_events() {
    let (server, _guard) = shared().await;
    let flag = server.flag("etag").await;
    for path in [flag.path(), format!("/search/events?feature=IS:{}&limit=50", flag.name)] {
        let (status, etag) = server.conditional(&path, None).await;
        assert_eq!(status, 200);
        assert_eq!(server.conditional(&path, Some(&etag)).await.0, 304, "{path}");
        flag.strategy("free", "10").await;
        assert_eq!(server.conditional(&path, Some(&etag)).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_change_by_somebody_else_arrives_with_author_time_and_a_larger_version() {
    let (server, _guard) = shared().await;
    let flag = server.flag("news").await;
    let id = flag.strategy("free", "10").await;
    let (name, token) = server.person("alice", 2).await;
    let mut watched = Watched::start(Arc::new(flag.adapter()));
    let first = watched.state(|_| true).await;
    watched.until(|body| matches!(body, Body::Heard(_)).then_some(())).await;

    let path = format!("{}/strategies/{id}", flag.production());
    let patch = json!([{ "op": "replace", "path": "/parameters/rollout", "value": "40" }]);
    let began = Instant::now();
    assert_eq!(server.raw_as(&token, "PATCH", &path, patch).await.0, 200);
    let state = watched.state(|state| state.version > first.version).await;
    println!("a foreign change was seen after {} ms (poll: 1000 ms)", began.elapsed().as_millis());
    assert_eq!(state.shares[&segment("free")], share(40.0));
    assert_eq!(state.by, Some(Actor::Other(Text::new(&name))));
    assert!(state.changed_at > first.changed_at);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn after_a_burst_the_last_state_is_seen_whatever_the_order_of_ids() {
    let (server, _guard) = shared().await;
    let flag = server.flag("burst").await;
    let id = flag.strategy("free", "1").await;
    let mut watched = Watched::start(Arc::new(flag.adapter()));
    watched.state(|_| true).await;
    let writers: Vec<_> = (0..24)
        .map(|n| {
            let (flag, id) = (flag.clone(), id.clone());
            tokio::spawn(async move { flag.set(&id, "/parameters/rollout", format!("{}", 10 + n)).await })
        })
        .collect();
    for writer in writers {
        writer.await.expect("written");
    }
    let events = flag.events().await;
    let ids: Vec<_> = events.iter().filter_map(|event| event["id"].as_u64()).collect();
    let turned = ids.windows(2).filter(|pair| pair[0] < pair[1]).count();
    println!("{} events of a burst, {turned} times an older id was listed before a newer one", ids.len());
    let newest = ids.iter().max().copied().unwrap_or_default();
    let stored = flag.stored().await["strategies"][0]["parameters"]["rollout"].clone();
    let state = watched.state(|state| state.version.0 == newest).await;
    assert_eq!(Value::String(state.shares[&segment("free")].as_f64().to_string()), stored);
}

#[tokio::test]
async fn rights_are_known_without_writing() {
    let (server, _guard) = shared().await;
    let flag = server.flag("rights").await;
    let (_, editor) = server.person("edda", 2).await;
    let (_, viewer) = server.person("vera", 3).await;
    let events = flag.events().await.len();
    assert_eq!(flag.adapter().may_write().await.expect("admin"), Some(true));
    assert_eq!(flag.adapter_as(&editor).may_write().await.expect("editor"), Some(true));
    assert_eq!(flag.adapter_as(&viewer).may_write().await.expect("viewer"), Some(false));
    assert_eq!(flag.events().await.len(), events, "nothing was written");
}
