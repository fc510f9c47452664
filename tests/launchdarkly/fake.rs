//! A fake of LaunchDarkly, openly one: a flag in memory that is read, patched, audited and streamed.
//!
//! It does what the published OpenAPI file says of `GET` and `PATCH` of a flag with semantic patches, of the audit log,
//! and of `/all` as SDKs read it; what the file says in words only (that a patch is done as a whole, that a version
//! grows by one) is done so here. LaunchDarkly itself cannot be started by a test. What it can show is our side: what
//! is asked for, in which order, and what we make of answers and faults.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use futures_util::stream;
use gonogo::action::Verb;
use gonogo::backends::{Applied, BackendError};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::outside::{FLAG, Subject, shares};

/// The secrets of these tests; no other text has them.
pub const TOKEN: &str = "api-0123-s3cret-token";
pub const SDK_KEY: &str = "sdk-4567-s3cret-key";

/// The ids of the variations `true` and `false`.
pub const TRUE: &str = "id-true";
pub const FALSE: &str = "id-false";

/// What the next request of a method gets instead of an answer; the stream's method is `STREAM` here.
pub struct Fault {
    pub method: &'static str,
    pub status: u16,
    pub retry_after: Option<u32>,
    pub message: String,
}

/// What is stored, and what happened.
pub struct World {
    /// What the flag is called; all else is unknown.
    pub key: String,
    pub flag: Value,
    pub config: Value,
    pub audit: Vec<Value>,
    /// Method, address and body of each request.
    pub asked: Vec<(String, String, Value)>,
    pub faults: VecDeque<Fault>,
    /// What somebody else does right before the next patch is done.
    pub race: Option<Value>,
    pub needs_approval: bool,
    /// A patch is done this late.
    pub slow: Duration,
    clock: i64,
}

/// The server.
#[derive(Clone)]
pub struct Fake {
    world: Arc<Mutex<World>>,
    news: broadcast::Sender<String>,
    pub url: String,
}

/// A rule with one rollout over the two variations, `true` first.
pub fn rule(id: &str, name: &str, percent: u32) -> Value {
    json!({ "_id": id, "description": name, "clauses": [], "trackEvents": false, "rollout": rollout(&[percent, 100 - percent]) })
}

/// A rollout in whole percents, in the order of the variations.
pub fn rollout(percents: &[u32]) -> Value {
    let parts: Vec<_> =
        percents.iter().enumerate().map(|(at, p)| json!({ "variation": at, "weight": p * 1000 })).collect();
    json!({ "variations": parts, "contextKind": "user" })
}

impl Fake {
    /// A boolean flag that is on, with `true` to 10 % by the rule `enterprise` and to nobody else.
    pub async fn start() -> Self {
        let flag = json!({
            "key": FLAG, "name": "Checkout", "kind": "boolean", "_version": 3, "archived": false,
            "variations": [{ "_id": TRUE, "value": true }, { "_id": FALSE, "value": false }],
        });
        let config = json!({
            "on": true, "version": 40, "lastModified": 1_795_000_000_000_i64, "archived": false,
            "offVariation": 1, "fallthrough": { "variation": 1 }, "targets": [], "contextTargets": [],
            "rules": [rule("rule-ent", "enterprise", 10)], "salt": "x",
        });
        Self::with(flag, config).await
    }

