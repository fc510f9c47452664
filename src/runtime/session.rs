//! A session: one rollout, alive.
//!
//! In: a rollout file, a ledger with what it remembers. Out: a model that is kept up to date, and effects that are
//! carried out. It starts a task for each source, restarts one that dies, and ends them all when dropped.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::clock::Clock;
use super::inbox::{self, Entrance, Inbox};
use super::prompter::{Prompted, Prompter};
use super::runner::{OUTCOMES, Runner};
use super::scribe::{Ledger, Scribe};
use crate::action::Request;
use crate::backends::{self, Backend, BackendError, Rights};
use crate::config::rollout_file::RolloutFile;
use crate::domain::{LinkState, PlatformName, Source, SourceKind, Span, Text, Timestamp};
use crate::effect::Record;
use crate::engine::model::Traffic;
use crate::engine::{self, Autopilot, Model};
use crate::event::{Body, Event, Promise, Sink};
use crate::feedback::{self, FeedbackSource};
use crate::history::Clerk;
use crate::metrics::{self, MetricSource};
use crate::probes::{self, Probe};
use crate::recording::{Recorded, Tape};
use crate::term::contain;

/// Events that are taken before the loop looks at the keys again: well under a frame's time.
const BUDGET: usize = 2048;
/// How often other processes' lines in the journal are looked for.
const FOREIGN: Duration = Duration::from_secs(1);
/// How long a source that died is left alone.
const REVIVE: Duration = Duration::from_secs(2);

/// Why a session cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A platform's settings cannot work.
    #[error("platform {platform}: {cause}")]
    Backend {
        /// Which.
        platform: PlatformName,
        /// Why.
        cause: BackendError,
    },
    /// The settings of a source of metrics or feedback, or of a probe, cannot work.
    #[error("{source_name}: {cause}")]
    Source {
        /// Which.
        source_name: Text,
        /// Why.
        cause: Text,
    },
    /// The system gave no thread for the journal.
    #[error("cannot start the journal's thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// The adapters of a rollout, built but not started.
pub struct Adapters {
    /// By platform.
    pub backends: BTreeMap<PlatformName, Arc<dyn Backend>>,
    /// Each with the metrics that it serves.
    pub metrics: Vec<Arc<dyn MetricSource>>,
    /// By name.
    pub feedback: Vec<(String, Arc<dyn FeedbackSource>)>,
    /// By platform; only of those whose edge is asked.
    pub probes: BTreeMap<PlatformName, Arc<dyn Probe>>,
}

impl Adapters {
    /// Builds every adapter of a file; nothing is connected yet.
    ///
    /// # Errors
    /// [`StartError`] for the first whose settings cannot work.
    pub fn build(file: &RolloutFile, rights: Rights) -> Result<Self, StartError> {
        let mut built = Self {
            backends: BTreeMap::new(),
            metrics: Vec::new(),
            feedback: Vec::new(),
            probes: BTreeMap::new(),
        };
        for platform in &file.platforms {
            let name = platform.target.platform.clone();
            let backend =
                backends::build_with_paths((&platform.backend, &platform.paths), &platform.target, rights);
            let backend = backend.map_err(|cause| StartError::Backend { platform: name.clone(), cause })?;
            built.backends.insert(name.clone(), backend);
            if let Some((settings, subject)) = &platform.probe {
                let probe = probes::build(settings, subject).map_err(|error| StartError::Source {
                    source_name: Text::new(&format!("probe of {name}")),
                    cause: error.0,
                })?;
                built.probes.insert(name, Arc::from(probe));
            }
        }
        let segments: Vec<_> = file.rollout.segments.iter().map(|s| s.name.clone()).collect();
        for (settings, queries) in &file.metrics {
            let names: Vec<_> = queries.iter().map(|query| query.metric.to_string()).collect();
            let source = metrics::build(settings, queries.clone(), &segments).map_err(|error| {
                let source_name = Text::new(&format!("metrics {}", names.join(", ")));
                StartError::Source { source_name, cause: error.0 }
            })?;
            built.metrics.push(Arc::from(source));
        }
        for (name, settings) in &file.feedback {
            let source = feedback::build(name, settings).map_err(|error| {
                let source_name = Text::new(&format!("feedback {name}"));
                StartError::Source { source_name, cause: error.0 }
            })?;
            built.feedback.push((name.clone(), Arc::from(source)));
        }
        Ok(built)
    }
}

/// One rollout, alive. Dropping it ends its tasks.
pub struct Session {
    /// What is known.
    pub model: Model,
    /// The time.
    pub clock: Clock,
    runner: Runner,
    inbox: Inbox,
    outcomes: mpsc::Receiver<Event>,
    tasks: JoinSet<()>,
    tape: Option<Tape>,
    clerk: Option<Clerk>,
    prompter: Prompter,
}

