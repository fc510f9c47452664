//! What the scribe writes into: the rollout's journal, or for a demo nothing that outlives it.

use super::scribe::Ledger;
use crate::domain::{Text, Timestamp};
use crate::effect::Record;
use crate::journal::Journal;

impl Ledger for Journal {
    fn append(&mut self, at: Timestamp, record: &Record) -> Result<(), Text> {
        Self::append(self, at, record).map(drop).map_err(|error| Text::new(&error.to_string()))
    }

    fn foreign(&mut self) -> Result<Vec<(Timestamp, Record)>, Text> {
        let entries = self.poll_foreign().map_err(|error| Text::new(&error.to_string()))?;
        Ok(entries.into_iter().map(|entry| (entry.at, entry.record)).collect())
    }
}

/// Keeps nothing: a simulated rollout leaves no trace in the user's state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

impl Ledger for Forgetful {
    fn append(&mut self, _: Timestamp, _: &Record) -> Result<(), Text> {
        Ok(())
    }

    fn foreign(&mut self) -> Result<Vec<(Timestamp, Record)>, Text> {
        Ok(Vec::new())
    }
}
