//! Off is off, fast and as often as one likes; on exposes exactly whom it should.

use std::time::{Duration, Instant};

use gonogo::action::Verb;
use gonogo::domain::Version;
use serde_json::json;

use crate::server::{Flag, Watched, alone, apply, kill, on, read, refusal, segment, share, shared};

async fn resume(
    flag: &Flag,
    wanted: &[(&str, f64)],
) -> Result<gonogo::backends::Applied, gonogo::backends::BackendError> {
    let adapter = flag.adapter();
    let seen = read(&adapter).await.version;
    apply(&adapter, Verb::Resume, on(wanted), Some(seen)).await
}

#[tokio::test]
async fn off_is_idempotent_and_keeps_the_shares() {
    let (server, _guard) = shared().await;
    let flag = server.flag("off").await;
    flag.strategy("free", "25").await;
    flag.switch(true).await;
    let adapter = flag.adapter();
    read(&adapter).await;
    for _ in 0..2 {
        let state = kill(&adapter).await.expect("off").state;
        assert!(!state.on && state.is_off());
        assert_eq!(state.shares[&segment("free")], share(25.0));
    }
    let disabled = |event: &&serde_json::Value| event["type"] == "feature-environment-disabled";
    assert_eq!(flag.events().await.iter().filter(disabled).count(), 1, "the second one changed nothing");
}

#[tokio::test]
async fn on_with_all_strategies_disabled_exposes_everybody_but_not_through_us() {
    let (server, _guard) = shared().await;
    // The trap, without us.
    let flag = server.flag("trap").await;
    let id = flag.strategy("free", "10").await;
    flag.switch(true).await;
    flag.set(&id, "/disabled", true).await;
    flag.switch(true).await;
    let stored = flag.stored().await;
    let added = &stored["strategies"][1];
    assert_eq!((&stored["enabled"], &added["parameters"]["rollout"]), (&json!(true), &json!("100")));
    assert_eq!(added["constraints"], json!([]), "100 % of everybody");
    let state = read(&flag.adapter()).await;
    assert!(
        state.doubts.iter().any(|doubt| doubt.as_str().contains("also exposes others")),
        "{:?}",
        state.doubts
    );
    assert!(!state.is_off());

    // With us: our strategy is used again first, with the wanted share, and nothing is added.
    let flag = server.flag("no-trap").await;
    let id = flag.strategy("free", "10").await;
    flag.switch(true).await;
    flag.set(&id, "/disabled", true).await;
    let applied = resume(&flag, &[("free", 5.0)]).await.expect("resumed");
    assert!(applied.state.on);
    assert_eq!(applied.state.shares[&segment("free")], share(5.0));
    assert_eq!(applied.state.doubts, []);
    assert_eq!(flag.stored().await["strategies"].as_array().map(Vec::len), Some(1));

    // With nothing to use again it stays off.
    let flag = server.flag("empty").await;
    assert!(refusal(resume(&flag, &[("free", 5.0)]).await).contains("no strategy for free"));
    assert_eq!(flag.stored().await["enabled"], false);
}

#[tokio::test]
async fn on_leaves_what_was_disabled_on_purpose_and_refuses_to_expose_strangers() {
    let (server, _guard) = shared().await;
    let flag = server.flag("purpose").await;
    flag.strategy("free", "10").await;
    let everybody = json!({ "name": "flexibleRollout", "title": "everybody", "disabled": true, "parameters": { "rollout": "100" } });
    let id = flag.add(everybody).await;
    let applied = resume(&flag, &[("free", 7.0)]).await.expect("resumed");
    assert!(applied.state.on);
    let stored = flag.stored().await;
    let strategies = stored["strategies"].as_array().expect("strategies");
    assert_eq!(
        strategies.iter().find(|s| s["id"] == id.as_str()).map(|s| &s["disabled"]),
        Some(&json!(true))
    );

    flag.switch(false).await;
    flag.set(&id, "/disabled", false).await;
    assert!(refusal(resume(&flag, &[("free", 7.0)]).await).contains("\"everybody\" also exposes others"));
    assert_eq!(flag.stored().await["enabled"], false);
}

#[tokio::test]
async fn on_sets_the_shares_before_the_switch() {
    let (server, _guard) = shared().await;
    let flag = server.flag("order").await;
    flag.strategy("free", "90").await;
    flag.strategy("eu", "90").await;
    resume(&flag, &[("free", 5.0), ("eu", 0.0)]).await.expect("resumed");
    let kinds: Vec<_> = flag.events().await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds[0], "feature-environment-enabled", "the switch is last: {kinds:?}");
    let state = read(&flag.adapter()).await;
    assert_eq!(state.shares, [(segment("free"), share(5.0)), (segment("eu"), share(0.0))].into());
}

#[tokio::test]
async fn on_is_refused_without_or_with_an_old_version() {
    let (server, _guard) = shared().await;
    let flag = server.flag("unseen").await;
    flag.strategy("free", "10").await;
    let adapter = flag.adapter();
    let result = apply(&adapter, Verb::Resume, on(&[("free", 10.0)]), None).await;
    assert!(refusal(result).contains("needs the version that was seen"));
    let result = apply(&adapter, Verb::Resume, on(&[("free", 5.0)]), Some(Version(1))).await;
    assert!(refusal(result).contains("is newer than 1, which you saw"));
    assert_eq!(flag.stored().await["enabled"], false);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (server, _guard) = shared().await;
    let flag = server.flag("there").await;
    let token = gonogo::net::SecretSource::Env("UNLEASH_ADMIN_TOKEN".into());
    let elsewhere = flag.adapter_with(token.clone(), &[("environment", "staging")]);
    assert!(refusal(kill(&elsewhere).await).contains("staging"));
    let result = apply(&elsewhere, Verb::Resume, on(&[("free", 1.0)]), Some(Version(1))).await;
    assert!(refusal(result).contains("has no environment staging. hint: it has development, production"));
    let elsewhere = flag.adapter_with(token, &[("project", "mobile")]);
    assert!(
        refusal(kill(&elsewhere).await)
            .contains("in project \"mobile\", but there's a feature with that name")
    );
    server.raw("DELETE", &flag.path(), serde_json::Value::Null).await;
    assert!(refusal(kill(&flag.adapter()).await).contains("archived"));
}

#[tokio::test]
async fn a_kill_is_read_back_within_a_quarter_of_a_second() {
    const KILLS: usize = 50;
    let (server, _guard) = alone().await;
    let flag = server.flag("fast").await;
    flag.strategy("free", "25").await;
    let adapter = std::sync::Arc::new(flag.adapter());
    // As in the cockpit: a watch runs beside it, on its own connection.
    let mut watched = Watched::start(std::sync::Arc::clone(&adapter));
    watched.state(|_| true).await;
    let mut times = vec![];
    for _ in 0..KILLS {
        flag.switch(true).await;
        let began = Instant::now();
        let state = kill(&adapter).await.expect("off").state;
        times.push(began.elapsed());
        assert!(!state.on);
    }
    times.sort_unstable();
    let (p50, p99, max) = (times[KILLS / 2], times[KILLS * 99 / 100], times[KILLS - 1]);
    println!(
        "{KILLS} kills, from the call to the state that was read back: p50 {p50:?}, p99 {p99:?}, max {max:?}"
    );
    assert!(p99 <= Duration::from_millis(250), "p99 {p99:?}");
}
