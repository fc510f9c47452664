//! What the tests here take: variables of the servers, patience, and plain HTTP.

use std::time::Duration;

use serde_json::Value;

/// How long anything may take on a slow machine with two busy cores.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: start this as `.ci/servers run -- cargo test --features real-servers --test platforms`")
    })
}

/// A client that goes straight to the servers.
pub fn http() -> reqwest::Client {
    gonogo::net::tls::install_provider();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client")
}

/// Status and body of an answer.
pub async fn send(request: reqwest::RequestBuilder, body: Value) -> (u16, Value) {
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
