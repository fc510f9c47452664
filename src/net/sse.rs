//! Server-sent events, for ever: a subscription that comes back by itself.
//!
//! In: an address, [`Options`]. Out: [`Incoming`], one at a time: events in their order, how the link is, signs of
//! life, and what could not be used.
//!
//! ```text
//!  Client::get_base ─▶ Streaming ─▶ meter (line, event) ─▶ sse-stream ─▶ Subscription::next ─▶ Incoming
//!                                      └─ any byte is a sign of life                 ▲
//!                                                 Last-Event-ID, retry:, back-off ───┘
//! ```
//!
//! - Any byte counts as life, comments too; after `silent_after` without one the connection is dead.
//! - A line or an event above its limit ends the connection, and so does what is not UTF-8.
//! - `retry:` and `Retry-After` are the least wait, within bounds; the back-off comes on top, with its jitter.
//! - What trying again cannot mend (a refused key, no event stream at this address) is told as `Failed`, once, and
//!   then tried again quietly every [`AGAIN`], as `feed::Standing` does.
//! - Redirects are followed within the server only. The query of the address, which may hold a key, is never shown.
//!
//! There is no task and no queue between socket and reader. [`Subscription::next`] may be dropped and called again
//! at any time: neither an event nor an attempt to connect is lost. The format is the HTML standard's, 9.2.
//!
//! It must never give up, and never hand in half an event. Start reading at [`Subscription::next`].

mod meter;
mod open;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use url::Url;

use self::open::{Open, Received};
use super::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderName, HeaderValue};
use super::http::{self, Client, HttpError, Streaming};
use super::{Backoff, address};
use crate::domain::{LinkState, Span, Text};

/// How long to wait after a refusal that only somebody else can mend.
pub const AGAIN: Duration = Duration::from_secs(30);

/// The longest wait that a server can ask for: after five minutes without news somebody would look elsewhere.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The longest event id that is sent back, in bytes: a header of a few lines.
const MAX_ID: usize = 1024;

/// What a subscription allows itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Credentials and headers. Its `timeout` is how long the head of the answer may take; `max_body` does not count.
    pub http: http::Options,
    /// How long without any byte until the connection is dead.
    pub silent_after: Duration,
    /// The longest line in bytes.
    pub max_line: usize,
    /// The largest event in bytes, comments left out.
    pub max_event: usize,
    /// The waits between attempts.
    pub backoff: Backoff,
    /// Whether the path is as secret as the query: then only scheme, host and port are shown.
    pub hide_path: bool,
}

impl Default for Options {
    /// 1 MiB for a line and for an event; dead after 45 s, three of the comments that the standard asks servers for.
    fn default() -> Self {
        Self {
            http: http::Options::default(),
            silent_after: Duration::from_secs(45),
            max_line: 1024 * 1024,
            max_event: 1024 * 1024,
            backoff: Backoff::default(),
            hide_path: false,
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its kind: `message` when the server gives none.
    pub name: String,
    /// Its data, lines joined by line feeds; foreign text.
    pub data: String,
    /// The id that it carries, if any.
    pub id: Option<String>,
}

/// What a subscription has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// The link changed.
    Link(LinkState),
    /// An event.
    Event(Event),
    /// Nothing new, but the server is there: a comment, or a part of an event.
    Heard,
    /// Something could not be used.
    Problem(Text),
}

/// A subscription for ever.
pub struct Subscription {
    client: Client,
    shown: String,
    hidden: String,
    options: Options,
    phase: Phase,
    /// What the server wants to be told at the next connection.
    last_id: Option<HeaderValue>,
    /// The least wait that the server asked for.
    retry: Duration,
    /// What was told when it gave up; `None` once there was a sign of life.
    failed: Option<LinkState>,
    status: Option<u16>,
}

enum Phase {
    Fresh,
    Waiting(Instant),
    Opening(Pin<Box<dyn Future<Output = Result<Streaming, HttpError>> + Send + Sync>>),
    Open(Box<Open>),
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("url", &self.shown).finish_non_exhaustive()
    }
}

impl Subscription {
    /// A subscription to an address, its query included; connects at the first [`Subscription::next`].
    ///
    /// # Errors
    /// [`HttpError::Setup`] when the address is not http(s), a header cannot be sent, or the extra root cannot be read.
    pub fn new(url: &Url, options: Options) -> Result<Self, HttpError> {
        let hidden = address::shown(url);
        let shown = if options.hide_path { url.origin().ascii_serialization() } else { hidden.clone() };
        let client = Client::new(url.clone(), options.http.clone())?;
        let (last_id, retry) = (None, Duration::ZERO);
        Ok(Self {
            client,
            shown,
            hidden,
            options,
            phase: Phase::Fresh,
            last_id,
            retry,
            failed: None,
            status: None,
        })
    }

