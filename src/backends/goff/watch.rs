//! Watching: first the stream, then a look, then what the stream tells.
//!
//! In: the [`Reader`], a [`Stream`], a [`Sink`]. Out: the flag's state when it changed, `Heard` when it did not, and
//! how the link is.
//!
//! - Connected first and looked then, no change falls in between. After each connection it is looked again.
//! - A change is taken from the message only if it begins where we are. Else the relay is asked: also shortly after a
//!   command of ours, whose messages may come late and in pairs, and over a websocket, which tells the changes of all
//!   flagsets without saying of which (`service/stream/websocket.go`).
//! - Every [`RECHECK`] the flag is read anyway (conditional): a lost message cannot hide a change.
//! - Ramps and schedules move without any message: the state is worked out anew every [`TICK`].
//! - A look during which a command ended is thrown away: it could show what was before the command after its result.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::api::{Answer, Etag, Line};
use super::fault::Fault;
use super::flag::{Object, canonical};
use super::reader::Reader;
use super::stream::{About, News, Stream, about};
use super::{Settings, StreamKind};
use crate::domain::{FlagState, LinkState, Source, SourceKind, Span, Text};
use crate::event::{Body, Sink};
use crate::net::Backoff;

/// How often the flag is read without news.
const RECHECK: Duration = Duration::from_secs(10);

/// The same where the stream has no sign of life of its own.
const RECHECK_EVENTS: Duration = Duration::from_secs(3);

/// How often the state is worked out anew from the same content.
const TICK: Duration = Duration::from_secs(1);

/// How long after a command messages are not believed by themselves.
const SETTLING: Duration = Duration::from_secs(3);

/// How long to wait after a refusal that only somebody else can mend.
const SLOW: Duration = Duration::from_secs(30);

/// The shortest interval of polls: below it, they would only wait for each other.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Watches for ever.
pub(super) async fn watch(reader: &Reader, settings: &Settings, sink: &dyn Sink) {
    let mut watch = Watch::new(reader, settings, sink);
    let mut backoff = Backoff::default();
    watch.link(LinkState::Connecting).await;
    loop {
        watch.live_since = None;
        let fault = watch.follow().await;
        if let Some(since) = watch.live_since {
            backoff.lived(since.elapsed());
        }
        let cause = fault.text("read", &reader.target);
        let wait = if fault.is_final {
            watch.link(LinkState::Failed { cause }).await;
            SLOW
        } else {
            let wait = backoff.next(rand::random()).max(fault.wait.unwrap_or_default());
            watch.link(LinkState::Retrying { cause, wait: Span(wait) }).await;
            wait
        };
        sleep_until(Instant::now() + wait).await;
    }
}

struct Watch<'a> {
    reader: &'a Reader,
    settings: &'a Settings,
    sink: &'a dyn Sink,
    source: Source,
    /// The last full answer, by its name.
    etag: Etag,
    answered: Option<Arc<Object>>,
    /// What was handed in last.
    last: Option<FlagState>,
    link: Option<LinkState>,
    live_since: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(reader: &'a Reader, settings: &'a Settings, sink: &'a dyn Sink) -> Self {
        let source = Source::new(SourceKind::Flags, reader.target.platform.as_str());
        Self {
            reader,
            settings,
            sink,
            source,
            etag: None,
            answered: None,
            last: None,
            link: None,
            live_since: None,
        }
    }

    /// Follows the flag over one connection; returns why it ended.
    async fn follow(&mut self) -> Fault {
        let mut stream = match Stream::open(&self.reader.api, self.settings).await {
            Ok(stream) => stream,
            Err(fault) => return fault,
        };
        self.etag = None;
        if let Err(fault) = self.look().await {
            return fault;
        }
        let recheck = match self.settings.stream {
            StreamKind::Websocket => RECHECK,
            StreamKind::Sse => RECHECK_EVENTS,
            StreamKind::Poll => self.settings.interval.0.max(MIN_INTERVAL),
        };
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look_at = Instant::now() + recheck;
        loop {
            let mut is_due = false;
            let done = tokio::select! {
                news = stream.next() => match news {
                    Ok(News::Changed(message)) => self.changed(&message).await,
                    Ok(News::Alive) => {
                        self.show(self.reader.state()).await;
                        Ok(())
                    }
                    Err(fault) => return fault,
                },
                () = self.reader.nudge.notified() => self.look().await,
                () = sleep_until(look_at) => {
                    is_due = true;
                    self.look().await
                }
                _ = ticks.tick() => {
                    self.tick().await;
                    Ok(())
                }
            };
            if is_due {
                look_at = Instant::now() + recheck;
            }
            if let Err(fault) = done {
                return fault;
            }
        }
    }

    /// Asks the relay. A flag that is not there is told, and waited for over the same connection.
    async fn look(&mut self) -> Result<(), Fault> {
        loop {
            let ended = self.reader.ended();
            // Over the connection that commands use, so that it stays open and proven.
            let answer = self.reader.api.configuration(Line::Urgent, &mut self.etag).await?;
            if self.reader.ended() != ended {
                self.etag = None;
                continue;
            }
            match answer {
                Answer::Same => {}
                Answer::Flag(flag) => self.answered = Some(Arc::new(flag)),
                Answer::Gone => self.answered = None,
            }
            let Some(flag) = &self.answered else {
                self.reader.known().lose();
                self.last = None;
                let cause = Fault::gone(&self.reader.target).text("read", &self.reader.target);
                self.link(LinkState::Failed { cause }).await;
                return Ok(());
            };
            let state = self.reader.take(flag);
            self.live_since.get_or_insert_with(Instant::now);
            self.link(LinkState::Live).await;
            self.show(Some(state)).await;
            return Ok(());
        }
    }

    async fn changed(&mut self, message: &str) -> Result<(), Fault> {
        let about = match about(message, self.reader.api.flag()) {
            Ok(about) => about,
            Err(error) => {
                let problem = Text::new(&format!("the relay told a change that cannot be read: {error}"));
                self.sink.fact(None, Body::Problem { source: self.source.clone(), problem }).await;
                About::Look
            }
        };
        match about {
            About::Nothing => Ok(()),
            About::Look => self.look().await,
            About::From(old, new) => {
                let newest = self.reader.known().newest().map(|(_, content)| content);
                let is_settling = self.reader.last_end().is_some_and(|end| end.elapsed() < SETTLING);
                let is_of_any_flagset = self.settings.stream == StreamKind::Websocket;
                if is_of_any_flagset || is_settling || newest.is_none_or(|newest| *newest != canonical(&old))
                {
                    return self.look().await;
                }
                let state = self.reader.take(&new);
                self.show(Some(state)).await;
                Ok(())
            }
        }
    }

    /// What the clock changed.
    async fn tick(&mut self) {
        let state = self.reader.state();
        if state.is_some() && state != self.last {
            self.show(state).await;
        }
    }

    async fn show(&mut self, state: Option<FlagState>) {
        let Some(state) = state else { return };
        if self.last.as_ref() == Some(&state) {
            return self.sink.fact(None, Body::Heard(self.source.clone())).await;
        }
        self.last = Some(state.clone());
        let platform = self.reader.target.platform.clone();
        self.sink.fact(state.changed_at, Body::Flag { platform, state }).await;
    }

    async fn link(&mut self, state: LinkState) {
        if self.link.as_ref() != Some(&state) {
            self.link = Some(state.clone());
            self.sink.fact(None, Body::Link { source: self.source.clone(), state }).await;
        }
    }
}
