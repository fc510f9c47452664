//! Faults and races that a real server does not give on demand, on a fake one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use wiremock::matchers::{header_exists, method, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::action::Verb;
use crate::backends::Applied;
use crate::domain::{
    Actor, FlagKey, LinkState, Percent, PlatformName, Sample, SegmentName, Timestamp, Version,
};
use crate::effect::{Change, Command, EffectId};
use crate::event::Body;

const FEATURE: &str = "/api/admin/projects/default/features/checkout-v2";

fn target() -> Target {
    Target {
        platform: PlatformName::new("web").expect("a name"),
        flag: FlagKey::new("checkout-v2").expect("a name"),
        segments: vec![(SegmentName::new("free").expect("a name"), "free".into())],
    }
}

fn adapter(url: &str) -> Unleash {
    let token = SecretSource::Env("PATH".into());
    let settings: Settings =
        serde_json::from_value(json!({ "url": url, "token": { "env": "PATH" } })).expect("settings");
    assert_eq!(settings.token, token);
    Unleash::new(&settings, target(), Rights::ReadWrite).expect("an adapter")
}

fn strategy(id: &str, title: &str, rollout: &str, disabled: bool) -> Value {
    json!({
        "id": id, "name": "flexibleRollout", "title": title, "disabled": disabled, "segments": [],
        "constraints": [{ "contextName": "segment", "operator": "IN", "values": [title] }],
        "parameters": { "rollout": rollout },
    })
}

fn feature(enabled: bool, strategies: &[Value]) -> Value {
    json!({ "name": "checkout-v2", "environments": [{ "name": "production", "enabled": enabled, "strategies": strategies }] })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// Answers with one body after the other; the last one for ever.
struct Script(Mutex<Vec<ResponseTemplate>>);

fn script(mut answers: Vec<ResponseTemplate>) -> Script {
    answers.reverse();
    Script(Mutex::new(answers))
}

impl Respond for Script {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut answers = self.0.lock().expect("not poisoned");
        if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }.expect("an answer")
    }
}

