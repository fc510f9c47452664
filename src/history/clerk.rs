//! Writes a session's finished rollouts into the store, in a thread of its own, so that SQLite never holds the loop.
//!
//! What waits to be written is one entry for each rollout, in its newest form: nothing queues up. What cannot be written
//! is said, and tried again with the next entry; after a restart the journal tells it again.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::entry::Entry;
use super::observer::Observer;
use super::{HistoryError, Store};
use crate::domain::{Rollout, Text};
use crate::effect::EffectId;
use crate::engine::{Decision, Model};
use crate::event::Event;

/// Watches a session and writes what has ended. Its thread ends with it.
#[derive(Debug)]
pub struct Clerk {
    observer: Observer,
    recording: Option<PathBuf>,
    desk: Arc<Desk>,
    told: Option<Text>,
}

#[derive(Debug, Default)]
struct Desk {
    papers: Mutex<Papers>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Papers {
    /// The newest form of each entry that is not written yet.
    waiting: BTreeMap<EffectId, Entry>,
    is_writing: bool,
    is_over: bool,
    problem: Option<Text>,
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        // A thread that panicked has left nothing half done: entries are put in and taken out whole.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clerk {
    /// Starts the thread. The file is opened when there is something to write. `recording`: where the session is
    /// recorded to, if it is.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        file: PathBuf,
        rollout: Arc<Rollout>,
        traits: Vec<Text>,
        recording: Option<PathBuf>,
    ) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let shared = Arc::clone(&desk);
        std::thread::Builder::new().name("history".into()).spawn(move || write_all(&file, &shared))?;
        Ok(Self { observer: Observer::new(rollout, Some(traits)), recording, desk, told: None })
    }

    /// An event was taken: what was decided on it, and the model after it. Never waits for the disk.
    pub fn take(&mut self, event: &Event, decided: &[Decision], model: &Model) {
        self.observer.take(event, decided, model);
        while let Some(entry) = self.observer.take_entry() {
            // An earlier rollout is in another recording.
            let is_present = self.observer.is_present(&entry);
            let recording = self.recording.clone().filter(|_| is_present);
            let entry = Entry { recording, ..entry };
            let mut papers = self.desk.papers();
            // Whether this one can be written is not known yet.
            papers.problem = None;
            papers.waiting.insert(entry.first_command, entry);
            self.desk.changed.notify_all();
        }
    }

    /// A problem to be shown, once until it is another one.
    pub fn problem(&mut self) -> Option<Text> {
        let problem = self.desk.papers().problem.clone();
        if problem == self.told {
            return None;
        }
        self.told.clone_from(&problem);
        problem
    }

    /// Waits until everything that has ended is on the disk, at most `patience`. Returns why it is not.
    #[must_use]
    pub fn finish(self, patience: Duration) -> Option<Text> {
        let mut papers = self.desk.papers();
        papers.is_over = true;
        self.desk.changed.notify_all();
        let is_busy = |papers: &mut Papers| !papers.waiting.is_empty() || papers.is_writing;
        let (papers, waited) = self
            .desk
            .changed
            .wait_timeout_while(papers, patience, |papers| is_busy(papers) && papers.problem.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let late =
            || Text::new("the history was not written in time; the next start takes it from the journal");
        papers.problem.clone().or_else(|| waited.timed_out().then(late))
    }
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.desk.papers().is_over = true;
        self.desk.changed.notify_all();
    }
}

/// Writes until nobody is left to hand anything in.
fn write_all(file: &std::path::Path, desk: &Desk) {
    let mut store = None;
    loop {
        let papers = desk.papers();
        let idle = |papers: &mut Papers| papers.waiting.is_empty() && !papers.is_over;
        let mut papers = desk.changed.wait_while(papers, idle).unwrap_or_else(PoisonError::into_inner);
        let todo = std::mem::take(&mut papers.waiting);
        if todo.is_empty() {
            return;
        }
        papers.is_writing = true;
        drop(papers);
        let result = todo.values().try_for_each(|entry| write(file, &mut store, entry));
        let mut papers = desk.papers();
        papers.is_writing = false;
        papers.problem = result.err().map(|error| Text::new(&error.to_string()));
        let is_lost = papers.problem.is_some() && papers.is_over;
        desk.changed.notify_all();
        if is_lost {
            return;
        }
    }
}

fn write(file: &std::path::Path, store: &mut Option<Store>, entry: &Entry) -> Result<(), HistoryError> {
    let open = match store {
        Some(open) => open,
        None => store.insert(Store::open(file)?),
    };
    open.put(entry).map(drop)
}

#[cfg(test)]
mod tests;
