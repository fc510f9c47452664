//! `shop seed`: creates the flag of the demo in Unleash. In: an admin token. Out: one `flexibleRollout` strategy per
//! segment, titled with the segment's name, and the environment turned on.
//!
//! Safe to run twice: what exists is kept, and only a rollout that is asked for is set. It never turns on an environment
//! whose strategies are all disabled, because Unleash would add a strategy of 100 % by itself.

use std::io::Write;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, body, refused};
use crate::people::SEGMENTS;

/// Options of `shop seed`.
#[derive(Debug, Args)]
pub struct Seed {
    /// Unleash, as in <http://127.0.0.1:4242>.
    #[arg(long, env = "UNLEASH_URL", default_value = "http://127.0.0.1:4242")]
    unleash: Url,
    /// Environment variable that holds an admin token (`*:*.…` or a personal one).
    #[arg(long, default_value = "UNLEASH_ADMIN_TOKEN", value_name = "NAME")]
    token_env: String,
    /// Key of the flag.
    #[arg(long, default_value = "checkout-v2")]
    flag: String,
    /// Project of the flag.
    #[arg(long, default_value = "default")]
    project: String,
    /// Environment that is seeded and turned on.
    #[arg(long, default_value = "production")]
    environment: String,
    /// Percentage in every segment, 0 to 100. Without it, new strategies get 0 and existing ones keep theirs.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=100))]
    rollout: Option<u8>,
}

#[derive(Debug, Deserialize)]
struct Existing {
    id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    disabled: bool,
}

impl Seed {
    /// Brings Unleash into the wanted state and says what was done.
    pub async fn run(&self, out: &mut impl Write) -> Result<()> {
        let client = Client::new(self.unleash.clone(), &self.token_env)?;
        let features = ["api", "admin", "projects", &self.project, "features"];
        let feature: Vec<&str> = features.iter().copied().chain([&*self.flag]).collect();
        let environment: Vec<&str> =
            feature.iter().copied().chain(["environments", &*self.environment]).collect();
        let strategies: Vec<&str> = environment.iter().copied().chain(["strategies"]).collect();

        let known = call(&client, Method::GET, &feature, None).await?;
        match known.status() {
            StatusCode::OK => writeln!(out, "flag {} is there", self.flag)?,
            StatusCode::NOT_FOUND => {
                let flag = json!({ "name": self.flag, "type": "release", "description": "The new checkout of the demo shop" });
                wanted("create the flag", call(&client, Method::POST, &features, Some(flag)).await?).await?;
                writeln!(out, "flag {} created in project {}", self.flag, self.project)?;
            }
            _ => return Err(refused("read the flag", known).await),
        }

        let existing =
            wanted("read the strategies", call(&client, Method::GET, &strategies, None).await?).await?;
        let existing: Vec<Existing> = serde_json::from_slice(&body(existing).await?)
            .wrap_err("cannot read the strategies of Unleash")?;
        let mut live = existing.iter().any(|strategy| !strategy.disabled);
        for segment in SEGMENTS {
            match existing.iter().find(|strategy| strategy.title.as_deref() == Some(segment.name)) {
                None => {
                    let strategy = self.strategy(segment.name);
                    wanted("add a strategy", call(&client, Method::POST, &strategies, Some(strategy)).await?)
                        .await?;
                    live = true;
                    writeln!(out, "strategy {} added at {} %", segment.name, self.rollout.unwrap_or(0))?;
                }
                Some(Existing { id, .. }) => match self.rollout {
                    None => writeln!(out, "strategy {} is there", segment.name)?,
                    Some(percent) => {
                        let path: Vec<&str> = strategies.iter().copied().chain([&**id]).collect();
                        let patch = json!([{ "op": "replace", "path": "/parameters/rollout", "value": percent.to_string() }]);
                        wanted("set a rollout", call(&client, Method::PATCH, &path, Some(patch)).await?)
                            .await?;
                        writeln!(out, "strategy {} set to {percent} %", segment.name)?;
                    }
                },
            }
        }

        if live {
            let on: Vec<&str> = environment.iter().copied().chain(["on"]).collect();
            wanted("turn the environment on", call(&client, Method::POST, &on, None).await?).await?;
            writeln!(out, "environment {} is on", self.environment)?;
        } else {
            writeln!(out, "environment {} left as it is: all strategies are disabled", self.environment)?;
        }
        Ok(())
    }

    fn strategy(&self, segment: &str) -> Value {
        json!({
            "name": "flexibleRollout",
            "title": segment,
            "disabled": false,
            "constraints": [{ "contextName": "segment", "operator": "IN", "values": [segment] }],
            "parameters": {
                "rollout": self.rollout.unwrap_or(0).to_string(), "stickiness": "userId", "groupId": self.flag,
            },
        })
    }
}

async fn call(client: &Client, method: Method, path: &[&str], json: Option<Value>) -> Result<Response> {
    let mut request = client.request(method, path)?;
    if let Some(json) = json {
        request = request.json(&json);
    }
    client.send(request).await
}

async fn wanted(what: &str, response: Response) -> Result<Response> {
    if response.status().is_success() { Ok(response) } else { Err(refused(what, response).await) }
}
