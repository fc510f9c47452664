//! Flag backends: one adapter per place where a flag can live.
//!
//! In: settings from the rollout file and a [`Target`]. Out: the flag's state as events
//! ([`Backend::watch`]), and, with rights, a [`Control`] that changes it and reads it back.
//!
//! Without rights no control is constructed: read-only is structural. An adapter never decides
//! anything; it neither sees the engine nor another adapter. It must never report a change as done
//! that it has not read back.
//!
//! A new backend is one file (or folder) here, one variant of [`BackendSettings`] with one line in each
//! of its functions, and one arm of [`build`]. Start reading at [`Backend`], then `feed` (pushes, refuses old versions) or
//! `unleash` (polls, verifies afterwards).

pub mod feed;
pub mod flagd;
pub mod goff;
pub mod launchdarkly;
pub mod paths;
pub mod store;
pub mod unleash;

use std::sync::Arc;

use serde::Deserialize;

use crate::domain::{Capabilities, FlagKey, FlagState, PlatformName, SegmentName, Span, Text};
use crate::effect::Command;
use crate::event::{Promise, Sink};

/// Which flag on which platform, and what its segments are called there.
#[derive(Debug, Clone)]
pub struct Target {
    /// The platform, for messages.
    pub platform: PlatformName,
    /// The flag's key.
    pub flag: FlagKey,
    /// Our segments, each with the name that the backend knows it by.
    pub segments: Vec<(SegmentName, String)>,
}

/// Whether a control may be constructed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Look only.
    ReadOnly,
    /// Look and change.
    ReadWrite,
}

/// One flag on one platform.
pub trait Backend: Send + Sync {
    /// What this backend is able to do.
    fn capabilities(&self) -> Capabilities;

    /// Watches the flag for ever, with its own retry timer: hands in every state as
    /// [`Body::Flag`](crate::event::Body::Flag), link changes, problems, and a
    /// [`Body::Heard`](crate::event::Body::Heard) for every answer without news.
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()>;

    /// Reads the flag once.
    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>>;

    /// The means to change the flag; `None` without rights.
    fn control(&self) -> Option<&dyn Control>;

    /// Asks the backend whether our credentials may write, without writing. `Ok(None)`: it cannot be
    /// known without trying.
    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>>;
}

/// The means to change a flag.
pub trait Control: Send + Sync {
    /// Makes one attempt: checks, writes, reads back. Returns only what was read. The caller repeats
    /// it where that is right; doing it twice must do no harm.
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>>;

    /// What is to be known before the command is given, each a sentence: users would change their variant, somebody
    /// must approve. Asks the backend where it has a dry run, works it out where it can, and changes nothing. An error
    /// is why it would be refused.
    fn rehearse<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Vec<Text>, BackendError>> {
        let _ = command;
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// What was read back after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The state, which meets the command.
    pub state: FlagState,
    /// A change by somebody else that ours overwrote, in words.
    pub overwrote: Option<Text>,
}

/// Why a backend could not be read or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BackendError {
    /// It said no, or we did before sending: nothing was changed.
    #[error("{cause}")]
    Refused {
        /// Why, with a hint where there is a remedy.
        cause: Text,
        /// What was read on that occasion.
        state: Option<Box<FlagState>>,
    },
    /// It could not be reached or did not answer. After a write: it may or may not have happened.
    #[error("{cause}")]
    Lost {
        /// Why.
        cause: Text,
    },
    /// It answered, but reading back shows something else than was asked for.
    #[error("{cause}")]
    NotMet {
        /// What is different.
        cause: Text,
        /// What was read.
        state: Box<FlagState>,
    },
    /// It is stored where the server has its flags from, and the server does not show it yet: it will take effect later,
    /// by itself.
    #[error("{cause}")]
    Stored {
        /// What is missing, with a hint.
        cause: Text,
    },
    /// The settings cannot work: a bad address, a missing token.
    #[error("{cause}")]
    Settings {
        /// What is wrong, with a hint.
        cause: Text,
    },
}

