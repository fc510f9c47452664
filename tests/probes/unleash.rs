//! Unleash as its clients see it: a real server, its frontend API, a frontend token made for the run.

use std::collections::BTreeMap;
use std::time::Duration;

use gonogo::domain::{FlagKey, Percent, Probed, SegmentName};
use gonogo::probes::{Probe, ProbeSettings, Subject, build};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Failure;
use super::edge::{alone, segment, subject, variable};
use super::watched::Watched;

/// An admin's word to the server.
async fn admin(verb: &str, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let method = verb.parse().expect("a method");
    let url = format!("{}/api/admin{path}", variable("UNLEASH_URL"));
    let request = client.request(method, url).header("authorization", variable("UNLEASH_ADMIN_TOKEN"));
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{verb} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// A flag that `enterprise` has with this share, and nobody else.
async fn flag(name: &str, share: u32) {
    admin("POST", "/projects/default/features", json!({ "name": name, "type": "release" })).await;
    let production = format!("/projects/default/features/{name}/environments/production");
    let strategy = json!({
        "name": "flexibleRollout",
        "constraints": [{ "contextName": "plan", "operator": "IN", "values": ["enterprise"] }],
        "parameters": { "rollout": share.to_string(), "stickiness": "default", "groupId": "probes" },
    });
    admin("POST", &format!("{production}/strategies"), strategy).await;
    admin("POST", &format!("{production}/on"), Value::Null).await;
}

/// A probe of a flag, with a token in a file that only we can read.
async fn probe(name: &str) -> (Box<dyn Probe>, tempfile::NamedTempFile) {
    use std::os::unix::fs::PermissionsExt;
    let made = json!({
        "type": "frontend", "tokenName": format!("probe-{:08x}", rand::random::<u32>()),
        "environment": "production", "projects": ["default"],
    });
    let token = admin("POST", "/api-tokens", made).await["secret"].as_str().expect("a token").to_owned();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), token).expect("written");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).expect("mode");
    let text = format!(
        "kind = \"unleash\"\nurl = \"{}\"\ntoken = {{ file = {:?} }}\n",
        variable("UNLEASH_URL"),
        file.path()
    );
    let settings: ProbeSettings = toml::from_str(&text).expect("settings");
    let subject = Subject { flag: FlagKey::new(name).expect("a key"), ..subject(name) };
    (build(&settings, &subject).expect("a probe"), file)
}

#[tokio::test(flavor = "multi_thread")]
async fn unleash_serves_what_is_configured_and_a_kill_is_seen_when_its_clients_would() -> Result<(), Failure>
{
    let _alone = alone().await;
    // The same bucket for everybody in every run: `groupId` is fixed, and so are the users.
    let name = format!("probe-unleash-{:08x}", rand::random::<u32>());
    flag(&name, 50).await;
    let (probe, _file) = probe(&name).await;
    let watched = Watched::start(probe);
    let is_served = |served: &BTreeMap<SegmentName, Probed>| {
        served.get(&segment("enterprise")).is_some_and(|probed| probed.treated > 0)
    };
    // Unleash may begin to serve it in the middle of a round; the next one is of it alone.
    watched.whole(0, is_served).await?;
    let found = watched.whole(watched.so_far(), is_served).await?;
    let enterprise = found.get(&segment("enterprise")).ok_or("not measured")?;
    let (low, share, high) = enterprise.interval().ok_or("not measured")?;
    println!("unleash: enterprise configured 50%, serving {share} ({low} to {high})");
    assert!(enterprise.may_be(Percent::from_ppm(500_000), enterprise.treated), "{enterprise:?}");
    assert_eq!(found.get(&segment("free")).map(|probed| probed.treated), Some(0));

    watched.stored((50, 0));
    watched.cuer.sent();
    let (skip, written) = (watched.so_far(), Instant::now());
    admin("POST", &format!("/projects/default/features/{name}/environments/production/off"), Value::Null)
        .await;
    watched.off(skip).await?;
    let took = written.elapsed();
    println!("unleash: served off seen {} ms after the write", took.as_millis());
    assert!(took <= Duration::from_secs(3), "its own view is up to a second behind: {took:?}");
    watched.whole(skip, |served| served.values().all(|probed| probed.treated == 0)).await?;
    Ok(())
}
