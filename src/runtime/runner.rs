//! The runner: carries effects out, and reports each step as an event.
//!
//! In: [`Effect`]s. Out: [`Body::Effect`] events, lines in the journal, requests to backends.
//!
//! - A command is in the journal before it is sent. What exposes more is not sent without that line. What
//!   stops waits for it a moment at most: a full disk must not hold a kill.
//! - What stops overtakes: a growing command of the same platform that is still under way is given up.
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
use crate::effect::{Change, Command, Effect, EffectId, Outcome, Record};
use crate::event::{Body, Event};

/// Outcomes that may wait for the loop: it takes them before everything else but keys.
pub const OUTCOMES: usize = 1024;

/// How long the end of a process waits for its last lines, although nothing else is waited for any more.
const LAST_LINES: Duration = Duration::from_millis(200);

/// Carries effects out.
pub struct Runner {
    backends: BTreeMap<PlatformName, Arc<dyn Backend>>,
    desk: Desk,
    /// The growing command of each platform that may still be under way.
    growing: BTreeMap<PlatformName, (EffectId, AbortHandle)>,
    /// The look after a kill that had overtaken something; a later command makes it pointless.
    aftercare: BTreeMap<PlatformName, AbortHandle>,
    tasks: JoinSet<()>,
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
        if outcome != Outcome::Sent {
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
        Self { backends, desk, growing: BTreeMap::new(), aftercare: BTreeMap::new(), tasks: JoinSet::new() }
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
            }
        }
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
        if let Some(handle) = self.aftercare.remove(&platform) {
            handle.abort();
        }
        let mut overtaken = None;
        if command.is_urgent()
            && let Some((id, handle)) = self.growing.remove(&platform)
            && !handle.is_finished()
        {
            handle.abort();
            overtaken = Some(id);
        }
        if let Some(id) = overtaken {
            let desk = desk.clone();
            let cause = Text::new("given up: overtaken by what stops");
            self.tasks.spawn(async move { desk.report(id, Outcome::Refused { cause, state: None }).await });
        }
        if command.is_urgent() {
            let late = overtaken.is_some();
            let care = matches!(command.change, Change::Off | Change::Shares(_)) && late;
            let handle = self.tasks.spawn(stop::carry_out(desk, backend, command, care));
            if care {
                self.aftercare.insert(platform, handle);
            }
        } else {
            let id = command.id;
            let handle = self.tasks.spawn(grow::carry_out(desk, backend, command));
            self.growing.insert(platform, (id, handle));
        }
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