async fn fake(features: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/admin/search/events"))
        .respond_with(ok(&json!({ "events": [], "total": 0 })))
        .mount(&server)
        .await;
    Mock::given(method("GET")).and(path(FEATURE)).respond_with(script(features)).mount(&server).await;
    Mock::given(method("POST"))
        .and(path_regex("/environments/production/(on|off)$"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

fn command(verb: Verb, change: Change) -> Command {
    Command {
        id: EffectId(1),
        verb,
        platform: target().platform,
        change,
        expected: (verb == Verb::Resume).then_some(Version(0)),
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    }
}

fn on(percent: f64) -> Command {
    let share = Percent::new(percent).expect("a percentage");
    command(Verb::Resume, Change::On([(target().segments[0].0.clone(), share)].into()))
}

async fn apply(adapter: &Unleash, command: &Command) -> Result<Applied, BackendError> {
    adapter.control().expect("rights").apply(command).await
}

async fn requests(server: &MockServer) -> Vec<String> {
    let short = |request: &Request| {
        let last = request.url.path().rsplit('/').next().unwrap_or_default().to_owned();
        format!("{} {last}", request.method)
    };
    server.received_requests().await.unwrap_or_default().iter().map(short).collect()
}

struct Channel(mpsc::Sender<Body>);

impl Sink for Channel {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        Box::pin(async move {
            let _ = self.0.send(body).await;
        })
    }

    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

/// Watches until `found` says so, and returns what came until then.
async fn watch_until(adapter: &Unleash, found: impl Fn(&Body) -> bool) -> Vec<Body> {
    let (sender, mut bodies) = mpsc::channel(16);
    let sink = Channel(sender);
    let mut seen = vec![];
    let collect = async {
        while let Some(body) = bodies.recv().await {
            seen.push(body);
            if seen.last().is_some_and(&found) {
                return;
            }
        }
    };
    let limit = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::select! { () = adapter.watch(&sink) => {}, () = collect => {} }
    });
    assert!(limit.await.is_ok(), "not within 20 s");
    seen
}

fn link(body: &Body) -> Option<&LinkState> {
    match body {
        Body::Link { state, .. } => Some(state),
        _ => None,
    }
}

#[tokio::test]
async fn a_kill_is_one_post_and_one_read() {
    let server = fake(vec![ok(&feature(false, &[strategy("s1", "free", "25", false)]))]).await;
    let applied = apply(&adapter(&server.uri()), &command(Verb::Kill, Change::Off)).await.expect("off");
    assert!(!applied.state.on);
    assert_eq!(requests(&server).await, ["POST off", "GET checkout-v2"]);
}

#[tokio::test]
async fn a_kill_that_reads_back_as_on_is_not_met() {
    let server = fake(vec![ok(&feature(true, &[]))]).await;
    let error =
        apply(&adapter(&server.uri()), &command(Verb::Kill, Change::Off)).await.expect_err("still on");
    assert!(matches!(&error, BackendError::NotMet { state, .. } if state.on), "{error}");
}

#[tokio::test]
async fn a_kill_without_a_usable_answer_is_lost_and_never_done_or_refused() {
    let html = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    for (read, part) in [
        (ResponseTemplate::new(503), "503"),
        (html, "login page"),
        (ok(&feature(false, &[])).set_delay(Duration::from_secs(30)), "within 2000 ms"),
        (ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5 * 1024 * 1024]), "more than"),
        (ResponseTemplate::new(404), "read back"),
    ] {
        let server = fake(vec![read]).await;
        let error = apply(&adapter(&server.uri()), &command(Verb::Kill, Change::Off)).await.expect_err(part);
        assert!(matches!(error, BackendError::Lost { .. }), "{part}: {error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_kill_that_is_throttled_is_lost_so_that_it_is_sent_again() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(429)).mount(&server).await;
    let error = apply(&adapter(&server.uri()), &command(Verb::Kill, Change::Off)).await.expect_err("429");
    assert!(matches!(error, BackendError::Lost { .. }), "{error}");
}

#[tokio::test]
async fn a_strategy_that_appears_while_switching_on_is_answered_by_switching_off() {
    let ours = strategy("s1", "free", "5", false);
    let added = json!({ "id": "s2", "name": "flexibleRollout", "title": null, "constraints": [], "parameters": { "rollout": "100" } });
    let server = fake(vec![
        ok(&feature(false, std::slice::from_ref(&ours))),
        ok(&feature(true, &[ours.clone(), added.clone()])),
        ok(&feature(false, &[ours, added])),
    ])
    .await;
    let error = apply(&adapter(&server.uri()), &on(5.0)).await.expect_err("added");
    assert!(matches!(&error, BackendError::NotMet { state, .. } if !state.on), "{error}");
    assert!(error.to_string().contains("s2 appeared while it was switched on"), "{error}");
    assert!(requests(&server).await.ends_with(&["POST off".into(), "GET checkout-v2".into()]));
}

#[tokio::test]
async fn a_switch_on_that_cannot_be_read_back_is_undone() {
    let ours = strategy("s1", "free", "5", false);
    let server = fake(vec![
        ok(&feature(false, std::slice::from_ref(&ours))),
        ResponseTemplate::new(500),
        ok(&feature(false, &[ours])),
    ])
    .await;
    let error = apply(&adapter(&server.uri()), &on(5.0)).await.expect_err("unread");
    assert!(error.to_string().contains("switched off again"), "{error}");
}

#[tokio::test]
async fn a_kill_overtakes_a_switch_on() {
    let server = fake(vec![ok(&feature(false, &[strategy("s1", "free", "5", false)]))]).await;
    let adapter = adapter(&server.uri());
    let (on, kill) = (on(5.0), command(Verb::Kill, Change::Off));
    let (resumed, killed) = tokio::join!(apply(&adapter, &on), apply(&adapter, &kill));
    assert!(!killed.expect("killed").state.on);
    assert!(resumed.expect_err("overtaken").to_string().contains("a kill overtook it"));
    assert!(!requests(&server).await.contains(&"POST on".into()));
}

#[tokio::test]
async fn an_unchanged_flag_is_heard_and_not_told_again() {
    let server = MockServer::start().await;
    let same = ResponseTemplate::new(304);
    for (p, body) in [("/api/admin/search/events", json!({ "events": [] })), (FEATURE, feature(true, &[]))] {
        let known = Mock::given(method("GET")).and(path(p)).and(header_exists("if-none-match"));
        known.respond_with(same.clone()).mount(&server).await;
        let first = Mock::given(method("GET")).and(path(p));
        first.respond_with(ok(&body).insert_header("etag", "W/\"1\"")).mount(&server).await;
    }
    let heard = AtomicUsize::new(0);
    let bodies = watch_until(&adapter(&server.uri()), |body| {
        matches!(body, Body::Heard(_)) && heard.fetch_add(1, Ordering::Relaxed) == 1
    })
    .await;
    assert_eq!(bodies.iter().filter(|body| matches!(body, Body::Flag { .. })).count(), 1, "{bodies:?}");
    assert_eq!(requests(&server).await, ["GET events", "GET checkout-v2", "GET events", "GET events"]);
    let asked = server.received_requests().await.unwrap_or_default();
    let conditional: Vec<_> =
        asked.iter().map(|request| request.headers.contains_key("if-none-match")).collect();
    assert_eq!(conditional, [false, false, true, true]);
}

#[tokio::test]
async fn a_read_during_which_a_command_ended_is_done_again() {
    /// Ends a command while the first read is under way.
    struct Ending(Arc<Reader>, Script);
    impl Respond for Ending {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            if self.1.0.lock().expect("not poisoned").len() > 1 {
                self.0.end();
            }
            self.1.respond(request)
        }
    }
    let server = MockServer::start().await;
    let adapter = adapter(&server.uri());
    let features = script(vec![ok(&feature(true, &[])), ok(&feature(false, &[]))]);
    let events = ok(&json!({ "events": [] }));
    Mock::given(method("GET"))
        .and(path("/api/admin/search/events"))
        .respond_with(events)
        .mount(&server)
        .await;
    let ending = Ending(Arc::clone(&adapter.reader), features);
    Mock::given(method("GET")).and(path(FEATURE)).respond_with(ending).mount(&server).await;
    let bodies = watch_until(&adapter, |body| matches!(body, Body::Flag { .. })).await;
    assert!(matches!(bodies.last(), Some(Body::Flag { state, .. }) if !state.on), "{bodies:?}");
}

