//! Shares are set as they were asked for, or not at all, and nobody's change is lost in silence.

use gonogo::action::Verb;
use gonogo::backends::BackendError;
use gonogo::domain::{VariantShare, Version};
use gonogo::effect::Change;
use serde_json::json;

use crate::server::{apply, kill, read, refusal, segment, share, shared, shares, widen};

#[tokio::test]
async fn widening_is_read_back_and_keeps_the_variants_that_a_put_would_wipe() {
    let (server, _guard) = shared().await;
    let flag = server.flag("widen").await;
    let id = flag.strategy("free", "10").await;
    let variants =
        json!([{ "name": "blue", "weight": 1000, "weightType": "variable", "stickiness": "default" }]);
    flag.set(&id, "/variants", variants).await;
    let adapter = flag.adapter();
    let before = read(&adapter).await;
    let applied = widen(&adapter, "free", 25.0).await.expect("widened");
    assert_eq!(applied.state.shares[&segment("free")], share(25.0));
    assert!(applied.state.version > before.version);
    assert_eq!(applied.overwrote, None);
    let stored = flag.stored().await["strategies"][0].clone();
    assert_eq!(stored["parameters"]["rollout"], "25");
    assert_eq!(stored["parameters"]["stickiness"], "default");
    assert_eq!(stored["variants"][0]["name"], "blue");

    let put = json!({ "name": "flexibleRollout", "parameters": stored["parameters"] });
    server.raw("PUT", &format!("{}/strategies/{id}", flag.production()), put).await;
    assert_eq!(flag.stored().await["strategies"][0]["variants"], json!([]), "the trap");
}

#[tokio::test]
async fn widening_is_refused_when_somebody_changed_the_flag_in_between() {
    let (server, _guard) = shared().await;
    let flag = server.flag("newer").await;
    let id = flag.strategy("free", "10").await;
    let (name, token) = server.person("alice", 2).await;
    let adapter = flag.adapter();
    let seen = read(&adapter).await.version;
    let path = format!("{}/strategies/{id}", flag.production());
    let patch = json!([{ "op": "replace", "path": "/parameters/rollout", "value": "40" }]);
    server.raw_as(&token, "PATCH", &path, patch).await;

    let result = apply(&adapter, Verb::Widen, shares(&[("free", 25.0)]), Some(seen)).await;
    let Err(BackendError::Refused { cause, state: Some(state) }) = result else { panic!("{result:?}") };
    assert_eq!(state.shares[&segment("free")], share(40.0), "with what is stored now");
    let words = format!("by {name} (10 → 40 by {name}) is newer than {seen}, which you saw");
    assert!(cause.as_str().contains(&words), "{cause}");
    assert!(cause.as_str().starts_with(&format!("cannot widen {} at web: event ", flag.name)), "{cause}");
    // Who has seen it may go on; and what somebody else did to another environment does not matter.
    let development = format!("{}/environments/development/strategies", flag.path());
    server.raw("POST", &development, json!({ "name": "default", "parameters": {} })).await;
    let applied =
        apply(&adapter, Verb::Widen, shares(&[("free", 50.0)]), Some(state.version)).await.expect("seen");
    assert_eq!(applied.state.shares[&segment("free")], share(50.0));
}

#[tokio::test]
async fn widening_twice_is_done_once() {
    let (server, _guard) = shared().await;
    let flag = server.flag("twice").await;
    flag.strategy("free", "10").await;
    let adapter = flag.adapter();
    let seen = read(&adapter).await.version;
    for _ in 0..2 {
        // The second time the version is old, but what is wanted is there.
        let applied =
            apply(&adapter, Verb::Widen, shares(&[("free", 25.0)]), Some(seen)).await.expect("widened");
        assert_eq!(applied.state.shares[&segment("free")], share(25.0));
    }
    assert_eq!(flag.events().await.len(), 3, "created, strategy added, one update");
}

