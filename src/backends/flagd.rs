//! flagd, the OpenFeature daemon: listens to its sync stream, writes the file that it reads.
//!
//! In: [`Settings`] and a [`Target`]. Out: the flag's state as events, and, with rights and a file, a control that
//! changes it.
//!
//! ```text
//!  watch ──SyncFlags──▶ wire ─text─▶ flag ─▶ branches, weights ─▶ mapping ─▶ FlagState ─▶ Sink
//!                                     ▲ reader: versions, what is served now
//!  Command ─▶ writer ─▶ file: read ─▶ flag ─▶ mapping ─▶ plan ─▶ text ─▶ schema ─▶ file: swap
//!                └──── waits until flagd's sync answers it ◀── reader
//! ```
//!
//! What flagd does that a cockpit must know (sources: open-feature/flagd; shown on a real one in `tests/flagd`):
//! - it takes no writes: its file is changed, and it looks at that once a second;
//! - an empty file means "all flags are deleted": see `store::file`;
//! - it warns about what breaks its schema and serves it all the same: see `schema`;
//! - weights lie side by side, so with three variants widening makes users change: see `weights`;
//! - weights may be computed: then the share moves by itself, and cannot be known here;
//! - a flag that is `DISABLED` gives the default in the code.
//!
//! It must never write a whole configuration, only the values that change, and never say that something is done which
//! flagd does not serve. Start reading at `mapping`, then `watch`, then `writer`.

mod branches;
mod fault;
mod flag;
mod mapping;
mod plan;
mod reader;
mod schema;
mod text;
mod versions;
mod watch;
mod weights;
mod wire;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use self::fault::{Fault, sentence};
use self::mapping::Roles;
use self::reader::Reader;
use self::wire::Address;
use self::writer::Writer;
use super::store::file::FileDocument;
use super::{Backend, BackendError, Control, Rights, Target};
use crate::domain::{
    Capabilities, Concurrency, FlagState, KillScope, News, OffMeans, Pausing, Span, Widening,
};
use crate::event::{Promise, Sink};

/// The `backend = { kind = "flagd", … }` of a platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its sync service: `http://host:8015`, or `https://`.
    pub url: Url,
    /// Which of its flags: `flagSetId=…` or `source=…`.
    #[serde(default)]
    pub selector: Option<String>,
    /// The JSON file that flagd reads, for writing. Without it, gonogo only looks.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The variant that has the feature; the one with the value `true` unless set.
    #[serde(default)]
    pub treatment: Option<String>,
    /// The variant that has it not; the other one unless set.
    #[serde(default)]
    pub control: Option<String>,
    /// A PEM file with a root certificate to trust beside the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// What it is able to do with these settings.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        let widen = if self.file.is_some() { CAPABILITIES.widen } else { Widening::Refused };
        Capabilities { widen, ..CAPABILITIES }
    }
}

/// flagd looks at its file once a second, and sends what changed to its providers at once
/// (`core/pkg/sync/file/fileinfo_watcher.go`); a second more for slow links and large files.
pub const REACH: Span = Span(Duration::from_secs(2));

/// Each segment is a branch of the targeting; a flag that is disabled gives the default in the code.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Push,
    widen: Widening::Any,
    pause: Pausing::Held,
    concurrency: Concurrency::CompareAndSet,
    kill: KillScope::Segment,
    off: OffMeans::CodeDefault,
    rehearses: true,
};

/// One flag of a flagd.
#[derive(Debug)]
pub struct Flagd {
    reader: Arc<Reader>,
    capabilities: Capabilities,
    file: Option<FileDocument>,
    control: Option<Writer>,
}

impl Flagd {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for an address that cannot work, or a file that is no JSON.
    pub fn new(settings: &Settings, target: Target, rights: Rights) -> Result<Self, BackendError> {
        let wrong = |why: String| BackendError::Settings { cause: sentence("use flagd for", &target, &why) };
        let address = Address::new(&settings.url, settings.selector.as_deref(), settings.ca_file.as_deref())
            .map_err(wrong)?;
        if let Some(file) = settings.file.as_ref().filter(|file| file.extension().is_none_or(|e| e != "json"))
        {
            return Err(wrong(format!(
                "{} is no .json file, and gonogo writes JSON only. hint: flagd reads JSON as well as YAML",
                file.display()
            )));
        }
        let named = Roles { treatment: settings.treatment.clone(), control: settings.control.clone() };
        let reader = Arc::new(Reader::new(address, target, named));
        let file = settings.file.as_deref().map(FileDocument::new);
        let control = file
            .clone()
            .filter(|_| rights == Rights::ReadWrite)
            .map(|file| Writer::new(Arc::clone(&reader), file));
        Ok(Self { reader, capabilities: settings.capabilities(), file, control })
    }
}

impl Backend for Flagd {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(watch::watch(&self.reader, sink))
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let reader = &self.reader;
            reader.look().await.map_err(|fault| fault.into_error("read", &reader.target, None))
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.control.as_ref().map(|control| control as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async move {
            let Some(file) = &self.file else { return Ok(Some(false)) };
            match file.check_writable().await {
                Ok(()) => Ok(Some(true)),
                Err(error) if error.may_pass() => {
                    Err(Fault::from(error).into_error("look at the file of", &self.reader.target, None))
                }
                Err(_) => Ok(Some(false)),
            }
        })
    }
}
