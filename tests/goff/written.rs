//! Commands on all three stores: read back from the relay, refused when somebody else was first, never lost when they stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gonogo::action::Verb;
use gonogo::backends::{Backend, BackendError};
use gonogo::domain::{Text, VariantShare, Version};
use gonogo::effect::Change;
use serde_json::{Value, json};

use crate::place::{
    Flag, PLACES, Watched, apply, command, flag, kill, off, on, read, refusal, segment, share, shared,
    shares, split, widen,
};

#[tokio::test]
async fn a_flag_is_widened_killed_and_resumed_and_each_is_what_the_relay_serves() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("life", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        assert_eq!(
            read(&adapter).await.shares,
            [(segment("eu"), share(10.0)), (segment("everybody"), share(0.0))].into()
        );
        let before = flag.who_gets("on", "eu", 60).await;

        let widened = widen(&adapter, "eu", 33.3333).await.expect("widened").state;
        assert_eq!(widened.shares[&segment("eu")], share(33.3333), "{place:?}");
        let after = flag.who_gets("on", "eu", 60).await;
        assert!(
            before.iter().all(|user| after.contains(user)) && after.len() > before.len(),
            "{before:?} {after:?}"
        );
        assert!(flag.who_gets("on", "us", 60).await.is_empty());

        for _ in 0..2 {
            let killed = kill(&adapter).await.expect("killed").state;
            assert!(!killed.on && killed.is_off());
        }
        assert_eq!(flag.serves("user-1", "eu").await.1, "DISABLED");
        assert_eq!(flag.stored().await["disable"], json!(true));

        let seen = read(&adapter).await.version;
        let resumed = apply(&adapter, Verb::Resume, on(&[("eu", 5.0), ("everybody", 0.0)]), Some(seen)).await;
        assert_eq!(resumed.expect("resumed").state.shares[&segment("eu")], share(5.0));
        let again = flag.who_gets("on", "eu", 60).await;
        assert!(again.iter().all(|user| before.contains(user)), "the same users, fewer of them: {again:?}");
    }
}

#[tokio::test]
async fn a_segment_is_killed_alone_and_its_users_get_the_control() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("segment", flag(json!({"variation": "on"}), json!({"variation": "on"}))).await;
        let adapter = flag.adapter();
        let state = apply(&adapter, Verb::Kill, shares(&[("eu", 0.0)]), None).await.expect("killed").state;
        assert_eq!(state.shares, [(segment("eu"), share(0.0)), (segment("everybody"), share(100.0))].into());
        assert_eq!(flag.serves("user-1", "eu").await.0, "off");
        assert_eq!(flag.serves("user-1", "us").await.0, "on");
    }
}

#[tokio::test]
async fn a_widen_is_refused_with_both_versions_when_somebody_was_first_and_a_kill_is_not() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("conflict", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        let Version(seen) = read(&adapter).await.version;
        // The relay has not looked yet.
        flag.store_quietly(Some(&crate::place::flag(split(50.0), off()))).await;
        let error = apply(&adapter, Verb::Widen, shares(&[("eu", 20.0)]), Some(Version(seen))).await;
        let Err(BackendError::Refused { cause, state }) = error else { panic!("not refused: {error:?}") };
        let said = format!("version {} is newer than {seen}, which you saw", seen + 1);
        assert!(cause.as_str().contains(&said), "{cause}");
        assert_eq!(state.expect("the state").shares[&segment("eu")], share(50.0));
        assert_eq!(flag.stored().await["targeting"][0]["percentage"]["on"], json!(50.0), "{place:?}");

        flag.store_quietly(Some(&crate::place::flag(split(60.0), off()))).await;
        assert!(!kill(&adapter).await.expect("killed").state.on);
        assert_eq!(
            flag.stored().await["targeting"][0]["percentage"]["on"],
            json!(60.0),
            "only what was asked for"
        );
    }
}

#[tokio::test]
async fn a_kill_wins_against_somebody_who_never_stops_writing() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("race", flag(split(1.0), off())).await;
        let adapter = flag.adapter();
        let stop = Arc::new(AtomicBool::new(false));
        let other = tokio::spawn(widen_for_ever(flag.clone(), Arc::clone(&stop)));
        for _ in 0..10 {
            assert!(!kill(&adapter).await.expect("killed").state.on);
            let seen = read(&adapter).await.version;
            // Somebody else may be first; then it is refused, and stays killed.
            let _ = apply(&adapter, Verb::Resume, on(&[("eu", 1.0), ("everybody", 0.0)]), Some(seen)).await;
        }
        kill(&adapter).await.expect("killed");
        stop.store(true, Ordering::Release);
        let widened = other.await.expect("a count");
        assert!(!read(&adapter).await.on, "{place:?}: nothing that was underway took the kill back");
        println!("{place:?}: {widened} widens of somebody else around 11 kills");
    }
}

/// Another cockpit, in a race with ours.
async fn widen_for_ever(flag: Flag, stop: Arc<AtomicBool>) -> u32 {
    let adapter = flag.adapter();
    let mut done = 0;
    for step in 1.. {
        if stop.load(Ordering::Acquire) {
            break;
        }
        done += u32::from(widen(&adapter, "eu", 1.0 + f64::from(step % 90)).await.is_ok());
    }
    done
}

