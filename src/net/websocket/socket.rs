//! The open connection: frames in, texts out, pings in between.
//!
//! In: frames of the peer and texts of ours. Out: [`Frame`]s. [`Socket::receive`] must be polled for
//! pings to go out and for silence to be noticed; it may be dropped and called again at any time
//! without losing a frame.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout_at};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{Options, SocketError};
use crate::domain::Text;

/// What a peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message of so many bytes; nobody here wants one.
    Binary(usize),
    /// A ping or a pong: nothing new, but the other side is there.
    Alive,
}

/// An open connection.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
    pings: Interval,
    /// When `pings` ticks next: looking here costs less than asking the timer for each frame.
    ping_due: Instant,
    dead_after: Duration,
    heard: Instant,
}

impl Socket {
    pub(super) fn new(
        stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
        url: String,
        options: &Options,
    ) -> Self {
        let now = Instant::now();
        let mut pings = interval_at(now + options.ping_every, options.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ping_due = now + options.ping_every;
        Self { stream, url, pings, ping_due, dead_after: options.dead_after, heard: now }
    }

    /// Where it leads, without anything secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the next frame, pinging meanwhile.
    ///
    /// # Errors
    /// [`SocketError`] when the connection ended; it is of no use after that.
    pub async fn receive(&mut self) -> Result<Frame, SocketError> {
        // Nobody listened for long: that was us, not the peer, so it gets a second chance.
        let now = Instant::now();
        if self.heard + self.dead_after <= now {
            self.heard = now.checked_sub(self.dead_after / 2).unwrap_or(now);
        }
        // In a flood the next frame is here already and needs no timers, as long as no ping is due; but other
        // tasks have their turn.
        tokio::task::coop::consume_budget().await;
        if now < self.ping_due
            && let Some(next) = self.stream.next().now_or_never()
        {
            self.heard = now;
            return self.read(next);
        }
        loop {
            let deadline = self.heard + self.dead_after;
            tokio::select! {
                biased;
                // First, or a flood would keep pings from going out and the peer would miss us.
                _ = self.pings.tick() => {
                    self.ping_due = Instant::now() + self.pings.period();
                    self.write(Message::Ping(Bytes::new())).await?;
                }
                next = self.stream.next() => {
                    self.heard = Instant::now();
                    return self.read(next);
                }
                () = sleep_until(deadline) => return Err(self.silent()),
            }
        }
    }

    fn read(&self, next: Option<Result<Message, Error>>) -> Result<Frame, SocketError> {
        match next {
            Some(Ok(Message::Text(text))) => Ok(Frame::Text(text)),
            Some(Ok(Message::Binary(bytes))) => Ok(Frame::Binary(bytes.len())),
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| frame.to_string()).unwrap_or_default();
                Err(self.closed(&reason))
            }
            // Pings are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Frame::Alive),
            Some(Err(error)) => Err(SocketError::from_tungstenite(error, &self.url)),
            None => Err(self.closed("end of stream")),
        }
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// [`SocketError`] when the connection ended, or the peer takes nothing for `dead_after`.
    pub async fn send(&mut self, text: String) -> Result<(), SocketError> {
        self.write(Message::text(text)).await
    }

    /// Says goodbye, without waiting for an answer.
    pub async fn close(mut self) {
        let deadline = Instant::now() + CLOSE_WITHIN;
        let _ = timeout_at(deadline, self.stream.close(None)).await;
    }

    async fn write(&mut self, message: Message) -> Result<(), SocketError> {
        // The silence counts from the last frame, so that a stuck write cannot double it.
        let deadline = (self.heard + self.dead_after).max(Instant::now() + LEAST_WRITE);
        match timeout_at(deadline, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SocketError::from_tungstenite(error, &self.url)),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> SocketError {
        SocketError::Silent { url: self.url.clone(), after: self.dead_after }
    }

    fn closed(&self, cause: &str) -> SocketError {
        SocketError::Closed { url: self.url.clone(), cause: Text::new(cause) }
    }
}

/// The least time for a write, when nothing was received for long because nobody asked.
const LEAST_WRITE: Duration = Duration::from_secs(1);

/// How long a goodbye may take: nobody waits for it.
const CLOSE_WITHIN: Duration = Duration::from_millis(200);
