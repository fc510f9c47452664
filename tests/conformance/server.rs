//! What the worlds share: the variables of `.ci/servers run`, its control scripts, and plain HTTP.

use serde_json::Value;

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run -- cargo test --features real-servers --test conformance`")
    })
}

/// Tells the control script in this variable what to do, and waits until it is done.
pub async fn control(script: &str, verb: &str) {
    let mut command = std::process::Command::new(variable(script));
    command.arg(verb);
    let status =
        tokio::task::spawn_blocking(move || command.status()).await.expect("run").expect("the script runs");
    assert!(status.success(), "{script} {verb}: {status}");
}

/// A client that goes straight to the servers.
pub fn http() -> reqwest::Client {
    gonogo::net::tls::install_provider();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Status and body of an answer; a body that is no JSON as text.
pub async fn send(request: reqwest::RequestBuilder, body: Value) -> (u16, Value) {
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Puts another document into a file's place, whole.
pub fn replace(file: &std::path::Path, document: &Value) {
    let aside = file.with_extension(format!("{:08x}.new", rand::random::<u32>()));
    std::fs::write(&aside, document.to_string()).expect("written");
    std::fs::rename(&aside, file).expect("renamed");
}

/// Waits until it is so.
pub async fn until(what: &str, is: impl AsyncFn() -> bool) {
    let end = tokio::time::Instant::now() + crate::world::PATIENCE;
    while !is().await {
        assert!(tokio::time::Instant::now() < end, "{what}: not within {:?}", crate::world::PATIENCE);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
