//! The requests to the relay: the flag's configuration, the refresh, the address of the stream.
//!
//! In: the settings, what was known before. Out: answers as the relay sent them, or a [`Fault`].
//!
//! There are two clients for reading, so that a kill never waits for a slow poll, and one with the admin key for the
//! refresh. A stream takes the key in its address only: that address is never shown.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::Settings;
use super::fault::Fault;
use super::flag::Object;
use crate::backends::{BackendError, Target};
use crate::domain::Text;
use crate::net::Client;
use crate::net::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use crate::net::http::{Auth, Options};

/// How long a poll may take: a slow answer is better than none, but not after five missed polls.
const CALM_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a read of a command may take. The relay answers from memory.
const URGENT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection may take to stand for a command.
const URGENT_CONNECT: Duration = Duration::from_secs(1);

/// The largest answer: one flag with a thousand rules.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Which client sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// For polls.
    Calm,
    /// For commands.
    Urgent,
}

/// What the relay called its last answer; `None` asks for a full one.
pub(super) type Etag = Option<HeaderValue>;

/// What a read gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// The same as last time.
    Same,
    /// The relay has no such flag.
    Gone,
    /// The flag.
    Flag(Object),
}

/// What came of the refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refreshed {
    /// The relay has read its store.
    Done,
    /// It tried, and keeps its old flags: the store, or a flag in it, is broken.
    Failed,
    /// The relay does not accept the admin key.
    Denied,
    /// It is not possible this way: the relay will look at its store by itself.
    Impossible(&'static str),
}

/// The requests for one flag.
#[derive(Debug)]
pub(super) struct Api {
    calm: Client,
    urgent: Client,
    admin: Option<Client>,
    url: Url,
    key: Option<SecretString>,
    flag: String,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(default)]
    flags: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct RefreshAnswer {
    refreshed: bool,
}

impl Api {
    /// Sets up the clients; nothing is connected yet.
    pub(super) fn new(settings: &Settings, target: &Target) -> Result<Self, BackendError> {
        let wrong = |why: String| BackendError::Settings {
            cause: Text::new(&format!("cannot set up GO Feature Flag for {}: {why}", target.platform)),
        };
        let secret = |source: &Option<crate::net::SecretSource>| {
            source
                .as_ref()
                .map(|source| source.resolve().map_err(|error| wrong(error.to_string())))
                .transpose()
        };
        let (key, admin_key) = (secret(&settings.api_key)?, secret(&settings.admin_key)?);
        let client = |key: Option<&SecretString>, connect_timeout, timeout| {
            let auth = key.map(|key| Auth::Header { name: "X-API-Key".into(), value: key.clone() });
            let extra_root = settings.ca_file.clone();
            let options = Options {
                connect_timeout,
                timeout,
                max_body: MAX_BODY,
                auth,
                extra_root,
                ..Options::default()
            };
            Client::new(settings.url.clone(), options).map_err(|error| wrong(error.to_string()))
        };
        let admin =
            admin_key.as_ref().map(|key| client(Some(key), URGENT_CONNECT, URGENT_TIMEOUT)).transpose()?;
        Ok(Self {
            calm: client(key.as_ref(), CALM_TIMEOUT, CALM_TIMEOUT)?,
            urgent: client(key.as_ref(), URGENT_CONNECT, URGENT_TIMEOUT)?,
            admin,
            url: settings.url.clone(),
            key,
            flag: target.flag.as_str().to_owned(),
        })
    }

    /// The key of the flag.
    pub(super) fn flag(&self) -> &str {
        &self.flag
    }

    /// The key, for what must not travel in the clear.
    pub(super) const fn key(&self) -> Option<&SecretString> {
        self.key.as_ref()
    }

    /// Whether there is a key for the refresh.
    pub(super) const fn has_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// The flag, as the relay evaluates it.
    pub(super) async fn configuration(&self, line: Line, etag: &mut Etag) -> Result<Answer, Fault> {
        /// Not modified.
        const SAME: u16 = 304;
        let client = if line == Line::Calm { &self.calm } else { &self.urgent };
        let mut request = client.post(["v1", "flag", "configuration"]).json(&json!({ "flags": [self.flag] }));
        if let Some(known) = etag.as_ref() {
            request = request.header(IF_NONE_MATCH, known.clone());
        }
        let answer = request.send().await?;
        if answer.status == SAME && etag.is_some() {
            return Ok(Answer::Same);
        }
        *etag = None;
        let mut configuration = answer.json::<Configuration>()?;
        let read = match configuration.flags.remove(&self.flag) {
            None => Answer::Gone,
            Some(serde_json::Value::Object(flag)) => Answer::Flag(flag),
            Some(_) => {
                return Err(Fault::passing("the relay answered with something that is no flag".into()));
            }
        };
        // Remembered only if it was understood.
        *etag = answer.headers.get(ETAG).cloned();
        Ok(read)
    }

    /// Makes the relay read its store now. It changes nothing that is stored.
    pub(super) async fn refresh(&self) -> Result<Refreshed, Fault> {
        let Some(admin) = &self.admin else {
            return Ok(Refreshed::Impossible("there is no admin_key in the rollout file"));
        };
        let answer = match admin.post(["admin", "v1", "retriever", "refresh"]).send().await {
            Ok(answer) => answer,
            Err(error) if error.is_unauthorized() => return Ok(Refreshed::Denied),
            Err(crate::net::HttpError::Status { code: 400, .. }) => {
                let why = "with flagsets, the relay refreshes only for an admin key that is also one of the flagset's apiKeys (400)";
                return Ok(Refreshed::Impossible(why));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(if answer.json::<RefreshAnswer>()?.refreshed { Refreshed::Done } else { Refreshed::Failed })
    }

    /// Where changes are told, the key in it. `path`: segments below the relay's address.
    pub(super) fn stream(&self, path: &[&str], is_socket: bool) -> Url {
        let mut url = self.url.clone();
        if is_socket {
            // Fails for no scheme that the client above was built for.
            let _ = url.set_scheme(if url.scheme() == "https" { "wss" } else { "ws" });
        }
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if let Some(key) = &self.key {
            url.query_pairs_mut().append_pair("apiKey", key.expose_secret());
        }
        url
    }
}
