//! What a session records into: a recorder, with what stands before and beside it.
//!
//! ```text
//! Session::take ─▶ Tape ─▶ Redactor (if customers' words are to be replaced) ─▶ Recorder
//!                    └──▶ Keeper (if the folder has limits)
//! ```
//!
//! It never holds the loop and never fails: what goes wrong is a problem to be shown.

use std::time::Duration;

use super::keeper::Keeper;
use super::{Recorded, Recorder, Redactor};
use crate::domain::Text;
use crate::engine::{Decision, Model};
use crate::event::Event;

/// The largest charts that are copied for a keyframe: about a millisecond, for 80 series with half an hour each.
const MAX_CHART_BYTES: usize = 8 * 1024 * 1024;

/// What a session records into.
#[derive(Debug, Default)]
pub struct Tape {
    recorder: Option<Recorder>,
    redactor: Option<Redactor>,
    keeper: Option<Keeper>,
    /// What is still to be said.
    problems: Vec<Text>,
}

impl Tape {
    /// A tape that writes with a recorder.
    #[must_use]
    pub fn new(recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..Self::default() }
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

    /// Has the state written from which a seek can begin, if one is wanted. A state holds what customers said, so none
    /// is written where that is replaced; and one with very many charts would hold the loop while it is copied.
    pub fn offer(&mut self, model: &Model) {
        let Some(recorder) = self.recorder.as_mut().filter(|recorder| recorder.wants_keyframe()) else {
            return;
        };
        if self.redactor.is_none() && model.chart_bytes() <= MAX_CHART_BYTES {
            recorder.keyframe(model.clone());
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
