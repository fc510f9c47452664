//! LaunchDarkly's REST API: one function per request.
//!
//! In: project, environment, flag and token from the settings. Out: wire types, or a [`Fault`]. The published OpenAPI
//! file describes them; semantic patches it describes in words only.
//!
//! Two clients, because each keeps its own connections: [`Line::Calm`] for polls, [`Line::Urgent`] for writes and what
//! verifies them. A kill never waits for a slow poll.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::Settings;
use super::fault::{Fault, Kind};
use super::flag::Flag;
use super::wire;
use crate::backends::{BackendError, Target};
use crate::domain::Text;
use crate::net::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use crate::net::http::{Auth, Method, Options};
use crate::net::{Client, SecretSource};

/// How long a poll may take.
const CALM_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a write or its verification may take: LaunchDarkly is far away, but a kill that hangs is better sent again.
const URGENT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a connection may take to stand for a write.
const URGENT_CONNECT: Duration = Duration::from_secs(2);

/// The largest answer: a flag with some hundred rules and thousands of users by name.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// How many lines of the audit log are read: who wrote within the last moments.
const AUDIT_LINES: &str = "5";

/// The version of the API that this was written for, so that a token's own default does not matter.
const API_VERSION: &str = "20240415";

/// Which client sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// For polls.
    Calm,
    /// For writes and what verifies them.
    Urgent,
}

/// How a patch is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Do it, unless a pending change of somebody would fail by it.
    Careful,
    /// Do it, whatever is pending.
    Regardless,
    /// Only say what would happen.
    Dry,
}

/// The requests for one flag.
#[derive(Debug)]
pub struct Api {
    calm: Client,
    urgent: Client,
    project: String,
    environment: String,
    flag: String,
}

impl Api {
    /// Sets up both clients; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for a missing token or an address that cannot work.
    pub fn new(settings: &Settings, token: &SecretSource, target: &Target) -> Result<Self, BackendError> {
        let wrong = |why: String| BackendError::Settings {
            cause: Text::new(&format!("cannot set up LaunchDarkly for {}: {why}", target.platform)),
        };
        let token = token.resolve().map_err(|error| wrong(error.to_string()))?;
        let client = |url: &Url, connect_timeout, timeout| {
            let options = Options {
                connect_timeout,
                timeout,
                max_body: MAX_BODY,
                auth: Some(Auth::Authorization(token.clone())),
                headers: vec![("LD-API-Version".into(), API_VERSION.into())],
                extra_root: settings.ca_file.clone(),
                ..Options::default()
            };
            Client::new(url.clone(), options).map_err(|error| wrong(error.to_string()))
        };
        let url = super::address(settings.api_url.as_ref(), super::API_URL).map_err(wrong)?;
        Ok(Self {
            calm: client(&url, CALM_TIMEOUT, CALM_TIMEOUT)?,
            urgent: client(&url, URGENT_CONNECT, URGENT_TIMEOUT)?,
            project: settings.project.clone(),
            environment: settings.environment.clone(),
            flag: target.flag.as_str().to_owned(),
        })
    }

    /// The flag in our environment.
    ///
    /// # Errors
    /// When there is no usable answer, or it is archived or not in this environment.
    pub async fn flag(&self, line: Line) -> Result<Flag, Fault> {
        let request = self.client(line).get(self.path()).query(&[("env", &self.environment)]);
        let flag: wire::Flag = request.send().await?.json()?;
        self.ours(&flag)
    }

    fn ours(&self, flag: &wire::Flag) -> Result<Flag, Fault> {
        if flag.archived {
            return Err(Fault::new(
                Kind::Hopeless,
                "the flag is archived: SDKs no longer get it. hint: restore it in LaunchDarkly",
            ));
        }
        Flag::of_rest(flag, &self.environment).ok_or_else(|| {
            let known: Vec<_> = flag.environments.keys().map(String::as_str).collect();
            let known =
                if known.is_empty() { "none that the token may see".into() } else { known.join(", ") };
            Fault::new(
                Kind::Hopeless,
                format!(
                    "project {} has no environment {}. hint: it has {known}",
                    self.project, self.environment
                ),
            )
        })
    }

    /// The newest lines about this flag in this environment, newest first.
    ///
    /// # Errors
    /// When there is no usable answer; many tokens may not read the audit log.
    pub async fn audit(&self, line: Line) -> Result<Vec<wire::Entry>, Fault> {
        let spec = format!("proj/{}:env/{}:flag/{}", self.project, self.environment, self.flag);
        let query = [("spec", spec.as_str()), ("limit", AUDIT_LINES)];
        let log: wire::AuditLog =
            self.client(line).get(["api", "v2", "auditlog"]).query(&query).send().await?.json()?;
        Ok(log.items)
    }

    /// Changes the flag, as a whole or not at all. Returns how it would look afterwards where that was said.
    ///
    /// # Errors
    /// When it was not accepted, or no answer came.
    pub async fn patch(
        &self,
        instructions: &[Value],
        comment: &str,
        mode: Mode,
    ) -> Result<Option<Flag>, Fault> {
        const SEMANTIC: HeaderValue =
            HeaderValue::from_static("application/json; domain-model=launchdarkly.semanticpatch");
        const CONTENT: HeaderName = CONTENT_TYPE;
        let query: &[(&str, &str)] = match mode {
            Mode::Careful => &[],
            Mode::Regardless => &[("ignoreConflicts", "true")],
            Mode::Dry => &[("dryRun", "true")],
        };
        let body =
            json!({ "environmentKey": self.environment, "comment": comment, "instructions": instructions });
        let request = self.urgent.request(Method::PATCH, self.path()).header(CONTENT, SEMANTIC);
        let answer = request.query(query).json(&body).send().await?;
        // Done is done, however it is described; what counts is read back.
        Ok(answer.json::<wire::Flag>().ok().and_then(|flag| self.ours(&flag).ok()))
    }

    fn client(&self, line: Line) -> &Client {
        match line {
            Line::Calm => &self.calm,
            Line::Urgent => &self.urgent,
        }
    }

    fn path(&self) -> [&str; 5] {
        ["api", "v2", "flags", &self.project, &self.flag]
    }
}
