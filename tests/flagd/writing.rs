//! What is written into the file, and what flagd makes of it.

use gonogo::action::Verb;
use gonogo::backends::{Backend, BackendError};
use gonogo::domain::{Actor, VariantShare};
use gonogo::effect::Change;
use serde_json::json;

use crate::server::{
    DEADLINE, alone, apply, command, document, kill, read, refusal, rule, segment, share, shares, widen,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_widen_changes_two_numbers_of_the_file_and_adds_users_only() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(20, 1)).await;
    let (before, few) = (server.text(), server.treated("free", 300).await);
    let applied = widen(&adapter, "free", 50.0).await.expect("done");
    assert_eq!(applied.state.shares.get(&segment("free")), Some(&share(50.0)));
    assert_eq!(applied.state.by, Some(Actor::Person("ann@tower".into())));
    let spaced = |on: u32| format!("\"on\",\n                {on}\n");
    let (was, is) = (before.replace(&spaced(20), &spaced(50)), server.text());
    let differing = was.lines().zip(is.lines()).filter(|(a, b)| a != b).count();
    assert!(is.contains("50") && differing <= 2 && was.lines().count() == is.lines().count(), "{is}");
    let many = server.treated("free", 300).await;
    assert!(few.iter().all(|user| many.contains(user)), "who has it keeps it");
    println!("20 % → {} of 300, 50 % → {} of 300", few.len(), many.len());
    // Binomial with n = 300: six standard deviations.
    assert!((18..=102).contains(&few.len()) && (98..=202).contains(&many.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_since_it_was_seen_is_refused_with_both_versions() {
    let (server, _guard) = alone().await;
    let (adapter, seen) = server.serving(&rule(5, 1)).await;
    server.put(&document(&rule(7, 1)));
    let cause = refusal(apply(&adapter, Verb::Widen, shares(&[("free", 25.0)]), Some(seen.version)).await);
    assert!(cause.contains("changed after version 1, which you saw"), "{cause}");
    assert!(server.text().contains('7'));
    // Another flag in the same file is somebody else's business.
    let (adapter, seen) = server.serving(&rule(5, 1)).await;
    server.put(&server.text().replace("1.5", "1.75"));
    let applied = apply(&adapter, Verb::Widen, shares(&[("free", 25.0)]), Some(seen.version))
        .await
        .expect("no conflict");
    assert_eq!(applied.state.shares.get(&segment("free")), Some(&share(25.0)));
    assert!(server.text().contains("1.75"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_gives_everybody_the_default_in_the_code_and_twice_does_no_harm() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(100, 100)).await;
    assert_eq!(server.evaluate("user", json!({})).await.0, json!(true));
    let applied = kill(&adapter).await.expect("killed");
    assert!(applied.state.is_off());
    let (value, reason) = server.evaluate("user", json!({})).await;
    assert!(value != json!(true) && reason == "DISABLED", "{value} {reason}");
    let text = server.text();
    assert!(kill(&adapter).await.expect("killed").state.is_off());
    assert_eq!(server.text(), text);
    // Back on, in one write, with other shares.
    let seen = read(&adapter).await.version;
    let on = Change::On(
        [("free", 1.0), ("staff", 0.0), ("rest", 0.0)].map(|(n, p)| (segment(n), share(p))).into(),
    );
    let applied = apply(&adapter, Verb::Resume, on, Some(seen)).await.expect("on");
    assert!(applied.state.on && applied.state.doubts.is_empty());
    assert_eq!(server.evaluate("ann", json!({ "email": "ann@corp.com" })).await.0, json!(false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_of_one_segment_leaves_the_others() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(100, 100)).await;
    let applied =
        apply(&adapter, Verb::Kill, shares(&[("free", 0.0), ("staff", 0.0)]), None).await.expect("killed");
    assert_eq!(applied.state.shares.get(&segment("rest")), Some(&share(100.0)));
    assert!(server.treated("free", 50).await.is_empty());
    assert_eq!(server.treated("pro", 50).await.len(), 50);
    assert_eq!(server.evaluate("ann", json!({ "email": "ann@corp.com" })).await.0, json!(false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn computed_weights_are_shown_as_a_ramp_refused_for_going_and_killed() {
    let (server, _guard) = alone().await;
    let ramp = json!({ "if": [
        { "==": [{ "var": "plan" }, "free"] }, { "fractional": [["on", { "-": [{ "var": "$flagd.timestamp" }, 1_700_000_000] }], ["off", 1]] },
        { "ends_with": [{ "var": "email" }, "@corp.com"] }, "off",
        { "fractional": [["on", 0], ["off", 100]] }
    ] });
    let (adapter, state) = server.serving(&ramp).await;
    assert!(state.ramps.contains_key(&segment("free")) && !state.shares.contains_key(&segment("free")));
    assert_eq!(server.treated("free", 50).await.len(), 50, "flagd computes it");
    let cause = refusal(apply(&adapter, Verb::Widen, shares(&[("free", 50.0)]), Some(state.version)).await);
    assert!(cause.contains("moves by itself") && cause.contains("hint:"), "{cause}");
    let freeze = Change::Freeze([segment("free")].into());
    let cause = refusal(apply(&adapter, Verb::Pause, freeze, None).await);
    assert!(cause.contains("cannot be known here"), "{cause}");
    apply(&adapter, Verb::Kill, shares(&[("free", 0.0)]), None).await.expect("killed");
    assert!(server.treated("free", 50).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn variants_are_weighed_with_a_warning_who_would_change() {
    let (server, _guard) = alone().await;
    let (_, _) = server.serving(&rule(5, 1)).await;
    let text = document(&json!({ "if": [
        { "==": [{ "var": "plan" }, "free"] }, { "fractional": [["blue", 10], ["green", 10], ["off", 80]] },
        { "ends_with": [{ "var": "email" }, "@corp.com"] }, "off",
        "off"
    ] }))
    .replace("\"on\": true", "\"blue\": true, \"green\": true");
    let adapter = server.adapter_with(&[("control", json!("off"))]);
    server.put(&text);
    let split = async {
        loop {
            let state = read(&adapter).await;
            if !state.splits.is_empty() {
                return state;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let state = tokio::time::timeout(DEADLINE, split).await.expect("flagd serves its file");
    assert_eq!(state.shares.get(&segment("free")), Some(&share(20.0)));
    let wider = command(Verb::Widen, shares(&[("free", 40.0)]), Some(state.version));
    let warnings = adapter.control().expect("rights").rehearse(&wider).await.expect("possible");
    assert!(warnings[0].as_str().contains("would change from green to blue"), "{warnings:?}");
    assert!(server.text() == text, "a rehearsal changes nothing");
    let winner = Change::Weights(
        [(segment("free"), vec![VariantShare { name: "green".into(), share: share(100.0) }])].into(),
    );
    let applied = apply(&adapter, Verb::Widen, winner, Some(state.version)).await.expect("done");
    assert_eq!(applied.state.shares.get(&segment("free")), Some(&share(100.0)));
    assert_eq!(server.treated("free", 50).await.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_not_be_written_is_refused_with_a_hint() {
    use std::os::unix::fs::PermissionsExt;
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    assert_eq!(adapter.may_write().await.expect("known"), Some(true));
    let mode =
        |mode| std::fs::set_permissions(&server.file, std::fs::Permissions::from_mode(mode)).expect("a mode");
    mode(0o444);
    let (may, refused) = (adapter.may_write().await.expect("known"), kill(&adapter).await);
    mode(0o644);
    assert_eq!(may, Some(false));
    assert!(refusal(refused).contains("it is read-only. hint:"));
    let reading = server.adapter_with(&[("file", json!(null))]);
    assert!(reading.control().is_none());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let wrong = server.adapter_with(&[("file", json!(elsewhere.path().join("flags.json")))]);
    assert!(matches!(kill(&wrong).await, Err(BackendError::Lost { .. } | BackendError::Refused { .. })));
    // A file that this flagd does not read: it is changed, but nothing is confirmed.
    let copy = elsewhere.path().join("copy.json");
    std::fs::copy(&server.file, &copy).expect("copied");
    match kill(&server.adapter_with(&[("file", json!(copy))])).await {
        Err(BackendError::NotMet { cause, state }) => {
            assert!(cause.as_str().contains("hint: is it the file that this flagd reads?"), "{cause}");
            assert!(state.on);
        }
        other => panic!("{other:?}"),
    }
}
