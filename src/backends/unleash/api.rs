//! Unleash's admin API: one function per request.
//!
//! In: project, environment, flag and token from the settings. Out: wire types, or a [`Fault`].
//!
//! There are two clients, because each keeps its own connections: [`Line::Calm`] for polls, and
//! [`Line::Urgent`] for writes and what verifies them, with short time-outs. A kill never waits for
//! a slow poll, and the watch keeps the urgent connection open.
//!
//! Reads may be conditional ([`Etag`]): Unleash answers 304 without a body when nothing changed.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::Settings;
use super::fault::Fault;
use super::log::PAGE;
use super::mapping::SegmentNames;
use super::wire::{Event, Events, Feature, Me, Segments};
use crate::backends::{BackendError, Target};
use crate::domain::Text;
use crate::net::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use crate::net::http::{Auth, Method, Options, Request};
use crate::net::{Client, HttpError};

/// How long a poll may take: a slow answer is better than none, but not after five missed polls.
const CALM_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a write or its verification may take. Unleash needs 20 ms for one on an idle machine; a
/// kill that hangs is better sent again.
const URGENT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection may take to stand for a write.
const URGENT_CONNECT: Duration = Duration::from_secs(1);

/// The largest answer: fifty events of a flag with thirty strategies of fifty constraints.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Which client sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// For polls.
    Calm,
    /// For writes and what verifies them.
    Urgent,
}

/// What the server called its last answer; `None` asks for a full one.
pub type Etag = Option<HeaderValue>;

/// The requests for one flag.
#[derive(Debug)]
pub struct Api {
    calm: Client,
    urgent: Client,
    project: String,
    environment: String,
    flag: String,
}

impl Api {
    /// Sets up both clients; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for a missing token or an address that cannot work.
    pub fn new(settings: &Settings, target: &Target) -> Result<Self, BackendError> {
        let wrong = |why: String| BackendError::Settings {
            cause: Text::new(&format!("cannot set up Unleash for {}: {why}", target.platform)),
        };
        let token = settings.token.resolve().map_err(|error| wrong(error.to_string()))?;
        let client = |url: &Url, connect_timeout, timeout| {
            let options = Options {
                connect_timeout,
                timeout,
                max_body: MAX_BODY,
                auth: Some(Auth::Authorization(token.clone())),
                extra_root: settings.ca_file.clone(),
                ..Options::default()
            };
            Client::new(url.clone(), options).map_err(|error| wrong(error.to_string()))
        };
        Ok(Self {
            calm: client(&settings.url, CALM_TIMEOUT, CALM_TIMEOUT)?,
            urgent: client(&settings.url, URGENT_CONNECT, URGENT_TIMEOUT)?,
            project: settings.project.clone(),
            environment: settings.environment.clone(),
            flag: target.flag.as_str().to_owned(),
        })
    }

    /// The project, for messages.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The newest events of the flag, all environments. `None`: the same as last time.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn events(&self, line: Line, etag: &mut Etag) -> Result<Option<Vec<Event>>, Fault> {
        let query = [
            ("feature", format!("IS:{}", self.flag)),
            ("project", format!("IS:{}", self.project)),
            ("limit", PAGE.to_string()),
        ];
        let request = self.client(line).get(["api", "admin", "search", "events"]).query(&query);
        Ok(conditional::<Events>(request, etag).await?.map(|page| page.events))
    }

    /// The flag with all environments. `None`: the same as last time.
    ///
    /// The smaller answer for one environment would leave out the Unleash segments of strategies.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn feature(&self, line: Line, etag: &mut Etag) -> Result<Option<Feature>, Fault> {
        conditional(self.client(line).get(self.path()), etag).await
    }

    /// The names of Unleash's segments. `None`: the same as last time.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn segments(&self, line: Line, etag: &mut Etag) -> Result<Option<SegmentNames>, Fault> {
        let answer: Option<Segments> =
            conditional(self.client(line).get(["api", "admin", "segments"]), etag).await?;
        Ok(answer.map(|all| all.segments.into_iter().map(|segment| (segment.id, segment.name)).collect()))
    }

    /// What the token may do.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn me(&self) -> Result<Me, Fault> {
        Ok(self.calm.get(["api", "admin", "user"]).send().await?.json()?)
    }

    /// Switches the environment on or off. Doing it twice does no harm. Disabled strategies stay so.
    ///
    /// # Errors
    /// When it was not accepted, or no answer came.
    pub async fn switch(&self, on: bool) -> Result<(), Fault> {
        let tail = ["environments", &self.environment, if on { "on" } else { "off" }];
        self.urgent.post(self.path().into_iter().chain(tail)).send().await?;
        Ok(())
    }

    /// Changes a strategy by JSON-Patch; what the patch does not name (variants) stays.
    ///
    /// # Errors
    /// When it was not accepted, or no answer came.
    pub async fn patch(&self, strategy: &str, patch: &Value) -> Result<(), Fault> {
        let tail = ["environments", &self.environment, "strategies", strategy];
        self.urgent.request(Method::PATCH, self.path().into_iter().chain(tail)).json(patch).send().await?;
        Ok(())
    }

    fn client(&self, line: Line) -> &Client {
        match line {
            Line::Calm => &self.calm,
            Line::Urgent => &self.urgent,
        }
    }

    fn path(&self) -> [&str; 6] {
        ["api", "admin", "projects", &self.project, "features", &self.flag]
    }
}

/// Sends a read, conditional if the last answer is known; remembers the new one only if it was understood.
async fn conditional<T: DeserializeOwned>(request: Request, etag: &mut Etag) -> Result<Option<T>, Fault> {
    /// Not modified.
    const SAME: u16 = 304;
    let request = match etag.take() {
        Some(known) => {
            let request = request.header(IF_NONE_MATCH, known.clone());
            *etag = Some(known);
            request
        }
        None => request,
    };
    let answer = request.send().await?;
    if answer.status == SAME && etag.is_some() {
        return Ok(None);
    }
    *etag = None;
    let value = answer.json::<T>().map_err(|error: HttpError| Fault::from(error))?;
    *etag = answer.headers.get(ETAG).cloned();
    Ok(Some(value))
}
