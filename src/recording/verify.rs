//! Verify: the events of a recording, decided anew, and compared with what was decided then.
//!
//! In: a recording. Out: [`Verified`]: equal, or the first difference with both sides, or why it cannot be said. Equal
//! means equal bit for bit: verdicts with their evidence, phases, exposures, commands, lines of the journal.

use std::sync::Arc;

use super::reel::Reel;
use super::{Archive, Damage, RecordingError, Taken, player};
use crate::domain::Timestamp;
use crate::engine::{self, Decision};

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Events that were decided anew.
    pub events: u64,
    /// Decisions that were compared.
    pub decisions: u64,
    /// How it ended.
    pub finding: Finding,
    /// Where the recording could not be read any further. `None`: it was read to where its writer ended it.
    pub damage: Option<Damage>,
    /// Whether the writer came to its end.
    pub has_end: bool,
}

/// How a verification ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Every decision is what it was.
    Equal,
    /// The first event on which something else was decided.
    Differs(Box<Difference>),
    /// The recording is of a version that does not say what was decided.
    Silent,
    /// So many events are missing before this one: what was decided from there on was decided on more than is here.
    /// All before it is equal.
    Missing {
        /// The number of the first event after them.
        event: u64,
        /// Its time.
        at: Timestamp,
        /// How many.
        count: u64,
    },
}

/// An event on which something else was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its number, from 0.
    pub event: u64,
    /// Its time.
    pub at: Timestamp,
    /// What was decided then.
    pub recorded: Vec<Decision>,
    /// What is decided now.
    pub derived: Vec<Decision>,
}

/// Decides everything anew, up to the first difference, or as far as the recording can be read.
///
/// # Errors
/// [`RecordingError`] when the file cannot be read any more.
pub fn verify(archive: Archive) -> Result<Verified, RecordingError> {
    let header = archive.header();
    let mut model = player::first_model(header, &Arc::new(header.rollout.clone()));
    let mut reel = Reel::new(archive);
    let mut verified =
        Verified { events: 0, decisions: 0, finding: Finding::Equal, damage: None, has_end: true };
    while let Some(taken) = reel.next()? {
        let Taken { number, event, decided, missing } = taken;
        if missing > 0 {
            verified.finding = Finding::Missing { event: number, at: event.at, count: missing };
            break;
        }
        let Some(recorded) = decided else {
            verified.finding = Finding::Silent;
            break;
        };
        engine::update(&mut model, &event);
        verified.events += 1;
        if model.decided != recorded {
            let derived = model.decided;
            let difference = Difference { event: number, at: event.at, recorded, derived };
            verified.finding = Finding::Differs(Box::new(difference));
            break;
        }
        verified.decisions += recorded.len() as u64;
    }
    verified.damage = reel.archive.damage().cloned();
    verified.has_end = reel.archive.has_end();
    Ok(verified)
}
