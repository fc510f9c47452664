//! Faults that a real relay and store show only on a bad day: a fake relay, a store in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stream::{News as Told, Stream};
use super::*;
use crate::action::Verb;
use crate::backends::store::{Kept, Store, StoreError, Swap};
use crate::domain::{Actor, Version};
use crate::effect::{Change, Command, EffectId};

const KEY: &str = "relay-s3cret";

/// A store that somebody else writes to just before we do, a few times.
#[derive(Debug)]
struct Contested {
    content: Arc<Mutex<Value>>,
    others: AtomicUsize,
}

impl Store for Contested {
    fn read<'a>(&'a self, _: &'a str) -> Promise<'a, Result<Option<Kept>, StoreError>> {
        let text = self.content.lock().expect("a lock").to_string();
        Box::pin(async move { Kept::new(text, "the test").map(Some) })
    }

    fn replace<'a>(
        &'a self,
        _: &'a str,
        old: &'a Kept,
        new: &'a Map<String, Value>,
    ) -> Promise<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let mut content = self.content.lock().expect("a lock");
            let left = self.others.load(Ordering::Relaxed);
            if left > 0 {
                self.others.store(left - 1, Ordering::Relaxed);
                content["version"] = json!(left.to_string());
            }
            if content.to_string() != old.text {
                return Ok(Swap::Conflict);
            }
            *content = Value::Object(new.clone());
            Ok(Swap::Done)
        })
    }

    fn may_write<'a>(&'a self, _: &'a str) -> Promise<'a, Result<bool, StoreError>> {
        Box::pin(async { Ok(true) })
    }
}

fn flag() -> Value {
    json!({"variations": {"on": true, "off": false}, "defaultRule": {"variation": "on"}})
}

/// The secret in a file, as in a deployment.
fn secret() -> (tempfile::NamedTempFile, SecretSource) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), KEY).expect("written");
    let source = SecretSource::File(file.path().to_owned());
    (file, source)
}

fn settings(url: &str, key: Option<SecretSource>) -> Settings {
    Settings {
        url: url.parse().expect("an address"),
        api_key: key.clone(),
        admin_key: key,
        stream: StreamKind::Websocket,
        interval: default_interval(),
        store: None,
        treatment: None,
        control: None,
        ca_file: None,
    }
}

fn target() -> Target {
    Target {
        platform: "web".parse().expect("a name"),
        flag: "checkout".parse().expect("a name"),
        segments: vec![("everybody".parse().expect("a name"), "default".into())],
    }
}

/// An adapter on a fake relay that serves what the store holds.
struct World {
    relay: MockServer,
    content: Arc<Mutex<Value>>,
    goff: Goff,
    _key: tempfile::NamedTempFile,
}

async fn world(others: usize) -> World {
    let relay = MockServer::start().await;
    let content = Arc::new(Mutex::new(flag()));
    let (file, source) = secret();
    let settings = settings(&relay.uri(), Some(source));
    let mut goff = Goff::new(&settings, target(), Rights::ReadOnly).expect("an adapter");
    let store = Contested { content: Arc::clone(&content), others: AtomicUsize::new(others) };
    goff.writer = Some(Writer::new(Arc::clone(&goff.reader), Box::new(store)));
    World { relay, content, goff, _key: file }
}

impl World {
    async fn answers(&self, at: &str, answer: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(path(at))
            .and(header("x-api-key", KEY))
            .respond_with(answer)
            .mount(&self.relay)
            .await;
    }

    async fn serves_the_store(&self) {
        let content = Arc::clone(&self.content);
        let served = move |_: &wiremock::Request| {
            let flag = content.lock().expect("a lock").clone();
            ResponseTemplate::new(200).set_body_json(json!({"flags": {"checkout": flag}}))
        };
        Mock::given(method("POST"))
            .and(path("/v1/flag/configuration"))
            .respond_with(served)
            .mount(&self.relay)
            .await;
    }

    async fn kill(&self) -> Result<crate::backends::Applied, BackendError> {
        let command = Command {
            id: EffectId(1),
            verb: Verb::Kill,
            platform: "web".parse().expect("a name"),
            change: Change::Off,
            expected: None,
            actor: Actor::Autopilot,
            reason: None,
            evidence: None,
            part_of: None,
        };
        self.goff.control().expect("rights").apply(&command).await
    }
}

fn refreshed(refreshed: bool) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "refreshed": refreshed }))
}

const REFRESH: &str = "/admin/v1/retriever/refresh";
const CONFIGURATION: &str = "/v1/flag/configuration";

#[tokio::test]
async fn a_kill_is_done_again_on_what_others_stored_and_gives_up_when_they_never_stop() {
    let few = world(3).await;
    few.answers(REFRESH, refreshed(true)).await;
    few.serves_the_store().await;
    assert!(!few.kill().await.expect("killed").state.on);
    assert_eq!(few.content.lock().expect("a lock")["version"], json!("1"), "theirs stands, too");
    let many = world(1000).await;
    let lost = many.kill().await;
    assert!(
        matches!(&lost, Err(BackendError::Lost { cause }) if cause.as_str().contains("kept changing it")),
        "{lost:?}"
    );
}