/// The `backend = { kind = …, … }` of the rollout file: the list of all adapters.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BackendSettings {
    /// A flag service that speaks the feed protocol.
    Feed(crate::feed::Settings),
    /// A flagd.
    Flagd(flagd::Settings),
    /// A GO Feature Flag relay proxy.
    Goff(goff::Settings),
    /// An Unleash server.
    Unleash(unleash::Settings),
    /// LaunchDarkly.
    #[serde(rename = "launchdarkly")]
    LaunchDarkly(Box<launchdarkly::Settings>),
}

impl BackendSettings {
    /// How long after a change all clients are served by it, at worst, when the rollout file does not say.
    #[must_use]
    pub const fn reach(&self) -> Span {
        match self {
            Self::Feed(_) => feed::REACH,
            Self::Flagd(_) => flagd::REACH,
            Self::Goff(_) => goff::REACH,
            Self::Unleash(_) => unleash::REACH,
            Self::LaunchDarkly(_) => launchdarkly::REACH,
        }
    }

    /// How often it says something at the least, where its settings tell. `None`: what is usual.
    #[must_use]
    pub const fn interval(&self) -> Option<Span> {
        match self {
            Self::Feed(_) | Self::Flagd(_) => None,
            Self::Goff(settings) => Some(settings.heartbeat()),
            Self::Unleash(settings) => Some(settings.interval),
            Self::LaunchDarkly(settings) => Some(settings.heartbeat()),
        }
    }

    /// What it is able to do, before the backend itself was asked.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        match self {
            Self::Feed(_) => feed::CAPABILITIES,
            Self::Flagd(settings) => settings.capabilities(),
            Self::Goff(settings) => settings.capabilities(),
            Self::Unleash(_) => unleash::CAPABILITIES,
            Self::LaunchDarkly(settings) => settings.capabilities(),
        }
    }
}

/// Constructs the adapter for a target.
///
/// # Errors
/// [`BackendError::Settings`] when the settings cannot work, before anything is connected.
pub fn build(
    settings: &BackendSettings,
    target: Target,
    rights: Rights,
) -> Result<Box<dyn Backend>, BackendError> {
    match settings {
        BackendSettings::Feed(settings) => {
            Ok(Box::new(feed::Feed::new(settings, crate::feed::Timing::default(), target, rights)?))
        }
        BackendSettings::Flagd(settings) => Ok(Box::new(flagd::Flagd::new(settings, target, rights)?)),
        BackendSettings::Goff(settings) => Ok(Box::new(goff::Goff::new(settings, target, rights)?)),
        BackendSettings::Unleash(settings) => Ok(Box::new(unleash::Unleash::new(settings, target, rights)?)),
        BackendSettings::LaunchDarkly(settings) => {
            Ok(Box::new(launchdarkly::LaunchDarkly::new(settings, target, rights)?))
        }
    }
}

/// Constructs a platform's adapter with the other ways to its flag, each with its name for people.
///
/// # Errors
/// As [`build`], for the first that cannot work.
pub fn build_with_paths(
    (main, others): (&BackendSettings, &[(Text, BackendSettings)]),
    target: &Target,
    rights: Rights,
) -> Result<Arc<dyn Backend>, BackendError> {
    let main: Arc<dyn Backend> = Arc::from(build(main, target.clone(), rights)?);
    // Whoever only looks has no use for other ways.
    if others.is_empty() || rights == Rights::ReadOnly {
        return Ok(main);
    }
    let path = |(name, settings): &(Text, BackendSettings)| {
        let backend = Arc::from(build(settings, target.clone(), rights)?);
        Ok(paths::Path { name: name.clone(), backend })
    };
    let others = others.iter().map(path).collect::<Result<Vec<_>, BackendError>>()?;
    Ok(Arc::new(paths::Paths::new(main, others)))
}
