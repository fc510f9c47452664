//! Serving one client on a stream that was accepted: the demo's flag service, and the tests' one.
//!
//! In: a stream, a [`Hub`] that holds the [`Log`], the [`Access`] rules. Out: nothing; it returns when
//! the client is gone. The listening socket belongs to the caller, and so does the clock.
//!
//! A client that takes nothing, or is silent, for 15 s is dropped. It has no queue here: its
//! [`Session`] has a place in the log.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::log::Log;
use super::message::{Failure, FailureCode, FromClient, FromServer};
use super::session::Session;
use super::{MAX_FRAME, codec};
use crate::domain::{Text, Timestamp};

/// Lines that are sent between two looks at what the client says: a `set` waits for no more than these.
const BATCH: usize = 128;
/// How often the server pings.
const PING_EVERY: Duration = Duration::from_secs(5);
/// How long a client may be silent, or take nothing.
const DEAD_AFTER: Duration = Duration::from_secs(15);

/// Who may connect, and what for.
#[derive(Debug, Clone)]
pub struct Access {
    /// The token that a client must show; `None`: none is needed.
    pub token: Option<SecretString>,
    /// Whether clients may change flags.
    pub may_set: bool,
}

/// The log of a server, shared by its connections.
pub struct Hub {
    log: Mutex<Log>,
    news: watch::Sender<()>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("log", &self.log).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub around a log; `clock` stamps what clients change.
    #[must_use]
    pub fn new(log: Log, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { log: Mutex::new(log), news: watch::Sender::new(()), clock: Box::new(clock) }
    }

    /// Works on the log, then tells all connections that it has news. A work that publishes much is
    /// cheaper than many that publish little.
    pub fn publish<R>(&self, work: impl FnOnce(&mut Log) -> R) -> R {
        let result = self.with(work);
        self.news.send_replace(());
        result
    }

    /// Works on the log without telling anybody: to read it.
    pub fn with<R>(&self, work: impl FnOnce(&mut Log) -> R) -> R {
        work(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves one client until it is gone.
    pub async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin, access: &Access) {
        let mut limits = WebSocketConfig::default();
        limits.max_message_size = Some(MAX_FRAME);
        limits.max_frame_size = Some(MAX_FRAME);
        let mut shown = Shown::Nothing;
        #[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
        let check = |request: &Request, response: Response| {
            shown = access.check(request.headers());
            // A browser names the page that asks: no page may steer flags from somebody's machine.
            let from_a_page = request.headers().contains_key(header::ORIGIN);
            if from_a_page || matches!(shown, Shown::Wrong) {
                let status = if from_a_page { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = status;
                return Err(refusal);
            }
            Ok(response)
        };
        let accepting = accept_hdr_async_with_config(stream, check, Some(limits));
        if let Ok(Ok(socket)) = timeout(DEAD_AFTER, accepting).await {
            let _ = self.converse(socket, access, matches!(shown, Shown::Right)).await;
        }
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut socket: WebSocketStream<S>,
        access: &Access,
        mut admitted: bool,
    ) -> Result<(), Gone> {
        let mut session = Session::new(access.may_set);
        let mut news = self.news.subscribe();
        let mut pings = interval(PING_EVERY);
        let mut heard = Instant::now();
        loop {
            news.borrow_and_update();
            // Collected: a borrowing iterator across the await would keep this future from being `Send`.
            let batch = self.with(|log| {
                let lines = std::iter::from_fn(|| session.next(log)).take(BATCH);
                lines.map(|line| Message::text(&*line)).collect::<Vec<_>>()
            });
            let more = batch.len() == BATCH;
            send(&mut socket, batch).await?;
            if session.over() && !more {
                let _ = timeout(PING_EVERY, socket.close(None)).await;
                return Ok(());
            }
            tokio::select! {
                biased;
                frame = socket.next() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(frame))) => {
                            if !admitted {
                                admitted = access.admits(&frame);
                            }
                            if !admitted {
                                send(&mut socket, vec![Message::text(unauthorized())]).await?;
                                return Err(Gone);
                            }
                            if self.with(|log| session.take(log, &frame, (self.clock)())) {
                                self.news.send_replace(());
                            }
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                        Some(Ok(_)) => {}
                    }
                }
                () = std::future::ready(()), if more => {}
                changed = news.changed() => changed.map_err(|_| Gone)?,
                _ = pings.tick() => send(&mut socket, vec![Message::Ping(Bytes::new())]).await?,
                () = sleep_until(heard + DEAD_AFTER) => return Err(Gone),
            }
        }
    }
}

/// The client is gone, or shown out.
struct Gone;

async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    messages: Vec<Message>,
) -> Result<(), Gone> {
    let all = async {
        for message in messages {
            socket.feed(message).await.map_err(|_| Gone)?;
        }
        socket.flush().await.map_err(|_| Gone)
    };
    timeout(DEAD_AFTER, all).await.unwrap_or(Err(Gone))
}

fn unauthorized() -> String {
    let message = Text::new("a token is needed");
    codec::write(&FromServer::Error(Failure { code: FailureCode::Unauthorized, message }))
}

enum Shown {
    Nothing,
    Right,
    Wrong,
}

impl Access {
    fn check(&self, headers: &HeaderMap) -> Shown {
        let Some(token) = &self.token else { return Shown::Right };
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Shown::Nothing };
        let shown = value.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
        if same(shown, token.expose_secret().as_bytes()) { Shown::Right } else { Shown::Wrong }
    }

    fn admits(&self, frame: &str) -> bool {
        let Some(token) = &self.token else { return true };
        match codec::read_client(frame).map(|read| read.message) {
            Ok(FromClient::Hello(hello)) => hello.token.is_some_and(|shown| {
                same(shown.expose_secret().as_bytes(), token.expose_secret().as_bytes())
            }),
            _ => false,
        }
    }
}

/// Compares without telling by its duration where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}
