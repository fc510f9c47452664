//! GO Feature Flag's relay proxy on each of three stores, as the conformance cases use it.
//!
//! The relay takes no writes: they go to its store, and it is told to look. What it "has" is what it answers once it
//! was told: the store's content, as the relay understands it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gonogo::backends::BackendSettings;
use gonogo::runtime::clock::Clock;
use redis::AsyncCommands;
use serde_json::{Map, Value, json};

use crate::proxy::{Mode, Proxy, address_of};
use crate::server::{control, http, replace, send, variable};
use crate::world::{Stored, World};

/// Where the flags are kept.
pub trait Store {
    const NAME: &'static str;
    /// The variables of the relay on it.
    const RELAY: &'static str;
    const CTL: &'static str;

    /// The store, and the way to it where it is a server.
    async fn open() -> (Self, Option<Proxy>)
    where
        Self: Sized;
    /// `store = {…}` of the adapter.
    fn settings(&self, way: Option<&Proxy>) -> Value;
    async fn put(&self, flag: &str, value: Option<&Value>);
}

pub struct File(PathBuf);

impl Store for File {
    const NAME: &'static str = "goff: file";
    const RELAY: &'static str = "GOFF_URL";
    const CTL: &'static str = "GOFF_CTL";

    async fn open() -> (Self, Option<Proxy>) {
        (Self(variable("GOFF_FILE").into()), None)
    }

    fn settings(&self, _: Option<&Proxy>) -> Value {
        json!({ "kind": "file", "path": self.0 })
    }

    async fn put(&self, flag: &str, value: Option<&Value>) {
        let text = std::fs::read_to_string(&self.0).expect("the relay's file");
        let mut flags: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        match value {
            Some(value) => drop(flags.insert(flag.to_owned(), value.clone())),
            None => drop(flags.remove(flag)),
        }
        replace(&self.0, &Value::Object(flags));
    }
}

/// A secret for the adapter, in a file that lives as long as the test.
fn secret(text: &str) -> (tempfile::NamedTempFile, Value) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    let source = json!({ "file": file.path() });
    (file, source)
}

/// The same address, by way of a proxy.
fn by(url: &str, way: &Proxy) -> String {
    url.replace(&address_of(url).to_string(), &way.address.to_string())
}

pub struct Postgres {
    client: tokio_postgres::Client,
    url: (tempfile::NamedTempFile, Value),
}

impl Store for Postgres {
    const NAME: &'static str = "goff: postgres";
    const RELAY: &'static str = "GOFF_POSTGRES_RELAY_URL";
    const CTL: &'static str = "GOFF_POSTGRES_RELAY_CTL";

    async fn open() -> (Self, Option<Proxy>) {
        let url = variable("GOFF_POSTGRES_URL");
        let way = Proxy::start(address_of(&url)).await;
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        (Self { client, url: secret(&by(&url, &way)) }, Some(way))
    }

    fn settings(&self, _: Option<&Proxy>) -> Value {
        json!({ "kind": "postgres", "url": self.url.1 })
    }

    async fn put(&self, flag: &str, value: Option<&Value>) {
        let delete = "DELETE FROM go_feature_flag WHERE flag_name = $1";
        self.client.execute(delete, &[&flag]).await.expect("deleted");
        if let Some(value) = value {
            let insert = "INSERT INTO go_feature_flag (flag_name, flagset, config) VALUES ($1, 'default', ($2::text)::jsonb)";
            self.client.execute(insert, &[&flag, &value.to_string()]).await.expect("inserted");
        }
    }
}

pub struct Redis {
    connection: redis::aio::MultiplexedConnection,
    prefix: String,
    url: (tempfile::NamedTempFile, Value),
}

impl Store for Redis {
    const NAME: &'static str = "goff: redis";
    const RELAY: &'static str = "GOFF_REDIS_RELAY_URL";
    const CTL: &'static str = "GOFF_REDIS_RELAY_CTL";

    async fn open() -> (Self, Option<Proxy>) {
        let url = variable("GOFF_REDIS_URL");
        let way = Proxy::start(address_of(&url)).await;
        let client = redis::Client::open(url.as_str()).expect("an address");
        let connection = client.get_multiplexed_async_connection().await.expect("Redis");
        let this = Self { connection, prefix: variable("GOFF_REDIS_PREFIX"), url: secret(&by(&url, &way)) };
        (this, Some(way))
    }

    fn settings(&self, _: Option<&Proxy>) -> Value {
        json!({ "kind": "redis", "url": self.url.1, "prefix": self.prefix })
    }

    async fn put(&self, flag: &str, value: Option<&Value>) {
        let (mut connection, key) = (self.connection.clone(), format!("{}{flag}", self.prefix));
        match value {
            Some(value) => connection.set::<_, _, ()>(key, value.to_string()).await.expect("set"),
            None => connection.del::<_, ()>(key).await.expect("deleted"),
        }
    }
}

/// The relay on one of them.
pub struct Goff<S> {
    store: S,
    relay: String,
    http: reqwest::Client,
    way: Proxy,
    store_way: Option<Proxy>,
}

