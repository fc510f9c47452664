//! Reading the flag, and what watch and control share: what was read last, and when a command has ended.
//!
//! In: the [`Api`] where there is one, our segments, what treatment and control are called. Out: flags, and the states
//! made of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::Variants;
use super::api::{Api, Line};
use super::fault::{Fault, Kind};
use super::flag::Flag;
use super::lanes::Lanes;
use crate::backends::Target;
use crate::domain::{Actor, FlagState};

/// What watch and control have in common.
#[derive(Debug)]
pub struct Reader {
    /// The requests; `None`: only the stream is configured.
    pub api: Option<Api>,
    /// The flag and our segments.
    pub target: Target,
    /// What treatment and control are called.
    pub variants: Variants,
    /// Wakes the watch up: a command has ended, there is news.
    pub nudge: Notify,
    last: Mutex<Option<Arc<Flag>>>,
    ended: AtomicU64,
}

impl Reader {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(api: Option<Api>, target: Target, variants: Variants) -> Self {
        let (nudge, last, ended) = (Notify::new(), Mutex::default(), AtomicU64::new(0));
        Self { api, target, variants, nudge, last, ended }
    }

    /// The requests.
    ///
    /// # Errors
    /// When only the stream is configured.
    pub fn api(&self) -> Result<&Api, Fault> {
        self.api.as_ref().ok_or_else(|| {
            Fault::new(
                Kind::Hopeless,
                "only the stream is configured. hint: api_token, project and environment, too",
            )
        })
    }

    /// Reads the flag once, by the REST API.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn flag(&self, line: Line) -> Result<Arc<Flag>, Fault> {
        let flag = Arc::new(self.api()?.flag(line).await?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&flag));
        Ok(flag)
    }

    /// What the REST API said last.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Flag>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whom the rules serve.
    #[must_use]
    pub fn lanes<'a>(&self, flag: &'a Flag) -> Lanes<'a> {
        Lanes::of(flag, &self.target.segments, &self.variants)
    }

    /// The state for the rest of gonogo.
    #[must_use]
    pub fn state(&self, flag: &Flag, by: Option<Actor>) -> FlagState {
        self.lanes(flag).state(by)
    }

    /// How many commands have ended: a read that began before one must not be shown after it.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    /// Notes that a command has ended, whatever came of it.
    pub fn end(&self) {
        self.ended.fetch_add(1, Ordering::AcqRel);
        self.nudge.notify_one();
    }
}
