//! Unleash, the open-source server, from 7.4.1: polls for news, verifies writes afterwards.
//!
//! In: [`Settings`] and a [`Target`]. Out: the flag's state in one environment as events, and, with
//! rights, a control that changes it.
//!
//! ```text
//!  watch ──poll──▶ api ──wire──▶ reader ──Look──▶ mapping + share ──▶ FlagState ─▶ Sink
//!                   ▲              │ log: seen events, version
//!  Command ─▶ writer ─ plan ───────┘ traces: who else wrote meanwhile
//!               └─ switch_on
//! ```
//!
//! What Unleash does that a cockpit must know, each shown on a real server in `tests/unleash.rs`:
//! - **on** with no enabled strategy adds one for 100 % of all users: see `switch_on`;
//! - a share is an unchecked text, `"150"` and `"abc"` are stored: see `share`;
//! - there is no compare-and-set, `test` in a JSON-Patch is not atomic: see `traces`;
//! - disabling the last enabled strategy turns the environment off: 0 % is the rollout `"0"`;
//! - `PUT` on a strategy wipes its variants: only `PATCH` is used;
//! - event ids may appear out of order: see `log`.
//!
//! The version of a state is the newest event id that was seen before it was read. Only whole
//! percents can be stored. The token needs `UPDATE_FEATURE_STRATEGY` and
//! `UPDATE_FEATURE_ENVIRONMENT`; a personal access token makes Unleash's event log name a person.
//!
//! It must never create, disable or delete a strategy, and never trust a 200: what counts is what
//! was read back. Start reading at `mapping`, then `watch`, then `writer`.

mod api;
mod fault;
mod log;
mod mapping;
mod plan;
mod reader;
mod rights;
mod share;
mod switch_on;
#[cfg(test)]
mod tests;
mod traces;
mod watch;
mod weigh;
mod wire;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use self::api::{Api, Line};
use self::reader::Reader;
use self::writer::Writer;
use super::{Backend, BackendError, Control, Rights, Target};
use crate::domain::{
    Capabilities, Concurrency, FlagState, KillScope, News, OffMeans, Pausing, Span, Widening,
};
use crate::event::{Promise, Sink};
use crate::net::SecretSource;

/// The `backend = { kind = "unleash", … }` of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The server's address, without `/api`.
    pub url: Url,
    /// The project.
    #[serde(default = "default_project")]
    pub project: String,
    /// The environment.
    #[serde(default = "default_environment")]
    pub environment: String,
    /// A personal access token, or an admin token.
    pub token: SecretSource,
    /// How often to ask for news.
    #[serde(default = "default_interval")]
    pub interval: Span,
    /// A PEM file with a root certificate to trust beside the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// The server-side SDKs ask for news every 15 s (`refreshInterval = 15 * 1000` in `src/unleash.ts` of
/// Unleash/unleash-client-node), and the server shows them a change up to a second late. Who set another interval
/// says so in the rollout file.
pub const REACH: Span = Span(Duration::from_secs(15));

/// Each segment is a strategy of its own; a switched-off flag answers "not enabled", which the code decides on.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Poll,
    widen: Widening::WholePercents,
    pause: Pausing::Held,
    concurrency: Concurrency::VerifiedAfter,
    kill: KillScope::Segment,
    off: OffMeans::CodeDefault,
    rehearses: false,
};

fn default_project() -> String {
    "default".into()
}

fn default_environment() -> String {
    "production".into()
}

/// Unleash shows a change within 10 ms; a poll without news is one 304.
fn default_interval() -> Span {
    Span(Duration::from_secs(1))
}

/// One flag in one environment of an Unleash server.
#[derive(Debug)]
pub struct Unleash {
    reader: Arc<Reader>,
    interval: Duration,
    control: Option<Writer>,
}

impl Unleash {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for a missing token or an address that cannot work.
    pub fn new(settings: &Settings, target: Target, rights: Rights) -> Result<Self, BackendError> {
        let api = Api::new(settings, &target)?;
        let reader = Arc::new(Reader::new(api, target));
        let control = (rights == Rights::ReadWrite).then(|| Writer::new(Arc::clone(&reader)));
        Ok(Self { reader, interval: settings.interval.0, control })
    }
}

impl Backend for Unleash {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(watch::watch(&self.reader, self.interval, sink))
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let target = &self.reader.target;
            let look = self.reader.look(Line::Calm).await.map_err(|f| f.into_error("read", target, None))?;
            self.reader.shown().take(&look.page, self.reader.api.environment());
            Ok(look.state(target))
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.control.as_ref().map(|control| control as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async move {
            let api = &self.reader.api;
            let me = api
                .me()
                .await
                .map_err(|f| f.into_error("ask for the rights on", &self.reader.target, None))?;
            Ok(Some(rights::may_write(&me, api.project(), api.environment())))
        })
    }
}
