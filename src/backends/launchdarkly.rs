//! LaunchDarkly: its stream pushes, its REST API reads and writes, verified afterwards.
//!
//! In: [`Settings`] and a [`Target`]. Out: the flag's state in one environment as events, and, with rights and an API
//! token, a control that changes it.
//!
//! ```text
//!  stream /all ── put, patch, delete ─▶ stream ─┐ says that
//!  REST GET flag, audit log ──▶ api ─▶ reader ──┼─▶ watch ─▶ lanes ─▶ FlagState ─▶ Sink
//!                                ▲       │      │ says what and who
//!  Command ─▶ writer ─▶ plan ────┘       └──────┘
//!               └─ rehearsal: dry run, layout: who would change variant
//! ```
//!
//! What LaunchDarkly does that a cockpit must know:
//! - off serves the **off variation**, which may be the one with the feature: see `lanes` and `plan`;
//! - there is no compare-and-set; a patch is done as a whole, and the version says whether others wrote: see `writer`;
//! - variations are laid out in their order, so that with three a widening can move users: see `layout`;
//! - the stream has no names and no variation ids, the REST API pushes nothing: see `watch`;
//! - changes may need approval (405), and all tokens of an account share one limit (429): see `fault`.
//!
//! Users who are named one by one keep their variation whatever the shares are; only off reaches them. Automated
//! releases (progressive, guarded) are not in the published API and look like rollouts whose weights move.
//!
//! It must never trust a 200: what counts is what was read back. Without `api_token` it is read-only. Start reading at
//! `lanes`, then `watch`, then `writer`.

mod api;
mod author;
mod fault;
mod flag;
mod lanes;
mod layout;
mod plan;
mod reader;
mod rehearsal;
mod stream;
#[cfg(test)]
mod tests;
mod watch;
mod wire;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use url::Url;

use self::api::{Api, Line, Mode};
use self::author::author;
use self::fault::{Fault, Kind};
use self::flag::Flag;
use self::reader::Reader;
use self::writer::Writer;
use super::{Backend, BackendError, Control, Rights, Target};
use crate::domain::{
    Capabilities, Concurrency, FlagState, KillScope, LinkState, News, OffMeans, Pausing, Span, Text, Widening,
};
use crate::event::{Promise, Sink};
use crate::net::SecretSource;
use crate::net::sse::{Incoming, Subscription};

/// The `backend = { kind = "launchdarkly", … }` of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where SDKs get their flags, without `/all`; a Relay Proxy serves the same. `None`: [`STREAM_URL`].
    #[serde(default)]
    pub stream_url: Option<Url>,
    /// The server-side SDK key of the environment. `None`: changes are polled.
    #[serde(default)]
    pub sdk_key: Option<SecretSource>,
    /// The REST API, without `/api`. `None`: [`API_URL`].
    #[serde(default)]
    pub api_url: Option<Url>,
    /// An API access token. `None`: read-only, and rules are known by their ids only.
    #[serde(default)]
    pub api_token: Option<SecretSource>,
    /// The project's key.
    #[serde(default = "default_project")]
    pub project: String,
    /// The environment's key.
    #[serde(default = "default_environment")]
    pub environment: String,
    /// The variation that grows: by name, value or id.
    #[serde(default)]
    pub treatment: Option<String>,
    /// The variation without the feature: likewise.
    #[serde(default)]
    pub control: Option<String>,
    /// The kind of context that a new rollout draws by.
    #[serde(default = "default_context_kind")]
    pub context_kind: String,
    /// How often to read the flag by the REST API, pushed or not.
    #[serde(default = "default_interval")]
    pub interval: Span,
    /// A PEM file with a root certificate to trust beside the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// What treatment and control are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variants {
    /// The variation that grows.
    pub treatment: Option<String>,
    /// The variation without the feature.
    pub control: Option<String>,
}

/// Streaming SDKs have a change within a second. Those that poll do so every 30 s at the most often
/// (`MINIMUM_POLL_INTERVAL` of github.com/launchdarkly/rust-server-sdk). Who polls less often says so in the rollout file.
pub const REACH: Span = Span(Duration::from_secs(30));

/// With both halves configured.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Push,
    widen: Widening::Any,
    pause: Pausing::Held,
    concurrency: Concurrency::VerifiedAfter,
    kill: KillScope::Segment,
    off: OffMeans::Variation,
    rehearses: true,
};

/// Where LaunchDarkly's stream is, without `/all`.
pub const STREAM_URL: &str = "https://stream.launchdarkly.com";

/// Where LaunchDarkly's REST API is, without `/api`.
pub const API_URL: &str = "https://app.launchdarkly.com";

/// How long a single read waits for the stream's first word.
const FIRST_PUT: Duration = Duration::from_secs(10);

impl Settings {
    /// What it is able to do with the halves that are configured.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        let mut capabilities = CAPABILITIES;
        if self.sdk_key.is_none() {
            capabilities.news = News::Poll;
        }
        if self.api_token.is_none() {
            capabilities.widen = Widening::Refused;
            capabilities.rehearses = false;
        }
        capabilities
    }

    /// How often there is at least a sign of life.
    #[must_use]
    pub const fn heartbeat(&self) -> Span {
        if self.api_token.is_some() { self.interval } else { Span(stream::HEARTBEAT) }
    }
}

