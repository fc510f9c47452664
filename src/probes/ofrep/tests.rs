//! Faults that no real edge would show on demand: slow, garbage, half of the keys failing, too many requests, streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::super::edge::{Edge, Look, Remedy, User};
use super::super::{Attribute, Context, ProbeSettings, Subject, build};
use super::{Ofrep, Settings};
use crate::domain::{FlagKey, PlatformName, SegmentName};

const ONE: &str = "/ofrep/v1/evaluate/flags/checkout";
const ALL: &str = "/ofrep/v1/evaluate/flags";

fn subject() -> Subject {
    let context = Context::from([
        ("plan".to_owned(), Attribute::Text("pro".into())),
        ("seats".to_owned(), Attribute::Whole(3)),
    ]);
    Subject {
        platform: PlatformName::new("web").expect("a name"),
        flag: FlagKey::new("checkout").expect("a key"),
        segments: vec![(SegmentName::new("pro").expect("a name"), context)],
    }
}

fn settings(server: &MockServer, more: &str) -> Settings {
    toml::from_str(&format!("url = \"{}\"\n{more}", server.uri())).expect("settings")
}

async fn edge(more: &str) -> (MockServer, Ofrep) {
    crate::net::tls::install_provider();
    let server = MockServer::start().await;
    let edge = Ofrep::new(&settings(&server, more), &subject()).expect("an edge");
    (server, edge)
}

fn user() -> User {
    User { key: "gonogo-probe-web-pro-1".into(), segment: 0 }
}

fn on() -> Value {
    json!({ "key": "checkout", "value": true, "reason": "SPLIT", "variant": "on" })
}

async fn answers(server: &MockServer, at: &str, template: ResponseTemplate) {
    server.reset().await;
    Mock::given(method("POST")).and(path(at)).respond_with(template).mount(server).await;
}

#[tokio::test]
async fn a_question_carries_the_users_key_and_the_attributes_of_the_segment() {
    let (server, edge) = edge("").await;
    answers(&server, ONE, ResponseTemplate::new(200).set_body_json(on())).await;
    assert!(edge.ask(&user()).await.expect("an answer").has_it);
    let asked: Vec<Request> = server.received_requests().await.expect("recorded");
    let body: Value = asked[0].body_json().expect("JSON");
    let context = json!({ "plan": "pro", "seats": 3, "targetingKey": "gonogo-probe-web-pro-1" });
    assert_eq!(body, json!({ "context": context }));
}

#[tokio::test]
async fn each_fault_is_no_answer_and_says_what_would_mend_it() {
    let (server, edge) = edge("").await;
    let garbage = ResponseTemplate::new(200).set_body_string("<html>");
    let limited = ResponseTemplate::new(429).insert_header("Retry-After", "7");
    for (template, remedy, words) in [
        (ResponseTemplate::new(500), Remedy::Again, "answered 500"),
        (garbage, Remedy::Again, "cannot understand"),
        (limited, Remedy::Pause(Duration::from_secs(7)), "answered 429"),
        (ResponseTemplate::new(429), Remedy::Pause(super::PAUSE), "answered 429"),
        (ResponseTemplate::new(401), Remedy::Person, "`token` or `api_key`"),
        (ResponseTemplate::new(404), Remedy::Person, "where `/ofrep` begins"),
        (
            ResponseTemplate::new(400).set_body_json(json!({ "errorCode": "INVALID_CONTEXT" })),
            Remedy::Again,
            "INVALID_CONTEXT",
        ),
    ] {
        answers(&server, ONE, template).await;
        let trouble = edge.ask(&user()).await.expect_err(words);
        assert_eq!(trouble.remedy, remedy, "{words}");
        assert!(trouble.cause.as_str().contains(words), "{}", trouble.cause);
    }
    let not_found = json!({ "key": "checkout", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "no" });
    answers(&server, ONE, ResponseTemplate::new(404).set_body_json(not_found)).await;
    let answer = edge.ask(&user()).await.expect("an answer: nobody has it");
    assert!(answer.is_unknown && !answer.has_it);
}

