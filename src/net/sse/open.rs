//! One open event stream: bytes in, blocks of fields out, silence noticed.
//!
//! In: an answer whose body goes on. Out: [`Received`]. It may be asked, dropped and asked again without loss: what
//! was read lies in the stream.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::{Stream, stream};
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Bytes;

use super::meter::{Excess, Meter};
use crate::net::http::header::CONTENT_TYPE;
use crate::net::http::{HttpError, Streaming};

type Blocks = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send + Sync>>;

/// What came.
#[derive(Debug)]
pub enum Received {
    /// A whole block of fields.
    Block(Sse),
    /// Bytes that end no block.
    Heard,
    /// The stream is over.
    End(Lost),
}

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The connection broke off.
    #[error("{0}")]
    Broken(#[from] HttpError),
    /// The server ended the answer.
    #[error("{url} ended the event stream")]
    Ended {
        /// The target.
        url: String,
    },
    /// No byte for too long.
    #[error("{url} was silent for {} ms", after.as_millis())]
    Silent {
        /// The target.
        url: String,
        /// The time that was allowed.
        after: Duration,
    },
    /// A line above the limit.
    #[error("{url} sent a line of more than {limit} bytes")]
    LongLine {
        /// The target.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// An event above the limit.
    #[error("{url} sent an event of more than {limit} bytes")]
    LargeEvent {
        /// The target.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// It is no text.
    #[error("{url} sent what is no event stream: {cause}")]
    Garbage {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
}

/// An open stream.
pub struct Open {
    /// When it was opened.
    pub since: Instant,
    url: String,
    blocks: Blocks,
    /// Whether bytes came since it was last looked at.
    pulse: Arc<AtomicBool>,
    heard: Instant,
    silent_after: Duration,
}

impl Open {
    /// The stream in the body of an answer.
    pub fn new(
        answer: Streaming,
        url: String,
        silent_after: Duration,
        max_line: usize,
        max_event: usize,
    ) -> Self {
        let pulse = Arc::new(AtomicBool::new(false));
        let bytes = bytes(answer, url.clone(), Arc::clone(&pulse), max_line, max_event);
        let blocks = Box::pin(SseByteStream::new(Box::pin(bytes)));
        let now = Instant::now();
        Self { since: now, url, blocks, pulse, heard: now, silent_after }
    }

    /// Waits for the next thing; after `End` there is nothing more.
    pub async fn receive(&mut self) -> Received {
        let Self { blocks, pulse, .. } = self;
        let next = poll_fn(|context| match blocks.as_mut().poll_next(context) {
            Poll::Ready(next) => Poll::Ready(Some(next)),
            Poll::Pending if pulse.swap(false, Ordering::AcqRel) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let next = tokio::select! {
            // What is here already counts, however late we came to look.
            biased;
            next = next => next,
            () = sleep_until(self.heard + self.silent_after) => {
                return Received::End(Lost::Silent { url: self.url.clone(), after: self.silent_after });
            }
        };
        self.heard = Instant::now();
        match next {
            None => Received::Heard,
            Some(Some(Ok(block))) => {
                self.pulse.store(false, Ordering::Release);
                Received::Block(block)
            }
            Some(Some(Err(error))) => Received::End(self.lost(error)),
            Some(None) => Received::End(Lost::Ended { url: self.url.clone() }),
        }
    }

    fn lost(&self, error: sse_stream::Error) -> Lost {
        match error {
            sse_stream::Error::Body(cause) => match cause.downcast::<Lost>() {
                Ok(lost) => *lost,
                Err(other) => Lost::Garbage { url: self.url.clone(), cause: other.to_string() },
            },
            other => Lost::Garbage { url: self.url.clone(), cause: other.to_string() },
        }
    }
}

/// The bytes of an answer, measured; each piece is a sign of life.
fn bytes(
    answer: Streaming,
    url: String,
    pulse: Arc<AtomicBool>,
    max_line: usize,
    max_event: usize,
) -> impl Stream<Item = Result<Bytes, Lost>> + Send + Sync {
    let meter = Meter::new(max_line, max_event);
    stream::unfold((answer, meter, url, pulse), move |(mut answer, mut meter, url, pulse)| async move {
        let piece = match answer.chunk().await {
            Ok(Some(piece)) => {
                pulse.store(true, Ordering::Release);
                match meter.take(&piece) {
                    Ok(()) => Ok(piece),
                    Err(Excess::Line) => Err(Lost::LongLine { url: url.clone(), limit: max_line }),
                    Err(Excess::Event) => Err(Lost::LargeEvent { url: url.clone(), limit: max_event }),
                }
            }
            Ok(None) => return None,
            Err(error) => Err(Lost::Broken(error)),
        };
        Some((piece, (answer, meter, url, pulse)))
    })
}

/// Checks that an answer is an event stream.
pub fn is_event_stream(answer: &Streaming) -> Result<(), String> {
    /// The server has no stream for us and wants us not to ask again.
    const NO_CONTENT: u16 = 204;
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("none");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if answer.status != NO_CONTENT && essence.eq_ignore_ascii_case("text/event-stream") {
        return Ok(());
    }
    let kind: String = kind.chars().take(60).collect();
    let (url, status) = (answer.url(), answer.status);
    Err(format!(
        "{url} answered {status} without an event stream (content type {kind})\n\
         hint: is this the address of a stream, and not of a login page before it?"
    ))
}
