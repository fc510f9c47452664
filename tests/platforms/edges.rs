//! The three platforms without gonogo: a flag on each, written directly, and asked as an edge is asked.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::town::{PATIENCE, http, send, variable};

/// Between two questions to an edge: its share of what is measured.
const ASK: Duration = Duration::from_millis(3);
/// How many users are looked at to find one who has the feature; half of them have.
const USERS: usize = 64;

/// One flag on one platform.
#[derive(Clone)]
pub struct Edge {
    pub platform: &'static str,
    pub flag: String,
    kind: Kind,
    http: reqwest::Client,
    /// A user who has the feature as long as it is on.
    user: String,
}

#[derive(Clone)]
enum Kind {
    Unleash { url: String, admin: String, client: String },
    Relay { url: String, file: PathBuf },
    Flagd { ofrep: String, file: PathBuf },
}

impl Edge {
    /// All three: on, `free` and `eu` at 50 %.
    pub async fn all() -> Vec<Self> {
        let flag = format!("platforms-{:08x}", rand::random::<u32>());
        let kinds = [
            (
                "web",
                Kind::Unleash {
                    url: variable("UNLEASH_URL"),
                    admin: variable("UNLEASH_ADMIN_TOKEN"),
                    client: variable("UNLEASH_CLIENT_TOKEN"),
                },
            ),
            ("mobile", Kind::Relay { url: variable("GOFF_URL"), file: variable("GOFF_FILE").into() }),
            ("edge", Kind::Flagd { ofrep: variable("FLAGD_OFREP_URL"), file: variable("FLAGD_FILE").into() }),
        ];
        let mut edges = Vec::new();
        for (platform, kind) in kinds {
            let mut edge = Self { platform, flag: flag.clone(), kind, http: http(), user: String::new() };
            edge.make().await;
            edge.user = edge.find_user().await;
            edges.push(edge);
        }
        edges
    }

    /// Its `[[platforms]]` of a rollout file.
    pub fn toml(&self) -> String {
        let backend = match &self.kind {
            Kind::Unleash { url, .. } => {
                format!(
                    r#"kind = "unleash", url = "{url}", interval = "1s", token = {{ env = "UNLEASH_ADMIN_TOKEN" }}"#
                )
            }
            Kind::Relay { url, file } => format!(
                r#"kind = "goff", url = "{url}", api_key = {{ env = "GOFF_API_KEY" }}, admin_key = {{ env = "GOFF_ADMIN_KEY" }}, store = {{ kind = "file", path = "{}" }}"#,
                file.display()
            ),
            Kind::Flagd { file, .. } => {
                let sync = variable("FLAGD_SYNC");
                format!(r#"kind = "flagd", url = "http://{sync}", file = "{}""#, file.display())
            }
        };
        format!(
            "[[platforms]]\nname = \"{}\"\nflag = \"{}\"\nbackend = {{ {backend} }}\n",
            self.platform, self.flag
        )
    }

    async fn unleash(&self, path: &str, body: Value) {
        let Kind::Unleash { url, admin, .. } = &self.kind else { panic!("{} is no Unleash", self.platform) };
        let request =
            self.http.post(format!("{url}/api/admin/projects/default{path}")).header("authorization", admin);
        let (status, answer) = send(request, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
    }

    async fn make(&self) {
        match &self.kind {
            Kind::Unleash { .. } => {
                self.unleash("/features", json!({ "name": self.flag, "type": "release" })).await;
                let production = format!("/features/{}/environments/production", self.flag);
                for segment in ["free", "eu"] {
                    let strategy = json!({
                        "name": "flexibleRollout", "title": segment,
                        "constraints": [{ "contextName": "segment", "operator": "IN", "values": [segment] }],
                        "parameters": { "rollout": "50", "stickiness": "default", "groupId": self.flag },
                    });
                    self.unleash(&format!("{production}/strategies"), strategy).await;
                }
                self.unleash(&format!("{production}/on"), Value::Null).await;
            }
            Kind::Relay { .. } => {
                let rule = |segment: &str| {
                    json!({
                        "name": segment, "query": format!("segment eq \"{segment}\""), "percentage": { "on": 50, "off": 50 },
                    })
                };
                self.write(json!({
                    "variations": { "on": true, "off": false }, "targeting": [rule("free"), rule("eu")],
                    "defaultRule": { "name": "default", "variation": "off" },
                }))
                .await;
            }
            Kind::Flagd { .. } => {
                let is = |segment: &str| json!({ "==": [{ "var": "segment" }, segment] });
                let half = json!({ "fractional": [["on", 50], ["off", 50]] });
                self.write(json!({
                    "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
                    "targeting": { "if": [is("free"), half, is("eu"), half, "off"] },
                }))
                .await;
            }
        }
    }

    /// Puts the flag into the file that its server reads, and tells the server where it listens.
    async fn write(&self, flag: Value) {
        let (Kind::Relay { file, .. } | Kind::Flagd { file, .. }) = &self.kind else { panic!("no file") };
        let mut whole = self.whole(file);
        *self.place(&mut whole) = flag;
        let aside = file.with_extension("outsider");
        std::fs::write(&aside, whole.to_string()).expect("written");
        std::fs::rename(&aside, file).expect("renamed");
        if let Kind::Relay { url, .. } = &self.kind {
            let request = self.http.post(format!("{url}/admin/v1/retriever/refresh"));
            let (status, _) = send(request.header("x-api-key", variable("GOFF_ADMIN_KEY")), json!({})).await;
            assert_eq!(status, 200);
        }
    }

    fn whole(&self, file: &PathBuf) -> Value {
        serde_json::from_str(&std::fs::read_to_string(file).expect("the file")).expect("JSON")
    }

    fn place<'a>(&self, whole: &'a mut Value) -> &'a mut Value {
        if let Kind::Flagd { .. } = self.kind {
            &mut whole["flags"][&self.flag]
        } else {
            &mut whole[&self.flag]
        }
    }