#[tokio::test]
async fn six_writers_at_once_cannot_all_believe_that_they_won() {
    let (server, _guard) = shared().await;
    let mut raw_passed = 0;
    for round in 0..4 {
        let flag = server.flag(&format!("race{round}")).await;
        let id = flag.strategy("free", "10").await;
        // The trap: writers that all test for the old value, without us.
        let path = format!("{}/strategies/{id}", flag.production());
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let (server, path) = (server.clone(), path.clone());
                tokio::spawn(async move {
                    let patch = json!([
                        { "op": "test", "path": "/parameters/rollout", "value": "10" },
                        { "op": "replace", "path": "/parameters/rollout", "value": format!("{}", 20 + n) },
                    ]);
                    server.raw("PATCH", &path, patch).await.0
                })
            })
            .collect();
        for task in tasks {
            raw_passed += usize::from(task.await.expect("done") == 200);
        }
        flag.set(&id, "/parameters/rollout", "10").await;

        // With us: each one is told.
        let seen = read(&flag.adapter()).await.version;
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let adapter = flag.adapter();
                tokio::spawn(async move {
                    read(&adapter).await;
                    let wanted = shares(&[("free", f64::from(30 + n))]);
                    apply(&adapter, Verb::Widen, wanted, Some(seen)).await
                })
            })
            .collect();
        let (mut won, mut overwrote, mut told) = (0, 0, 0);
        for task in tasks {
            match task.await.expect("done") {
                Ok(applied) if applied.overwrote.is_none() => won += 1,
                Ok(_) => overwrote += 1,
                Err(BackendError::Lost { cause }) => panic!("{cause}"),
                Err(_) => told += 1,
            }
        }
        println!("round {round}: {won} won, {overwrote} were told what they overwrote, {told} were refused");
        let by_us = |event: &&serde_json::Value| event["id"].as_u64() > Some(seen.0);
        let stored = flag.events().await.iter().filter(by_us).count();
        assert!(won <= 1, "two writers believe that nobody else wrote");
        assert!(stored <= 1 || overwrote >= 1, "{stored} writes were stored, and nobody was told");
        assert_eq!(won + overwrote + told, 6);
    }
    println!("of 24 raw writers that tested for the same old value, {raw_passed} were let through");
    assert!(raw_passed >= 4);
}

#[tokio::test]
async fn killing_a_segment_stores_zero_and_leaves_the_others_and_the_switch() {
    let (server, _guard) = shared().await;
    let flag = server.flag("segment").await;
    for (name, rollout) in [("free", "abc"), ("eu", "50")] {
        flag.strategy(name, rollout).await;
    }
    flag.switch(true).await;
    let adapter = flag.adapter();
    let applied = apply(&adapter, Verb::Kill, shares(&[("free", 0.0)]), None).await.expect("killed");
    assert_eq!(applied.state.shares, [(segment("free"), share(0.0)), (segment("eu"), share(50.0))].into());
    assert!(applied.state.on);
    let applied = apply(&adapter, Verb::Kill, shares(&[("eu", 0.0)]), None).await.expect("killed");
    assert!(applied.state.on, "0 % of the last one is no `disabled`: the environment stays on");
    assert!(applied.state.is_off());
    assert!(
        flag.stored().await["strategies"]
            .as_array()
            .is_some_and(|all| all.iter().all(|s| s["disabled"] == false))
    );
}

#[tokio::test]
async fn a_disabled_strategy_is_used_again_with_exactly_the_wanted_share() {
    let (server, _guard) = shared().await;
    let flag = server.flag("again").await;
    let id = flag.strategy("free", "90").await;
    flag.set(&id, "/disabled", true).await;
    let adapter = flag.adapter();
    assert_eq!(read(&adapter).await.shares[&segment("free")], share(0.0));
    let applied = widen(&adapter, "free", 5.0).await.expect("widened");
    assert_eq!(applied.state.shares[&segment("free")], share(5.0));
    let events = flag.events().await;
    assert_eq!(events[0]["data"]["disabled"], false);
    assert_eq!(events[0]["data"]["parameters"]["rollout"], "5", "in one step: never on with 90");
    assert_eq!(events[0]["preData"]["disabled"], true);
}