#[tokio::test]
async fn a_slow_edge_is_not_waited_for() {
    let (server, edge) = edge("").await;
    let slow = ResponseTemplate::new(200).set_body_json(on()).set_delay(Duration::from_secs(30));
    answers(&server, ONE, slow).await;
    let at = tokio::time::Instant::now();
    assert_eq!(edge.ask(&user()).await.expect_err("too slow").remedy, Remedy::Again);
    assert!(at.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_canary_shows_its_mark_and_304_is_the_same() {
    let (server, edge) = edge("").await;
    Mock::given(path(ALL))
        .and(header("If-None-Match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .mount(&server)
        .await;
    let all = ResponseTemplate::new(200)
        .insert_header("ETag", "\"v1\"")
        .set_body_json(json!({ "flags": [{ "key": "other", "value": 1 }, on()] }));
    Mock::given(path(ALL)).respond_with(all).with_priority(9).mount(&server).await;
    let Look::Seen { answer, mark } = edge.look(&user(), None).await.expect("a look") else {
        panic!("no answer")
    };
    assert!(answer.expect("our flag").has_it);
    assert_eq!(mark.as_deref(), Some("\"v1\""));
    assert_eq!(edge.look(&user(), mark.as_deref()).await.expect("a look"), Look::Same);
}

#[tokio::test]
async fn without_bulk_evaluation_the_canary_asks_for_the_flag_alone() {
    let (server, edge) = edge("").await;
    Mock::given(path(ALL)).respond_with(ResponseTemplate::new(405)).expect(1).mount(&server).await;
    Mock::given(path(ONE))
        .respond_with(ResponseTemplate::new(200).set_body_json(on()))
        .expect(2)
        .mount(&server)
        .await;
    for _ in 0..2 {
        let look = edge.look(&user(), None).await.expect("a look");
        assert!(matches!(look, Look::Seen { answer: Some(answer), mark: None } if answer.has_it));
    }
}

#[tokio::test]
async fn half_of_the_keys_failing_is_an_incomplete_panel_and_no_half_share() {
    crate::net::tls::install_provider();
    let server = MockServer::start().await;
    let half = |request: &Request| {
        let body: Value = request.body_json().expect("JSON");
        let key = body["context"]["targetingKey"].as_str().expect("a key").to_owned();
        let number: u32 = key.rsplit('-').next().and_then(|n| n.parse().ok()).expect("a number");
        if number.is_multiple_of(2) {
            ResponseTemplate::new(500)
        } else {
            ResponseTemplate::new(200).set_body_json(on())
        }
    };
    Mock::given(path(ONE)).respond_with(half).mount(&server).await;
    let text = format!("kind = \"ofrep\"\nurl = \"{}\"\nkeys = 40", server.uri());
    let settings: ProbeSettings = toml::from_str(&text).expect("settings");
    let asked = build(&settings, &subject()).expect("a probe").ask().await.expect("a panel");
    assert!(asked.served.is_empty(), "{:?}", asked.served);
    let problem = asked.problems[0].as_str();
    assert!(problem.contains("20 of 40") && problem.contains("answered 500"), "{problem}");
}

#[tokio::test]
async fn an_event_stream_that_the_edge_offers_is_a_hint_for_each_refetch_and_gets_no_credentials() {
    let (server, edge) = edge("token = { file = \"TOKEN\" }".replace("TOKEN", token_file()).as_str()).await;
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let stream = move |request: &Request| {
        assert!(!request.headers.contains_key("authorization"), "our token went to the stream");
        count.fetch_add(1, Ordering::Relaxed);
        let events =
            "data: {\"type\":\"somethingElse\"}\n\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"x\"}\n\n";
        ResponseTemplate::new(200).set_body_raw(events, "text/event-stream")
    };
    Mock::given(path("/events")).respond_with(stream).mount(&server).await;
    let offer = json!([
        { "type": "pigeon", "url": "https://pigeon.example" },
        { "type": "sse", "endpoint": { "requestUri": "/events?secret=s3cret" } },
    ]);
    let all = json!({ "flags": [on()], "eventStreams": offer });
    let bulk = Mock::given(path(ALL)).and(header_exists("authorization"));
    bulk.respond_with(ResponseTemplate::new(200).set_body_json(all)).mount(&server).await;
    let waiting = tokio::time::timeout(Duration::from_millis(50), edge.hint());
    assert!(waiting.await.is_err(), "nothing was offered yet");
    edge.look(&user(), None).await.expect("a look");
    let hint = tokio::time::timeout(Duration::from_secs(10), edge.hint());
    hint.await.expect("a hint");
    assert!(told.load(Ordering::Relaxed) >= 1);
}

/// A file with a token that only its owner can read.
fn token_file() -> &'static str {
    use std::os::unix::fs::PermissionsExt;
    static FILE: std::sync::OnceLock<(tempfile::NamedTempFile, String)> = std::sync::OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "s3cret-token").expect("written");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).expect("mode");
        let path = file.path().display().to_string();
        (file, path)
    });
    path
}
