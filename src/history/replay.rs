//! A recording, played again for the history: for rollouts that were finished before there was one, and for those of
//! other machines.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::entry::Entry;
use super::observer::Observer;
use crate::domain::Text;
use crate::engine::{self, Model};
use crate::recording::{Recording, RecordingError};

/// What a recording gave.
#[derive(Debug)]
pub struct Added {
    /// The rollouts in it, oldest first; the last may have been left open.
    pub entries: Vec<Entry>,
    /// Whether the last one had not ended when the recording did.
    pub is_open: bool,
    /// Where it is damaged; what comes after was not taken in.
    pub damage: Option<Text>,
}

/// Plays a recording again and says what it gives for the history. `path` is where the entry will say that it is.
///
/// # Errors
/// [`RecordingError`] when it cannot be read at all. Damage further on is no error.
pub fn entry_of<R: BufRead>(path: &Path, mut recording: Recording<R>) -> Result<Added, RecordingError> {
    let header = recording.header().clone();
    let rollout = Arc::new(header.rollout);
    let mut model = Model::new(Arc::clone(&rollout), header.autopilot, header.read_only);
    let mut observer = Observer::new(rollout, None);
    let mut damage = None;
    for taken in recording.by_ref() {
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => {
                damage = Some(Text::new(&error.to_string()));
                break;
            }
        };
        engine::update(&mut model, &taken.event);
        // What was decided on the day counts, not what would be decided now.
        let decided = taken.decided.as_deref().unwrap_or(&model.decided);
        observer.take(&taken.event, decided, &model);
    }
    let is_open = observer.is_open();
    let mut entries = observer.finish(model.now);
    if let Some(entry) = entries.last_mut() {
        entry.recording = Some(path.to_owned());
    }
    Ok(Added { entries, is_open, damage })
}