#[tokio::test]
async fn a_command_that_stops_never_widens() {
    let (server, _guard) = shared().await;
    let flag = server.flag("stops").await;
    flag.strategy("free", "1").await;
    let result = apply(&flag.adapter(), Verb::RollBack, shares(&[("free", 5.0)]), None).await;
    assert!(refusal(result).contains("could expose more users"));
    assert_eq!(flag.stored().await["strategies"][0]["parameters"]["rollout"], "1");
}

#[tokio::test]
async fn what_unleash_cannot_store_is_refused_before_it_is_sent() {
    let (server, _guard) = shared().await;
    let flag = server.flag("fraction").await;
    flag.strategy("free", "1").await;
    let adapter = flag.adapter();
    let events = flag.events().await.len();
    assert!(refusal(widen(&adapter, "free", 2.5).await).contains("whole percents, not 2.5%"));
    assert!(refusal(widen(&adapter, "enterprise", 5.0).await).contains("no strategy for enterprise"));
    assert_eq!(flag.events().await.len(), events);
}

#[tokio::test]
async fn each_missing_right_is_named() {
    let (server, _guard) = shared().await;
    let flag = server.flag("named").await;
    flag.strategy("free", "1").await;
    let (_, viewer) = server.person("vera", 3).await;
    let adapter = flag.adapter_as(&viewer);
    assert!(
        refusal(widen(&adapter, "free", 5.0).await).contains("lacks the permission UPDATE_FEATURE_STRATEGY")
    );
    assert!(refusal(kill(&adapter).await).contains("lacks the permission UPDATE_FEATURE_ENVIRONMENT"));
    let client = crate::server::variable("UNLEASH_CLIENT_TOKEN");
    let result =
        apply(&flag.adapter_as(&client), Verb::Widen, shares(&[("free", 5.0)]), Some(Version(1))).await;
    assert!(refusal(result).contains("a client or frontend token cannot use the admin API"));
    let unknown = flag.adapter_as("user:0000");
    assert!(refusal(kill(&unknown).await).contains("does not know the token"));
}

#[tokio::test]
async fn the_winner_of_a_test_gets_everybody_and_keeps_its_payload() {
    let (server, _guard) = shared().await;
    let flag = server.flag("winner").await;
    let id = flag.strategy("free", "30").await;
    let payload = json!({ "type": "string", "value": "#00f" });
    let variants = json!([
        { "name": "blue", "weight": 600, "weightType": "variable", "stickiness": "default", "payload": payload },
        { "name": "green", "weight": 400, "weightType": "fix", "stickiness": "default" },
    ]);
    flag.set(&id, "/variants", variants).await;
    let adapter = flag.adapter();
    let before = read(&adapter).await;
    let named = |wanted: &[(&str, f64)]| -> Vec<VariantShare> {
        wanted.iter().map(|(name, p)| VariantShare { name: (*name).into(), share: share(*p) }).collect()
    };
    assert_eq!(before.splits[&segment("free")], named(&[("blue", 18.0), ("green", 12.0)]));
    // Widening leaves the variants as they are.
    let widened = widen(&adapter, "free", 50.0).await.expect("widened").state;
    assert_eq!(widened.splits[&segment("free")], named(&[("blue", 30.0), ("green", 20.0)]));
    let change = Change::Weights([(segment("free"), named(&[("blue", 100.0), ("green", 0.0)]))].into());
    let won = apply(&adapter, Verb::Widen, change, Some(widened.version)).await.expect("weighed").state;
    assert_eq!(won.splits[&segment("free")], named(&[("blue", 100.0), ("green", 0.0)]));
    assert_eq!(won.shares[&segment("free")], share(100.0));
    let stored = flag.stored().await["strategies"][0]["variants"].clone();
    assert_eq!(stored[0]["payload"], payload, "{stored}");
    assert_eq!((&stored[0]["weight"], &stored[1]["weight"]), (&json!(1000), &json!(0)), "{stored}");
}
