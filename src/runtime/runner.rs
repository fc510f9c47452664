//! The runner: carries effects out, and reports each step as an event.
//!
//! In: [`Effect`]s. Out: [`Body::Effect`] events, lines in the journal, requests to backends.
//!
//! - A command is in the journal before it is sent. What exposes more is not sent without that line. What
//!   stops waits for it a moment at most: a full disk must not hold a kill.
//! - What stops overtakes: a growing command of the same platform that is still under way is given up, and so
//!   is the part of an older stopping one that would expose more than the newer one.
//! - What stops is repeated until it is read back (`stop`). What grows is sent once; if its answer is
//!   lost, it is only read (`grow`).
//!
//! It decides nothing. Without a [`Control`](crate::backends::Control) there is nothing that it could send with.

mod grow;
mod stop;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::clock::Clock;
use super::scribe::Scribe;
use crate::backends::Backend;
use crate::domain::{PlatformName, Source, SourceKind, Text};
use crate::effect::{Command, Effect, EffectId, Outcome, Record};
use crate::event::{Body, Event};
use stop::{Care, Stop};

/// Outcomes that may wait for the loop: it takes them before everything else but keys.
pub const OUTCOMES: usize = 1024;

/// How long the end of a process waits for its last lines, although nothing else is waited for any more.
const LAST_LINES: Duration = Duration::from_millis(200);

/// How long a backend may take to say what a change would do: somebody looks at the confirmation meanwhile.
const REHEARSAL: Duration = Duration::from_secs(5);

/// Carries effects out.
pub struct Runner {
    backends: BTreeMap<PlatformName, Arc<dyn Backend>>,
    desk: Desk,
    /// The growing command of each platform that may still be under way.
    growing: BTreeMap<PlatformName, (EffectId, AbortHandle)>,
    /// The stopping commands of each platform that are repeated or looked after.
    stopping: BTreeMap<PlatformName, Vec<Stopping>>,
    tasks: JoinSet<()>,
}

/// A stopping command under way.
struct Stopping {
    command: Command,
    care: Arc<Care>,
    handle: AbortHandle,
}

/// What each task of the runner needs.
#[derive(Clone)]
struct Desk {
    scribe: Scribe,
    outcomes: mpsc::Sender<Event>,
    clock: Clock,
}

impl Desk {
    /// Reports a step of a command, and writes its end into the journal.
    async fn report(&self, id: EffectId, outcome: Outcome) {
        // A backend that is away for hours is worth a dozen lines, not one for each attempt.
        let is_repetition =
            matches!(outcome, Outcome::Unknown { attempts, .. } if !attempts.is_power_of_two());
        if outcome != Outcome::Sent && !is_repetition {
            let line = self.scribe.write(self.clock.now(), Record::Finished { id, outcome: outcome.clone() });
            let desk = self.clone();
            // The news does not wait for the disk.
            tokio::spawn(async move {
                if let Err(cause) = line.await {
                    desk.complain(cause).await;
                }
            });
        }
        self.send(Body::Effect { id, outcome }).await;
    }

    /// Shows a problem with the journal.
    async fn complain(&self, problem: Text) {
        self.send(Body::Problem { source: Source::new(SourceKind::Flags, "journal"), problem }).await;
    }

    async fn send(&self, body: Body) {
        // A closed channel means that the session ends.
        let _ = self.outcomes.send(Event { at: self.clock.now(), source_at: None, body }).await;
    }
}

/// The cause of an error of a backend, and the state that came with it.
fn cause_of(error: &crate::backends::BackendError) -> Text {
    Text::new(&error.to_string())
}

