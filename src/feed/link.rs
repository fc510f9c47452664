//! A subscription that lives as long as somebody asks for the next thing.
//!
//! In: an [`Endpoint`] and a [`Want`]. Out: [`Incoming`], one at a time, in order, without
//! duplicates. It connects, resumes, asks for what is missing, and reconnects with back-off, all
//! inside of [`Link::next`]; there is no task and no queue between the socket and the reader, so a
//! slow reader slows the server and nothing piles up here.
//!
//! It never gives up, except for what trying again cannot mend; then it says `Failed` and ends.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::codec::{self, Malformed};
use super::greeting::{self, Lost, Want, greet};
use super::message::{FromClient, FromServer, Resync, ServerHello};
use super::problems::{Fault, Problem, Problems};
use super::sequence::{Sequence, Step};
use super::settings::Endpoint;
use super::stream::Stream;
use crate::domain::{LinkState, Span};
use crate::net::Backoff;
use crate::net::websocket::{Frame, Socket};

/// What a subscription has to tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The link changed.
    Link(LinkState),
    /// The server introduced itself; after each (re)connection, before any message.
    Hello(ServerHello),
    /// A data message: a flag, counters, a histogram or feedback.
    Message(FromServer),
    /// These streams were read as a whole and are complete.
    Resynced(Vec<Stream>),
    /// Nothing new, but the server is there.
    Heard,
    /// Something could not be used; see [`Problems`] for how often it is told.
    Problem(Problem),
}

/// One subscription.
#[derive(Debug)]
pub struct Link {
    endpoint: Endpoint,
    want: Want,
    sequence: Sequence,
    problems: Problems,
    backoff: Backoff,
    phase: Phase,
    // At most one `Hello` and a few others: what a single step had to say besides its first word.
    said: VecDeque<Incoming>,
}

#[derive(Debug)]
enum Phase {
    Fresh,
    Waiting(Instant),
    Open(Box<Open>),
    Over,
}

#[derive(Debug)]
struct Open {
    socket: Socket,
    since: Instant,
    /// When a snapshot that is due must be complete.
    due: Option<Instant>,
}

impl Link {
    /// A subscription; connects at the first [`Link::next`].
    #[must_use]
    pub fn new(endpoint: Endpoint, want: Want) -> Self {
        Self {
            sequence: Sequence::new(want.streams()),
            problems: Problems::default(),
            backoff: endpoint.timing.backoff.clone(),
            phase: Phase::Fresh,
            said: VecDeque::new(),
            endpoint,
            want,
        }
    }

    /// How often each kind of problem came so far.
    #[must_use]
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Waits for the next thing; `None` after `Failed`. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Option<Incoming> {
        loop {
            if let Some(said) = self.said.pop_front() {
                return Some(said);
            }
            match &mut self.phase {
                Phase::Over => return None,
                Phase::Fresh => {
                    self.phase = Phase::Waiting(Instant::now());
                    return Some(Incoming::Link(LinkState::Connecting));
                }
                Phase::Waiting(until) => {
                    sleep_until(*until).await;
                    let resume = self.sequence.resume();
                    match greet(&self.endpoint, &self.want, resume, &mut self.problems).await {
                        Ok((socket, hello)) => self.opened(socket, hello),
                        Err(lost) => self.lost(&lost, Duration::ZERO),
                    }
                }
                Phase::Open(open) => match open.receive().await {
                    Ok(Frame::Text(frame)) => {
                        if let Some(first) = self.take(&frame).await {
                            return Some(first);
                        }
                    }
                    Ok(Frame::Binary(_)) => self.problem(Fault::Binary, || Malformed::Binary.to_string()),
                    Ok(Frame::Alive) => return Some(Incoming::Heard),
                    Err(lost) => self.end(&lost),
                },
            }
        }
    }

    fn opened(&mut self, socket: Socket, hello: ServerHello) {
        let since = Instant::now();
        self.sequence.begin(&hello.epoch);
        let due = self.sequence.missing().next().is_some().then(|| since + self.endpoint.timing.snapshot);
        self.phase = Phase::Open(Box::new(Open { socket, since, due }));
        self.said.push_back(Incoming::Hello(hello));
        self.said.push_back(Incoming::Link(LinkState::Live));
    }

