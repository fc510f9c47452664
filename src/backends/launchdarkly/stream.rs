//! LaunchDarkly's stream, as SDKs have it: which of its events are about our flag.
//!
//! In: server-sent events of `/all`: `put` is everything, `patch` one flag or segment, `delete` one that went. Out:
//! [`Update`]s of our flag. Sources: `src/data_source.rs` of github.com/launchdarkly/rust-server-sdk, and
//! `internal/streams/stream_events.go` of github.com/launchdarkly/ld-relay.
//!
//! A comment comes every three minutes; five minutes without one mean that the connection is dead.

use std::time::Duration;

use super::Settings;
use super::wire::{Config, Delete, Patch, Put};
use crate::backends::{BackendError, Target};
use crate::domain::Text;
use crate::net::http::{self, Auth};
use crate::net::sse::{Event, Options, Subscription};
use crate::net::{Backoff, SecretSource};

/// How often LaunchDarkly gives a sign of life on an idle stream (`DefaultHeartbeatInterval` of ld-relay).
pub const HEARTBEAT: Duration = Duration::from_secs(180);

/// The read time-out of LaunchDarkly's own SDKs: a heartbeat and some (`streamReadTimeout` in
/// `internal/datasource/streaming_data_source.go` of github.com/launchdarkly/go-server-sdk).
const SILENT_AFTER: Duration = Duration::from_secs(300);

/// The largest event: an environment of some thousand flags, which comes in one line.
const MAX_EVENT: usize = 32 * 1024 * 1024;

/// What happened to our flag.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Everything was sent: this is the flag, if it is there at all.
    Whole(Option<Box<Config>>),
    /// It changed.
    Changed(Box<Config>),
    /// It went, at this version.
    Gone(u64),
}

/// Subscribes; nothing is connected yet.
///
/// # Errors
/// [`BackendError::Settings`] for a missing key or an address that cannot work.
pub fn subscribe(
    settings: &Settings,
    key: &SecretSource,
    target: &Target,
) -> Result<Subscription, BackendError> {
    let wrong = |why: String| BackendError::Settings {
        cause: Text::new(&format!("cannot set up LaunchDarkly for {}: {why}", target.platform)),
    };
    let key = key.resolve().map_err(|error| wrong(error.to_string()))?;
    let mut url = super::address(settings.stream_url.as_ref(), super::STREAM_URL).map_err(&wrong)?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("all");
    }
    let second = Duration::from_secs(1);
    let options = Options {
        http: http::Options {
            auth: Some(Auth::Authorization(key)),
            extra_root: settings.ca_file.clone(),
            ..http::Options::default()
        },
        silent_after: SILENT_AFTER,
        max_line: MAX_EVENT,
        max_event: MAX_EVENT,
        // As LaunchDarkly's SDKs wait (`streamMaxRetryDelay`, `streamRetryResetInterval`, likewise).
        backoff: Backoff::new(second, second * 30, second * 60),
        hide_path: false,
    };
    Subscription::new(&url, options).map_err(|error| wrong(error.to_string()))
}

/// What an event says of a flag. `None`: nothing.
///
/// # Errors
/// A sentence when it cannot be understood.
pub fn read(event: &Event, flag: &str) -> Result<Option<Update>, String> {
    let wrong =
        |error: serde_json::Error| format!("cannot understand a {:?} of the stream: {error}", event.name);
    let ours = |path: &str| path.strip_prefix("/flags/") == Some(flag);
    // A flag that went may stand there as `null`.
    let config = |text: &str| serde_json::from_str::<Option<Box<Config>>>(text).map_err(wrong);
    Ok(match event.name.as_str() {
        "put" => {
            let put: Put<'_> = serde_json::from_str(&event.data).map_err(wrong)?;
            let found = put.data.flags.get(flag).map(|raw| config(raw.get())).transpose()?.flatten();
            Some(Update::Whole(found.filter(|config| !config.deleted)))
        }
        "patch" => {
            let patch: Patch<'_> = serde_json::from_str(&event.data).map_err(wrong)?;
            let found = if ours(&patch.path) { config(patch.data.get())? } else { None };
            found.map(
                |config| {
                    if config.deleted { Update::Gone(config.version) } else { Update::Changed(config) }
                },
            )
        }
        "delete" => {
            let delete: Delete = serde_json::from_str(&event.data).map_err(wrong)?;
            ours(&delete.path).then_some(Update::Gone(delete.version))
        }
        _ => None,
    })
}

/// The flag as the stream has it, over time.
#[derive(Debug, Default)]
pub struct Streamed {
    /// The flag; `None` before the first `put`, and when it is not there.
    pub config: Option<Box<Config>>,
    /// Whether everything was sent once.
    pub is_known: bool,
    /// The version as it was sent.
    theirs: u64,
    /// What is added to versions, so that they grow also when a relay begins anew with an older archive.
    lift: u64,
    /// The version with that: the highest so far.
    ours: u64,
}

impl Streamed {
    /// Takes an update; says whether anything changed. An older version changes nothing, except in a `put`.
    pub fn take(&mut self, update: Update) -> bool {
        let (config, version) = match update {
            Update::Whole(config) => {
                let version = config.as_ref().map_or(self.theirs, |config| config.version);
                let is_new = !self.is_known || config != self.config;
                self.is_known = true;
                if !is_new {
                    return false;
                }
                (config, version)
            }
            Update::Changed(config) if config.version > self.theirs => {
                let version = config.version;
                (Some(config), version)
            }
            Update::Gone(version) if version > self.theirs => (None, version),
            Update::Changed(_) | Update::Gone(_) => return false,
        };
        (self.config, self.theirs) = (config, version);
        if self.config.is_some() {
            if self.theirs.saturating_add(self.lift) <= self.ours {
                self.lift = (self.ours + 1).saturating_sub(self.theirs);
            }
            self.ours = self.theirs.saturating_add(self.lift);
        }
        true
    }

    /// The version that only grows.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.ours
    }
}
