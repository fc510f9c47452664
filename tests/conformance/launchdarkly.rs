//! LaunchDarkly, as the conformance cases use it: a fake, openly one, because it cannot be run by a test. Each flag has a
//! fake of its own, and the way leads to that of the last one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gonogo::backends::BackendSettings;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::fake::{FALSE, Fake, SDK_KEY, TOKEN, TRUE, rule};
use crate::proxy::{Mode, Proxy, address_of};
use crate::world::{Stored, World};

pub struct LaunchDarkly {
    way: Proxy,
    fake: Mutex<Fake>,
    key: NamedTempFile,
    token: NamedTempFile,
}

fn secret(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

impl LaunchDarkly {
    pub async fn find() -> Self {
        gonogo::net::tls::install_provider();
        let fake = Fake::start().await;
        let way = Proxy::start(address_of(&fake.url)).await;
        Self { way, fake: Mutex::new(fake), key: secret(SDK_KEY), token: secret(TOKEN) }
    }

    fn fake(&self) -> Fake {
        self.fake.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl World for LaunchDarkly {
    const NAME: &'static str = "LaunchDarkly (a fake)";

    async fn make(&self, case: &str) -> String {
        let flag = format!("{case}-{:08x}", rand::random::<u32>());
        let fake = Fake::with(
            json!({
                "key": flag, "name": case, "kind": "boolean", "_version": 3, "archived": false,
                "variations": [{ "_id": TRUE, "value": true }, { "_id": FALSE, "value": false }],
            }),
            json!({
                "on": true, "version": 40, "lastModified": 1_795_000_000_000_i64, "archived": false,
                "offVariation": 1, "fallthrough": { "variation": 1 }, "targets": [], "contextTargets": [],
                "rules": [rule("rule-free", "free", 10), rule("rule-eu", "eu", 20)], "salt": "x",
            }),
        )
        .await;
        fake.world().key.clone_from(&flag);
        self.way.lead_to(address_of(&fake.url));
        *self.fake.lock().unwrap_or_else(PoisonError::into_inner) = fake;
        flag
    }

    fn settings(&self) -> BackendSettings {
        let url = format!("http://{}", self.way.address);
        serde_json::from_value(json!({
            "kind": "launchdarkly", "stream_url": url, "sdk_key": { "file": self.key.path() },
            "api_url": url, "api_token": { "file": self.token.path() }, "project": "shop", "interval": "5s",
        }))
        .expect("settings")
    }

    async fn stored(&self, flag: &str) -> Option<Stored> {
        let fake = self.fake();
        let world = fake.world();
        if world.key != flag {
            return None;
        }
        let share = |rule: &Value| {
            let parts = rule["rollout"]["variations"].as_array();
            let on = parts.map(|parts| {
                parts
                    .iter()
                    .filter(|part| part["variation"] == 0)
                    .filter_map(|part| part["weight"].as_f64())
                    .sum()
            });
            on.map_or(if rule["variation"] == 0 { 100.0 } else { 0.0 }, |on: f64| on / 1000.0)
        };
        let rules = world.config["rules"].as_array()?;
        let shares: BTreeMap<_, _> = rules
            .iter()
            .filter_map(|rule| Some((rule["description"].as_str()?.to_owned(), share(rule))))
            .collect();
        Some(Stored { on: world.config["on"] == true, shares })
    }

    async fn edit(&self, _: &str, segment: &str, percent: f64) {
        let on = (percent * 1000.0).round() as u64;
        self.fake().somebody(json!([{
            "kind": "updateRuleVariationOrRollout", "ruleId": format!("rule-{segment}"),
            "rolloutContextKind": "user", "rolloutWeights": { TRUE: on, FALSE: 100_000 - on },
        }]));
    }

    async fn delete(&self, flag: &str) {
        let fake = self.fake();
        fake.world().key = "another".into();
        fake.send("delete", &json!({ "path": format!("/flags/{flag}"), "version": 41 }));
    }

    async fn rename(&self, _: &str, to: &str) {
        // A key is for ever there: people make the other one and delete this one.
        self.fake().world().key = to.into();
    }

    fn ways(&self) -> Vec<&Proxy> {
        vec![&self.way]
    }

    async fn break_writes(&self) {
        self.way.set(Mode::Cut { asked: &["PATCH /api"], answered: &[] });
    }

    async fn stop(&self) {
        self.way.set(Mode::Gone);
    }

    async fn start(&self) {
        self.way.set(Mode::Pass);
    }
}
