//! A real Unleash, as an outsider uses it: the one that `.ci/servers run` started.
//!
//! In: the address and the admin token from the environment. Out: flags of one's own, changes made
//! behind the adapter's back, and adapters. Each test has its own flag, so tests run side by side;
//! one that stops the server or measures it takes [`alone`].

use std::io::Write;
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::unleash::{Settings, Unleash};
use gonogo::backends::{Applied, Backend, BackendError, Rights, Target};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Percent, PlatformName, Sample, SegmentName, Timestamp, Version,
};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::{Body, Promise, Sink};
use gonogo::net::SecretSource;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};

/// How often somebody logs in who was only just made.
const LOGINS: usize = 5;

/// Nobody else may use the server while a test holds it alone.
static USE: RwLock<()> = RwLock::const_new(());

/// The server, shared with other tests.
pub async fn shared() -> (Server, RwLockReadGuard<'static, ()>) {
    let guard = USE.read().await;
    (Server::new(), guard)
}

/// The server, for one test only.
pub async fn alone() -> (Server, RwLockWriteGuard<'static, ()>) {
    let guard = USE.write().await;
    (Server::new(), guard)
}

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run -- cargo test --features real-servers --test unleash`")
    })
}

/// The real server.
#[derive(Clone)]
pub struct Server {
    pub url: String,
    token: String,
    http: reqwest::Client,
}

impl Server {
    fn new() -> Self {
        gonogo::net::tls::install_provider();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { url: variable("UNLEASH_URL"), token: variable("UNLEASH_ADMIN_TOKEN"), http }
    }

    /// Any request to the admin API, as admin: status and body.
    pub async fn raw(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.raw_as(&self.token, method, path, body).await
    }

    /// Any request with another token.
    pub async fn raw_as(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}/api/admin{path}", self.url));
        request = request.header("authorization", token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A conditional read: status and ETag.
    pub async fn conditional(&self, path: &str, etag: Option<&str>) -> (u16, String) {
        let mut request = self.http.get(format!("{}/api/admin{path}", self.url));
        request = request.header("authorization", &self.token);
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let answer = request.send().await.expect("an answer");
        let etag = answer.headers().get("etag").and_then(|value| value.to_str().ok()).unwrap_or_default();
        (answer.status().as_u16(), etag.to_owned())
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.raw(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A new flag of one's own.
    pub async fn flag(&self, test: &str) -> Flag {
        let random: u32 = rand::random();
        let name = format!("{test}-{random:08x}");
        self.done("POST", "/projects/default/features", json!({ "name": name, "type": "release" })).await;
        Flag { server: self.clone(), name }
    }

    /// A person with a root role (2 editor, 3 viewer): the name and a personal access token.
    pub async fn person(&self, name: &str, role: u32) -> (String, String) {
        let random: u32 = rand::random();
        let (name, password) = (format!("{name}{random:08x}"), "Loop-back-2026!");
        let user = self
            .done("POST", "/user-admin", json!({ "username": name, "rootRole": role, "sendEmail": false }))
            .await;
        let path = format!("/user-admin/{}/change-password", user["id"]);
        self.done("POST", &path, json!({ "password": password })).await;
        // A busy Unleash may still be ending the sessions of the old password, and takes the new one for one of them.
        let mut answers = Vec::new();
        for _ in 0..LOGINS {
            let answer = self.token_of(&name, password).await;
            if let Some(secret) = answer["secret"].as_str() {
                return (name, secret.to_owned());
            }
            answers.push(answer);
        }
        panic!("no token for {name}: {answers:?}")
    }

    /// Logs somebody in and asks for a personal access token; whatever the answer is.
    async fn token_of(&self, name: &str, password: &str) -> Value {
        let login = self.http.post(format!("{}/auth/simple/login", self.url));
        let answer =
            login.json(&json!({ "username": name, "password": password })).send().await.expect("a login");
        let cookie = answer.headers().get("set-cookie").expect("a cookie").to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let ask = self.http.post(format!("{}/api/admin/user/tokens", self.url)).header("cookie", cookie);
        let body = json!({ "description": "test", "expiresAt": "2099-01-01T00:00:00.000Z" });
        ask.json(&body).send().await.expect("a token").json().await.expect("json")
    }
}

/// A flag, as an outsider sees and changes it.
#[derive(Clone)]
pub struct Flag {
    pub server: Server,
    pub name: String,
}

impl Flag {
    pub fn path(&self) -> String {
        format!("/projects/default/features/{}", self.name)
    }

    pub fn production(&self) -> String {
        format!("{}/environments/production", self.path())
    }

    /// A strategy for one of our segments, by constraint; its id.
    pub async fn strategy(&self, segment: &str, rollout: &str) -> String {
        self.add(json!({
            "name": "flexibleRollout", "title": segment,
            "constraints": [{ "contextName": "segment", "operator": "IN", "values": [segment] }],
            "parameters": { "rollout": rollout, "stickiness": "default", "groupId": self.name },
        }))
        .await
    }

    /// Any strategy; its id.
    pub async fn add(&self, strategy: Value) -> String {
        let added = self.server.done("POST", &format!("{}/strategies", self.production()), strategy).await;
        added["id"].as_str().expect("an id").to_owned()
    }

    /// A change behind the adapter's back: `/parameters/rollout`, `/disabled`, …
    pub async fn set(&self, strategy: &str, what: &str, value: impl Into<Value>) {
        let path = format!("{}/strategies/{strategy}", self.production());
        self.server
            .done("PATCH", &path, json!([{ "op": "replace", "path": what, "value": value.into() }]))
            .await;
    }

    pub async fn switch(&self, on: bool) {
        let word = if on { "on" } else { "off" };
        self.server.done("POST", &format!("{}/{word}", self.production()), Value::Null).await;
    }

    /// `production` as it is stored.
    pub async fn stored(&self) -> Value {
        let feature = self.server.done("GET", &self.path(), Value::Null).await;
        let environments = feature["environments"].as_array().expect("environments");
        environments.iter().find(|e| e["name"] == "production").expect("production").clone()
    }

    /// The events of the flag, newest first.
    pub async fn events(&self) -> Vec<Value> {
        let path = format!("/search/events?feature=IS:{}&limit=100", self.name);
        self.server.done("GET", &path, Value::Null).await["events"].as_array().expect("events").clone()
    }

    /// An adapter with the admin token.
    pub fn adapter(&self) -> Unleash {
        self.adapter_with(SecretSource::Env("UNLEASH_ADMIN_TOKEN".into()), &[])
    }

    /// An adapter with another token.
    pub fn adapter_as(&self, token: &str) -> Unleash {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(token.as_bytes()).expect("written");
        self.adapter_with(SecretSource::File(file.path().to_owned()), &[])
    }

    /// An adapter with other settings.
    pub fn adapter_with(&self, token: SecretSource, settings: &[(&str, &str)]) -> Unleash {
        let mut settings: serde_json::Map<String, Value> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        settings.insert("url".into(), json!(self.server.url));
        settings.entry("interval").or_insert(json!("1s"));
        settings.insert(
            "token".into(),
            match token {
                SecretSource::Env(name) => json!({ "env": name }),
                SecretSource::File(path) => json!({ "file": path }),
            },
        );
        let settings: Settings = serde_json::from_value(Value::Object(settings)).expect("settings");
        let target = Target {
            platform: PlatformName::new("web").expect("a name"),
            flag: FlagKey::new(&self.name).expect("a name"),
            segments: ["free", "eu", "enterprise"].map(|name| (segment(name), name.to_owned())).into(),
        };
        Unleash::new(&settings, target, Rights::ReadWrite).expect("an adapter")
    }
}

pub fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

pub fn share(percent: f64) -> Percent {
    Percent::new(percent).expect("a percentage")
}

pub fn shares(shares: &[(&str, f64)]) -> Change {
    Change::Shares(shares.iter().map(|(name, percent)| (segment(name), share(*percent))).collect())
}

pub fn on(wanted: &[(&str, f64)]) -> Change {
    Change::On(wanted.iter().map(|(name, percent)| (segment(name), share(*percent))).collect())
}

/// Makes one attempt.
pub async fn apply(
    adapter: &Unleash,
    verb: Verb,
    change: Change,
    expected: Option<Version>,
) -> Result<Applied, BackendError> {
    let command = Command {
        id: EffectId(1),
        verb,
        platform: PlatformName::new("web").expect("a name"),
        change,
        expected,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    };
    adapter.control().expect("rights").apply(&command).await
}

/// Kills the whole flag.
pub async fn kill(adapter: &Unleash) -> Result<Applied, BackendError> {
    apply(adapter, Verb::Kill, Change::Off, None).await
}

/// Reads, and widens what was read.
pub async fn widen(adapter: &Unleash, name: &str, percent: f64) -> Result<Applied, BackendError> {
    let seen = read(adapter).await.version;
    apply(adapter, Verb::Widen, shares(&[(name, percent)]), Some(seen)).await
}

pub async fn read(adapter: &Unleash) -> FlagState {
    adapter.read().await.expect("a state")
}

/// The words of a refusal; anything else fails the test.
pub fn refusal(result: Result<Applied, BackendError>) -> String {
    match result {
        Err(BackendError::Refused { cause, .. }) => cause.as_str().to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

/// A watch that runs until it is dropped.
pub struct Watched {
    bodies: mpsc::Receiver<Body>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
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

impl Watched {
    /// Starts to watch.
    pub fn start(adapter: std::sync::Arc<Unleash>) -> Self {
        let (sender, bodies) = mpsc::channel(64);
        let task = tokio::spawn(async move { adapter.watch(&Channel(sender)).await });
        Self { bodies, task }
    }

    /// Waits for what `pick` picks.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(&Body) -> Option<T>) -> T {
        let found = async {
            while let Some(body) = self.bodies.recv().await {
                if let Some(picked) = pick(&body) {
                    return picked;
                }
            }
            panic!("the watch ended");
        };
        tokio::time::timeout(Duration::from_secs(60), found).await.expect("within a minute")
    }

    /// Waits for a state.
    pub async fn state(&mut self, wanted: impl Fn(&FlagState) -> bool) -> FlagState {
        self.until(|body| match body {
            Body::Flag { state, .. } if wanted(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }
}
