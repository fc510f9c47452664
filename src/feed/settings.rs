//! Where a feed is, and who we are there.
//!
//! In: `{ url = "wss://…", token = { env = "…" } }` of the rollout file. Out: an [`Endpoint`] that
//! the connections share. The token is read again for each connection, so that a rotated one is
//! found; it never stays in an endpoint.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::MAX_FRAME;
use crate::net::websocket::Options;
use crate::net::{Backoff, SecretError, SecretSource, address};

/// The settings of a feed in the rollout file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `wss://…`, or `ws://…`.
    pub url: Url,
    /// Sent as a bearer token; only over `wss` or to this machine. `None`: no token.
    pub token: Option<SecretSource>,
    /// A PEM file with a root certificate to trust beside the platform's.
    pub ca_file: Option<PathBuf>,
}

/// All times of a feed's connections; injected so that tests need not wait.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Until TCP, TLS, websocket and both `hello`s are done; each of the two halves may take so long.
    pub handshake: Duration,
    /// How often to ping.
    pub ping_every: Duration,
    /// How long without any frame until the connection is dead.
    pub dead_after: Duration,
    /// Until a snapshot that is due must be complete.
    pub snapshot: Duration,
    /// Until a standing connection must have answered a `set`; after that a new one is tried.
    pub answer: Duration,
    /// The waits between attempts.
    pub backoff: Backoff,
}

impl Default for Timing {
    /// A half-open connection is noticed after 15 s; a `set` changes over to a new connection after 1 s.
    fn default() -> Self {
        let socket = Options::default();
        Self {
            handshake: socket.handshake_timeout,
            ping_every: socket.ping_every,
            dead_after: socket.dead_after,
            snapshot: Duration::from_secs(15),
            answer: Duration::from_secs(1),
            backoff: Backoff::default(),
        }
    }
}

/// Settings that can work.
#[derive(Debug, Clone)]
pub struct Endpoint {
    settings: Settings,
    pub(super) timing: Timing,
}

/// Why settings cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The token cannot be had.
    #[error(transparent)]
    Token(#[from] SecretError),
    /// The address is no websocket address.
    #[error("a feed cannot be at {0}\nhint: the address must begin with wss:// or ws://")]
    Address(String),
    /// A token would be sent in the clear.
    #[error("will not send a token to {0} over an open line\nhint: use wss://")]
    Exposed(String),
}

impl Endpoint {
    /// Checks the settings, the token included.
    ///
    /// # Errors
    /// [`SettingsError`] when they cannot work.
    pub fn new(settings: Settings, timing: Timing) -> Result<Self, SettingsError> {
        let url = &settings.url;
        if !matches!(url.scheme(), "ws" | "wss") || url.host().is_none() {
            return Err(SettingsError::Address(address::shown(url)));
        }
        if settings.token.is_some() && url.scheme() == "ws" && !address::is_loopback(url) {
            return Err(SettingsError::Exposed(address::shown(url)));
        }
        let endpoint = Self { settings, timing };
        endpoint.token().map(|_| endpoint).map_err(SettingsError::from)
    }

    /// Where it leads, without anything secret.
    #[must_use]
    pub fn shown(&self) -> String {
        address::shown(&self.settings.url)
    }

    pub(super) fn url(&self) -> &Url {
        &self.settings.url
    }

    pub(super) fn options(&self) -> Result<Options, SecretError> {
        Ok(Options {
            handshake_timeout: self.timing.handshake,
            max_message: MAX_FRAME,
            ping_every: self.timing.ping_every,
            dead_after: self.timing.dead_after,
            bearer: self.token()?,
            extra_root: self.settings.ca_file.clone(),
        })
    }

    fn token(&self) -> Result<Option<SecretString>, SecretError> {
        self.settings.token.as_ref().map(SecretSource::resolve).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Result<Endpoint, String> {
        let settings = toml::from_str(text).map_err(|error| error.to_string())?;
        Endpoint::new(settings, Timing::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_checked_before_anything_is_connected() {
        let shown = endpoint(r#"url = "wss://flags.example/feed""#).map(|e| e.shown());
        assert_eq!(shown.as_deref(), Ok("wss://flags.example/feed"));
        for (text, why) in [
            (r#"url = "https://flags.example""#, "wss://"),
            (
                r#"url = "ws://flags.example"
                token = { env = "PATH" }"#,
                "open line",
            ),
            (
                r#"url = "ws://127.0.0.1:1"
                token = { env = "GONOGO_TEST_UNSET" }"#,
                "GONOGO_TEST_UNSET",
            ),
            (
                r#"url = "ws://127.0.0.1:1"
                tokn = 1"#,
                "unknown field",
            ),
        ] {
            let error = endpoint(text).err().unwrap_or_default();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(endpoint("url = \"ws://127.0.0.1:1\"\ntoken = { env = \"PATH\" }").is_ok());
    }

    #[test]
    fn a_half_open_connection_is_noticed_within_twenty_seconds() {
        let timing = Timing::default();
        assert!(timing.dead_after + timing.ping_every <= Duration::from_secs(20));
        assert!(timing.ping_every * 2 < timing.dead_after, "one lost pong is no death");
    }
}
