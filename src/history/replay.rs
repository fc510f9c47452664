//! A recording, played again for the history: for rollouts that were finished before there was one, and for those of
//! other machines.
//!
//! Where the time went and who was hurt is what `gonogo report` says of the same recording: it is taken from there.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::entry::{Entry, TimeSplit};
use super::observer::Observer;
use crate::domain::Text;
use crate::engine::{self, Model};
use crate::recording::{Recording, RecordingError};
use crate::report::{self, Retrospective};

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
    let mut report = report::Observer::new(&header);
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
        report.take(&taken);
        engine::update(&mut model, &taken.event);
        // What was decided on the day counts, not what would be decided now.
        let decided = taken.decided.as_deref().unwrap_or(&model.decided);
        observer.take(&taken.event, decided, &model);
    }
    if damage.is_none() {
        damage = recording.damage().map(|damage| Text::new(&damage.to_string()));
    }
    let is_open = observer.is_open();
    let mut entries = observer.finish(model.now);
    // A report is about the whole recording: with several rollouts in it, nobody knows whose the numbers are.
    let is_one = entries.len() == 1;
    if let Some(entry) = entries.last_mut() {
        entry.recording = Some(path.to_owned());
        if is_one {
            let says = report.finish(report::End::default()).says;
            (entry.split, entry.hurt) = (Some(split(&says)), hurt(&says));
        }
    }
    Ok(Added { entries, is_open, damage })
}

fn split(says: &Retrospective) -> TimeSplit {
    let time = says.time;
    TimeSplit {
        active_s: time.active_s,
        baking_s: time.baking_s,
        gathering_s: time.gathering_s,
        held_s: time.held_s,
        waiting_s: time.waiting_for_people_s,
        paused_s: time.paused_s,
    }
}

/// Bad units between the first bad reading and proven off. Several NO-GOs of a segment are about the same users: the
/// largest counts. `None`: one of them does not say.
fn hurt(says: &Retrospective) -> Option<u64> {
    let no_gos = &says.no_gos.list;
    let mut worst = std::collections::BTreeMap::new();
    for no_go in no_gos {
        let of_segment: &mut f64 = worst.entry(&no_go.segment).or_default();
        *of_segment = of_segment.max(no_go.bad_units?);
    }
    Some(worst.values().sum::<f64>().round() as u64)
}
