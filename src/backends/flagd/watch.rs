//! Watching: flagd sends all its flags at once, and again after each change.
//!
//! In: the [`Reader`] and a [`Sink`]. Out: the flag's state when it changed, `Heard` when it did not, and how the link is.
//!
//! Each message is the whole state, so there is nothing to resume: reconnect and replace. The stream says nothing while
//! nothing changes, and a ping only proves that a machine is there. So beside the stream all flags are asked for
//! every [`LOOK`], less often where they are many: [`Body::Heard`] means that flagd has just answered, and that what it
//! answered is what the stream said last. A stream that stays behind that is opened again.
//!
//! Link states: a lost stream is `Retrying` at once, and a problem after [`GRACE`]. A stream that ended at its
//! planned deadline is opened again without a word. A wrong address or a flag that is not there is `Failed`; a flag that
//! comes back is heard on the stream.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::fault::{Fault, Kind};
use super::reader::{FIRST, Reader};
use super::wire::{Line, Stream};
use crate::domain::{FlagState, LinkState, Source, SourceKind, Span};
use crate::event::{Body, Sink};
use crate::net::Backoff;

/// How often to ask beside the stream.
pub const LOOK: Duration = Duration::from_secs(2);

/// How long that may take.
const ANSWER: Duration = Duration::from_secs(3);

/// How many bytes a second the asking may cost: above it is asked less often, but never so rarely that what was heard
/// last looks old (10 s).
const BYTES_PER_S: usize = 200_000;

/// The longest time between two looks.
const LONGEST: Duration = Duration::from_secs(6);

/// How long a lost stream is only stale; then it is a problem (as flagd's own providers have it).
const GRACE: Duration = Duration::from_secs(5);

/// The waits before a lost stream is tried again: from, to, and after how long a life they begin anew. flagd is a process
/// beside ours more often than a service far away, so the longest is short.
const WAITS: (Duration, Duration, Duration) =
    (Duration::from_millis(250), Duration::from_secs(3), Duration::from_secs(10));

/// How long to wait after a refusal that only somebody else can mend.
const SLOW: Duration = Duration::from_secs(15);

/// A stream that ends as planned before it is this old would be opened without end.
const SHORT: Duration = Duration::from_secs(1);

/// Watches for ever.
pub async fn watch(reader: &Reader, sink: &dyn Sink) {
    let report = Report::new(reader, sink);
    let mut backoff = Backoff::new(WAITS.0, WAITS.1, WAITS.2);
    let mut lost_since: Option<Instant> = None;
    let mut told = false;
    report.link(LinkState::Connecting).await;
    loop {
        let began = Instant::now();
        report.heard.store(false, Ordering::Release);
        let fault = session(reader, &report).await;
        reader.lose();
        if report.heard.load(Ordering::Acquire) {
            backoff.lived(began.elapsed());
            (lost_since, told) = (None, false);
        }
        if fault.kind == Kind::Ended && began.elapsed() >= SHORT {
            continue;
        }
        let cause = fault.text("read", &reader.target);
        let wait = if fault.kind == Kind::Hopeless {
            report.link(LinkState::Failed { cause }).await;
            SLOW
        } else {
            let since = *lost_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= GRACE && !told {
                told = true;
                let problem = Fault::away(format!("lost for {} s: {}", GRACE.as_secs(), fault.cause));
                report.problem(&problem).await;
            }
            let wait = backoff.next(rand::random());
            report.link(LinkState::Retrying { cause, wait: Span(wait) }).await;
            wait
        };
        sleep(wait).await;
    }
}

/// One stream, from its opening to its end.
async fn session(reader: &Reader, report: &Report<'_>) -> Fault {
    let line = reader.address.line();
    let slow = || Fault::away(format!("flagd has not answered for {} s", FIRST.as_secs()));
    let opened = timeout(FIRST, async {
        let mut stream = line.sync().await?;
        let first = stream.next().await?;
        Ok((stream, first))
    });
    let (stream, first) = match opened.await {
        Ok(Ok(opened)) => opened,
        Ok(Err(fault)) => return fault,
        Err(_) => return slow(),
    };
    report.take(&first).await;
    tokio::select! {
        fault = listen(stream, report) => fault,
        fault = ask(&line, first.len(), report) => fault,
    }
}