#[tokio::test]
async fn three_variants_are_weighed_and_a_rehearsal_says_who_would_change() {
    let _guard = shared().await;
    for place in PLACES {
        let rule = json!({"percentage": {"a": 20, "b": 20, "off": 60}});
        let mut three = flag(rule, off());
        three["variations"] = json!({"a": "A", "b": "B", "off": ""});
        let flag = place.flag("weights", three).await;
        let adapter = flag.adapter_with(json!({"control": "off"}));
        let state = read(&adapter).await;
        assert_eq!(state.shares[&segment("eu")], share(40.0));
        let widening = command(Verb::Widen, shares(&[("eu", 60.0)]), Some(state.version));
        let warnings = adapter.control().expect("rights").rehearse(&widening).await.expect("a rehearsal");
        assert_eq!(warnings, [Text::new("about 10.0% of eu would change from one variant to another")]);
        let had = flag.who_gets("b", "eu", 200).await;
        adapter.control().expect("rights").apply(&widening).await.expect("widened");
        let have = flag.who_gets("b", "eu", 200).await;
        assert!(had.iter().any(|user| !have.contains(user)), "as it was said");

        let variant =
            |name: &str, percent: f64| VariantShare { name: Text::new(name), share: share(percent) };
        let winner = Change::Weights([(segment("eu"), vec![variant("b", 100.0)])].into());
        let seen = read(&adapter).await.version;
        let state = apply(&adapter, Verb::Widen, winner, Some(seen)).await.expect("weighed").state;
        let split: Vec<_> =
            state.splits[&segment("eu")].iter().map(|v| (v.name.as_str(), v.share.as_f64())).collect();
        assert_eq!(split, [("off", 0.0), ("b", 100.0), ("a", 0.0)]);
        assert_eq!(flag.serves("user-7", "eu").await.0, "b");
    }
}

#[tokio::test]
async fn what_the_store_holds_besides_is_not_touched() {
    let _guard = shared().await;
    for place in PLACES {
        let mut rich = flag(split(10.0), off());
        rich["metadata"] = json!({"owner": "payments", "list": [1, 2.5, {"x": null}]});
        rich["trackEvents"] = json!(false);
        rich["version"] = json!("17");
        let flag = place.flag("rich", rich.clone()).await;
        widen(&flag.adapter(), "eu", 20.0).await.expect("widened");
        rich["targeting"][0]["percentage"] = json!({"on": 20, "off": 80});
        let stored = flag.stored().await;
        assert_eq!(floats(&stored), floats(&rich), "{place:?}");
    }
}

fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(values) => values.iter().map(floats).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), floats(value))).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn without_a_store_or_rights_there_is_no_control_and_rights_are_known_without_writing() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("rights", flag(split(10.0), off())).await;
        let stored = flag.stored().await;
        let reader = flag.adapter_with(json!({"store": null}));
        assert!(reader.control().is_none());
        assert_eq!(reader.may_write().await.ok().flatten(), Some(false));
        assert_eq!(flag.adapter().may_write().await.ok().flatten(), Some(true), "{place:?}");
        let wrong = flag.adapter_with(json!({"admin_key": {"env": "GOFF_API_KEY"}}));
        assert_eq!(wrong.may_write().await.ok().flatten(), Some(false), "not an admin key");
        assert_eq!(flag.stored().await, stored);
    }
}

#[tokio::test]
async fn an_own_change_is_not_undone_on_the_screen_by_messages_that_come_late() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("late", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        let mut watched = Watched::start(&adapter);
        watched.state(|state| state.on).await;
        for _ in 0..5 {
            kill(&adapter).await.expect("killed");
            let seen = read(&adapter).await.version;
            apply(&adapter, Verb::Resume, on(&[("eu", 10.0), ("everybody", 0.0)]), Some(seen))
                .await
                .expect("resumed");
        }
        let last = kill(&adapter).await.expect("killed").state;
        watched.state(|state| state.version == last.version).await;
        // A change from outside comes after everything that was told of the others.
        flag.store(Some(&crate::place::flag(split(11.0), off()))).await;
        let next = watched.state(|state| state.version > last.version).await;
        assert_eq!(next.shares[&segment("eu")], share(11.0), "{place:?}: nothing old came in between");
    }
}

#[tokio::test]
async fn an_invalid_flag_is_refused_before_it_is_stored_and_a_kill_of_it_is_not() {
    let _guard = shared().await;
    for place in PLACES {
        let flag = place.flag("invalid", flag(split(10.0), off())).await;
        let adapter = flag.adapter();
        let seen = read(&adapter).await.version;
        let mut odd = flag.stored().await;
        odd["comment"] = json!("not in the schema, and harmless to the relay");
        flag.store(Some(&odd)).await;
        let refused = refusal(apply(&adapter, Verb::Widen, shares(&[("eu", 20.0)]), Some(seen)).await);
        assert!(refused.contains("comment"), "{refused}");
        assert!(!kill(&adapter).await.expect("killed").state.on);
    }
}