#[tokio::test]
async fn a_change_that_is_stored_and_not_served_is_never_called_done_and_says_why() {
    let cases = [
        (refreshed(false), "could not read its store"),
        (refreshed(true), "several relays behind one address"),
        (ResponseTemplate::new(400), "also one of the flagset's apiKeys"),
        (ResponseTemplate::new(401), "authorizedKeys.admin"),
        (ResponseTemplate::new(503).set_body_string("oh"), "failed (503): oh"),
    ];
    // Side by side: each takes as long as a kill may.
    futures_util::future::join_all(cases.map(async |(answer, why)| {
        let world = world(0).await;
        world.answers(REFRESH, answer).await;
        let old = ResponseTemplate::new(200).set_body_json(json!({"flags": {"checkout": flag()}}));
        world.answers(CONFIGURATION, old).await;
        let Err(BackendError::NotMet { cause, state }) = world.kill().await else {
            panic!("{why}: not unmet")
        };
        assert!(
            cause.as_str().contains("it is stored, but") && cause.as_str().contains(why),
            "{why}: {cause}"
        );
        assert!(state.on, "what the relay serves");
    }))
    .await;
}

#[tokio::test]
async fn garbage_and_refusals_of_the_relay_are_words_without_the_key() {
    for (answer, is_refused, why) in [
        (ResponseTemplate::new(200).set_body_string("<html>"), false, "login page"),
        (ResponseTemplate::new(200).set_body_json(json!({"flags": {"checkout": 1}})), false, "no flag"),
        (ResponseTemplate::new(200).set_body_json(json!({})), true, "deleted or renamed"),
        (ResponseTemplate::new(401).set_body_string(KEY), true, "authorizedKeys.evaluation"),
        (ResponseTemplate::new(403), true, "(403)"),
        (ResponseTemplate::new(404), true, "without /v1"),
        (ResponseTemplate::new(409).set_body_string(format!("not {KEY}")), true, "[secret]"),
        (ResponseTemplate::new(429).insert_header("retry-after", "7"), false, "left alone for 7.0s"),
        (ResponseTemplate::new(500).set_body_string("boom"), false, "failed (500): boom"),
    ] {
        let world = world(0).await;
        world.answers(CONFIGURATION, answer).await;
        let error = world.goff.read().await.expect_err("no state");
        assert_eq!(matches!(error, BackendError::Refused { .. }), is_refused, "{error}");
        let said = format!("{error} {error:?} {:?}", world.goff);
        assert!(said.contains(why) && !said.contains(KEY), "{why}: {said}");
    }
}

#[tokio::test]
async fn a_relay_of_before_1_53_is_followed_on_its_old_path_and_the_key_is_in_no_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (_file, source) = secret();
    let settings = settings(&format!("http://{}", listener.local_addr().expect("an address")), Some(source));
    let api = Api::new(&settings, &target()).expect("set up");
    let relay = async {
        let (mut first, _) = listener.accept().await.expect("a connection");
        let mut request = vec![0; 4096];
        let read = first.read(&mut request).await.expect("a request");
        let request = String::from_utf8_lossy(request.get(..read).unwrap_or_default()).into_owned();
        assert!(request.starts_with(&format!("GET /stream/v1/ws/flag/change?apiKey={KEY} ")), "{request}");
        first.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await.expect("answered");
        let (second, _) = listener.accept().await.expect("a connection");
        let mut beginning = [0; 22];
        second.peek(&mut beginning).await.expect("a request");
        assert_eq!(&beginning, b"GET /ws/v1/flag/change");
        let mut socket = accept_async(second).await.expect("a websocket");
        socket.send(Message::Ping(vec![].into())).await.expect("sent");
        socket.send(Message::text("{}")).await.expect("sent");
        socket.next().await
    };
    let client = async {
        let mut stream = Stream::open(&api, &settings).await.expect("a stream");
        assert!(!format!("{stream:?}").contains(KEY));
        assert_eq!(stream.next().await, Ok(Told::Alive));
        assert_eq!(stream.next().await, Ok(Told::Changed("{}".into())));
    };
    tokio::join!(relay, client);
    drop(listener);
    let error = Stream::open(&api, &settings).await.expect_err("nobody there");
    assert!(!format!("{error:?}").contains(KEY), "{error:?}");
}

#[tokio::test]
async fn a_key_does_not_leave_this_machine_in_the_clear() {
    let (_file, source) = secret();
    // A documentation address: nothing may be sent there, so nothing is waited for.
    let settings = settings("http://192.0.2.1", Some(source));
    let api = Api::new(&settings, &target()).expect("set up");
    let error = Stream::open(&api, &settings).await.expect_err("exposed");
    assert!(error.is_final && error.cause.contains("open line"), "{error:?}");
}

#[tokio::test]
async fn what_grows_must_name_what_was_seen() {
    let world = world(0).await;
    world.answers(REFRESH, refreshed(true)).await;
    world.serves_the_store().await;
    let everybody = || [("everybody".parse().expect("a name"), crate::domain::Percent::FULL)].into();
    let widen = |expected| Command {
        id: EffectId(1),
        verb: Verb::Widen,
        platform: "web".parse().expect("a name"),
        change: Change::Shares(everybody()),
        expected,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    };
    for (expected, why) in [(None, "must name the version"), (Some(Version(7)), "seen too long ago")] {
        let refused = world.goff.control().expect("rights").apply(&widen(expected)).await;
        assert!(
            matches!(&refused, Err(BackendError::Refused { cause, .. }) if cause.as_str().contains(why)),
            "{refused:?}"
        );
    }
    assert_eq!(*world.content.lock().expect("a lock"), flag());
}

#[test]
fn the_settings_say_what_is_possible() {
    let read = |text: &str| toml::from_str::<Settings>(text).expect("settings").capabilities();
    assert_eq!(read(r#"url = "http://relay""#).widen, Widening::Refused);
    let polled = read(
        "url = \"http://relay\"\nstream = \"poll\"\nstore = { kind = \"file\", path = \"/flags.json\" }",
    );
    assert_eq!((polled.news, polled.widen), (News::Poll, Widening::Any));
}