    /// The same change as gonogo makes, without it.
    pub async fn switch(&self, on: bool) {
        match &self.kind {
            Kind::Unleash { .. } => {
                let word = if on { "on" } else { "off" };
                self.unleash(&format!("/features/{}/environments/production/{word}", self.flag), Value::Null)
                    .await;
            }
            Kind::Relay { file, .. } | Kind::Flagd { file, .. } => {
                let mut whole = self.whole(file);
                let mut flag = self.place(&mut whole).take();
                match self.kind {
                    Kind::Flagd { .. } => flag["state"] = json!(if on { "ENABLED" } else { "DISABLED" }),
                    _ => flag["disable"] = json!(!on),
                }
                self.write(flag).await;
            }
        }
    }

    /// Whether a user of `free` has the feature, as the edge answers now.
    async fn has(&self, user: &str) -> bool {
        let ask = |url: &str| self.http.post(format!("{url}/ofrep/v1/evaluate/flags/{}", self.flag));
        let context = json!({ "context": { "targetingKey": user, "segment": "free" } });
        match &self.kind {
            Kind::Unleash { url, client, .. } => {
                let request =
                    self.http.get(format!("{url}/api/client/features")).header("authorization", client);
                let (_, answer) = send(request, Value::Null).await;
                let features = answer["features"].as_array().expect("features");
                features
                    .iter()
                    .any(|feature| feature["name"] == self.flag.as_str() && feature["enabled"] == true)
            }
            Kind::Relay { url, .. } => {
                send(ask(url).header("x-api-key", variable("GOFF_API_KEY")), context).await.1["value"] == true
            }
            Kind::Flagd { ofrep, .. } => send(ask(ofrep), context).await.1["value"] == true,
        }
    }

    async fn find_user(&self) -> String {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            for user in 0..USERS {
                let user = format!("user-{user}");
                if self.has(&user).await {
                    return user;
                }
            }
        }
        panic!("{} serves {} to nobody", self.platform, self.flag);
    }

    /// Waits until the edge serves it, or no longer does.
    pub async fn until(&self, on: bool) -> Instant {
        let end = Instant::now() + PATIENCE;
        while self.has(&self.user).await != on {
            assert!(Instant::now() < end, "{}: not {on} within {PATIENCE:?}", self.platform);
            tokio::time::sleep(ASK).await;
        }
        Instant::now()
    }

    /// From a direct write to served as off, so many times.
    pub async fn floor(self, times: usize) -> (Self, Vec<Duration>) {
        let mut took = Vec::new();
        for _ in 0..times {
            // Not in step with what the server does once a second.
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..1000))).await;
            let began = Instant::now();
            self.switch(false).await;
            took.push(self.until(false).await - began);
            self.switch(true).await;
            self.until(true).await;
        }
        (self, took)
    }
}