    pub async fn with(flag: Value, config: Value) -> Self {
        let world = World {
            key: FLAG.to_owned(),
            flag,
            config,
            audit: vec![],
            asked: vec![],
            faults: VecDeque::new(),
            race: None,
            needs_approval: false,
            slow: Duration::ZERO,
            clock: 1_795_000_000_000,
        };
        let world = Arc::new(Mutex::new(world));
        let (news, _) = broadcast::channel(64);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Self { world, news, url };
        let this = fake.clone();
        let app = Router::new().fallback(move |request: Request<Body>| {
            let this = this.clone();
            async move { this.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings of an adapter with both halves.
    pub fn settings(&self) -> Value {
        json!({
            "stream_url": self.url, "sdk_key": SDK_KEY, "api_url": self.url, "api_token": TOKEN,
            "project": "shop", "interval": "60s",
        })
    }

    /// With the REST API only.
    pub fn api_only(&self) -> Value {
        let mut settings = self.settings();
        settings["sdk_key"] = Value::Null;
        settings
    }

    /// With the stream only.
    pub fn stream_only(&self) -> Value {
        let mut settings = self.settings();
        settings["api_token"] = Value::Null;
        settings
    }

    pub fn fault(&self, method: &'static str, status: u16, message: &str) {
        let fault = Fault { method, status, retry_after: None, message: message.into() };
        self.world().faults.push_back(fault);
    }

    pub fn busy(&self, method: &'static str, seconds: u32) {
        let fault = Fault { method, status: 429, retry_after: Some(seconds), message: "rate limited".into() };
        self.world().faults.push_back(fault);
    }

    /// The bodies of all patches that were asked for, dry runs left out.
    pub fn patches(&self) -> Vec<Value> {
        let world = self.world();
        let done = world.asked.iter().filter(|(method, url, _)| method == "PATCH" && !url.contains("dryRun"));
        done.map(|(_, _, body)| body.clone()).collect()
    }

    /// Somebody else's patch, with their name in the audit log.
    pub fn somebody(&self, instructions: Value) {
        let mut world = self.world();
        world.patch(&json!({ "instructions": instructions }), "Ariel", "Flores").expect("a patch");
        let patch = world.patch_event();
        drop(world);
        let _ = self.news.send(patch);
    }

    /// Waits until somebody listens to the stream.
    pub async fn is_listened_to(&self) {
        let listened = async {
            while self.news.receiver_count() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), listened).await.expect("somebody listens");
    }

    /// Any event to all streams.
    pub fn send(&self, event: &str, data: &Value) {
        let _ = self.news.send(format!("event: {event}\ndata: {data}\n\n"));
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let header =
            |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let (method, url) = (parts.method.to_string(), parts.uri.to_string());
        let body = to_bytes(body, 1024 * 1024).await.expect("a body");
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let slow = {
            let mut world = self.world();
            world.asked.push((method.clone(), url.clone(), body.clone()));
            let kind = if url == "/all" { "STREAM" } else { method.as_str() };
            let fault = world.faults.iter().position(|fault| fault.method == kind);
            if let Some(fault) = fault.and_then(|at| world.faults.remove(at)) {
                return refuse(fault.status, &fault.message, fault.retry_after);
            }
            if method == "PATCH" { world.slow } else { Duration::ZERO }
        };
        let secret = if url == "/all" { SDK_KEY } else { TOKEN };
        if header("authorization") != secret {
            return refuse(401, &format!("{} is no good key", header("authorization")), None);
        }
        if url == "/all" {
            return self.stream();
        }
        if url.starts_with("/api/v2/auditlog") {
            let mut items = self.world().audit.clone();
            items.reverse();
            items.truncate(5);
            return reply(200, &json!({ "items": items, "_links": {} }));
        }
        let named = url.strip_prefix("/api/v2/flags/shop/").and_then(|rest| rest.split('?').next());
        if named != Some(self.world().key.as_str()) {
            return refuse(404, "Unknown flag key", None);
        }
        match method.as_str() {
            "GET" => reply(200, &self.world().document()),
            "PATCH" => {
                if header("content-type") != "application/json; domain-model=launchdarkly.semanticpatch" {
                    return refuse(400, "patch is not a JSON patch", None);
                }
                tokio::time::sleep(slow).await;
                self.patch(&body, url.contains("dryRun=true"))
            }
            _ => refuse(405, "Method not allowed", None),
        }
    }

    fn patch(&self, body: &Value, dry: bool) -> Response<Body> {
        let mut world = self.world();
        if let Some(race) = if dry { None } else { world.race.take() } {
            world.patch(&json!({ "instructions": race }), "Ariel", "Flores").expect("a patch");
        }
        if world.needs_approval {
            return refuse(405, "Approval is required", None);
        }
        let before = world.config.clone();
        if let Err(why) = world.patch(body, "CI", "Token") {
            world.config = before;
            return refuse(400, &why, None);
        }
        let answer = world.document();
        if dry {
            world.config = before;
            world.audit.pop();
            return reply(200, &answer);
        }
        let event = world.patch_event();
        drop(world);
        let _ = self.news.send(event);
        reply(200, &answer)
    }

    fn stream(&self) -> Response<Body> {
        let world = self.world();
        let put =
            json!({ "path": "/", "data": { "flags": { &world.key: world.streamed() }, "segments": {} } });
        let first = format!("event: put\ndata: {put}\n\n");
        let pieces = stream::unfold((Some(first), self.news.subscribe()), |(first, mut news)| async move {
            let piece = match first {
                Some(first) => first,
                None => news.recv().await.ok()?,
            };
            Some((Ok::<_, std::io::Error>(piece), (None, news)))
        });
        let answer = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
        answer.body(Body::from_stream(pieces)).expect("an answer")
    }
}

impl Subject {
    /// Reads, and widens what was read.
    pub async fn widen(&self, name: &str, percent: f64) -> Result<Applied, BackendError> {
        let seen = self.state().await.version;
        self.apply(Verb::Widen, shares(&[(name, percent)]), Some(seen)).await
    }
}

impl World {
    /// As `GET` has it.
    fn document(&self) -> Value {
        let mut flag = self.flag.clone();
        flag["environments"] = json!({ "production": self.config });
        flag
    }

    /// As the stream has it: without ids and names.
    pub fn streamed(&self) -> Value {
        let mut flag = self.config.clone();
        let fields = flag.as_object_mut().expect("an object");
        fields.remove("lastModified");
        fields.insert("key".into(), json!(self.key));
        let values: Vec<_> =
            self.flag["variations"].as_array().expect("a list").iter().map(|v| v["value"].clone()).collect();
        fields.insert("variations".into(), json!(values));
        for rule in fields["rules"].as_array_mut().expect("a list") {
            let rule = rule.as_object_mut().expect("an object");
            rule.remove("description");
            let id = rule.remove("_id").expect("an id");
            rule.insert("id".into(), id);
        }
        flag
    }

    fn patch_event(&self) -> String {
        let data = json!({ "path": format!("/flags/{}", self.key), "data": self.streamed() });
        format!("event: patch\ndata: {data}\n\n")
    }

    fn patch(&mut self, body: &Value, first: &str, last: &str) -> Result<(), String> {
        let before = self.config.clone();
        let instructions = body["instructions"].as_array().ok_or("no instructions")?;
        for instruction in instructions {
            self.instruct(instruction)?;
        }
        if self.config == before {
            return Ok(());
        }
        self.clock += 60_000;
        self.config["version"] = json!(before["version"].as_u64().expect("a number") + 1);
        self.config["lastModified"] = json!(self.clock);
        self.audit.push(json!({
            "date": self.clock, "titleVerb": format!("did {}", instructions[0]["kind"].as_str().unwrap_or("?")),
            "comment": body["comment"], "member": { "firstName": first, "lastName": last, "email": "" },
        }));
        Ok(())
    }

    fn instruct(&mut self, instruction: &Value) -> Result<(), String> {
        let variations = self.flag["variations"].as_array().expect("a list").clone();
        let place = |id: &str| {
            variations.iter().position(|v| v["_id"] == id).ok_or_else(|| format!("unknown variation {id}"))
        };
        let id = instruction["variationId"].as_str();
        let kind = instruction["kind"].as_str().ok_or("no kind")?;
        match kind {
            "turnFlagOff" => self.config["on"] = json!(false),
            "turnFlagOn" => self.config["on"] = json!(true),
            "updateOffVariation" => self.config["offVariation"] = json!(place(id.ok_or("no variation")?)?),
            "updateFallthroughVariationOrRollout" | "updateRuleVariationOrRollout" => {
                let mut serve = json!({});
                if let Some(id) = id {
                    serve["variation"] = json!(place(id)?);
                } else {
                    let weights = instruction["rolloutWeights"].as_object().ok_or("no weights")?;
                    let sum: u64 = weights.values().filter_map(Value::as_u64).sum();
                    if sum != 100_000 {
                        return Err(format!("weights make {sum}"));
                    }
                    let mut parts = Vec::new();
                    for (id, weight) in weights {
                        parts.push((place(id)?, weight.clone()));
                    }
                    parts.sort_by_key(|(at, _)| *at);
                    let parts: Vec<_> = parts
                        .iter()
                        .map(|(at, weight)| json!({ "variation": at, "weight": weight }))
                        .collect();
                    serve["rollout"] =
                        json!({ "variations": parts, "contextKind": instruction["rolloutContextKind"] });
                    if instruction["rolloutBucketBy"].is_string() {
                        serve["rollout"]["bucketBy"] = instruction["rolloutBucketBy"].clone();
                    }
                }
                let slot = match instruction["ruleId"].as_str() {
                    Some(id) => {
                        let rules = self.config["rules"].as_array_mut().expect("a list");
                        rules
                            .iter_mut()
                            .find(|r| r["_id"] == id)
                            .ok_or_else(|| format!("unknown rule {id}"))?
                    }
                    None => &mut self.config["fallthrough"],
                };
                let slot = slot.as_object_mut().expect("an object");
                slot.remove("variation");
                slot.remove("rollout");
                slot.extend(serve.as_object().expect("an object").clone());
            }
            other => return Err(format!("unknown instruction {other}")),
        }
        Ok(())
    }
}

fn reply(status: u16, body: &Value) -> Response<Body> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    answer.body(Body::from(body.to_string())).expect("an answer")
}

fn refuse(status: u16, message: &str, retry_after: Option<u32>) -> Response<Body> {
    let mut answer = reply(status, &json!({ "code": "code", "message": message }));
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert("retry-after", seconds.into());
    }
    answer
}