#[tokio::test]
async fn a_throttled_watch_waits_as_long_as_it_is_told() {
    let server = MockServer::start().await;
    let throttled = ResponseTemplate::new(429).insert_header("retry-after", "70");
    Mock::given(method("GET")).respond_with(throttled).mount(&server).await;
    let bodies =
        watch_until(&adapter(&server.uri()), |body| matches!(link(body), Some(LinkState::Retrying { .. })))
            .await;
    assert_eq!(link(&bodies[0]), Some(&LinkState::Connecting));
    let Some(LinkState::Retrying { cause, wait }) = bodies.last().and_then(link) else {
        unreachable!("{bodies:?}")
    };
    assert!(wait.0 >= Duration::from_secs(70), "{wait}");
    assert!(
        cause.as_str().starts_with("cannot read checkout-v2 at web: Unleash is asked too often"),
        "{cause}"
    );
}

#[tokio::test]
async fn a_bad_token_is_failed_with_a_hint_and_without_the_token() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let adapter = adapter(&server.uri());
    let bodies = watch_until(&adapter, |body| matches!(link(body), Some(LinkState::Failed { .. }))).await;
    let shown = format!("{bodies:?} {adapter:?}");
    assert!(shown.contains("hint: is it complete"), "{shown}");
    let token = std::env::var("PATH").expect("a PATH");
    assert!(!shown.contains(&token), "the token is shown");
}

#[tokio::test]
async fn a_refused_watch_goes_on_when_the_refusal_ends() {
    let server = MockServer::start().await;
    let events = script(vec![ResponseTemplate::new(401), ok(&json!({ "events": [] }))]);
    Mock::given(method("GET"))
        .and(path("/api/admin/search/events"))
        .respond_with(events)
        .mount(&server)
        .await;
    Mock::given(method("GET")).and(path(FEATURE)).respond_with(ok(&feature(true, &[]))).mount(&server).await;
    let adapter = adapter(&server.uri());
    let bodies = watch_until(&adapter, |body| {
        if matches!(link(body), Some(LinkState::Failed { .. })) {
            adapter.reader.nudge.notify_one(); // instead of half a minute
        }
        matches!(body, Body::Flag { .. })
    })
    .await;
    let links: Vec<_> = bodies.iter().filter_map(link).collect();
    assert!(
        matches!(links[..], [LinkState::Connecting, LinkState::Failed { .. }, LinkState::Live]),
        "{links:?}"
    );
}

#[test]
fn settings_have_defaults_and_refuse_what_they_do_not_know() {
    let read = |text: &str| toml::from_str::<crate::backends::BackendSettings>(text);
    let minimal = "kind = \"unleash\"\nurl = \"http://127.0.0.1:4242\"\ntoken = { env = \"T\" }\n";
    let crate::backends::BackendSettings::Unleash(settings) = read(minimal).expect("settings") else {
        panic!("another kind of backend");
    };
    assert_eq!((settings.project.as_str(), settings.environment.as_str()), ("default", "production"));
    assert_eq!(settings.interval.0, Duration::from_secs(1));
    assert!(read(&format!("{minimal}enviroment = \"x\"")).is_err());
    assert!(read("kind = \"unleash\"\nurl = \"http://127.0.0.1:4242\"").is_err(), "a token is needed");
}
