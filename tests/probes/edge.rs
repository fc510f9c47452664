//! An edge that speaks OFREP, as an outsider uses it: flags in a file, evaluations over HTTP.
//!
//! Each flag has two segments, `enterprise` by the attribute `plan` and everybody else. Flags have names that stay, so
//! that who is in which bucket is the same in every run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gonogo::domain::{FlagKey, PlatformName, SegmentName};
use gonogo::probes::{Attribute, Context, Probe, ProbeSettings, Subject, build};
use serde_json::{Value, json};
use tokio::sync::{Mutex as Turn, MutexGuard};

/// One test at a time: they measure times, and share two files.
static ALONE: Turn<()> = Turn::const_new(());

/// Waits for its turn.
pub async fn alone() -> MutexGuard<'static, ()> {
    gonogo::net::tls::install_provider();
    ALONE.lock().await
}

/// A variable that `.ci/servers run` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this as `.ci/servers run -- cargo test --features real-servers --test probes`")
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    Goff,
    Flagd,
}

pub const BOTH: [Edge; 2] = [Edge::Goff, Edge::Flagd];

/// What each file holds: all flags of all tests.
static FILES: Mutex<BTreeMap<Edge, BTreeMap<String, Value>>> = Mutex::new(BTreeMap::new());

/// Shares of `enterprise` and of everybody else, in whole percents.
pub type Shares = (u32, u32);

impl Edge {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Goff => "relay proxy",
            Self::Flagd => "flagd",
        }
    }

    pub fn url(self) -> String {
        variable(match self {
            Self::Goff => "GOFF_URL",
            Self::Flagd => "FLAGD_OFREP_URL",
        })
    }

    /// How long it may take until a file that was written is served.
    pub const fn patience(self) -> Duration {
        Duration::from_secs(5)
    }

    fn file(self) -> PathBuf {
        PathBuf::from(variable(match self {
            Self::Goff => "GOFF_FILE",
            Self::Flagd => "FLAGD_FILE",
        }))
    }

    fn flag(self, (enterprise, rest): Shares) -> Value {
        match self {
            Self::Goff => json!({
                "variations": { "on": true, "off": false },
                "targeting": [{
                    "name": "enterprise",
                    "query": "plan eq \"enterprise\"",
                    "percentage": { "on": enterprise, "off": 100 - enterprise },
                }],
                "defaultRule": { "percentage": { "on": rest, "off": 100 - rest } },
            }),
            Self::Flagd => {
                let fractional = |on: u32| json!({ "fractional": [["on", on], ["off", 100 - on]] });
                json!({
                    "state": "ENABLED",
                    "variants": { "on": true, "off": false },
                    "defaultVariant": "off",
                    "targeting": { "if": [
                        { "==": [{ "var": "plan" }, "enterprise"] }, fractional(enterprise), fractional(rest),
                    ] },
                })
            }
        }
    }

    /// Puts a flag into the file.
    pub async fn serve(self, flag: &str, shares: Shares) {
        self.write(flag, Some(self.flag(shares))).await;
    }

    /// Switches a flag off, in the way that is usual there.
    pub async fn kill(self, flag: &str) {
        let mut off = self.flag((0, 0));
        match self {
            Self::Goff => off["disable"] = json!(true),
            Self::Flagd => off["state"] = json!("DISABLED"),
        }
        self.write(flag, Some(off)).await;
    }

    /// Takes a flag out of the file.
    pub async fn delete(self, flag: &str) {
        self.write(flag, None).await;
    }

    async fn write(self, flag: &str, content: Option<Value>) {
        let all = {
            let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
            let flags = files.entry(self).or_default();
            match content {
                Some(content) => drop(flags.insert(flag.to_owned(), content)),
                None => drop(flags.remove(flag)),
            }
            match self {
                Self::Goff => json!(flags),
                Self::Flagd => json!({ "flags": flags }),
            }
        };
        let (file, part) = (self.file(), self.file().with_extension("part"));
        std::fs::write(&part, all.to_string()).expect("written");
        std::fs::rename(&part, &file).expect("renamed");
        if self == Self::Goff {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let refresh = client.post(format!("{}/admin/v1/retriever/refresh", self.url()));
            let answer =
                refresh.header("X-API-Key", variable("GOFF_ADMIN_KEY")).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{}", answer.status());
        }
    }

    /// A probe of a flag.
    pub fn probe(self, flag: &str, more: &str) -> Box<dyn Probe> {
        let key = if self == Self::Goff { "api_key = { env = \"GOFF_API_KEY\" }\n" } else { "" };
        let text = format!("kind = \"ofrep\"\nurl = \"{}\"\n{key}{more}\n", self.url());
        let settings: ProbeSettings = toml::from_str(&text).expect("settings");
        build(&settings, &subject(flag)).expect("a probe")
    }

    /// How many evaluations it has answered so far, by its own count.
    pub async fn evaluations(self) -> f64 {
        let url = match self {
            Self::Goff => format!("{}/metrics", self.url()),
            Self::Flagd => variable("FLAGD_METRICS_URL"),
        };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let text = client.get(url).send().await.expect("an answer").text().await.expect("text");
        let counts = text.lines().filter(|line| {
            line.contains("request_duration_seconds_count") && line.contains("/ofrep/v1/evaluate")
        });
        counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

pub fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

pub fn subject(flag: &str) -> Subject {
    let plan = |plan: &str| Context::from([("plan".to_owned(), Attribute::Text(plan.to_owned()))]);
    Subject {
        platform: PlatformName::new("web").expect("a name"),
        flag: FlagKey::new(flag).expect("a key"),
        segments: vec![(segment("enterprise"), plan("enterprise")), (segment("free"), plan("free"))],
    }
}
