//! The HTTP client against servers on loopback: limits, credentials, redirects, errors.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Auth, Client, HttpError, Options};

const SECRET: &str = "s3cret-token";

fn client(url: &str, options: Options) -> Client {
    Client::new(Url::parse(url).expect("url"), options).expect("client")
}

fn short() -> Options {
    Options { timeout: Duration::from_millis(150), ..Options::default() }
}

fn with(auth: Auth) -> Options {
    Options { auth: Some(auth), ..Options::default() }
}

async fn answers(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/api/x")).respond_with(template).mount(&server).await;
    server
}

async fn failure(server: &MockServer, options: Options) -> HttpError {
    client(&server.uri(), options).get(["api", "x"]).send().await.expect_err("an error")
}

#[tokio::test]
async fn a_request_reaches_loopback_with_segments_query_and_agent() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/base/flags/a%2Fb%20c"))
        .and(query_param("q", "x y"))
        .and(header("user-agent", crate::net::USER_AGENT))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true})))
        .mount(&server)
        .await;
    let client = client(&format!("{}/base/", server.uri()), Options::default());
    let response = client.get(["flags", "a/b c"]).query(&[("q", "x y")]).send().await.expect("answer");
    assert_eq!(response.json::<Value>(), Ok(json!({"ok": true})));
}

#[test]
fn a_proxy_of_the_environment_is_not_used_for_loopback() {
    // The environment of a running process must not be changed, so the test above runs once more in a
    // process of its own whose proxies lead nowhere.
    let this = std::env::current_exe().expect("test binary");
    let mut child = std::process::Command::new(this);
    child.args(["--exact", "net::http::tests::a_request_reaches_loopback_with_segments_query_and_agent"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, "http://127.0.0.1:9");
    }
    let output = child.env_remove("no_proxy").env_remove("NO_PROXY").output().expect("run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn every_way_to_show_credentials_arrives() {
    let secret = || SecretString::from(SECRET);
    for (auth, name, value) in [
        (Auth::Bearer(secret()), "authorization", format!("Bearer {SECRET}")),
        (Auth::Authorization(secret()), "authorization", SECRET.to_owned()),
        (Auth::Header { name: "DD-API-KEY".into(), value: secret() }, "dd-api-key", SECRET.to_owned()),
    ] {
        let server = MockServer::start().await;
        Mock::given(header(name, value.as_str()))
            .respond_with(ResponseTemplate::new(204))
            .mount(&server)
            .await;
        let client = client(&server.uri(), with(auth));
        assert!(!format!("{client:?}").contains(SECRET), "{client:?}");
        assert_eq!(client.post(["x"]).send().await.map(|r| r.status), Ok(204));
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_cut_off_even_when_it_was_small_on_the_wire() {
    let limit = Options { max_body: 1000, ..Options::default() };
    let fits = answers(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 1000])).await;
    assert!(client(&fits.uri(), limit.clone()).get(["api", "x"]).send().await.is_ok());
    let large = answers(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 1001])).await;
    assert!(matches!(failure(&large, limit.clone()).await, HttpError::TooLarge { limit: 1000, .. }));
    // 100,000 spaces, gzipped to about a hundred bytes.
    let bomb =
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(gzip_of_spaces());
    assert!(matches!(failure(&answers(bomb).await, limit).await, HttpError::TooLarge { .. }));
}

/// A gzip stream made by hand: a fixed-Huffman block of one space and 387 copies of 258 spaces.
fn gzip_of_spaces() -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut push = |code: u32, width: u32| bits.extend((0..width).rev().map(|bit| code >> bit & 1 == 1));
    push(0x30 + 0x20, 8);
    for _ in 0..387 {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7);
    let deflated = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | u8::from(*bit)));
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(deflated);
    gzip
}

