//! Unleash, as the conformance cases use it.

use std::collections::BTreeMap;

use gonogo::backends::BackendSettings;
use serde_json::{Value, json};

use crate::proxy::{Mode, Proxy, address_of};
use crate::server::{control, http, send, variable};
use crate::world::{Stored, World};

pub struct Unleash {
    url: String,
    token: String,
    http: reqwest::Client,
    way: Proxy,
}

impl Unleash {
    pub async fn find() -> Self {
        let url = variable("UNLEASH_URL");
        let way = Proxy::start(address_of(&url)).await;
        Self { url, token: variable("UNLEASH_ADMIN_TOKEN"), http: http(), way }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request =
            self.http.request(method.parse().expect("a method"), format!("{}/api/admin{path}", self.url));
        send(request.header("authorization", &self.token), body).await
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    async fn production(&self, flag: &str) -> Option<Value> {
        let (status, feature) =
            self.ask("GET", &format!("/projects/default/features/{flag}"), Value::Null).await;
        let environments = feature["environments"].as_array()?;
        let found = environments.iter().find(|e| e["name"] == "production")?.clone();
        (status == 200).then_some(found)
    }
}

fn path(flag: &str) -> String {
    format!("/projects/default/features/{flag}/environments/production")
}

impl World for Unleash {
    const NAME: &'static str = "Unleash";

    async fn make(&self, case: &str) -> String {
        let flag = format!("{case}-{:08x}", rand::random::<u32>());
        self.named(&flag).await;
        flag
    }

    fn settings(&self) -> BackendSettings {
        serde_json::from_value(json!({
            "kind": "unleash", "url": format!("http://{}", self.way.address),
            "token": { "env": "UNLEASH_ADMIN_TOKEN" }, "interval": "1s",
        }))
        .expect("settings")
    }

    async fn stored(&self, flag: &str) -> Option<Stored> {
        let production = self.production(flag).await?;
        let shares: BTreeMap<String, f64> = production["strategies"]
            .as_array()?
            .iter()
            .filter_map(|strategy| {
                let share = strategy["parameters"]["rollout"].as_str()?.parse().ok()?;
                Some((strategy["title"].as_str()?.to_owned(), share))
            })
            .collect();
        Some(Stored { on: production["enabled"] == true, shares })
    }

    async fn edit(&self, flag: &str, segment: &str, percent: f64) {
        let production = self.production(flag).await.expect("the flag");
        let strategies = production["strategies"].as_array().expect("strategies");
        let found = strategies.iter().find(|strategy| strategy["title"] == segment).expect("a strategy");
        let path = format!("{}/strategies/{}", path(flag), found["id"].as_str().expect("an id"));
        let value = percent.to_string();
        self.done(
            "PATCH",
            &path,
            json!([{ "op": "replace", "path": "/parameters/rollout", "value": value }]),
        )
        .await;
    }

    async fn delete(&self, flag: &str) {
        self.done("DELETE", &format!("/projects/default/features/{flag}"), Value::Null).await;
    }

    async fn rename(&self, flag: &str, to: &str) {
        // A name is for ever there: people make the other one and archive this one.
        self.named(to).await;
        self.delete(flag).await;
    }

    fn ways(&self) -> Vec<&Proxy> {
        vec![&self.way]
    }

    async fn break_writes(&self) {
        self.way.set(Mode::Cut { asked: &["PATCH /api", "POST /api"], answered: &[] });
    }

    async fn stop(&self) {
        control("UNLEASH_CTL", "stop").await;
    }

    async fn start(&self) {
        control("UNLEASH_CTL", "start").await;
    }
}

impl Unleash {
    async fn named(&self, flag: &str) {
        self.done("POST", "/projects/default/features", json!({ "name": flag, "type": "release" })).await;
        for (segment, rollout) in [("free", "10"), ("eu", "20")] {
            let strategy = json!({
                "name": "flexibleRollout", "title": segment,
                "constraints": [{ "contextName": "segment", "operator": "IN", "values": [segment] }],
                "parameters": { "rollout": rollout, "stickiness": "default", "groupId": flag },
            });
            self.done("POST", &format!("{}/strategies", path(flag)), strategy).await;
        }
        self.done("POST", &format!("{}/on", path(flag)), Value::Null).await;
    }
}
