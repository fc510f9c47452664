//! A relay and its store, as an outsider uses them: those that `.ci/servers run` started.
//!
//! In: addresses and keys from the environment. Out: flags of one's own, changes made behind the adapter's back, what
//! the relay serves to users, and adapters. Each test has its own flag, so tests run side by side; one that stops a
//! server or measures it takes the place [`alone`].

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::Verb;
use gonogo::backends::goff::{Goff, Settings};
use gonogo::backends::store::file::FileDocument;
use gonogo::backends::{Applied, Backend, BackendError, Rights, Target};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Percent, PlatformName, Sample, SegmentName, Timestamp, Version,
};
use gonogo::effect::{Change, Command, EffectId};
use gonogo::event::{Body, Promise, Sink};
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};

/// Nobody else may use the servers while a test holds them alone.
static USE: RwLock<()> = RwLock::const_new(());

/// The servers, shared with other tests.
pub async fn shared() -> RwLockReadGuard<'static, ()> {
    USE.read().await
}

/// The servers, for one test only.
pub async fn alone() -> RwLockWriteGuard<'static, ()> {
    USE.write().await
}

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run -- cargo test --features real-servers --test goff`")
    })
}

/// Where the relay has its flags from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    File,
    Postgres,
    Redis,
}

/// All of them.
pub const PLACES: [Place; 3] = [Place::File, Place::Postgres, Place::Redis];

impl Place {
    pub fn relay(self) -> String {
        variable(match self {
            Self::File => "GOFF_URL",
            Self::Postgres => "GOFF_POSTGRES_RELAY_URL",
            Self::Redis => "GOFF_REDIS_RELAY_URL",
        })
    }

    /// The `store` of the rollout file.
    pub fn store(self) -> Value {
        match self {
            Self::File => json!({ "kind": "file", "path": variable("GOFF_FILE") }),
            Self::Postgres => json!({ "kind": "postgres", "url": { "env": "GOFF_POSTGRES_URL" } }),
            Self::Redis => {
                json!({ "kind": "redis", "url": { "env": "GOFF_REDIS_URL" }, "prefix": variable("GOFF_REDIS_PREFIX") })
            }
        }
    }

    /// A new flag that nobody else uses, which the relay serves.
    pub async fn flag(self, name: &str, flag: Value) -> Flag {
        let flags = Flag { place: self, name: format!("{name}-{self:?}-{:08x}", rand::random::<u32>()) };
        flags.store(Some(&flag)).await;
        flags
    }

    async fn post(self, path: &str, key: &str, body: Value) -> Value {
        gonogo::net::tls::install_provider();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request =
            http.post(format!("{}{path}", self.relay())).header("x-api-key", variable(key)).json(&body);
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {answer}"))
    }

    pub async fn refresh(self) -> bool {
        self.post("/admin/v1/retriever/refresh", "GOFF_ADMIN_KEY", json!({})).await["refreshed"]
            == json!(true)
    }
}

/// A flag, as an outsider sees and changes it.
#[derive(Debug, Clone)]
pub struct Flag {
    pub place: Place,
    pub name: String,
}

impl Flag {
    /// Stores it behind the adapter's back (`None`: takes it out), and has the relay read it.
    pub async fn store(&self, flag: Option<&Value>) {
        self.store_quietly(flag).await;
        assert!(self.place.refresh().await, "the relay reads its store");
    }

    /// The same without a word to the relay.
    pub async fn store_quietly(&self, flag: Option<&Value>) {
        match self.place {
            Place::File => self.store_in_file(flag).await,
            Place::Postgres => {
                let client = postgres().await;
                let text = flag.map(Value::to_string);
                let sql = match text {
                    Some(_) => "INSERT INTO go_feature_flag (flag_name, flagset, config) VALUES ($1, 'default', $2::text::jsonb)
                         ON CONFLICT (flag_name, flagset) DO UPDATE SET config = EXCLUDED.config",
                    None => "DELETE FROM go_feature_flag WHERE flag_name = $1 AND $2::text IS NULL",
                };
                client.execute(sql, &[&self.name, &text]).await.expect("stored");
            }
            Place::Redis => {
                let mut connection = redis().await;
                let key = format!("{}{}", variable("GOFF_REDIS_PREFIX"), self.name);
                match flag {
                    Some(flag) => {
                        redis::cmd("SET").arg(key).arg(flag.to_string()).exec_async(&mut connection).await
                    }
                    None => redis::cmd("DEL").arg(key).exec_async(&mut connection).await,
                }
                .expect("stored");
            }
        }
    }

    async fn store_in_file(&self, flag: Option<&Value>) {
        let document = FileDocument::new(Path::new(&variable("GOFF_FILE")));
        loop {
            let read = document.read().await.expect("a document");
            let mut flags: Value = serde_json::from_slice(&read.bytes).expect("JSON");
            let flags = flags.as_object_mut().expect("an object");
            match flag {
                Some(flag) => drop(flags.insert(self.name.clone(), flag.clone())),
                None => drop(flags.remove(&self.name)),
            }
            let text = serde_json::to_vec_pretty(&flags).expect("a text");
            match document.swap(read.digest, text).await {
                Ok(_) => return,
                Err(error) => assert!(error.may_pass(), "{error}"),
            }
        }
    }

    /// What is stored.
    pub async fn stored(&self) -> Value {
        let text = match self.place {
            Place::File => {
                let document =
                    FileDocument::new(Path::new(&variable("GOFF_FILE"))).read().await.expect("a document");
                let flags: Value = serde_json::from_slice(&document.bytes).expect("JSON");
                return flags[&self.name].clone();
            }
            Place::Postgres => {
                let sql = "SELECT config::text FROM go_feature_flag WHERE flag_name = $1";
                postgres().await.query_one(sql, &[&self.name]).await.expect("a row").get::<_, String>(0)
            }
            Place::Redis => {
                let key = format!("{}{}", variable("GOFF_REDIS_PREFIX"), self.name);
                redis::cmd("GET").arg(key).query_async::<String>(&mut redis().await).await.expect("a value")
            }
        };
        serde_json::from_str(&text).expect("JSON")
    }

    /// What the relay serves to a user: variant and reason.
    pub async fn serves(&self, user: &str, region: &str) -> (String, String) {
        let path = format!("/ofrep/v1/evaluate/flags/{}", self.name);
        let context = json!({ "context": { "targetingKey": user, "region": region } });
        let answer = self.place.post(&path, "GOFF_API_KEY", context).await;
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        (text("variant"), text("reason"))
    }

    /// Those of the first `users` users in the region that get a variant.
    pub async fn who_gets(&self, variant: &str, region: &str, users: u32) -> Vec<u32> {
        let mut who = vec![];
        for user in 0..users {
            if self.serves(&format!("user-{user}"), region).await.0 == variant {
                who.push(user);
            }
        }
        who
    }

    pub fn target(&self) -> Target {
        Target {
            platform: PlatformName::new("web").expect("a name"),
            flag: FlagKey::new(&self.name).expect("a name"),
            segments: [("eu", "rule-eu"), ("everybody", "default")]
                .map(|(ours, theirs)| (segment(ours), theirs.to_owned()))
                .into(),
        }
    }

    /// An adapter with all rights.
    pub fn adapter(&self) -> Arc<Goff> {
        self.adapter_with(json!({}))
    }

    /// The same with other settings; `null` takes one out.
    pub fn adapter_with(&self, others: Value) -> Arc<Goff> {
        let mut settings = json!({
            "url": self.place.relay(), "api_key": { "env": "GOFF_API_KEY" }, "admin_key": { "env": "GOFF_ADMIN_KEY" },
            "store": self.place.store(),
        });
        let fields = settings.as_object_mut().expect("an object");
        fields.extend(others.as_object().expect("an object").clone());
        fields.retain(|_, value| !value.is_null());
        let settings: Settings = serde_json::from_value(settings).expect("settings");
        Arc::new(Goff::new(&settings, self.target(), Rights::ReadWrite).expect("an adapter"))
    }
}

async fn postgres() -> tokio_postgres::Client {
    let url = variable("GOFF_POSTGRES_URL");
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn redis() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(variable("GOFF_REDIS_URL")).expect("an address");
    client.get_multiplexed_async_connection().await.expect("a connection")
}

/// A flag with one rule and a default.
pub fn flag(eu: Value, default: Value) -> Value {
    let mut rule = json!({ "name": "rule-eu", "query": "region eq \"eu\"" });
    rule.as_object_mut().expect("an object").extend(eu.as_object().expect("an object").clone());
    json!({ "variations": { "on": true, "off": false }, "targeting": [rule], "defaultRule": default })
}

pub fn split(on: f64) -> Value {
    json!({ "percentage": { "on": on, "off": 100.0 - on } })
}

pub fn off() -> Value {
    json!({ "variation": "off" })
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

pub fn command(verb: Verb, change: Change, expected: Option<Version>) -> Command {
    Command {
        id: EffectId(1),
        verb,
        platform: PlatformName::new("web").expect("a name"),
        change,
        expected,
        actor: Actor::Autopilot,
        reason: None,
        evidence: None,
        part_of: None,
    }
}

/// Makes one attempt.
pub async fn apply(
    adapter: &Goff,
    verb: Verb,
    change: Change,
    expected: Option<Version>,
) -> Result<Applied, BackendError> {
    adapter.control().expect("rights").apply(&command(verb, change, expected)).await
}

/// Kills the whole flag.
pub async fn kill(adapter: &Goff) -> Result<Applied, BackendError> {
    apply(adapter, Verb::Kill, Change::Off, None).await
}

/// Reads, and widens what was read.
pub async fn widen(adapter: &Goff, name: &str, percent: f64) -> Result<Applied, BackendError> {
    let seen = read(adapter).await.version;
    apply(adapter, Verb::Widen, shares(&[(name, percent)]), Some(seen)).await
}

pub async fn read(adapter: &Goff) -> FlagState {
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
    pub fn start(adapter: &Arc<Goff>) -> Self {
        let (sender, bodies) = mpsc::channel(64);
        let adapter = Arc::clone(adapter);
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