#[tokio::test]
async fn two_credentials_go_together_and_both_are_struck_out_unless_they_are_a_short_name() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", format!("Bearer {SECRET}")))
        .and(header("x-tenant", "quiet-tenant"))
        .respond_with(ResponseTemplate::new(400).set_body_string(format!("{SECRET} of quiet-tenant")))
        .mount(&server)
        .await;
    Mock::given(header("x-tenant", "1"))
        .respond_with(ResponseTemplate::new(400).set_body_string("1:14: parse error"))
        .mount(&server)
        .await;
    for (tenant, expected) in [("quiet-tenant", "[secret] of [secret]"), ("1", "1:14: parse error")] {
        let second = Auth::Header { name: "X-Tenant".into(), value: SecretString::from(tenant) };
        let auth = Some(Auth::Bearer(SecretString::from(SECRET)));
        let error = failure(&server, Options { auth, second_auth: Some(second), ..Options::default() }).await;
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

#[tokio::test]
async fn a_status_carries_its_code_its_pause_and_an_excerpt_without_our_secret() {
    let body = format!("bad token {SECRET} \u{1b}[31m{}", "y".repeat(5000));
    let template = ResponseTemplate::new(429).insert_header("retry-after", "7").set_body_string(body);
    let server = answers(template).await;
    let error = failure(&server, with(Auth::Bearer(SecretString::from(SECRET)))).await;
    assert!(!error.is_unauthorized());
    let shown = error.to_string();
    let HttpError::Status { code, retry_after, body, .. } = error else { panic!("{error:?}") };
    assert_eq!((code, retry_after), (429, Some(Duration::from_secs(7))));
    assert!(body.as_str().starts_with("bad token [secret] y"), "{body}");
    assert!(shown.len() < 500 && !shown.contains(SECRET) && !shown.contains('\u{1b}'), "{shown}");
}

#[tokio::test]
async fn a_pause_given_as_a_date_is_measured_by_the_servers_own_clock() {
    let template = ResponseTemplate::new(503)
        .insert_header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
        .insert_header("retry-after", "Sun, 22 Nov 2026 10:01:30 GMT");
    let error = failure(&answers(template).await, Options::default()).await;
    assert!(
        matches!(error, HttpError::Status { retry_after: Some(pause), .. } if pause.as_secs() == 90),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_end_of_a_rate_limit_is_understood_whatever_it_counts() {
    for said in ["1795341690000", "1795341690", "90"] {
        let template = ResponseTemplate::new(429)
            .insert_header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
            .insert_header("x-ratelimit-reset", said);
        let error = failure(&answers(template).await, Options::default()).await;
        let HttpError::Status { retry_after, .. } = error else { panic!("{error:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(90)), "{said}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_server_is_not_followed_and_one_within_is() {
    let other = answers(ResponseTemplate::new(200)).await;
    let server = MockServer::start().await;
    let to = |target: String| ResponseTemplate::new(302).insert_header("location", target);
    Mock::given(path("/away")).respond_with(to(format!("{}/api/x", other.uri()))).mount(&server).await;
    Mock::given(path("/within")).respond_with(to("/here".into())).mount(&server).await;
    Mock::given(path("/here")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let client = client(&server.uri(), Options::default());
    assert!(client.get(["within"]).send().await.is_ok());
    let away = client.get(["away"]).send().await;
    assert!(matches!(away, Err(HttpError::Status { code: 302, .. })), "{away:?}");
    assert_eq!(other.received_requests().await.map(|requests| requests.len()), Some(0));
}

#[tokio::test]
async fn silence_is_a_timeout_and_nobody_there_is_no_connection() {
    let slow = answers(ResponseTemplate::new(200).set_delay(Duration::from_secs(30))).await;
    assert!(matches!(failure(&slow, short()).await, HttpError::Timeout { .. }));
    let gone =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("port");
    let url = format!("http://user:{SECRET}@{gone}/?token={SECRET}");
    let error = client(&url, short()).get(["api"]).send().await.expect_err("nobody there");
    assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
}

#[tokio::test]
async fn an_unreadable_body_names_the_place() {
    let server = answers(ResponseTemplate::new(200).set_body_json(json!({"a": [1, "two"]}))).await;
    let response = client(&server.uri(), short()).get(["api", "x"]).send().await.expect("answer");
    let read = response.json::<std::collections::BTreeMap<String, Vec<u32>>>();
    assert!(matches!(&read, Err(HttpError::BadBody { cause, .. }) if cause.contains("a[1]")), "{read:?}");
}

#[tokio::test]
async fn unchanged_is_an_answer() {
    let server = answers(ResponseTemplate::new(304)).await;
    let answer = client(&server.uri(), short()).get(["api", "x"]).send().await;
    assert_eq!(answer.map(|response| response.status), Ok(304));
}

#[tokio::test]
async fn talking_tls_to_a_plain_server_is_a_tls_error() {
    let server = answers(ResponseTemplate::new(200)).await;
    let url = server.uri().replace("http://", "https://");
    let error = client(&url, Options::default()).get(["api", "x"]).send().await.expect_err("not TLS");
    assert!(matches!(error, HttpError::Tls { .. }), "{error:?}");
}

#[test]
fn an_address_that_is_not_http_is_refused_at_once() {
    for url in ["ftp://host/", "file:///etc/passwd", "ws://host/"] {
        let made = Client::new(Url::parse(url).expect("url"), Options::default());
        assert!(matches!(made, Err(HttpError::Setup { .. })), "{url}");
    }
}
