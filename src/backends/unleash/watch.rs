//! Watching: Unleash does not push, so its event log is polled.
//!
//! In: the [`Reader`] and a [`Sink`]. Out: the flag's state when it changed, `Heard` when it did
//! not, and how the link is.
//!
//! Each poll is one conditional request for the newest events; an answer of 304 has no body. Only
//! news make it read the flag. Every [`RECHECK`] the flag is read anyway (conditional, too), over
//! the connection that kills use: a missed event cannot hide a change, and that connection stays
//! open and proven.
//!
//! A read during which a command ended is thrown away and done again: it could show what was before
//! the command, after the command's own result.
//!
//! Link states: a lost server is `Retrying` with growing waits. A token, flag, project or environment
//! that Unleash refuses is `Failed`, because trying again cannot mend it; it is tried again quietly
//! every [`SLOW`] all the same, because tokens and flags come back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::api::{Etag, Line};
use super::fault::{Fault, Kind};
use super::log::Log;
use super::mapping::Map;
use super::reader::Reader;
use super::wire::{Environment, Event};
use crate::domain::{FlagState, LinkState, Source, SourceKind, Span};
use crate::event::{Body, Sink};
use crate::net::Backoff;

/// How often the flag is read without news. Unleash closes a connection after 15 idle seconds.
const RECHECK: Duration = Duration::from_secs(10);

/// How long to wait after a refusal that only somebody else can mend.
const SLOW: Duration = Duration::from_secs(30);

/// The shortest interval: below it, polls would only wait for each other.
pub const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Watches for ever.
pub async fn watch(reader: &Reader, interval: Duration, sink: &dyn Sink) {
    let source = Source::new(SourceKind::Flags, reader.target.platform.as_str());
    let mut watch = Watch::new(reader);
    let mut backoff = Backoff::default();
    let mut live_since: Option<Instant> = None;
    let mut shown_link = None;
    let mut link = |state: LinkState| {
        let changed = shown_link.as_ref() != Some(&state);
        shown_link = Some(state.clone());
        let source = source.clone();
        async move {
            if changed {
                sink.fact(None, Body::Link { source, state }).await;
            }
        }
    };
    link(LinkState::Connecting).await;
    loop {
        let began = Instant::now();
        let next = match watch.poll(began).await {
            Ok(news) => {
                live_since.get_or_insert(began);
                link(LinkState::Live).await;
                match news {
                    Some(state) => {
                        let platform = reader.target.platform.clone();
                        sink.fact(state.changed_at, Body::Flag { platform, state }).await;
                    }
                    None => sink.fact(None, Body::Heard(source.clone())).await,
                }
                began + interval.max(MIN_INTERVAL)
            }
            Err(fault) => {
                if let Some(since) = live_since.take() {
                    backoff.lived(since.elapsed());
                }
                let cause = fault.text("read", &reader.target);
                let wait = if matches!(fault.kind, Kind::Hopeless | Kind::Rejected) {
                    link(LinkState::Failed { cause }).await;
                    SLOW
                } else {
                    let wait = backoff.next(rand::random()).max(fault.wait.unwrap_or_default());
                    link(LinkState::Retrying { cause, wait: Span(wait) }).await;
                    wait
                };
                Instant::now() + wait
            }
        };
        tokio::select! {
            () = reader.nudge.notified() => {}
            () = sleep_until(next) => {}
        }
    }
}

/// What is known from the last polls.
struct Watch<'a> {
    reader: &'a Reader,
    log: Log,
    page: Vec<Event>,
    events: Etag,
    feature: Etag,
    segments: Etag,
    /// The flag as last read; valid as long as `feature` stands for it.
    environment: Option<Environment>,
    /// What was handed in last.
    last: Option<FlagState>,
    /// The flag has to be read, whatever the events say.
    stale: bool,
    recheck_at: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(reader: &'a Reader) -> Self {
        Self {
            reader,
            log: Log::default(),
            page: vec![],
            events: None,
            feature: None,
            segments: None,
            environment: None,
            last: None,
            stale: true,
            recheck_at: None,
        }
    }

    /// Polls once. `None`: nothing new.
    async fn poll(&mut self, now: Instant) -> Result<Option<FlagState>, Fault> {
        let api = &self.reader.api;
        let due = self.recheck_at.is_none_or(|at| now >= at);
        loop {
            let ended = self.reader.ended();
            if let Some(page) = api.events(Line::Calm, &mut self.events).await? {
                self.stale |= self.log.take(&page, api.environment());
                self.page = page;
            }
            if !(self.stale || due) {
                return Ok(None);
            }
            // Stays stale until the flag was read: the events have been taken and will not come again.
            self.stale = true;
            let state = self.read(due).await?;
            if self.reader.ended() != ended {
                continue;
            }
            self.stale = false;
            self.recheck_at = Some(now + RECHECK);
            self.reader.shown().take(&self.page, api.environment());
            if self.last.as_ref() == Some(&state) {
                return Ok(None);
            }
            self.last = Some(state.clone());
            return Ok(Some(state));
        }
    }

    async fn read(&mut self, recheck: bool) -> Result<FlagState, Fault> {
        let line = if recheck { Line::Urgent } else { Line::Calm };
        let reader = self.reader;
        if self.environment.is_none() {
            self.feature = None;
        }
        if let Some(feature) = reader.api.feature(line, &mut self.feature).await? {
            self.environment = None;
            self.environment = Some(reader.environment(feature)?);
        }
        let Some(environment) = self.environment.clone() else {
            return Err(Fault::hopeless("Unleash answered without a flag".into()));
        };
        let names_matter = environment.strategies.iter().any(|strategy| !strategy.segments.is_empty());
        if recheck && names_matter {
            // A segment may have been renamed: that is no event of the flag.
            if let Some(names) = reader.api.segments(Line::Calm, &mut self.segments).await? {
                reader.keep_names(Arc::new(names));
            }
        }
        let names = reader.names_for(&environment, Line::Calm).await?;
        let map = Map::of(&environment, &reader.target.segments, &names);
        Ok(map.state(environment.enabled, self.log.stamp(), &names))
    }
}
