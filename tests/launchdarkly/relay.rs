//! The stream of the real Relay Proxy. In offline mode it sends a whole `put` when its archive is replaced; `patch` and
//! `delete`, which LaunchDarkly itself sends, are shown against the fake only.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gonogo::backends::{Backend, BackendError};
use gonogo::domain::LinkState;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::outside::{Subject, loss, refusal, segment, share};
use crate::{script, variable};

const SEGMENTS: &[(&str, &str)] = &[("ours", "rule-ent"), ("everybody", "default")];

/// One archive, one test at a time.
static USE: Mutex<()> = Mutex::const_new(());

/// The archive's version: it must grow.
static VERSION: AtomicU64 = AtomicU64::new(10);

struct Relay(#[expect(dead_code, reason = "held while the test runs")] MutexGuard<'static, ()>);

impl Relay {
    async fn take() -> Self {
        Self(USE.lock().await)
    }

    /// Replaces what the relay serves.
    fn serve(&self, flags: &Value) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(json!({ "flags": flags, "segments": {} }).to_string().as_bytes()).expect("written");
        let version = VERSION.fetch_add(1, Ordering::Relaxed).to_string();
        script("LD_ARCHIVE_MAKE", &[file.path().to_str().expect("text"), &version]);
    }

    /// Each test has a flag of its own, or it would see that of the test before until the relay has the new archive.
    fn subject(&self, flag: &str, key: &str) -> Subject {
        let settings = json!({ "stream_url": variable("LD_RELAY_URL"), "sdk_key": key });
        Subject::of_flag(flag, settings, SEGMENTS)
    }
}

/// Our flag: `true` to so many percent by the rule, to nobody else.
fn flag(key: &str, version: u64, on: bool, percent: u32) -> Value {
    let parts = json!([{ "variation": 0, "weight": percent * 1000 }, { "variation": 1, "weight": 100_000 - percent * 1000 }]);
    json!({ key: {
        "key": key, "on": on, "version": version, "variations": [true, false], "offVariation": 1,
        "fallthrough": { "variation": 1 }, "prerequisites": [], "targets": [], "salt": "x", "clientSide": false,
        "rules": [{ "id": "rule-ent", "rollout": { "variations": parts },
            "clauses": [{ "attribute": "plan", "op": "in", "values": ["enterprise"], "negate": false }] }],
    } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_relay_serves_is_read_and_what_changes_is_pushed() {
    let relay = Relay::take().await;
    relay.serve(&flag("pushed", 1, true, 10));
    let subject = relay.subject("pushed", &variable("LD_SDK_KEY"));
    assert!(subject.adapter.control().is_none(), "there is no token, so nothing can be changed");
    let mut watched = subject.watch();
    let ours = |percent| {
        move |state: &gonogo::domain::FlagState| state.shares.get(&segment("ours")) == Some(&share(percent))
    };
    watched.state(ours(10.0)).await;
    let state = subject.state().await;
    assert_eq!((state.on, state.shares[&segment("everybody")]), (true, share(0.0)));
    relay.serve(&flag("pushed", 2, true, 25));
    let began = Instant::now();
    let state = watched.state(ours(25.0)).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!((state.version.0, state.doubts.len()), (2, 0), "{:?}", state.doubts);
    relay.serve(&flag("pushed", 3, false, 25));
    assert!(watched.state(|state| !state.on).await.is_off());
    assert!(!subject.told().contains(&variable("LD_SDK_KEY")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flag_that_is_deleted_is_said_and_one_that_comes_back_older_is_followed() {
    let relay = Relay::take().await;
    relay.serve(&flag("deleted", 7, true, 10));
    let subject = relay.subject("deleted", &variable("LD_SDK_KEY"));
    let mut watched = subject.watch();
    watched.state(|state| state.on).await;
    relay.serve(&json!({}));
    watched
        .link(|state| matches!(state, LinkState::Failed { cause } if cause.as_str().contains("no such flag")))
        .await;
    assert!(refusal(subject.read().await).contains("no such flag"));
    relay.serve(&flag("deleted", 2, true, 20));
    watched.link(|state| *state == LinkState::Live).await;
    let state = watched.state(|state| state.shares.get(&segment("ours")) == Some(&share(20.0))).await;
    assert!(state.version.0 > 7, "an older version would never be believed: {}", state.version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_told_once_with_the_reason_and_never_shown() {
    let relay = Relay::take().await;
    let subject = relay.subject("wrong-key", "sdk-wrong-s3cret");
    let mut watched = subject.watch();
    watched
        .link(|state| matches!(state, LinkState::Failed { cause } if cause.as_str().contains("answered 401")))
        .await;
    let read = subject.read().await;
    assert!(matches!(read, Err(BackendError::Refused { .. })), "{read:?}");
    assert!(!subject.told().contains("s3cret"), "{}", subject.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_goes_away_is_told_and_found_again_with_what_changed() {
    let relay = Relay::take().await;
    relay.serve(&flag("away", 1, true, 10));
    let subject = relay.subject("away", &variable("LD_SDK_KEY"));
    let mut watched = subject.watch();
    watched.state(|state| state.on).await;
    script("LD_RELAY_CTL", &["kill"]);
    watched.link(|state| matches!(state, LinkState::Retrying { .. })).await;
    let lost = loss(subject.read().await);
    relay.serve(&flag("away", 2, false, 10));
    script("LD_RELAY_CTL", &["start"]);
    assert!(lost.contains("cannot reach"), "{lost}");
    watched.link(|state| *state == LinkState::Live).await;
    assert!(!watched.state(|state| state.version.0 >= 2).await.on);
}
