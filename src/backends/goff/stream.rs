//! Where the relay tells changes: a websocket, server-sent events, or nowhere.
//!
//! In: the address with the key in it, never shown. Out: one [`News`] after the other, or a [`Fault`] that ends it. It
//! does not reconnect. The current path of the websocket is tried first, then the one of relays before v1.53.
//!
//! The relay pings its websockets every second, so five without anything is a dead link. It sends no sign of life on
//! server-sent events: there, a look at the flag every few seconds is it.

use std::future::pending;
use std::time::Duration;

use serde::Deserialize;

use super::api::Api;
use super::fault::Fault;
use super::flag::Object;
use super::{Settings, StreamKind};
use crate::domain::LinkState;
use crate::net::sse::{self, Incoming, Subscription};
use crate::net::websocket::{self, Frame, Socket, SocketError};
use crate::net::{Backoff, http};

/// How long without any frame until a websocket is dead: five pings of the relay.
const DEAD_AFTER: Duration = Duration::from_secs(5);

/// How often we ping: a relay that does not is asked twice before it is given up.
const PING_EVERY: Duration = Duration::from_secs(2);

/// The largest message: the old and the new state of all flags that changed at once, and at its start of all flags.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Server-sent events have no sign of life at the relay. The looks in between find out, so this is for sockets that
/// nobody would ever close.
const QUIET: Duration = Duration::from_secs(3600);

/// What a relay tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum News {
    /// Flags changed: the text of the message.
    Changed(String),
    /// Nothing, but the relay is there.
    Alive,
}

/// An open stream.
#[derive(Debug)]
pub(super) enum Stream {
    Socket(Box<Socket>),
    Events(Box<Subscription>),
    /// There is none: the relay is asked again and again.
    Polls,
}

impl Stream {
    /// Connects.
    pub(super) async fn open(api: &Api, settings: &Settings) -> Result<Self, Fault> {
        match settings.stream {
            StreamKind::Websocket => {
                let socket = match connect(api, settings, &["stream", "v1", "ws", "flag", "change"]).await {
                    Err(SocketError::Status { code: 404, .. }) => {
                        connect(api, settings, &["ws", "v1", "flag", "change"]).await
                    }
                    other => other,
                };
                Ok(Self::Socket(Box::new(socket?)))
            }
            StreamKind::Sse => subscribe(api, settings).await.map(|events| Self::Events(Box::new(events))),
            StreamKind::Poll => Ok(Self::Polls),
        }
    }

    /// Waits for the next news; may be dropped and called again without loss.
    pub(super) async fn next(&mut self) -> Result<News, Fault> {
        match self {
            Self::Socket(socket) => match socket.receive().await? {
                Frame::Text(text) => Ok(News::Changed(text.to_string())),
                Frame::Binary(_) | Frame::Alive => Ok(News::Alive),
            },
            Self::Events(events) => loop {
                match events.next().await {
                    Incoming::Event(event) => return Ok(News::Changed(event.data)),
                    Incoming::Heard => return Ok(News::Alive),
                    Incoming::Link(LinkState::Connecting | LinkState::Live) => {}
                    Incoming::Link(LinkState::Retrying { cause, .. } | LinkState::Failed { cause }) => {
                        return Err(Fault::passing(cause.to_string()));
                    }
                    Incoming::Problem(problem) => return Err(Fault::passing(problem.to_string())),
                }
            },
            Self::Polls => pending().await,
        }
    }
}

async fn connect(api: &Api, settings: &Settings, path: &[&str]) -> Result<Socket, SocketError> {
    let options = websocket::Options {
        max_message: MAX_MESSAGE,
        ping_every: PING_EVERY,
        dead_after: DEAD_AFTER,
        // Not read there; but with it the socket refuses to let the key, which is in the address, out in the clear.
        bearer: api.key().cloned(),
        extra_root: settings.ca_file.clone(),
        ..websocket::Options::default()
    };
    websocket::connect(&api.stream(path, true), &options).await
}

async fn subscribe(api: &Api, settings: &Settings) -> Result<Subscription, Fault> {
    let url = api.stream(&["stream", "v1", "sse", "flag", "change"], false);
    let http = http::Options { extra_root: settings.ca_file.clone(), ..http::Options::default() };
    let options = sse::Options {
        http,
        silent_after: QUIET,
        max_line: MAX_MESSAGE,
        max_event: MAX_MESSAGE,
        backoff: Backoff::default(),
        hide_path: false,
    };
    let mut events = Subscription::new(&url, options)?;
    loop {
        match events.next().await {
            Incoming::Link(LinkState::Live) => return Ok(events),
            Incoming::Link(LinkState::Retrying { cause, .. } | LinkState::Failed { cause }) => {
                return Err(match events.last_status() {
                    Some(404) => Fault::hopeless(
                        "this relay has no server-sent events (404). hint: they came with v1.53; use stream = \"websocket\"".into(),
                    ),
                    Some(code @ 400..=499) => {
                        Fault { status: Some(code), ..Fault::hopeless(format!("the relay refuses the stream ({code}). hint: is the api_key complete, and of this relay?")) }
                    }
                    _ => Fault::passing(cause.to_string()),
                });
            }
            _ => {}
        }
    }
}

/// What a message says about one flag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    /// Nothing.
    Nothing,
    /// It changed, and has to be looked at.
    Look,
    /// It changed from one content to another.
    From(Box<Object>, Box<Object>),
}

/// Reads a message. Members may be missing or `null`.
pub(super) fn about(message: &str, flag: &str) -> Result<About, serde_json::Error> {
    #[derive(Deserialize)]
    struct Message {
        deleted: Option<Object>,
        added: Option<Object>,
        updated: Option<Object>,
    }
    #[derive(Deserialize)]
    struct Update {
        old_value: Object,
        new_value: Object,
    }
    let Message { deleted, added, updated } = serde_json::from_str(message)?;
    let has = |flags: Option<Object>| flags.is_some_and(|flags| flags.contains_key(flag));
    if let Some(update) = updated.and_then(|mut flags| flags.remove(flag)) {
        let update = serde_json::from_value::<Update>(update)?;
        return Ok(About::From(Box::new(update.old_value), Box::new(update.new_value)));
    }
    Ok(if has(deleted) || has(added) { About::Look } else { About::Nothing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_with_missing_and_null_members() {
        let nothing = r#"{"deleted":null,"added":{},"updated":{"other":{"old_value":{},"new_value":{}}}}"#;
        assert_eq!(about(nothing, "a").ok(), Some(About::Nothing));
        assert_eq!(about(r#"{"deleted":{"a":{}}}"#, "a").ok(), Some(About::Look));
        let update = r#"{"updated":{"a":{"old_value":{"disable":true},"new_value":{}}}}"#;
        assert!(matches!(about(update, "a"), Ok(About::From(old, new)) if old.len() == 1 && new.is_empty()));
        for garbage in ["", "[]", "{", r#"{"updated":{"a":1}}"#] {
            assert!(about(garbage, "a").is_err(), "{garbage}");
        }
    }
}
