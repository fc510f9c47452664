//! The adapter against a server that misbehaves on demand.

mod load;
mod tls;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::domain::{LinkState, MetricName, SegmentName, Span};
use crate::event::Body;
use crate::metrics::{MetricSource, Query, Select};

use super::fixture::{Seen, vector};
use super::{Prometheus, Settings};

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(10);

const SECRET: &str = "s3cret-t0ken";

pub(super) fn errors() -> Query {
    Query {
        metric: MetricName::new("errors").expect("a name"),
        interval: Span(Duration::from_millis(100)),
        select: Select::Counts { bad: "sum(bad)".into(), total: "sum(total)".into() },
    }
}

pub(super) fn source(settings: &str) -> Prometheus {
    let settings: Settings = toml::from_str(settings).expect("settings");
    Prometheus::new(&settings, vec![errors()], &[SegmentName::new("free").expect("a name")])
        .expect("a source")
}

/// What `check` says: an error in front of a `!`.
pub(super) async fn probed(source: &Prometheus) -> String {
    let mut findings = source.probe().await;
    match findings.remove(0).result {
        Ok(text) => text.to_string(),
        Err(text) => format!("!{text}"),
    }
}

fn private(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(content.as_bytes()).expect("written");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).expect("mode");
    file
}

fn good() -> ResponseTemplate {
    let body = vector(&[("free", "treatment", "10"), ("free", "control", "20")]);
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

/// Watches until the condition holds for everything seen so far.
async fn watch_until(source: &Prometheus, done: impl Fn(&[Body]) -> bool) -> Vec<Body> {
    let sink = Seen::default();
    let mut seen = Vec::new();
    let waiting = async {
        loop {
            seen.extend(sink.take().into_iter().map(|(_, body)| body));
            if done(&seen) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(DEADLINE, async {
        tokio::select! {
            () = source.watch(&sink) => panic!("a watch never ends"),
            () = waiting => {}
        }
    });
    let found = found.await;
    assert!(found.is_ok(), "not within {DEADLINE:?}: {seen:#?}");
    seen
}

fn links(seen: &[Body]) -> Vec<&LinkState> {
    let states = seen.iter().filter_map(|body| match body {
        Body::Link { state, .. } => Some(state),
        _ => None,
    });
    states.collect()
}

#[tokio::test]
async fn questions_are_posted_below_the_prefix_with_both_credentials_and_one_time() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/prometheus/api/v1/query"))
        .and(header("authorization", format!("Bearer {SECRET}")))
        .and(header("x-scope-orgid", "tenant-7"))
        .and(body_string_contains("timeout=3.000"))
        .respond_with(good())
        .mount(&server)
        .await;
    let (token, tenant) = (private(SECRET), private("tenant-7\n"));
    let source = source(&format!(
        "url = \"{}/prometheus/\"\ntoken = {{ file = {:?} }}\nauth = {{ header = \
         \"X-Scope-OrgID\", value = {{ file = {:?} }} }}",
        server.uri(),
        token.path(),
        tenant.path()
    ));
    let found = probed(&source).await;
    assert!(found.starts_with("1 of 1 segments have data, both arms; answered in "), "{found}");
    let asked = server.received_requests().await.expect("recorded");
    let forms: Vec<_> = asked.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    let [bad, total] = forms.as_slice() else { panic!("two questions: {forms:?}") };
    assert!(bad.contains("query=sum%28bad%29") && !bad.contains("&time="), "{bad}");
    assert!(total.contains("query=sum%28total%29") && total.contains("&time=1700000000.500"), "{total}");
    assert!(!format!("{source:?}").contains(SECRET));
}

#[tokio::test]
async fn every_refusal_is_told_in_words_and_never_shows_a_credential() {
    let json = |code, body: &str| ResponseTemplate::new(code).set_body_raw(body, "application/json");
    let parse_error =
        r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected \")\""}"#;
    let whole = vector(&[("free", "treatment", "10")]);
    let cut = whole.get(..whole.len() / 2).expect("half");
    for (template, words) in [
        (json(400, parse_error), "answered 400: bad_data: 1:5: parse error: unexpected \")\""),
        (ResponseTemplate::new(401).set_body_string(format!("no {SECRET}")), "check `token` or `auth`"),
        (ResponseTemplate::new(403), "check `token` or `auth`"),
        (ResponseTemplate::new(404).set_body_string("404 page not found"), "where `/api/v1` begins"),
        (
            json(422, r#"{"status":"error","errorType":"execution","error":"many-to-many"}"#),
            "execution: many-to-many",
        ),
        (ResponseTemplate::new(500).set_body_string(SECRET), "answered 500: [secret]"),
        (ResponseTemplate::new(502).set_body_string("<h1>Bad Gateway</h1>"), "Bad Gateway"),
        (json(200, cut), "cut short"),
        (ResponseTemplate::new(200).set_body_string("<!doctype html>Log in"), "a login page"),
        (
            json(200, r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#),
            "expected an instant",
        ),
        (ResponseTemplate::new(200).set_body_bytes(vec![b'{'; 9 * 1024 * 1024]), "more than 8388608 bytes"),
        (good().set_delay(Duration::from_secs(2)), "no answer from"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(template).mount(&server).await;
        let token = private(SECRET);
        let settings =
            format!("url = {:?}\ntoken = {{ file = {:?} }}\ntimeout = \"500ms\"", server.uri(), token.path());
        let found = probed(&source(&settings)).await;
        assert!(found.starts_with("!`bad`: ") && found.contains(words), "expected {words:?}: {found}");
        assert!(!found.contains(SECRET), "{found}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_retried_and_found_when_somebody_comes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let source = source(&format!("url = \"http://{address}\""));
    let lost = |seen: &[Body]| links(seen).iter().any(|state| matches!(state, LinkState::Retrying { .. }));
    let seen = watch_until(&source, lost).await;
    let Some(LinkState::Retrying { cause, .. }) = links(&seen).last().copied() else { panic!("{seen:?}") };
    assert!(cause.as_str().contains("cannot reach"), "{cause}");

    let listener = std::net::TcpListener::bind(address).expect("the same port");
    let server = MockServer::builder().listener(listener).start().await;
    Mock::given(method("POST")).respond_with(good()).mount(&server).await;
    let seen = watch_until(&source, |seen| links(seen).contains(&&LinkState::Live)).await;
    assert!(seen.iter().any(|body| matches!(body, Body::Sample(_))), "{seen:?}");
}

#[tokio::test]
async fn a_server_that_is_busy_is_left_alone_for_as_long_as_it_says() {
    let server = MockServer::start().await;
    for code in [503, 429] {
        let busy = ResponseTemplate::new(code).insert_header("Retry-After", "1").set_body_string("busy");
        Mock::given(method("POST")).respond_with(busy).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(method("POST")).respond_with(good()).mount(&server).await;
    let began = std::time::Instant::now();
    let source = source(&format!("url = {:?}", server.uri()));
    let seen = watch_until(&source, |seen| links(seen).contains(&&LinkState::Live)).await;
    assert!(began.elapsed() >= Duration::from_secs(2), "two pauses of a second");
    let waits: Vec<_> = links(&seen)
        .into_iter()
        .filter_map(|state| match state {
            LinkState::Retrying { wait, .. } => Some(wait.0),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [Duration::from_secs(1); 2]);
}
