//! What a session records into: a recorder, with what stands before and beside it.
//!
//! ```text
//! Session::take ─▶ Tape ─▶ Redactor (if customers' words are to be replaced) ─▶ Recorder
//!                    └──▶ Keeper (if the folder has limits)
//! ```
//!
//! It never holds the loop and never fails: what goes wrong is a problem to be shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::{Folder, Held};
use super::keeper::Keeper;
use super::{Recorded, Recorder, Redactor};
use crate::domain::Text;
use crate::engine::{Decision, Model};
use crate::event::Event;

/// What a session records into.
#[derive(Debug, Default)]
pub struct Tape {
    path: Option<PathBuf>,
    recorder: Option<Recorder>,
    redactor: Option<Redactor>,
    keeper: Option<Keeper>,
    /// Keeps others from removing the file.
    _held: Option<Held>,
    /// What is still to be said.
    problems: Vec<Text>,
}

impl Tape {
    /// A tape that writes with a recorder, into that file.
    #[must_use]
    pub fn new(path: &Path, recorder: Recorder) -> Self {
        Self { path: Some(path.to_owned()), recorder: Some(recorder), ..Self::default() }
    }

    /// The file. `None`: nothing is written.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// A tape that writes nothing, and says why.
    #[must_use]
    pub fn broken(why: &str) -> Self {
        Self { problems: vec![Text::new(why)], ..Self::default() }
    }

    /// The same with customers' words replaced.
    #[must_use]
    pub fn redacted(self, redactor: Redactor) -> Self {
        Self { redactor: Some(redactor), ..self }
    }

    /// The same, held, so that nobody who keeps its folder within limits removes it. Without locks nothing holds it.
    #[must_use]
    pub fn held(self) -> Self {
        let held = self.path.as_deref().and_then(|path| Folder::hold(path).ok());
        Self { _held: held, ..self }
    }

    /// The same with a folder that is kept within limits.
    #[must_use]
    pub fn kept(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Has an event and what was decided on it written, if there is room for it; never waits.
    pub fn take(&mut self, event: &Event, decided: &[Decision]) {
        let Some(recorder) = &mut self.recorder else { return };
        if let Some(keeper) = &mut self.keeper {
            keeper.tell(event.at);
            if keeper.is_full() {
                return;
            }
        }
        match self.redactor.as_ref().and_then(|redactor| redactor.event(event)) {
            Some(redacted) => recorder.take(&redacted, decided),
            None => recorder.take(event, decided),
        }
    }

    /// Has the state after all events so far written now and then, so that a seek is quick. Never where customers' words
    /// are replaced: they are in the state, too.
    pub fn offer(&mut self, model: &Model) {
        if self.redactor.is_some() || self.keeper.as_ref().is_some_and(Keeper::is_full) {
            return;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.offer(model);
        }
    }

    /// What is to be shown, each once.
    pub fn problems(&mut self) -> Vec<Text> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(self.recorder.as_mut().and_then(Recorder::problem));
        problems.extend(self.keeper.iter().flat_map(Keeper::said));
        problems
    }

    /// Ends the recording: waits until everything is in the file, at most `patience`. `None`: nothing was recorded.
    #[must_use]
    pub fn finish(self, patience: Duration) -> Option<Recorded> {
        self.recorder.map(|recorder| recorder.finish(patience))
    }
}
