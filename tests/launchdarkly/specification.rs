//! The REST half against LaunchDarkly's published OpenAPI file: Prism answers with the file's examples, and refuses what
//! the file does not allow. It keeps nothing, so a write never reads back; what counts here is that each request is
//! accepted as the file has it, and what we make of its answers and codes.
//!
//! The file describes semantic patches in words only; `.ci/prism/reduce.mjs` adds them to what Prism checks.

use gonogo::action::Verb;
use gonogo::backends::{Backend, BackendError};
use gonogo::domain::Percent;
use gonogo::effect::Change;
use serde_json::{Value, json};

use crate::outside::{Subject, refusal, segment, shares};
use crate::variable;

/// The environment of the file's example of a flag.
const ENVIRONMENT: &str = "my-environment";

fn subject(settings: Value, segments: &[(&str, &str)]) -> Subject {
    let mut all = json!({
        "api_url": variable("LD_API_URL"), "api_token": variable("LD_API_TOKEN"), "environment": ENVIRONMENT,
    });
    for (name, value) in settings.as_object().expect("settings") {
        all[name] = value.clone();
    }
    Subject::new(all, segments)
}

#[tokio::test]
async fn the_files_own_example_of_a_flag_is_understood() {
    let subject = subject(json!({}), &[("everybody", "default")]);
    let state = subject.state().await;
    assert!(state.shares.contains_key(&segment("everybody")), "{state:?}");
    assert!(state.version.0 > 0);
    let other = self::subject(json!({ "environment": "nowhere" }), &[]);
    assert!(refusal(other.read().await).contains("it has my-environment"));
}

#[tokio::test]
async fn every_instruction_is_accepted_as_the_file_has_it() {
    let subject = subject(json!({}), &[("everybody", "default")]);
    let before = subject.state().await;
    let now = before.shares[&segment("everybody")];
    let other = if now == Percent::FULL { 50.0 } else { 100.0 };
    for change in [
        Change::Off,
        shares(&[("everybody", other)]),
        shares(&[("everybody", 33.0)]),
        Change::On([(segment("everybody"), Percent::new(12.5).expect("a share"))].into()),
    ] {
        if change.is_met_by(&before) {
            continue;
        }
        // Accepted in the dry run …
        subject.rehearse(change.clone()).await.unwrap_or_else(|error| panic!("{change:?}: {error}"));
        // … and for real; then the example is read back, which is not what was asked for.
        let (verb, seen) = match change {
            Change::Off => (Verb::Kill, None),
            // What only stops has nothing to do at a flag that is off.
            _ => (Verb::Widen, Some(before.version)),
        };
        let applied = subject.apply(verb, change.clone(), seen).await;
        assert!(matches!(applied, Err(BackendError::NotMet { .. })), "{change:?}: {applied:?}");
    }
    assert_eq!(subject.adapter.may_write().await.expect("an answer"), Some(true));
}

#[tokio::test]
async fn a_patch_that_the_file_does_not_allow_is_refused_by_prism_so_these_tests_can_fail() {
    gonogo::net::tls::install_provider();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/api/v2/flags/default/checkout-v2", variable("LD_API_URL"));
    let send = |body: Value, token: bool| {
        let mut request = http.patch(&url).json(&body);
        if token {
            request = request.header("authorization", variable("LD_API_TOKEN"));
        }
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    let good = json!({ "environmentKey": ENVIRONMENT, "instructions": [{ "kind": "turnFlagOff" }] });
    assert_eq!(send(good.clone(), true).await, 200);
    assert_eq!(send(good, false).await, 401);
    assert_eq!(send(json!({ "environmentKey": ENVIRONMENT, "instructions": [{}] }), true).await, 400);
    assert_eq!(send(json!({ "instructions": [{ "kind": "turnFlagOff" }] }), true).await, 400);
}

/// Prism gives any code of the file that is asked for by a header; this stands between and asks for it.
async fn forced(method: &'static str, code: u16) -> String {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, Response};
    gonogo::net::tls::install_provider();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let prism = variable("LD_API_URL");
    let app = axum::Router::new().fallback(move |request: Request<Body>| {
        let (http, prism) = (http.clone(), prism.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 1024 * 1024).await.expect("a body");
            let mut on = http.request(parts.method.clone(), format!("{prism}{}", parts.uri)).body(body);
            for name in ["authorization", "content-type", "ld-api-version"] {
                if let Some(value) = parts.headers.get(name) {
                    on = on.header(name, value);
                }
            }
            if parts.method.as_str() == method {
                on = on.header("prefer", format!("code={code}"));
            }
            let answer = on.send().await.expect("an answer");
            let status = answer.status().as_u16();
            let body = answer.bytes().await.expect("a body");
            Response::builder().status(status).body(Body::from(body)).expect("an answer")
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn each_code_of_the_file_is_understood_with_the_files_own_body() {
    for (method, code, expected) in [
        ("PATCH", 400, "(400)"),
        ("PATCH", 401, "does not know the token (401)"),
        ("PATCH", 404, "does not have it (404)"),
        ("PATCH", 405, "approval is required"),
        ("PATCH", 409, "at the same moment (409)"),
        ("PATCH", 429, "no more requests of this account (429)"),
        ("GET", 401, "does not know the token (401)"),
        ("GET", 404, "does not have it (404)"),
        ("GET", 429, "no more requests of this account (429)"),
    ] {
        let url = forced(method, code).await;
        let subject = subject(json!({ "api_url": url }), &[("everybody", "default")]);
        let error = if method == "GET" {
            subject.read().await.map(drop).expect_err("refused")
        } else {
            subject.kill().await.map(drop).expect_err("refused")
        };
        assert!(error.to_string().contains(expected), "{method} {code}: {error}");
        assert_eq!(matches!(error, BackendError::Lost { .. }), code == 429, "{method} {code}: {error}");
        assert!(!subject.told().contains(&variable("LD_API_TOKEN")), "{}", subject.told());
    }
}