/// Takes whatever the stream brings.
async fn listen(mut stream: Stream, report: &Report<'_>) -> Fault {
    loop {
        match stream.next().await {
            Ok(config) => report.take(&config).await,
            Err(fault) => return fault,
        }
    }
}

/// Asks beside the stream, again and again.
async fn ask(line: &Line, mut bytes: usize, report: &Report<'_>) -> Fault {
    let mut behind = false;
    loop {
        let affordable = Duration::from_secs((bytes / BYTES_PER_S) as u64);
        sleep(affordable.clamp(LOOK, LONGEST)).await;
        let config = match timeout(ANSWER, line.fetch()).await {
            Ok(Ok(config)) => config,
            Ok(Err(fault)) => return fault,
            Err(_) => return Fault::away(format!("flagd has not answered for {} s", ANSWER.as_secs())),
        };
        bytes = config.len();
        // The stream may be about to say it: once is no fault.
        let agrees = report.agrees(&config).await;
        if behind && !agrees {
            return Fault::away("flagd answers something else than it sends");
        }
        behind = !agrees;
    }
}

/// Where the watch hands in what it sees.
struct Report<'a> {
    reader: &'a Reader,
    sink: &'a dyn Sink,
    source: Source,
    /// Whether this stream has brought our flag.
    heard: AtomicBool,
    link: Mutex<Option<LinkState>>,
    last: Mutex<Option<FlagState>>,
}

impl<'a> Report<'a> {
    fn new(reader: &'a Reader, sink: &'a dyn Sink) -> Self {
        let source = Source::new(SourceKind::Flags, reader.target.platform.as_str());
        let (link, last) = (Mutex::default(), Mutex::default());
        Self { reader, sink, source, heard: AtomicBool::new(false), link, last }
    }

    async fn link(&self, state: LinkState) {
        let shown = replace(&self.link, &state);
        if shown.as_ref() != Some(&state) {
            self.sink.fact(None, Body::Link { source: self.source.clone(), state }).await;
        }
    }

    async fn problem(&self, fault: &Fault) {
        let problem = fault.text("read", &self.reader.target);
        self.sink.fact(None, Body::Problem { source: self.source.clone(), problem }).await;
    }

    /// A configuration of the stream.
    async fn take(&self, config: &str) {
        match self.reader.take(config) {
            Ok(state) => {
                self.heard.store(true, Ordering::Release);
                self.reader.hear(&state);
                self.link(LinkState::Live).await;
                if replace(&self.last, &state).as_ref() == Some(&state) {
                    self.sink.fact(None, Body::Heard(self.source.clone())).await;
                } else {
                    let platform = self.reader.target.platform.clone();
                    self.sink.fact(None, Body::Flag { platform, state }).await;
                }
            }
            Err(fault) => {
                self.reader.lose();
                let cause = fault.text("read", &self.reader.target);
                self.link(LinkState::Failed { cause }).await;
            }
        }
    }

    /// Whether an answer beside the stream is what the stream said last; then it is a sign of life.
    async fn agrees(&self, config: &str) -> bool {
        let answered = self.reader.content(config);
        let served = self.reader.versions().newest().map(|(_, content)| content);
        if !self.heard.load(Ordering::Acquire) || self.is_failed() {
            // Our flag is not there: it must not look fresh. If it is answered, the stream is behind.
            return answered.is_none();
        }
        let agrees = answered == served;
        if agrees {
            self.sink.fact(None, Body::Heard(self.source.clone())).await;
        }
        agrees
    }

    fn is_failed(&self) -> bool {
        matches!(*self.link.lock().unwrap_or_else(PoisonError::into_inner), Some(LinkState::Failed { .. }))
    }
}

/// Puts a new value into its place; returns the old one.
fn replace<T: Clone>(place: &Mutex<Option<T>>, new: &T) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).replace(new.clone())
}
