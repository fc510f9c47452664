//! Reading the flag: events first, then the flag, so that a version never promises more than its
//! state holds.
//!
//! In: the [`Api`] and our segments. Out: [`Look`]s, each a whole picture of the flag, from which
//! states are made and writes are planned.
//!
//! It also keeps what watch and control share: which events were shown to somebody, the names of
//! Unleash's segments, and when a command has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::api::{Api, Line};
use super::fault::Fault;
use super::log::Log;
use super::mapping::{Map, SegmentNames, Stamp};
use super::wire::{Environment, Event, Feature};
use crate::backends::Target;
use crate::domain::{FlagState, Version};

/// What watch and control have in common.
#[derive(Debug)]
pub struct Reader {
    /// The requests.
    pub api: Api,
    /// The flag and our segments.
    pub target: Target,
    /// Wakes the watch up: a command has ended, there is news.
    pub nudge: Notify,
    shown: Mutex<Log>,
    names: Mutex<Arc<SegmentNames>>,
    ended: AtomicU64,
}

/// The flag at one moment.
#[derive(Debug, Clone)]
pub struct Look {
    /// In our environment.
    pub environment: Environment,
    /// The names of Unleash's segments.
    pub names: Arc<SegmentNames>,
    /// The newest events, read before the flag.
    pub page: Vec<Event>,
    /// Where in the log it stands.
    pub stamp: Stamp,
    /// The log with this page in it.
    pub log: Log,
    /// The log before: what was shown to somebody.
    shown: Log,
}

impl Look {
    /// Whom the strategies serve.
    #[must_use]
    pub fn map(&self, target: &Target) -> Map<'_> {
        Map::of(&self.environment, &target.segments, &self.names)
    }

    /// The state for the rest of gonogo.
    #[must_use]
    pub fn state(&self, target: &Target) -> FlagState {
        self.map(target).state(self.environment.enabled, self.stamp.clone(), &self.names)
    }

    /// The events that somebody who saw `expected` has not seen, newest first.
    #[must_use]
    pub fn unseen_since(&self, expected: Version) -> Vec<&Event> {
        self.shown.unseen(&self.page, &self.environment.name, expected)
    }
}

impl Reader {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(api: Api, target: Target) -> Self {
        Self {
            api,
            target,
            nudge: Notify::new(),
            shown: Mutex::default(),
            names: Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    /// Reads everything once.
    ///
    /// # Errors
    /// When a read fails, or the environment is not there.
    pub async fn look(&self, line: Line) -> Result<Look, Fault> {
        let page = self.api.events(line, &mut None).await?.unwrap_or_default();
        let feature = self.api.feature(line, &mut None).await?.ok_or_else(no_body)?;
        let environment = self.environment(feature)?;
        let names = self.names_for(&environment, line).await?;
        let shown = self.shown().clone();
        let mut log = shown.clone();
        log.take(&page, self.api.environment());
        Ok(Look { environment, names, page, stamp: log.stamp(), log, shown })
    }

    /// Reads only the flag, in one request: its version is the newest that was shown before.
    ///
    /// # Errors
    /// When the read fails, or the environment is not there.
    pub async fn glance(&self, line: Line) -> Result<FlagState, Fault> {
        let feature = self.api.feature(line, &mut None).await?.ok_or_else(no_body)?;
        let environment = self.environment(feature)?;
        let names = self.known_names();
        Ok(Map::of(&environment, &self.target.segments, &names).state(
            environment.enabled,
            self.shown().stamp(),
            &names,
        ))
    }

    /// Our environment of a flag.
    ///
    /// # Errors
    /// When it is archived or not in this environment.
    pub fn environment(&self, feature: Feature) -> Result<Environment, Fault> {
        if feature.archived {
            return Err(Fault::hopeless(
                "the flag is archived: SDKs no longer get it. hint: revive it in Unleash".into(),
            ));
        }
        let wanted = self.api.environment();
        let known: Vec<_> = feature.environments.iter().map(|e| e.name.clone()).collect();
        feature.environments.into_iter().find(|environment| environment.name == wanted).ok_or_else(|| {
            Fault::hopeless(format!(
                "project {} has no environment {wanted}. hint: it has {}",
                self.api.project(),
                known.join(", ")
            ))
        })
    }

    /// The names of the Unleash segments that an environment refers to; asks for them only if one is
    /// not known yet.
    ///
    /// # Errors
    /// When they have to be read and cannot be.
    pub async fn names_for(&self, environment: &Environment, line: Line) -> Result<Arc<SegmentNames>, Fault> {
        let names = self.known_names();
        let mut ids = environment.strategies.iter().flat_map(|strategy| &strategy.segments);
        if ids.all(|id| names.contains_key(id)) {
            return Ok(names);
        }
        let names = Arc::new(self.api.segments(line, &mut None).await?.unwrap_or_default());
        self.keep_names(Arc::clone(&names));
        Ok(names)
    }

    /// The names as last read.
    #[must_use]
    pub fn known_names(&self) -> Arc<SegmentNames> {
        Arc::clone(&self.names.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the names.
    pub fn keep_names(&self, names: Arc<SegmentNames>) {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// The events that were shown to somebody. Never held over an `await`.
    pub fn shown(&self) -> MutexGuard<'_, Log> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
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

fn no_body() -> Fault {
    Fault { kind: super::fault::Kind::Unsure, cause: "Unleash answered without a flag".into(), wait: None }
}