impl Runner {
    /// A runner for these backends. Outcomes go to `outcomes`, lines to `scribe`.
    #[must_use]
    pub fn new(
        backends: BTreeMap<PlatformName, Arc<dyn Backend>>,
        scribe: Scribe,
        outcomes: mpsc::Sender<Event>,
        clock: Clock,
    ) -> Self {
        let desk = Desk { scribe, outcomes, clock };
        Self { backends, desk, growing: BTreeMap::new(), stopping: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// Starts carrying effects out; never waits.
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        while self.tasks.try_join_next().is_some() {}
        for effect in effects {
            match effect {
                Effect::Record(record) => {
                    let line = self.desk.scribe.write(self.desk.clock.now(), record);
                    let desk = self.desk.clone();
                    self.tasks.spawn(async move {
                        if let Err(cause) = line.await {
                            desk.complain(cause).await;
                        }
                    });
                }
                Effect::Command(command) => self.command(command),
                Effect::GiveWay(command) => {
                    if let Some(backend) = self.backends.get(&command.platform).map(Arc::clone) {
                        self.overtake(&command, &backend);
                    }
                }
            }
        }
    }

    /// Asks the backend what a command would do, without giving it; the answer comes as an event.
    pub fn rehearse(&mut self, command: Command) {
        let Some(backend) = self.backends.get(&command.platform).map(Arc::clone) else { return };
        let desk = self.desk.clone();
        self.tasks.spawn(async move {
            let Some(control) = backend.control() else { return };
            let answer = match tokio::time::timeout(REHEARSAL, control.rehearse(&command)).await {
                Ok(answer) => answer.map_err(|error| cause_of(&error)),
                Err(_) => Err(Text::new("it did not say within 5 s what the change would do")),
            };
            let Command { platform, change, .. } = command;
            desk.send(Body::Rehearsed { platform, change, answer }).await;
        });
    }

    fn command(&mut self, command: Command) {
        let desk = self.desk.clone();
        let Some(backend) = self.backends.get(&command.platform).map(Arc::clone) else {
            self.refuse(command, "there is no such platform");
            return;
        };
        if backend.control().is_none() {
            self.refuse(command, "there are no rights to change it");
            return;
        }
        let platform = command.platform.clone();
        if command.is_urgent() {
            let overtook = self.overtake(&command, &backend);
            self.stop(backend, Stop { command, overtook, is_new: true });
        } else {
            // Whoever exposes more now does not mean a request that was given up before.
            for stopping in self.stopping.get(&platform).into_iter().flatten() {
                if stopping.care.is_pointless_now() {
                    stopping.handle.abort();
                }
            }
            let id = command.id;
            let handle = self.tasks.spawn(grow::carry_out(desk, backend, command));
            self.growing.insert(platform, (id, handle));
        }
    }

    fn stop(&mut self, backend: Arc<dyn Backend>, stop: Stop) {
        let (command, care) = (stop.command.clone(), Arc::<Care>::default());
        let task = stop::carry_out(self.desk.clone(), backend, stop, Arc::clone(&care));
        let handle = self.tasks.spawn(task);
        self.stopping.entry(command.platform.clone()).or_default().push(Stopping { command, care, handle });
    }

    /// Gives up whatever would expose more than this stopping command. Returns whether anything was: its request
    /// may still be on the wire.
    fn overtake(&mut self, newer: &Command, backend: &Arc<dyn Backend>) -> bool {
        let mut given_up = Vec::new();
        let mut overtook = false;
        if let Some((id, handle)) = self.growing.remove(&newer.platform)
            && !handle.is_finished()
        {
            handle.abort();
            overtook = true;
            given_up.push(id);
        }
        let older = self.stopping.remove(&newer.platform).unwrap_or_default();
        let (mut kept, mut narrowed) = (Vec::new(), Vec::new());
        for stopping in older.into_iter().filter(|stopping| !stopping.handle.is_finished()) {
            let left = stopping.command.change.beside(&newer.change);
            if left.as_ref() == Some(&stopping.command.change) {
                kept.push(stopping);
                continue;
            }
            stopping.handle.abort();
            overtook = true;
            match left {
                // Its end is known; only the look after it is dropped.
                _ if stopping.care.is_done() => {}
                Some(change) => narrowed.push(Command { change, ..stopping.command }),
                None => given_up.push(stopping.command.id),
            }
        }
        self.stopping.insert(newer.platform.clone(), kept);
        for command in narrowed {
            self.stop(Arc::clone(backend), Stop { command, overtook: false, is_new: false });
        }
        for id in given_up {
            let desk = self.desk.clone();
            let cause = Text::new("given up: overtaken by what stops");
            self.tasks.spawn(async move { desk.report(id, Outcome::Refused { cause, state: None }).await });
        }
        overtook
    }

    fn refuse(&mut self, command: Command, cause: &str) {
        let desk = self.desk.clone();
        let cause = Text::new(cause);
        self.tasks.spawn(async move {
            // Also this one is in the journal before its end is.
            let line = desk.scribe.write(desk.clock.now(), Record::Commanded { command: command.clone() });
            if let Err(cause) = line.await {
                desk.complain(cause).await;
            }
            desk.report(command.id, Outcome::Refused { cause, state: None }).await;
        });
    }

    /// Waits until nothing is under way any more and its lines are on the disk, at most `patience`. Returns whether
    /// all came to an end.
    pub async fn settle(&mut self, patience: Duration) -> bool {
        let until = tokio::time::Instant::now() + patience;
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let is_settled = tokio::time::timeout_at(until, all).await.is_ok();
        // What is still under way may have lines on their way all the same.
        let grace = until.max(tokio::time::Instant::now() + LAST_LINES);
        tokio::time::timeout_at(grace, self.desk.scribe.finish()).await.is_ok() && is_settled
    }
}
