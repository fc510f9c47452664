//! Stores and relays that are gone or say no: what is refused, what is lost, and that a kill gets there when they are back.

use gonogo::action::Verb;
use gonogo::backends::{Backend, BackendError};
use serde_json::json;

use crate::place::{
    PLACES, Place, alone, apply, flag, kill, off, read, refusal, shared, shares, split, widen,
};
use crate::watched::control;

#[tokio::test]
async fn a_wrong_key_is_refused_with_what_to_do_and_never_shown() {
    let _guard = shared().await;
    let flag = Place::File.flag("key", flag(split(10.0), off())).await;
    let wrong = flag.adapter_with(json!({"api_key": {"env": "GOFF_FILE"}}));
    let Err(error) = wrong.read().await else { panic!("it was read") };
    let said = error.to_string();
    assert!(said.contains("authorizedKeys.evaluation"), "{said}");
    assert!(!said.contains(&crate::place::variable("GOFF_FILE")), "{said}");
    assert!(matches!(error, BackendError::Refused { .. }));
}

#[tokio::test]
async fn without_a_refresh_a_kill_is_confirmed_when_the_relay_looks_by_itself() {
    let _guard = shared().await;
    for place in PLACES {
        for admin_key in [json!(null), json!({"env": "GOFF_API_KEY"})] {
            let flag = place.flag("norefresh", flag(split(10.0), off())).await;
            let adapter = flag.adapter_with(json!({"admin_key": admin_key}));
            read(&adapter).await;
            assert!(!kill(&adapter).await.expect("killed").state.on, "{place:?}");
        }
    }
}

#[tokio::test]
async fn a_flag_that_is_not_in_the_store_of_the_rollout_file_is_refused() {
    let _guard = shared().await;
    let flag = Place::Postgres.flag("elsewhere", flag(split(10.0), off())).await;
    let adapter = flag.adapter_with(json!({"store": Place::Redis.store()}));
    read(&adapter).await;
    let refused = refusal(kill(&adapter).await);
    assert!(refused.contains("in its store") && refused.contains("hint"), "{refused}");
    let table = json!({"kind": "postgres", "url": {"env": "GOFF_POSTGRES_URL"}, "table": "flags"});
    let refused = refusal(kill(&flag.adapter_with(json!({ "store": table }))).await);
    assert!(refused.contains("`table` of the store"), "{refused}");
}

#[tokio::test]
async fn a_store_that_is_gone_loses_a_kill_and_takes_it_when_it_is_back() {
    let _guard = alone().await;
    for (place, script) in [(Place::Postgres, "POSTGRES_CTL"), (Place::Redis, "REDIS_CTL")] {
        let flag = place.flag("gone", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        widen(&adapter, "eu", 20.0).await.expect("widened");
        control(script, "stop").await;
        let lost = kill(&adapter).await;
        assert!(matches!(lost, Err(BackendError::Lost { .. })), "{place:?}: {lost:?}");
        control(script, "start").await;
        assert!(!kill(&adapter).await.expect("killed").state.on);
    }
}

#[tokio::test]
async fn a_store_that_hangs_loses_a_kill_in_time() {
    let _guard = alone().await;
    for (place, script) in [(Place::Postgres, "POSTGRES_CTL"), (Place::Redis, "REDIS_CTL")] {
        let flag = place.flag("hangs", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        widen(&adapter, "eu", 20.0).await.expect("widened");
        control(script, "freeze").await;
        let began = tokio::time::Instant::now();
        let lost = kill(&adapter).await;
        let took = began.elapsed();
        control(script, "thaw").await;
        assert!(matches!(lost, Err(BackendError::Lost { .. })), "{place:?}: {lost:?}");
        assert!(took.as_secs_f64() < 3.0, "{place:?}: the runner would have given up: {took:?}");
        assert!(!kill(&adapter).await.expect("killed").state.on);
    }
}

#[tokio::test]
async fn a_relay_that_is_gone_leaves_the_kill_stored_and_says_that_it_is_not_read_back() {
    let _guard = alone().await;
    let flag = Place::Redis.flag("relay", flag(split(10.0), off())).await;
    let adapter = flag.adapter();
    let seen = read(&adapter).await.version;
    control("GOFF_REDIS_RELAY_CTL", "kill").await;
    let Err(BackendError::Lost { cause }) = kill(&adapter).await else { panic!("not lost") };
    assert!(cause.as_str().contains("it is stored, but could not be read back"), "{cause}");
    assert_eq!(flag.stored().await["disable"], json!(true));
    control("GOFF_REDIS_RELAY_CTL", "start").await;
    assert!(!kill(&adapter).await.expect("killed").state.on);
    let refused = refusal(apply(&adapter, Verb::Widen, shares(&[("eu", 20.0)]), Some(seen)).await);
    assert!(refused.contains("is newer than"), "{refused}");
}
