//! flagd, as the conformance cases use it.
//!
//! It takes no writes: what it "has" is its file, which the adapter writes and flagd looks at once a second. An outsider
//! edits that file as people do: a new one is put in its place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gonogo::backends::BackendSettings;
use serde_json::{Map, Value, json};

use crate::cases::Case;
use crate::proxy::{Proxy, address_of};
use crate::server::{control, http, replace, send, until, variable};
use crate::world::{Stored, World};

pub struct Flagd {
    file: PathBuf,
    ofrep: String,
    http: reqwest::Client,
    way: Proxy,
}

impl Flagd {
    pub async fn find() -> Self {
        let way = Proxy::start(address_of(&variable("FLAGD_SYNC"))).await;
        Self { file: variable("FLAGD_FILE").into(), ofrep: variable("FLAGD_OFREP_URL"), http: http(), way }
    }

    fn flags(&self) -> Map<String, Value> {
        let text = std::fs::read_to_string(&self.file).expect("flagd's file");
        let whole: Value = serde_json::from_str(&text).expect("JSON");
        whole["flags"].as_object().expect("flags").clone()
    }

    fn write(&self, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut flags = self.flags();
        change(&mut flags);
        replace(&self.file, &json!({ "flags": flags }));
    }

    /// What flagd answers for a flag. `None`: it does not know it.
    async fn evaluated(&self, flag: &str) -> Option<Value> {
        let request = self.http.post(format!("{}/ofrep/v1/evaluate/flags/{flag}", self.ofrep));
        let (status, answer) = send(request, json!({ "context": { "targetingKey": "u" } })).await;
        (status == 200).then_some(answer)
    }

    async fn knows(&self, flag: &str) -> bool {
        self.evaluated(flag).await.is_some()
    }
}

fn fractional(percent: f64) -> Value {
    json!({ "fractional": [["on", percent], ["off", 100.0 - percent]] })
}

/// Where the share of a segment stands.
fn place(segment: &str) -> &'static str {
    if segment == "free" { "/targeting/if/1" } else { "/targeting/if/3" }
}

impl World for Flagd {
    const NAME: &'static str = "flagd";

    async fn make(&self, case: &str) -> String {
        let flag = format!("{case}-{:08x}", rand::random::<u32>());
        let made = json!({
            "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
            "targeting": { "if": [
                { "==": [{ "var": "segment" }, "free"] }, fractional(10.0),
                { "==": [{ "var": "segment" }, "eu"] }, fractional(20.0),
                "off",
            ] },
        });
        self.write(|flags| drop(flags.insert(flag.clone(), made)));
        until("flagd has read the flag", async || self.knows(&flag).await).await;
        flag
    }

    fn settings(&self) -> BackendSettings {
        let url = format!("http://{}", self.way.address);
        serde_json::from_value(json!({ "kind": "flagd", "url": url, "file": self.file })).expect("settings")
    }

    async fn stored(&self, flag: &str) -> Option<Stored> {
        let flag = self.flags().remove(flag)?;
        let share = |segment: &str| {
            let weights = flag.pointer(place(segment))?["fractional"].as_array()?;
            let weight = |name: &str| weights.iter().find(|pair| pair[0] == name)?[1].as_f64();
            let (on, off) = (weight("on")?, weight("off")?);
            Some((segment.to_owned(), 100.0 * on / (on + off)))
        };
        let shares: BTreeMap<_, _> = ["free", "eu"].into_iter().filter_map(share).collect();
        Some(Stored { on: flag["state"] == "ENABLED", shares })
    }

    async fn edit(&self, flag: &str, segment: &str, percent: f64) {
        // Which edit flagd has taken up is told by the metadata that it passes on.
        let mark = json!(rand::random::<u32>());
        self.write(|flags| {
            let flag = flags.get_mut(flag).expect("the flag");
            *flag.pointer_mut(place(segment)).expect("a branch") = fractional(percent);
            flag["metadata"] = json!({ "edit": mark });
        });
        let has =
            async || self.evaluated(flag).await.is_some_and(|answer| answer["metadata"]["edit"] == mark);
        until("flagd has taken the edit up", has).await;
    }

    async fn delete(&self, flag: &str) {
        self.write(|flags| drop(flags.remove(flag)));
        until("flagd has dropped the flag", async || !self.knows(flag).await).await;
    }

    async fn rename(&self, flag: &str, to: &str) {
        self.write(|flags| {
            let old = flags.remove(flag).expect("the flag");
            flags.insert(to.to_owned(), old);
        });
        until("flagd has the other name", async || self.knows(to).await && !self.knows(flag).await).await;
    }

    fn ways(&self) -> Vec<&Proxy> {
        vec![&self.way]
    }

    fn excuse(&self, case: Case) -> Option<&'static str> {
        matches!(case, Case::Status(_))
            .then_some("its sync speaks gRPC and knows no users; writes go to a file")
    }

    /// The file is written as a whole or not at all; flagd is gone before it has read it.
    async fn break_writes(&self) {
        control("FLAGD_CTL", "kill").await;
    }

    async fn stop(&self) {
        control("FLAGD_CTL", "stop").await;
    }

    async fn start(&self) {
        control("FLAGD_CTL", "start").await;
    }
}
