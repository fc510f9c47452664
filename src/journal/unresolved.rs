//! Commands whose end is not known: sent or about to be sent when the process died.

use super::Entry;
use crate::effect::{Command, Record};

/// The commands without a final [`Record::Finished`], in the order of the journal, each once.
#[must_use]
pub fn unresolved(entries: &[Entry]) -> Vec<Command> {
    let mut open: Vec<Command> = Vec::new();
    for entry in entries {
        match &entry.record {
            Record::Commanded { command } if open.iter().all(|known| known.id != command.id) => {
                open.push(command.clone());
            }
            Record::Finished { id, outcome } if outcome.is_final() => {
                open.retain(|command| command.id != *id)
            }
            _ => {}
        }
    }
    open
}
