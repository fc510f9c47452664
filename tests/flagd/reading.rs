//! What flagd sends, and what is understood of it.

use gonogo::backends::Backend;
use gonogo::domain::{LinkState, Version};
use gonogo::event::Body;
use serde_json::json;

use crate::server::{FLAG, Watched, alone, document, read, rule, segment, share, widen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_are_branches_and_a_change_by_hand_is_pushed() {
    let (server, _guard) = alone().await;
    let (adapter, state) = server.serving(&rule(5, 1)).await;
    assert!(state.on && state.doubts.is_empty(), "{state:?}");
    let shares = [("free", 5.0), ("rest", 1.0), ("staff", 100.0)]
        .map(|(name, percent)| (segment(name), share(percent)));
    assert_eq!(state.shares, shares.into());

    let mut watched = Watched::start(adapter);
    let first = watched.state(|_| true).await;
    assert_eq!(first.shares, state.shares);
    server.put(&document(&rule(25, 1)));
    let pushed = watched.state(|state| state.shares.get(&segment("free")) == Some(&share(25.0))).await;
    assert_eq!(pushed.version, Version(first.version.0 + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nothing_changes_flagd_is_heard_and_a_change_of_another_flag_is_no_news() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let mut watched = Watched::start(adapter);
    let version = watched.state(|_| true).await.version;
    let heard = |body: &Body| match body {
        Body::Heard(_) => Some(()),
        Body::Flag { .. } | Body::Problem { .. } | Body::Link { state: LinkState::Retrying { .. }, .. } => {
            panic!("{body:?}")
        }
        _ => None,
    };
    watched.until(heard).await;
    server.put(&server.text().replace("1.5", "1.75"));
    for _ in 0..3 {
        watched.until(heard).await;
    }
    assert_eq!(version, Version(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_are_expanded_by_flagd_as_they_are_here() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let text = document(&json!({ "if": [
        { "$ref": "staff" }, "on",
        { "==": [{ "var": "plan" }, "free"] }, { "fractional": [["on", 5.0], ["off", 95]] },
        { "fractional": [["off"], ["on"]] }
    ] }));
    let evaluators =
        r#""$evaluators": { "staff": { "ends_with": [{ "var": "email" }, "@corp.com"] } }, "flags""#;
    let mut watched = Watched::start(std::sync::Arc::clone(&adapter));
    watched.state(|_| true).await;
    server.put(&text.replace("\"flags\"", evaluators));
    let state = watched.state(|state| state.shares.get(&segment("rest")) == Some(&share(50.0))).await;
    assert_eq!((state.doubts.len(), state.shares.len()), (0, 3), "{state:?}");
    // What flagd sends is the content of the file, so what was seen can be compared with it.
    let applied = widen(&adapter, "free", 10.0).await.expect("no conflict");
    assert_eq!(applied.state.shares.get(&segment("free")), Some(&share(10.0)));
    assert!(server.text().contains("\"$ref\""), "references stay as they are");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selector_picks_one_source_and_a_wrong_one_says_that_the_flag_is_not_there() {
    let (server, _guard) = alone().await;
    server.serving(&rule(5, 1)).await;
    let selector = json!(format!("source={}", server.file.display()));
    let state = read(&server.adapter_with(&[("selector", selector)])).await;
    assert_eq!(state.shares.get(&segment("free")), Some(&share(5.0)));
    let other = server.adapter_with(&[("selector", json!("source=/nowhere.json"))]);
    let error = other.read().await.expect_err("no such source").to_string();
    assert!(error.starts_with(&format!("cannot read {FLAG} at web: flagd has no such flag")), "{error}");
    assert!(error.contains("hint:"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flag_that_is_removed_is_no_contact_until_it_is_back() {
    let (server, _guard) = alone().await;
    let (adapter, _) = server.serving(&rule(5, 1)).await;
    let mut watched = Watched::start(adapter);
    watched.state(|_| true).await;
    let text = server.text();
    server.put(&text.replace(FLAG, "renamed"));
    let cause = watched
        .until(|body| match body {
            Body::Link { state: LinkState::Failed { cause }, .. } => Some(cause.as_str().to_owned()),
            _ => None,
        })
        .await;
    assert!(cause.contains("flagd has no such flag") && cause.contains("hint:"), "{cause}");
    server.put(&text);
    watched.until(|body| matches!(body, Body::Link { state: LinkState::Live, .. }).then_some(())).await;
}
