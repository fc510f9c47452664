//! Watching: the stream says at once that something changed, the REST API says what and who.
//!
//! In: the [`Reader`], the stream's subscription, a [`Sink`]. Out: the flag's state when it changed, `Heard` when it
//! did not, and how the links are.
//!
//! - With both: an update of the stream makes the flag be read; every `interval` it is read anyway, so that neither a
//!   dead stream nor a lost update hides a change. If that read fails, what the stream said is handed in.
//! - With the stream only: what it says is handed in; rules are known by their ids only.
//! - With the REST API only, or while the stream is lost: polls.
//!
//! What is stored and what SDKs are sent can differ; where they do for longer than [`PUSHED_WITHIN`], it is a doubt.
//!
//! The link is that of the REST API where there is one, because commands need it; a stream that is lost beside it is a
//! problem. A read during which a command ended is thrown away and done again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::api::Line;
use super::author::author;
use super::fault::{Fault, Kind};
use super::flag::Flag;
use super::reader::Reader;
use super::stream::{self, Streamed};
use crate::domain::{Actor, FlagState, LinkState, Source, SourceKind, Span, Text};
use crate::event::{Body, Sink};
use crate::net::Backoff;
use crate::net::sse::{Event, Incoming, Subscription};

/// How often to read while the stream is lost, if `interval` is longer.
const WITHOUT_STREAM: Duration = Duration::from_secs(10);

/// How soon to read again when the stream was ahead of what was read.
const SOON: Duration = Duration::from_secs(1);

/// How long to wait after a refusal that only somebody else can mend.
const SLOW: Duration = Duration::from_secs(30);

/// How long LaunchDarkly may take to send SDKs what is stored; it is 200 ms as a rule.
const PUSHED_WITHIN: Duration = Duration::from_secs(10);

/// The shortest interval: all tokens of an account share one limit per ten seconds.
pub const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Watches for ever.
pub async fn watch(reader: &Reader, stream: Option<Subscription>, interval: Duration, sink: &dyn Sink) {
    let mut stream = stream;
    let mut watch = Watch::new(reader, stream.is_some(), interval, sink);
    watch.tell_link().await;
    loop {
        let due = watch.due;
        let polls = reader.api.is_some();
        tokio::select! {
            incoming = next(&mut stream) => watch.streamed(incoming).await,
            () = reader.nudge.notified(), if polls => watch.poll(Line::Calm).await,
            // Over the connection that kills use: it stays open and proven.
            () = sleep_until(due), if polls => watch.poll(Line::Urgent).await,
        }
    }
}

