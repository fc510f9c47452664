//! Reading the flag, and what watch and control know together.
//!
//! In: the [`Api`] and our segments. Out: states. It keeps the contents so far ([`Known`]), the clock that ramps go by,
//! and when a command has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::api::{Answer, Api, Line};
use super::fault::Fault;
use super::flag::Object;
use super::known::Known;
use super::mapping::{self, Roles};
use crate::backends::Target;
use crate::domain::{FlagState, Timestamp, Version};
use crate::runtime::clock::Clock;

/// What watch and control have in common.
#[derive(Debug)]
pub(super) struct Reader {
    pub api: Api,
    pub target: Target,
    pub roles: Roles,
    /// Wakes the watch up: a command has ended.
    pub nudge: Notify,
    clock: Clock,
    known: Mutex<Known>,
    ended: AtomicU64,
    last_end: Mutex<Option<Instant>>,
}

impl Reader {
    /// Nothing is read yet.
    pub(super) fn new(api: Api, target: Target, roles: Roles) -> Self {
        Self {
            api,
            target,
            roles,
            nudge: Notify::new(),
            clock: Clock::system(),
            known: Mutex::default(),
            ended: AtomicU64::new(0),
            last_end: Mutex::default(),
        }
    }

    /// The time by which ramps are computed.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is known. Never held over an `await`.
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that a content is at this moment.
    pub(super) fn state_of(&self, flag: &Object, version: Version) -> FlagState {
        mapping::state(flag, &self.target.segments, &self.roles, self.now(), version)
    }

    /// The newest known content as it is at this moment.
    pub(super) fn state(&self) -> Option<FlagState> {
        let (version, flag) = self.known().newest()?;
        Some(self.state_of(&flag, version))
    }

    /// Takes a content over as the newest.
    pub(super) fn take(&self, flag: &Object) -> FlagState {
        let version = self.known().take(flag);
        self.state_of(flag, version)
    }

    /// Reads the flag once.
    pub(super) async fn look(&self, line: Line) -> Result<Object, Fault> {
        match self.api.configuration(line, &mut None).await? {
            Answer::Flag(flag) => Ok(flag),
            Answer::Gone | Answer::Same => {
                self.known().lose();
                Err(Fault::gone(&self.target))
            }
        }
    }

    /// How many commands have ended: a read that began before one must not be shown after it.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    /// When the last command ended.
    pub(super) fn last_end(&self) -> Option<Instant> {
        *self.last_end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a command has ended, whatever came of it.
    pub(super) fn end(&self) {
        self.ended.fetch_add(1, Ordering::AcqRel);
        *self.last_end.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.nudge.notify_one();
    }
}