impl<S: Store> Goff<S> {
    pub async fn find() -> Self {
        let relay = variable(S::RELAY);
        let way = Proxy::start(address_of(&relay)).await;
        let (store, store_way) = S::open().await;
        Self { store, relay, http: http(), way, store_way }
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.relay)).header("x-api-key", variable(key));
        let (status, answer) = send(request, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// What the relay says of a flag after it was told to look.
    async fn flag(&self, flag: &str) -> Option<Value> {
        let refreshed = self.post("/admin/v1/retriever/refresh", "GOFF_ADMIN_KEY", json!({})).await;
        assert_eq!(refreshed["refreshed"], true);
        let mut answer = self.post("/v1/flag/configuration", "GOFF_API_KEY", json!({})).await;
        answer["flags"].as_object_mut()?.remove(flag)
    }

    async fn put(&self, flag: &str, value: Option<&Value>) {
        self.store.put(flag, value).await;
        assert_eq!(
            self.flag(flag).await.is_some(),
            value.is_some(),
            "the relay has another opinion of {flag}"
        );
    }

    async fn made(&self, case: &str, free: Value) -> String {
        let flag = format!("{case}-{:08x}", rand::random::<u32>());
        self.put(
            &flag,
            Some(&json!({
                "variations": { "on": true, "off": false },
                "targeting": [rule("free", free), rule("eu", percentage(20.0))],
                "defaultRule": { "name": "default", "variation": "off" },
            })),
        )
        .await;
        flag
    }
}

fn percentage(on: f64) -> Value {
    json!({ "percentage": { "on": on, "off": 100.0 - on } })
}

fn rule(segment: &str, serves: Value) -> Value {
    let mut rule = json!({ "name": segment, "query": format!("segment eq \"{segment}\"") });
    let serves = serves.as_object().expect("an object").clone();
    rule.as_object_mut().expect("an object").extend(serves);
    rule
}

/// A fixed share of a rule.
fn share(rule: &Value) -> Option<f64> {
    if let Some(ramp) = rule.get("progressiveRollout").filter(|ramp| !ramp.is_null()) {
        let at = |end: &str| ramp[end]["percentage"].as_f64();
        return at("initial").filter(|percent| at("end") == Some(*percent));
    }
    match rule.get("percentage").and_then(Value::as_object) {
        Some(percentage) => {
            let sum: f64 = percentage.values().filter_map(Value::as_f64).sum();
            Some(100.0 * percentage.get("on").and_then(Value::as_f64).unwrap_or(0.0) / sum)
        }
        None => Some(if rule["variation"] == "on" { 100.0 } else { 0.0 }),
    }
}

impl<S: Store> World for Goff<S> {
    const NAME: &'static str = S::NAME;

    async fn make(&self, case: &str) -> String {
        self.made(case, percentage(10.0)).await
    }

    /// A quarter of an hour of an hour is over: 25 %.
    async fn make_ramp(&self, case: &str) -> Option<String> {
        let now = Clock::system().now().0;
        let at = |minutes: i64| {
            chrono::DateTime::from_timestamp_millis(now + minutes * 60_000).expect("a time").to_rfc3339()
        };
        let ramp = json!({ "progressiveRollout": {
            "initial": { "variation": "off", "percentage": 0, "date": at(-15) },
            "end": { "variation": "on", "percentage": 100, "date": at(45) },
        } });
        Some(self.made(case, ramp).await)
    }

    fn settings(&self) -> BackendSettings {
        serde_json::from_value(json!({
            "kind": "goff", "url": format!("http://{}", self.way.address),
            "api_key": { "env": "GOFF_API_KEY" }, "admin_key": { "env": "GOFF_ADMIN_KEY" },
            "store": self.store.settings(self.store_way.as_ref()),
        }))
        .expect("settings")
    }

    async fn stored(&self, flag: &str) -> Option<Stored> {
        let flag = self.flag(flag).await?;
        let shares: BTreeMap<_, _> = flag["targeting"]
            .as_array()?
            .iter()
            .filter_map(|rule| Some((rule["name"].as_str()?.to_owned(), share(rule)?)))
            .collect();
        Some(Stored { on: flag["disable"] != true, shares })
    }

    async fn edit(&self, flag: &str, segment: &str, percent: f64) {
        let mut value = self.flag(flag).await.expect("the flag");
        let rules = value["targeting"].as_array_mut().expect("rules");
        let place = rules.iter_mut().find(|rule| rule["name"] == segment).expect("a rule");
        *place = rule(segment, percentage(percent));
        self.put(flag, Some(&value)).await;
    }

    async fn delete(&self, flag: &str) {
        self.put(flag, None).await;
    }

    async fn rename(&self, flag: &str, to: &str) {
        let value = self.flag(flag).await.expect("the flag");
        self.put(to, Some(&value)).await;
        self.put(flag, None).await;
    }

    fn ways(&self) -> Vec<&Proxy> {
        std::iter::once(&self.way).chain(&self.store_way).collect()
    }

    fn http(&self) -> Vec<&Proxy> {
        vec![&self.way]
    }

    /// It is in the store, the relay was told, and nobody hears the answer.
    async fn break_writes(&self) {
        self.way.set(Mode::Cut { asked: &["/admin/v1/retriever/refresh"], answered: &[] });
    }

    async fn stop(&self) {
        control(S::CTL, "stop").await;
    }

    async fn start(&self) {
        control(S::CTL, "start").await;
    }
}
