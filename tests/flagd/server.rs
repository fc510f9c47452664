//! A real flagd, as an outsider uses it: the one that `.ci/servers run` started.
//!
//! In: its addresses and its file from the environment. Out: flags in that file, changes made behind the adapter's
//! back, adapters, and evaluations over OFREP. There is one file, so a test has the server to itself: [`alone`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::flagd::{Flagd, Settings};
use gonogo::backends::{Applied, Backend, BackendError, Rights, Target};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Percent, PlatformName, Sample, SegmentName, Timestamp, Version,
};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::{Body, Promise, Sink};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard, mpsc};

/// No wait is longer; all end as soon as what they wait for is there.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The flag of all tests.
pub const FLAG: &str = "checkout-v2";

/// One file, so one test at a time.
static USE: Mutex<()> = Mutex::const_new(());

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run --only flagd,prometheus -- cargo test --features real-servers --test flagd`")
    })
}

/// The server, for one test.
pub async fn alone() -> (Server, MutexGuard<'static, ()>) {
    let guard = USE.lock().await;
    gonogo::net::tls::install_provider();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    (Server { file: variable("FLAGD_FILE").into(), http }, guard)
}

/// The real server.
#[derive(Clone)]
pub struct Server {
    pub file: PathBuf,
    pub http: reqwest::Client,
}

/// The text of a file with our flag: `on` and `off`, and this targeting.
pub fn document(targeting: &Value) -> String {
    let file = json!({
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "flags": {
            FLAG: { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off", "targeting": targeting },
            "banner": { "state": "ENABLED", "variants": { "a": 1.5, "b": 2 }, "defaultVariant": "a" },
        },
    });
    serde_json::to_string_pretty(&file).expect("JSON")
}

/// Two segments and the rest.
pub fn rule(free: u32, rest: u32) -> Value {
    json!({ "if": [
        { "==": [{ "var": "plan" }, "free"] }, { "fractional": [["on", free], ["off", 100 - free]] },
        { "ends_with": [{ "var": "email" }, "@corp.com"] }, "on",
        { "fractional": [["on", rest], ["off", 100 - rest]] }
    ] })
}

/// Replaces a file as a careful person would: written beside it, renamed.
pub fn put(file: &Path, text: &str) {
    let aside = file.with_extension("aside");
    fs::write(&aside, text).expect("written");
    fs::rename(&aside, file).expect("renamed");
}

impl Server {
    pub fn text(&self) -> String {
        fs::read_to_string(&self.file).expect("the file")
    }

    pub fn put(&self, text: &str) {
        put(&self.file, text);
    }

    /// Puts a file there, and waits until flagd serves it: an adapter, and what it read.
    pub async fn serving(&self, targeting: &Value) -> (Arc<Flagd>, FlagState) {
        // A variant of the other flag that nobody has had before says which file it is.
        let mark = format!("{:016x}", rand::random::<u64>());
        self.put(&document(targeting).replace("\"a\"", &format!("\"{mark}\"")));
        let served = async {
            while self.other().await != mark {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, served).await.expect("flagd serves its file");
        let adapter = Arc::new(self.adapter());
        let state = read(&adapter).await;
        (adapter, state)
    }

    /// How many of so many users get the feature over RPC, which flagd counts; it does not count what is asked over OFREP.
    pub async fn treated_by_rpc(&self, users: u32) -> usize {
        let url = format!("http://{}/flagd.evaluation.v1.Service/ResolveBoolean", variable("FLAGD_RPC"));
        let mut treated = 0;
        for user in 0..users {
            let body = json!({ "flagKey": FLAG, "context": { "targetingKey": format!("user-{user}") } });
            let answer = self.http.post(&url).json(&body).send().await.expect("an answer");
            let answer: Value = answer.json().await.expect("json");
            treated += usize::from(answer["value"] == true);
        }
        treated
    }

    /// The variant of the other flag.
    async fn other(&self) -> String {
        let url = format!("{}/ofrep/v1/evaluate/flags/banner", variable("FLAGD_OFREP_URL"));
        let answer = self.http.post(url).json(&json!({ "context": {} })).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("json");
        answer["variant"].as_str().unwrap_or_default().to_owned()
    }

    /// What a client gets for a user over OFREP: value and reason.
    pub async fn evaluate(&self, user: &str, context: Value) -> (Value, String) {
        let mut context = context;
        context["targetingKey"] = json!(user);
        let url = format!("{}/ofrep/v1/evaluate/flags/{FLAG}", variable("FLAGD_OFREP_URL"));
        let answer =
            self.http.post(url).json(&json!({ "context": context })).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("json");
        (answer["value"].clone(), answer["reason"].as_str().unwrap_or_default().to_owned())
    }

    /// Who of so many users of a plan gets the feature.
    pub async fn treated(&self, plan: &str, users: u32) -> Vec<u32> {
        let mut treated = vec![];
        for user in 0..users {
            let (value, _) = self.evaluate(&format!("user-{user}"), json!({ "plan": plan })).await;
            if value == true {
                treated.push(user);
            }
        }
        treated
    }

    pub fn adapter(&self) -> Flagd {
        self.adapter_with(&[])
    }

    /// An adapter with other settings.
    pub fn adapter_with(&self, settings: &[(&str, Value)]) -> Flagd {
        let mut all = serde_json::Map::new();
        all.insert("url".into(), json!(format!("http://{}", variable("FLAGD_SYNC"))));
        all.insert("file".into(), json!(self.file));
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let settings: Settings = serde_json::from_value(Value::Object(all)).expect("settings");
        Flagd::new(&settings, target(), Rights::ReadWrite).expect("an adapter")
    }
}

pub fn target() -> Target {
    Target {
        platform: PlatformName::new("web").expect("a name"),
        flag: FlagKey::new(FLAG).expect("a name"),
        segments: [("free", "free"), ("staff", "@corp.com"), ("rest", "default")]
            .map(|(name, there)| (segment(name), there.to_owned()))
            .into(),
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

pub fn command(verb: Verb, change: Change, expected: Option<Version>) -> Command {
    Command {
        id: EffectId(1),
        verb,
        platform: PlatformName::new("web").expect("a name"),
        change,
        expected,
        actor: Actor::Person("ann@tower".into()),
        reason: None,
        evidence: None,
        part_of: None,
    }
}

/// Makes one attempt.
pub async fn apply(
    adapter: &Flagd,
    verb: Verb,
    change: Change,
    expected: Option<Version>,
) -> Result<Applied, BackendError> {
    adapter.control().expect("rights").apply(&command(verb, change, expected)).await
}

/// Kills the whole flag.
pub async fn kill(adapter: &Flagd) -> Result<Applied, BackendError> {
    apply(adapter, Verb::Kill, Change::Off, None).await
}

/// Reads, and widens what was read.
pub async fn widen(adapter: &Flagd, name: &str, percent: f64) -> Result<Applied, BackendError> {
    let seen = read(adapter).await.version;
    apply(adapter, Verb::Widen, shares(&[(name, percent)]), Some(seen)).await
}

pub async fn read(adapter: &Flagd) -> FlagState {
    adapter.read().await.expect("a state")
}

/// The words of a refusal; anything else fails the test.
pub fn refusal(result: Result<Applied, BackendError>) -> String {
    match result {
        Err(BackendError::Refused { cause, .. }) => cause.as_str().to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Tells the script that stops and starts flagd.
pub fn control(verb: &str) {
    let status =
        std::process::Command::new(variable("FLAGD_CTL")).arg(verb).status().expect("the script runs");
    assert!(status.success(), "{verb}: {status}");
}

/// Brings flagd back, also when a test fails half-way.
pub struct Back(pub &'static str);

impl Drop for Back {
    fn drop(&mut self) {
        let _ = std::process::Command::new(variable("FLAGD_CTL")).arg(self.0).status();
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
    pub fn start(adapter: Arc<Flagd>) -> Self {
        let (sender, bodies) = mpsc::channel(1024);
        let task = tokio::spawn(async move { adapter.watch(&Channel(sender)).await });
        Self { bodies, task }
    }

    /// Waits for what `pick` picks.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(&Body) -> Option<T>) -> T {
        let mut seen = vec![];
        let found = async {
            while let Some(body) = self.bodies.recv().await {
                if let Some(picked) = pick(&body) {
                    return picked;
                }
                seen.push(body);
            }
            panic!("the watch ended");
        };
        match tokio::time::timeout(DEADLINE, found).await {
            Ok(picked) => picked,
            Err(_) => panic!("not seen in time: {seen:#?}"),
        }
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