/// What a session starts with.
pub struct Start<L> {
    /// The file.
    pub file: RolloutFile,
    /// Whether it may change anything.
    pub rights: Rights,
    /// How much the autopilot may do.
    pub autopilot: Autopilot,
    /// Where the journal is kept.
    pub ledger: L,
    /// What the journal remembers, oldest first.
    pub remembered: Vec<(Timestamp, Record)>,
    /// The time.
    pub clock: Clock,
}

impl Session {
    /// Builds the adapters, reads what is remembered into the model, and starts watching.
    ///
    /// # Errors
    /// [`StartError`] when a part of the file cannot work, before anything is connected.
    pub fn start<L: Ledger>(start: Start<L>) -> Result<Self, StartError> {
        Self::start_recorded(start, None, None)
    }

    /// The same; every event goes into the recording, too, from the first one on.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn start_recorded<L: Ledger>(
        start: Start<L>,
        tape: Option<Tape>,
        clerk: Option<Clerk>,
    ) -> Result<Self, StartError> {
        let Start { file, rights, autopilot, ledger, remembered, clock } = start;
        let adapters = Adapters::build(&file, rights)?;
        let metric = |query: &metrics::Query| Source::new(SourceKind::Metrics, query.metric.as_str());
        let served: Vec<Vec<_>> =
            file.metrics.iter().map(|(_, queries)| queries.iter().map(metric).collect()).collect();
        let scribe = Scribe::start(ledger)?;
        let (entrance, inbox) = inbox::open(clock);
        let (outcome_sender, outcomes) = mpsc::channel(OUTCOMES);
        let runner = Runner::new(adapters.backends.clone(), scribe.clone(), outcome_sender, clock);
        let model = Model::new(Arc::new(file.rollout), autopilot, rights == Rights::ReadOnly);
        let (prompter, prompted) = Prompter::of(adapters.probes);
        let tasks = JoinSet::new();
        let mut session = Self { model, clock, runner, inbox, outcomes, tasks, tape, clerk, prompter };
        for (written_at, record) in remembered {
            session.feed(Body::Restored { written_at, record });
        }
        for (name, backend) in adapters.backends {
            let source = Source::new(SourceKind::Flags, name.as_str());
            session.watch(&entrance, vec![source], backend, |backend, sink| backend.watch(sink));
        }
        for (source, metrics) in adapters.metrics.into_iter().zip(served) {
            session.watch(&entrance, metrics, source, |source, sink| source.watch(sink));
        }
        for (name, source) in adapters.feedback {
            let links = vec![Source::new(SourceKind::Feedback, &name)];
            session.watch(&entrance, links, source, |source, sink| source.watch(sink));
        }
        for (name, probe) in prompted {
            session.watch(&entrance, vec![Source::of_probe(&name)], Arc::new(probe), Prompted::watch);
        }
        session.tasks.spawn(read_foreign(scribe, entrance));
        Ok(session)
    }

    /// Runs a source for ever; one that ends or panics is reported and started again.
    fn watch<T: ?Sized + Send + Sync + 'static>(
        &mut self,
        entrance: &Entrance,
        links: Vec<Source>,
        adapter: Arc<T>,
        watch: for<'a> fn(&'a T, &'a dyn Sink) -> Promise<'a, ()>,
    ) {
        let entrance = entrance.clone();
        self.tasks.spawn(async move {
            loop {
                let mut watching = watch(&adapter, &entrance);
                let ended = poll_fn(|cx| match contain(|| watching.as_mut().poll(cx)) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(())) => Poll::Ready("its task ended"),
                    // What it said may hold a secret.
                    Err(_) => Poll::Ready("its task panicked; this is a bug"),
                });
                let cause = ended.await;
                // What panicked is not to be looked at again.
                drop(contain(|| drop(watching)));
                let state = LinkState::Retrying { cause: Text::new(cause), wait: Span(REVIVE) };
                for source in links.iter().cloned() {
                    entrance.fact(None, Body::Link { source, state: state.clone() }).await;
                }
                tokio::time::sleep(REVIVE).await;
            }
        });
    }

    /// Waits for news, then takes what is there, outcomes first. Returns whether there was an outcome of something
    /// that was asked for. Nothing is lost when the future is dropped.
    pub async fn take_news(&mut self) -> bool {
        self.take_news_and(|_, _| {}).await
    }

    /// The same; `look` sees the model right after each event, when what it asks for is on its way.
    pub async fn take_news_and(&mut self, mut look: impl FnMut(&Model, &Event)) -> bool {
        loop {
            let rests_until = self.rests_until();
            let news = poll_fn(|cx| self.poll_news(cx, &mut look));
            tokio::select! {
                biased;
                is_outcome = news => return is_outcome,
                () = sleep_until(rests_until.unwrap_or_else(Instant::now)), if rests_until.is_some() => {}
            }
        }
    }

    /// Takes what is there, outcomes first, at most a budget of events. When there is nothing, whoever polls is woken by
    /// what comes next; but samples that come before [`Session::rests_until`] are only there after it. Returns whether
    /// there was an outcome.
    pub fn poll_news(&mut self, cx: &mut Context<'_>, mut look: impl FnMut(&Model, &Event)) -> Poll<bool> {
        let mut is_outcome = false;
        while let Poll::Ready(Some(event)) = self.outcomes.poll_recv(cx) {
            self.take(&event);
            look(&self.model, &event);
            is_outcome = true;
        }
        if is_outcome {
            return Poll::Ready(true);
        }
        let Poll::Ready(batch) = self.inbox.poll_take(cx, BUDGET) else { return Poll::Pending };
        for event in &batch {
            self.take(event);
            look(&self.model, event);
        }
        Poll::Ready(self.take_outcomes(look))
    }

    /// Until when samples are left to gather. `None`: they are taken as they come.
    #[must_use]
    pub fn rests_until(&self) -> Option<Instant> {
        self.inbox.rests_until()
    }

    /// Takes the outcomes that are there; returns whether there were any.
    fn take_outcomes(&mut self, mut look: impl FnMut(&Model, &Event)) -> bool {
        let mut is_outcome = false;
        while let Ok(event) = self.outcomes.try_recv() {
            self.take(&event);
            look(&self.model, &event);
            is_outcome = true;
        }
        is_outcome
    }

    /// Hands something in that happened here and now: a key, a tick.
    pub fn feed(&mut self, body: Body) {
        let at = self.clock.now();
        if body == Body::Tick {
            self.tell_traffic(at);
        }
        let event = Event { at, source_at: None, body };
        self.take(&event);
        for problem in self.tape.as_mut().map(Tape::problems).unwrap_or_default() {
            self.tell_problem(at, "recording", problem);
        }
        if let Some(problem) = self.clerk.as_mut().and_then(Clerk::problem) {
            self.tell_problem(at, "history", problem);
        }
    }

    /// What goes wrong beside the rollout is an event like any other.
    fn tell_problem(&mut self, at: Timestamp, of: &str, problem: Text) {
        let body = Body::Problem { source: Source::new(SourceKind::Flags, of), problem };
        self.take(&Event { at, source_at: None, body });
    }

    /// What the inbox left out is an event like any other, or a replay would not know of it.
    fn tell_traffic(&mut self, at: Timestamp) {
        let Traffic { refused, coalesced, .. } = self.inbox.traffic();
        let known = self.model.traffic;
        if (refused, coalesced) != (known.refused, known.coalesced) {
            self.take(&Event { at, source_at: None, body: Body::Traffic { refused, coalesced } });
        }
    }

    /// The one place that every event passes.
    fn take(&mut self, event: &Event) {
        let effects = engine::update(&mut self.model, event);
        self.prompter.look(&self.model, event, &effects);
        self.runner.carry_out(effects);
        if let Some(tape) = &mut self.tape {
            tape.take(event, &self.model.decided);
            tape.offer(&self.model);
        }
        if let Some(clerk) = &mut self.clerk {
            clerk.take(event, &self.model.decided, &self.model);
        }
    }

    /// Ends the recording, if there is one: waits until it is in its file, at most `patience`, and says what became
    /// of it.
    pub fn end_recording(&mut self, patience: Duration) -> Option<Recorded> {
        self.tape.take().and_then(|tape| tape.finish(patience))
    }

    /// Ends the part in the history, if there is one: waits until what has ended is written, at most `patience`. Returns
    /// why it is not.
    pub fn end_history(&mut self, patience: Duration) -> Option<Text> {
        self.clerk.take().and_then(|clerk| clerk.finish(patience))
    }

    /// Asks every backend that can tell what a request would do there; the answers come as events. Nothing is changed.
    pub fn rehearse(&mut self, request: &Request) {
        for command in engine::acts::drafts(&self.model, request) {
            self.runner.rehearse(command);
        }
    }

    /// Waits until everything that was asked for has come to an end, at most `patience`.
    pub async fn settle(&mut self, patience: Duration) -> bool {
        let is_settled = self.runner.settle(patience).await;
        self.take_outcomes(|_, _| {});
        is_settled
    }
}

/// Another process's pause must restrain this one: its lines are read once a second.
async fn read_foreign(scribe: Scribe, entrance: Entrance) {
    let source = Source::new(SourceKind::Flags, "journal");
    loop {
        tokio::time::sleep(FOREIGN).await;
        match scribe.foreign().await {
            Ok(lines) => {
                for (written_at, record) in lines {
                    entrance.fact(None, Body::Restored { written_at, record }).await;
                }
            }
            Err(problem) => entrance.fact(None, Body::Problem { source: source.clone(), problem }).await,
        }
    }
}