    /// Reads one frame; returns what there is to tell first.
    async fn take(&mut self, frame: &str) -> Option<Incoming> {
        let read = match codec::read_server(frame) {
            Ok(read) => read,
            Err(malformed) => {
                self.problem(Fault::from(&malformed), || malformed.to_string());
                return None;
            }
        };
        if read.unknown_fields > 0 {
            self.problem(Fault::UnknownFields, || "messages with fields that we do not know".into());
        }
        if let Some((stream, seq)) = read.message.position() {
            return self.data(read.message, stream, seq).await;
        }
        match read.message {
            FromServer::Snapshot(snapshot) => self.sequence.open(&snapshot.streams),
            FromServer::SnapshotEnd(end) => {
                let closed = self.sequence.close(&end.seq);
                if self.sequence.missing().next().is_none()
                    && let Phase::Open(open) = &mut self.phase
                {
                    open.due = None;
                }
                return Some(Incoming::Resynced(closed));
            }
            FromServer::Error(failure) if failure.code.is_final() => {
                let lost = greeting::complaint(&self.endpoint.shown(), failure.code, &failure.message);
                self.end(&lost);
            }
            FromServer::Error(failure) => {
                self.problem(Fault::Complaint(failure.code), || {
                    format!("the server says: {}", failure.message)
                });
            }
            FromServer::Bye(bye) => {
                let lost = greeting::goodbye(&self.endpoint.shown(), &bye.reason);
                self.end(&lost);
            }
            // A second hello, or answers to a `set` that this connection did not send.
            _ => self.problem(Fault::Unwanted, || "a message that was not asked for".into()),
        }
        None
    }

    async fn data(&mut self, message: FromServer, stream: Stream, seq: u64) -> Option<Incoming> {
        match self.sequence.step(&stream, seq) {
            Step::Deliver => Some(Incoming::Message(message)),
            Step::DeliverAndAsk => {
                self.problem(Fault::Gap, || format!("a gap in stream {stream} before {seq}"));
                self.said.push_front(Incoming::Message(message));
                self.ask(stream).await;
                None
            }
            Step::Duplicate => {
                self.problem(Fault::Duplicate, || format!("stream {stream} repeats {seq}"));
                None
            }
            Step::Unwanted => {
                self.problem(Fault::Unwanted, || format!("stream {stream} was not asked for"));
                None
            }
        }
    }

    async fn ask(&mut self, stream: Stream) {
        let Phase::Open(open) = &mut self.phase else { return };
        open.due.get_or_insert(Instant::now() + self.endpoint.timing.snapshot);
        let resync = FromClient::Resync(Resync { streams: vec![stream] });
        if let Err(error) = open.socket.send(codec::write(&resync)).await {
            self.end(&error.into());
        }
    }

    fn problem(&mut self, fault: Fault, what: impl FnOnce() -> String) {
        self.said.extend(self.problems.note(fault, what).map(Incoming::Problem));
    }

    fn end(&mut self, lost: &Lost) {
        let lived = match &self.phase {
            Phase::Open(open) => open.since.elapsed(),
            _ => Duration::ZERO,
        };
        self.lost(lost, lived);
    }

    fn lost(&mut self, lost: &Lost, lived: Duration) {
        if lost.too_large {
            self.problem(Fault::TooLarge, || lost.cause.to_string());
            self.sequence.forget();
        }
        let cause = lost.cause.clone();
        let state = if lost.is_final {
            self.phase = Phase::Over;
            LinkState::Failed { cause }
        } else {
            self.backoff.lived(lived);
            let wait = self.backoff.next(rand::random());
            self.phase = Phase::Waiting(Instant::now() + wait);
            LinkState::Retrying { cause, wait: Span(wait) }
        };
        self.said.push_back(Incoming::Link(state));
    }
}

impl Open {
    async fn receive(&mut self) -> Result<Frame, Lost> {
        let Some(due) = self.due else { return Ok(self.socket.receive().await?) };
        tokio::select! {
            biased;
            // First, or a flood of live messages would hide that the snapshot never comes.
            () = sleep_until(due) => {
                Err(Lost::again(&format!("{} did not complete its snapshot in time", self.socket.url())))
            }
            frame = self.socket.receive() => Ok(frame?),
        }
    }
}
