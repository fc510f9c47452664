//! The template at a service as it describes it.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use gonogo::action::Verb;
use gonogo::backends::{Applied, Backend, BackendError, Rights, Target};
use gonogo::domain::{Actor, FlagState, Percent, SegmentName, Version};
use gonogo::effect::{Change, Command, EffectId};
use serde_json::{Value, json};

use crate::template::{CAPABILITIES, REACH, Settings, Template};

type Flag = Arc<Mutex<Value>>;

async fn look(State(flag): State<Flag>, Path(name): Path<String>) -> Result<Json<Value>, StatusCode> {
    if name == "checkout" { Ok(Json(flag.lock().expect("it").clone())) } else { Err(StatusCode::NOT_FOUND) }
}

async fn put(
    State(flag): State<Flag>,
    headers: HeaderMap,
    Json(mut wanted): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let mut flag = flag.lock().expect("it");
    let version = flag["version"].as_u64().expect("a version");
    if headers.get("if-match").and_then(|v| v.to_str().ok()) != Some(version.to_string().as_str()) {
        return Err(StatusCode::PRECONDITION_FAILED);
    }
    wanted["version"] = json!(version + 1);
    flag.clone_from(&wanted);
    Ok(Json(wanted))
}

/// The service, with `eu` at 10 %, and an adapter for one of its flags.
async fn served(name: &str) -> (Flag, Template) {
    let flag: Flag = Arc::new(Mutex::new(json!({ "version": 7, "on": true, "shares": { "europe": 10.0 } })));
    let service = Router::new().route("/flags/{name}", get(look).put(put)).with_state(Arc::clone(&flag));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, service).await });
    let target = Target {
        platform: "web".parse().expect("a name"),
        flag: name.parse().expect("a name"),
        segments: vec![(eu(), "europe".into())],
    };
    let settings: Settings = serde_json::from_value(json!({ "url": url })).expect("settings");
    (flag, Template::new(&settings, target, Rights::ReadWrite).expect("an adapter"))
}

fn eu() -> SegmentName {
    SegmentName::new("eu").expect("a name")
}

fn share(percent: f64) -> Percent {
    Percent::new(percent).expect("a share")
}

async fn apply(
    adapter: &Template,
    verb: Verb,
    change: Change,
    expected: Option<Version>,
) -> Result<Applied, BackendError> {
    let command = Command {
        id: EffectId(1),
        verb,
        platform: "web".parse().expect("a name"),
        change,
        expected,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    };
    adapter.control().expect("rights").apply(&command).await
}

fn to(percent: f64) -> Change {
    Change::Shares([(eu(), share(percent))].into())
}

#[tokio::test]
async fn it_reads_widens_refuses_what_is_old_and_kills() {
    let (flag, adapter) = served("checkout").await;
    assert_eq!(adapter.capabilities(), CAPABILITIES);
    assert!(REACH.0 > std::time::Duration::ZERO);
    let seen: FlagState = adapter.read().await.expect("a state");
    assert_eq!((seen.version, seen.on, seen.shares.get(&eu())), (Version(7), true, Some(&share(10.0))));

    let applied = apply(&adapter, Verb::Widen, to(25.0), Some(seen.version)).await.expect("widened");
    assert_eq!(applied.state.shares.get(&eu()), Some(&share(25.0)));
    assert_eq!(flag.lock().expect("it")["shares"]["europe"], 25.0);

    let refused = apply(&adapter, Verb::Widen, to(50.0), Some(seen.version)).await;
    let Err(BackendError::Refused { cause, state: Some(_) }) = refused else { panic!("{refused:?}") };
    assert_eq!(cause.as_str(), "cannot change checkout at web: version 8 is newer than 7, which you saw");

    for _ in 0..2 {
        assert!(apply(&adapter, Verb::Kill, Change::Off, None).await.expect("off").state.is_off());
        assert_eq!(flag.lock().expect("it")["version"], 9, "the second one changes nothing");
    }
}

#[tokio::test]
async fn it_says_what_is_wrong_and_what_to_do() {
    let (_, adapter) = served("another").await;
    let error = adapter.read().await.expect_err("there is no such flag");
    let words = error.to_string();
    assert!(matches!(error, BackendError::Refused { .. }), "{words}");
    assert!(
        words.starts_with("cannot read another at web: ") && words.contains("hint: check `flag`"),
        "{words}"
    );

    let (flag, adapter) = served("checkout").await;
    flag.lock().expect("it")["shares"]["europe"] = json!(150);
    let state = adapter.read().await.expect("a state");
    assert_eq!((state.shares.len(), state.doubts.len()), (0, 1), "{state:?}");
}
