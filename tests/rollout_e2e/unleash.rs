//! Unleash as an outsider sees it: what is stored, other people's edits, and the server's own power switch.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::town::variable;

/// How often somebody logs in who was only just made.
const LOGINS: usize = 5;

/// Plain HTTP for tests: waits for each answer.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    runtime: Arc<tokio::runtime::Runtime>,
}

impl Http {
    pub fn new() -> Self {
        gonogo::net::tls::install_provider();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { client: client.expect("a client"), runtime: Arc::new(runtime.expect("a runtime")) }
    }

    /// Status and body; `None` without an answer.
    pub fn get(&self, url: &str) -> Option<(u16, Value)> {
        self.send(self.client.get(url))
    }

    /// Status and body; `None` without an answer.
    pub fn post(&self, url: &str) -> Option<(u16, Value)> {
        self.send(self.client.post(url))
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        self.runtime.block_on(async {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            let text = answer.text().await.ok()?;
            Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
        })
    }
}

/// A flag in Unleash's environment `production`.
#[derive(Clone)]
pub struct Unleash {
    http: Http,
    url: String,
    pub flag: String,
}

impl Unleash {
    pub fn new(http: Http, flag: String) -> Self {
        Self { http, url: variable("UNLEASH_URL"), flag }
    }

    /// Switches the server: `stop`, `start`, `freeze` (its sockets stay open and nothing answers), `thaw`.
    pub fn control(word: &str) -> bool {
        Command::new(variable("UNLEASH_CTL")).arg(word).output().expect("the switch").status.success()
    }

    /// Switches the server, for sure.
    pub fn must(word: &str) {
        assert!(Self::control(word), "cannot {word} Unleash");
    }

    /// Whether the server's process runs.
    pub fn is_up() -> bool {
        Self::control("status")
    }

    fn admin(&self, token: &str, method: &str, path: &str, body: Value) -> Value {
        let method = method.parse().expect("a method");
        let mut request = self.http.client.request(method, format!("{}/api/admin{path}", self.url));
        request = request.header("authorization", token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let (status, answer) = self.http.send(request).expect("Unleash answers");
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    fn environment(&self) -> String {
        format!("/projects/default/features/{}/environments/production", self.flag)
    }

    /// `production` as it is stored.
    pub fn stored(&self) -> Value {
        let token = variable("UNLEASH_ADMIN_TOKEN");
        let path = format!("/projects/default/features/{}", self.flag);
        let feature = self.admin(&token, "GET", &path, Value::Null);
        let environments = feature["environments"].as_array().expect("environments");
        environments.iter().find(|e| e["name"] == "production").expect("production").clone()
    }

    /// Whether the environment is on.
    pub fn is_on(&self) -> bool {
        self.stored()["enabled"].as_bool().expect("on or off")
    }

    /// The strategy of a segment.
    fn strategy(&self, segment: &str) -> Value {
        let stored = self.stored();
        let strategies = stored["strategies"].as_array().expect("strategies");
        strategies.iter().find(|s| s["title"] == segment).expect("the segment's strategy").clone()
    }

    /// The stored share of a segment, as the text that Unleash keeps.
    pub fn rollout(&self, segment: &str) -> String {
        self.strategy(segment)["parameters"]["rollout"].as_str().expect("a text").to_owned()
    }

    /// How many strategies there are.
    pub fn strategies(&self) -> usize {
        self.stored()["strategies"].as_array().expect("strategies").len()
    }

    /// Somebody changes a field of a segment's strategy: `/parameters/rollout`, `/disabled`.
    pub fn edit(&self, token: &str, segment: &str, what: &str, value: Value) {
        let id = self.strategy(segment)["id"].as_str().expect("an id").to_owned();
        let path = format!("{}/strategies/{id}", self.environment());
        self.admin(token, "PATCH", &path, json!([{ "op": "replace", "path": what, "value": value }]));
    }

    /// Somebody with the admin token changes a segment's share.
    pub fn set(&self, segment: &str, rollout: &str) {
        self.edit(&variable("UNLEASH_ADMIN_TOKEN"), segment, "/parameters/rollout", json!(rollout));
    }

    /// A person with the role of an editor: the name and a personal access token.
    pub fn person(&self) -> (String, String) {
        let (name, password) = (format!("bob{:08x}", rand::random::<u32>()), "Loop-back-2026!");
        let token = variable("UNLEASH_ADMIN_TOKEN");
        let body = json!({ "username": name, "rootRole": 2, "sendEmail": false });
        let user = self.admin(&token, "POST", "/user-admin", body);
        let path = format!("/user-admin/{}/change-password", user["id"]);
        self.admin(&token, "POST", &path, json!({ "password": password }));
        // A busy Unleash may still be ending the sessions of the old password: then it takes the new one for one of them.
        let mut answers = Vec::new();
        let secret = (0..LOGINS).find_map(|_| {
            let answer = self.http.runtime.block_on(self.token_of(&name, password));
            let secret = answer["secret"].as_str().map(str::to_owned);
            answers.push(answer);
            secret
        });
        let secret = secret.unwrap_or_else(|| panic!("no token for {name}: {answers:?}"));
        (name, secret)
    }

    /// Logs somebody in and asks for a personal access token; whatever the answer is.
    async fn token_of(&self, name: &str, password: &str) -> Value {
        let client = &self.http.client;
        let login = client.post(format!("{}/auth/simple/login", self.url));
        let login = login.json(&json!({ "username": name, "password": password })).send().await;
        let login = login.expect("a login");
        let cookie = login.headers().get("set-cookie").expect("a cookie").to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let ask = client.post(format!("{}/api/admin/user/tokens", self.url)).header("cookie", cookie);
        let body = json!({ "description": "test", "expiresAt": "2099-01-01T00:00:00.000Z" });
        ask.json(&body).send().await.expect("a token").json().await.expect("JSON")
    }
}