    /// Where it leads, without anything secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shown
    }

    /// The status of the last answer; `None` when the last attempt had none. A 404 may mean another path.
    #[must_use]
    pub const fn last_status(&self) -> Option<u16> {
        self.status
    }

    /// Waits for the next thing. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Incoming {
        // In a flood the next event is here already; but other tasks have their turn.
        tokio::task::coop::consume_budget().await;
        loop {
            let said = match &mut self.phase {
                Phase::Fresh => {
                    self.phase = Phase::Waiting(Instant::now());
                    Some(Incoming::Link(LinkState::Connecting))
                }
                Phase::Waiting(until) => {
                    sleep_until(*until).await;
                    self.phase = Phase::Opening(Box::pin(self.request().open()));
                    None
                }
                Phase::Opening(opening) => match opening.await {
                    Ok(answer) => self.opened(answer),
                    Err(error) => self.refused(&error),
                },
                Phase::Open(open) => match open.receive().await {
                    Received::Block(block) => Some(self.take(block)),
                    Received::Heard => Some(Incoming::Heard),
                    Received::End(lost) => {
                        let lived = open.since.elapsed();
                        self.options.backoff.lived(lived);
                        self.lost(&lost.to_string(), Duration::ZERO)
                    }
                },
            };
            if let Some(said) = said {
                return said;
            }
        }
    }

    fn request(&self) -> http::Request {
        /// A header of the standard that the `http` crate does not name.
        const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
        let request = self
            .client
            .get_base()
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"))
            .header(CACHE_CONTROL, HeaderValue::from_static("no-cache"))
            // A compressed event would wait in the compressor of some proxy.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        match &self.last_id {
            Some(id) => request.header(LAST_EVENT_ID, id.clone()),
            None => request,
        }
    }

    fn opened(&mut self, answer: Streaming) -> Option<Incoming> {
        self.status = Some(answer.status);
        if let Err(why) = open::is_event_stream(&answer) {
            return self.failed(&why);
        }
        self.failed = None;
        let Options { silent_after, max_line, max_event, .. } = self.options;
        let open = Open::new(answer, self.shown.clone(), silent_after, max_line, max_event);
        self.phase = Phase::Open(Box::new(open));
        Some(Incoming::Link(LinkState::Live))
    }

    fn refused(&mut self, error: &HttpError) -> Option<Incoming> {
        let (status, pause) = match error {
            HttpError::Status { code, retry_after, .. } => (Some(*code), retry_after.unwrap_or_default()),
            _ => (None, Duration::ZERO),
        };
        self.status = status;
        if status.is_some_and(is_final) || matches!(error, HttpError::Setup { .. }) {
            return self.failed(&error.to_string());
        }
        self.lost(&error.to_string(), pause)
    }

    fn take(&mut self, block: sse_stream::Sse) -> Incoming {
        let sse_stream::Sse { event, data, id, retry } = block;
        if let Some(retry) = retry {
            self.retry = Duration::from_millis(retry).min(LONGEST_PAUSE);
        }
        if let Some(id) = &id {
            match HeaderValue::from_bytes(id.as_bytes()) {
                Ok(value) if id.len() <= MAX_ID => self.last_id = (!id.is_empty()).then_some(value),
                _ if data.is_none() => return Incoming::Problem(self.unusable_id(id.len())),
                // The event itself is good; the next connection begins after the event before it.
                _ => {}
            }
        }
        let Some(data) = data else { return Incoming::Heard };
        let name = event.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".into());
        Incoming::Event(Event { name, data, id })
    }

    fn unusable_id(&self, length: usize) -> Text {
        Text::new(&format!("{} gave an event id of {length} bytes that cannot be sent back", self.shown))
    }

    /// Lost, and trying again may mend it.
    fn lost(&mut self, cause: &str, pause: Duration) -> Option<Incoming> {
        let wait = self.options.backoff.next(rand::random()) + pause.min(LONGEST_PAUSE).max(self.retry);
        self.phase = Phase::Waiting(Instant::now() + wait);
        self.failed = None;
        Some(Incoming::Link(LinkState::Retrying { cause: self.text(cause), wait: Span(wait) }))
    }

    /// Refused, and only somebody else can mend it.
    fn failed(&mut self, cause: &str) -> Option<Incoming> {
        self.phase = Phase::Waiting(Instant::now() + AGAIN);
        let state = LinkState::Failed { cause: self.text(cause) };
        let is_known = self.failed.as_ref() == Some(&state);
        self.failed = Some(state.clone());
        (!is_known).then_some(Incoming::Link(state))
    }

    fn text(&self, cause: &str) -> Text {
        if self.options.hide_path {
            Text::new(&cause.replace(&self.hidden, &self.shown))
        } else {
            Text::new(cause)
        }
    }
}

/// Whether a status will not mend itself. A server that is asked too often or too early is one that will.
const fn is_final(status: u16) -> bool {
    matches!(status, 300..=499) && !matches!(status, 400 | 408 | 425 | 429)
}
