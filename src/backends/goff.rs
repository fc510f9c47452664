//! GO Feature Flag: the relay proxy tells changes, its store takes them.
//!
//! In: [`Settings`] and a [`Target`]. Out: the flag's state as events, and, with rights and a store, a control that
//! changes it.
//!
//! ```text
//!  relay ══ stream ══▶ watch ─▶ known (versions) ─▶ mapping ─▶ FlagState ─▶ Sink
//!        ◀── api ─────┘                                ▲ the clock: ramps move by themselves
//!  Command ─▶ writer ─ edit ─ check ─▶ store (compare-and-set) ─▶ refresh ─▶ read back from the relay
//! ```
//!
//! What GO Feature Flag does that a cockpit must know, each shown on a real relay in `tests/goff`:
//! - the relay takes no writes: they go to its store, and it is told to read it again;
//! - an invalid flag is dropped, and everybody gets the code's default: see `check`;
//! - a ramp that ends at 0 % ends at 100 %, and percentages bucket users in another way than a ramp: see `edit`;
//! - a rule that is disabled leaves its users to the next rules: a segment is killed by serving it the control;
//! - due steps of a schedule stand before what the flag itself says, also before `disable`: see `flag`;
//! - the stream takes its key in the address, so that address is never shown: see `api`.
//!
//! The relay has no versions: contents are counted as they are seen (`known`). What counts as done is what the relay's
//! `/v1/flag/configuration` answers. Start reading at `mapping`, then `watch`, then `writer`.

mod api;
mod buckets;
mod check;
mod edit;
mod fault;
mod flag;
mod known;
mod mapping;
mod reader;
mod rehearsal;
mod rule;
mod stream;
#[cfg(test)]
mod tests;
mod watch;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use self::api::{Api, Line, Refreshed};
use self::fault::Fault;
use self::mapping::Roles;
use self::reader::Reader;
use self::writer::Writer;
use super::{Backend, BackendError, Control, Rights, Target, store};
use crate::domain::{
    Capabilities, Concurrency, FlagState, KillScope, News, OffMeans, Pausing, Span, Text, Widening,
};
use crate::event::{Promise, Sink};
use crate::net::SecretSource;

/// The `backend = { kind = "goff", … }` of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The relay's address, without `/v1`.
    pub url: Url,
    /// The key for reading and for the stream. `None`: the relay asks for none.
    #[serde(default)]
    pub api_key: Option<SecretSource>,
    /// The key for the refresh. `None`: the relay takes a change up at its next look at the store.
    #[serde(default)]
    pub admin_key: Option<SecretSource>,
    /// How the relay tells changes.
    #[serde(default)]
    pub stream: StreamKind,
    /// How often to ask, with `stream = "poll"`.
    #[serde(default = "default_interval")]
    pub interval: Span,
    /// Where the relay has its flags from. `None`: they can be looked at only.
    #[serde(default)]
    pub store: Option<store::Settings>,
    /// The variation with the feature, where that is not the one that is `true`, or the other one of two.
    #[serde(default)]
    pub treatment: Option<String>,
    /// The variation without the feature, where that is not the one that is `false`.
    #[serde(default)]
    pub control: Option<String>,
    /// A PEM file with a root certificate to trust beside the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How the relay tells changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamKind {
    /// Over a websocket.
    #[default]
    Websocket,
    /// As server-sent events, from v1.53 on. With flagsets only those of the key's flagset.
    Sse,
    /// Not at all: it is asked again and again.
    Poll,
}

fn default_interval() -> Span {
    Span(Duration::from_secs(1))
}

/// A relay looks at its store every 60 s (`pollingInterval` in its documentation) unless it is told to; only the one
/// at `url` is told. Who has one relay, or a shorter interval, says so in the rollout file.
pub const REACH: Span = Span(Duration::from_secs(60));

/// Each rule of the flag has its share; `disable` serves the default in the code.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Push,
    widen: Widening::Any,
    pause: Pausing::Freezes,
    concurrency: Concurrency::CompareAndSet,
    kill: KillScope::Segment,
    off: OffMeans::CodeDefault,
    rehearses: true,
};

impl Settings {
    /// How often there is a sign of life at the least: the relay pings a websocket every second, and one may be late.
    #[must_use]
    pub const fn heartbeat(&self) -> Span {
        match self.stream {
            StreamKind::Websocket => Span(Duration::from_secs(2)),
            StreamKind::Sse => Span(Duration::from_secs(5)),
            StreamKind::Poll => self.interval,
        }
    }

    /// What a flag with these settings is able to do.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        let news = if matches!(self.stream, StreamKind::Poll) { News::Poll } else { News::Push };
        let widen = if self.store.is_some() { Widening::Any } else { Widening::Refused };
        Capabilities { news, widen, ..CAPABILITIES }
    }
}

/// One flag at one relay.
#[derive(Debug)]
pub struct Goff {
    settings: Settings,
    reader: Arc<Reader>,
    writer: Option<Writer>,
}

impl Goff {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for a missing key, or an address or store that cannot work.
    pub fn new(settings: &Settings, target: Target, rights: Rights) -> Result<Self, BackendError> {
        let wrong = |why: String| BackendError::Settings {
            cause: Text::new(&format!("cannot set up GO Feature Flag for {}: {why}", target.platform)),
        };
        let store = match (&settings.store, rights) {
            (Some(settings), Rights::ReadWrite) => Some(store::open(settings).map_err(wrong)?),
            _ => None,
        };
        let api = Api::new(settings, &target)?;
        let roles = Roles { treatment: settings.treatment.clone(), control: settings.control.clone() };
        let reader = Arc::new(Reader::new(api, target, roles));
        let writer = store.map(|store| Writer::new(Arc::clone(&reader), store));
        Ok(Self { settings: settings.clone(), reader, writer })
    }
}

impl Backend for Goff {
    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities()
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(async move {
            let follow = watch::watch(&self.reader, &self.settings, sink);
            match &self.writer {
                Some(writer) => drop(tokio::join!(follow, writer.keep_warm(sink))),
                None => follow.await,
            }
        })
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let looked = self.reader.look(Line::Calm).await;
            let flag = looked.map_err(|fault| fault.into_error("read", &self.reader.target, None))?;
            Ok(self.reader.take(&flag))
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.writer.as_ref().map(|writer| writer as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async move {
            let error = |fault: Fault| fault.into_error("ask for the rights on", &self.reader.target, None);
            let Some(writer) = &self.writer else { return Ok(Some(false)) };
            if !writer.may_store().await.map_err(error)? {
                return Ok(Some(false));
            }
            if !self.reader.api.has_admin() {
                return Ok(Some(true));
            }
            let refreshed = self.reader.api.refresh().await.map_err(error)?;
            Ok(Some(refreshed != Refreshed::Denied))
        })
    }
}