/// The next thing of the stream; never, without one.
async fn next(stream: &mut Option<Subscription>) -> Incoming {
    match stream {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}

/// What is known so far.
struct Watch<'a> {
    reader: &'a Reader,
    sink: &'a dyn Sink,
    source: Source,
    interval: Duration,
    /// When to poll next.
    due: Instant,
    backoff: Backoff,
    live_since: Option<Instant>,
    api_link: Option<LinkState>,
    stream_link: Option<LinkState>,
    told_link: Option<LinkState>,
    told: Option<FlagState>,
    streamed: Streamed,
    /// Who made the version that was read last.
    by: Option<(u64, Option<Actor>)>,
    /// Since when what is stored is not what SDKs are sent.
    apart_since: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(reader: &'a Reader, has_stream: bool, interval: Duration, sink: &'a dyn Sink) -> Self {
        let begin = || Some(LinkState::Connecting);
        Self {
            reader,
            sink,
            source: Source::new(SourceKind::Flags, reader.target.platform.as_str()),
            interval: interval.max(MIN_INTERVAL),
            due: Instant::now(),
            backoff: Backoff::default(),
            live_since: None,
            api_link: reader.api.as_ref().and_then(|_| begin()),
            stream_link: has_stream.then(begin).flatten(),
            told_link: None,
            told: None,
            streamed: Streamed::default(),
            by: None,
            apart_since: None,
        }
    }

    /// Reads the flag by the REST API.
    async fn poll(&mut self, line: Line) {
        let read = loop {
            let ended = self.reader.ended();
            let read = self.reader.flag(line).await;
            if self.reader.ended() == ended {
                break read;
            }
        };
        match read {
            Ok(flag) => {
                self.live_since.get_or_insert_with(Instant::now);
                self.api_link = Some(LinkState::Live);
                let pause = if matches!(self.stream_link, Some(LinkState::Live)) {
                    self.interval
                } else {
                    self.interval.min(WITHOUT_STREAM)
                };
                self.due = Instant::now() + pause;
                self.tell_link().await;
                self.tell_stored(&flag).await;
            }
            Err(fault) => {
                self.failed(&fault).await;
                self.tell_streamed().await;
            }
        }
    }

    async fn failed(&mut self, fault: &Fault) {
        if let Some(since) = self.live_since.take() {
            self.backoff.lived(since.elapsed());
        }
        let cause = fault.text("read", &self.reader.target);
        let (state, wait) = if matches!(fault.kind, Kind::Hopeless | Kind::Rejected) {
            (LinkState::Failed { cause }, SLOW)
        } else {
            let wait = self.backoff.next(rand::random()).max(fault.wait.unwrap_or_default());
            (LinkState::Retrying { cause, wait: Span(wait) }, wait)
        };
        self.api_link = Some(state);
        self.due = Instant::now() + wait;
        self.tell_link().await;
    }

    async fn streamed(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Link(state) => {
                let lost = match &state {
                    LinkState::Retrying { cause, .. } | LinkState::Failed { cause } => Some(cause.clone()),
                    LinkState::Connecting | LinkState::Live => None,
                };
                let was_lost =
                    matches!(self.stream_link, Some(LinkState::Retrying { .. } | LinkState::Failed { .. }));
                self.stream_link = Some(state);
                if let Some(cause) = lost.filter(|_| self.reader.api.is_some()) {
                    self.apart_since = None;
                    self.due = self.due.min(Instant::now() + WITHOUT_STREAM);
                    if !was_lost {
                        self.problem(&format!(
                            "the stream is lost, so the flag is asked for instead: {cause}"
                        ))
                        .await;
                    }
                }
                self.tell_link().await;
            }
            Incoming::Heard => self.heard().await,
            Incoming::Problem(problem) => self.problem(problem.as_str()).await,
            Incoming::Event(event) => self.event(&event).await,
        }
    }

    async fn event(&mut self, event: &Event) {
        let update = match stream::read(event, self.reader.target.flag.as_str()) {
            Ok(Some(update)) => update,
            Ok(None) => return self.heard().await,
            Err(why) => return self.problem(&why).await,
        };
        if !self.streamed.take(update) {
            return self.heard().await;
        }
        if self.reader.api.is_none() {
            self.tell_link().await;
            return self.tell_streamed().await;
        }
        self.poll(Line::Calm).await;
        let is_behind = self.reader.last().is_some_and(|last| last.version < self.streamed.version());
        if is_behind && matches!(self.api_link, Some(LinkState::Live)) {
            self.due = self.due.min(Instant::now() + SOON);
        }
    }

    /// Hands in what is stored, and what is doubtful about it.
    async fn tell_stored(&mut self, flag: &Arc<Flag>) {
        let by = match &self.by {
            Some((version, by)) if *version == flag.version => by.clone(),
            _ => {
                let log = match self.reader.api() {
                    Ok(api) => api.audit(Line::Calm).await.unwrap_or_default(),
                    Err(_) => vec![],
                };
                let by = author(&log, flag.changed_at);
                self.by = Some((flag.version, by.clone()));
                by
            }
        };
        let mut state = self.reader.state(flag, by);
        if self.is_apart(flag, &state) {
            let since = *self.apart_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= PUSHED_WITHIN {
                state.doubts.push(Text::new("SDKs are not sent what is stored. hint: look at LaunchDarkly's status page, and whether sdk_key is of this environment"));
            } else {
                self.due = self.due.min(since + PUSHED_WITHIN);
            }
        } else {
            self.apart_since = None;
        }
        self.tell(state).await;
    }

    /// Whether SDKs are sent something else than what is stored.
    fn is_apart(&self, flag: &Flag, stored: &FlagState) -> bool {
        if !matches!(self.stream_link, Some(LinkState::Live)) || !self.streamed.is_known {
            return false;
        }
        let Some(config) = &self.streamed.config else { return true };
        let sent = self.reader.state(&Flag::of_stream(config, Some(flag)), None);
        (sent.on, &sent.shares) != (stored.on, &stored.shares)
    }

    /// Hands in what the stream said: without the REST API, or while it cannot be read.
    async fn tell_streamed(&mut self) {
        let Some(config) = &self.streamed.config else { return };
        let last = self.reader.last();
        let mut flag = Flag::of_stream(config, last.as_deref());
        if self.reader.api.is_none() {
            flag.version = self.streamed.version();
        } else {
            let is_old = last.is_some_and(|last| flag.version <= last.version);
            // At least one change more than what was told: never above what the API will say, or that would be taken
            // for an old answer.
            flag.version = self.told.as_ref().map_or(0, |told| told.version.0 + 1);
            let state = self.reader.state(&flag, None);
            let is_told = self.told.as_ref().is_some_and(|told| {
                (told.on, &told.shares, &told.splits) == (state.on, &state.shares, &state.splits)
            });
            if is_old || is_told {
                return;
            }
        }
        self.tell(self.reader.state(&flag, None)).await;
    }

    async fn tell(&mut self, state: FlagState) {
        if self.told.as_ref() == Some(&state) {
            return self.heard().await;
        }
        self.told = Some(state.clone());
        let platform = self.reader.target.platform.clone();
        self.sink.fact(state.changed_at, Body::Flag { platform, state }).await;
    }

    async fn heard(&self) {
        self.sink.fact(None, Body::Heard(self.source.clone())).await;
    }

    async fn problem(&self, what: &str) {
        let problem = Text::new(what);
        self.sink.fact(None, Body::Problem { source: self.source.clone(), problem }).await;
    }

    async fn tell_link(&mut self) {
        let is_missing = self.streamed.is_known && self.streamed.config.is_none();
        let state = match (&self.api_link, &self.stream_link) {
            (None, Some(LinkState::Live)) if is_missing => {
                let why = "this environment has no such flag, or no longer. hint: check the flag's key, and whether sdk_key is of the right environment";
                LinkState::Failed { cause: Fault::new(Kind::Hopeless, why).text("read", &self.reader.target) }
            }
            // It is told as live once the flag is known, or `Failed` would follow at once.
            (None, Some(LinkState::Live)) if !self.streamed.is_known => LinkState::Connecting,
            (Some(state), _) | (None, Some(state)) => state.clone(),
            (None, None) => return,
        };
        if self.told_link.as_ref() != Some(&state) {
            self.told_link = Some(state.clone());
            self.sink.fact(None, Body::Link { source: self.source.clone(), state }).await;
        }
    }
}

#[cfg(test)]
mod tests;