/// An address of the settings, or LaunchDarkly's own.
fn address(said: Option<&Url>, own: &str) -> Result<Url, String> {
    said.map_or_else(|| Url::parse(own).map_err(|error| error.to_string()), |said| Ok(said.clone()))
}

fn default_project() -> String {
    "default".into()
}

fn default_environment() -> String {
    "production".into()
}

fn default_context_kind() -> String {
    flag::USER.into()
}

/// The stream tells at once; this is for what it may have lost. All tokens of an account share one limit.
fn default_interval() -> Span {
    Span(Duration::from_secs(30))
}

/// One flag in one environment of LaunchDarkly.
#[derive(Debug)]
pub struct LaunchDarkly {
    settings: Settings,
    reader: Arc<Reader>,
    control: Option<Writer>,
}

impl LaunchDarkly {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for a missing key or token, or an address that cannot work.
    pub fn new(settings: &Settings, target: Target, rights: Rights) -> Result<Self, BackendError> {
        if settings.sdk_key.is_none() && settings.api_token.is_none() {
            let why = format!(
                "cannot set up LaunchDarkly for {}: it has neither sdk_key nor api_token\nhint: sdk_key = {{ env = \"...\" }} to watch, api_token = {{ env = \"...\" }} to widen and kill",
                target.platform
            );
            return Err(BackendError::Settings { cause: Text::new(&why) });
        }
        let api = settings.api_token.as_ref().map(|token| Api::new(settings, token, &target)).transpose()?;
        if let Some(key) = &settings.sdk_key {
            // A missing key is told at once, not when the watch begins.
            stream::subscribe(settings, key, &target)?;
        }
        let variants = Variants { treatment: settings.treatment.clone(), control: settings.control.clone() };
        let reader = Arc::new(Reader::new(api, target, variants));
        let may_write = rights == Rights::ReadWrite && reader.api.is_some();
        let context_kind = settings.context_kind.clone();
        let control = may_write.then(|| Writer { reader: Arc::clone(&reader), context_kind });
        Ok(Self { settings: settings.clone(), reader, control })
    }

    fn subscribe(&self) -> Result<Option<Subscription>, BackendError> {
        let key = self.settings.sdk_key.as_ref();
        key.map(|key| stream::subscribe(&self.settings, key, &self.reader.target)).transpose()
    }

    /// Reads the flag once, by the stream.
    async fn read_stream(&self) -> Result<FlagState, Fault> {
        let wrong = |kind, why: &str| Fault::new(kind, why);
        let stream = self.subscribe().map_err(|error| wrong(Kind::Hopeless, &error.to_string()))?;
        let Some(mut stream) = stream else { return Err(wrong(Kind::Hopeless, "there is no sdk_key")) };
        let first = async {
            loop {
                match stream.next().await {
                    Incoming::Link(LinkState::Failed { cause }) => {
                        return Err(wrong(Kind::Hopeless, cause.as_str()));
                    }
                    Incoming::Link(LinkState::Retrying { cause, .. }) => {
                        return Err(wrong(Kind::Unsure, cause.as_str()));
                    }
                    Incoming::Event(event) => {
                        let flag = self.reader.target.flag.as_str();
                        match stream::read(&event, flag).map_err(|why| wrong(Kind::Unsure, &why))? {
                            Some(stream::Update::Whole(Some(config))) => return Ok(config),
                            Some(stream::Update::Whole(None)) => {
                                return Err(wrong(Kind::Hopeless, "this environment has no such flag"));
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
        };
        match timeout(FIRST_PUT, first).await {
            Ok(config) => Ok(self.reader.state(&Flag::of_stream(&*config?, None), None)),
            Err(_) => Err(wrong(Kind::Unsure, "the stream sent no flags in time")),
        }
    }
}

impl Backend for LaunchDarkly {
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        // The key was readable when this was built; should it be gone now, the flag is polled.
        let stream = self.subscribe().ok().flatten();
        Box::pin(watch::watch(&self.reader, stream, self.settings.interval.0, sink))
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let target = &self.reader.target;
            let fail = |fault: Fault| fault.into_error("read", target, None);
            let Some(api) = &self.reader.api else { return self.read_stream().await.map_err(fail) };
            let flag = self.reader.flag(Line::Calm).await.map_err(fail)?;
            let log = api.audit(Line::Calm).await.unwrap_or_default();
            Ok(self.reader.state(&flag, author(&log, flag.changed_at)))
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.control.as_ref().map(|control| control as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async move {
            let Some(api) = &self.reader.api else { return Ok(Some(false)) };
            let off = [json!({ "kind": "turnFlagOff" })];
            match api.patch(&off, "gonogo: may I?", Mode::Dry).await {
                Ok(_) => Ok(Some(true)),
                Err(fault) if matches!(fault.kind, Kind::Rejected | Kind::Hopeless) => Ok(Some(false)),
                Err(fault) => Err(fault.into_error("ask for the rights on", &self.reader.target, None)),
            }
        })
    }
}
