//! What of a journal is kept in memory: the newest entries, and of the older ones those that still
//! hold.

use std::collections::{BTreeMap, VecDeque};

use super::Entry;
use crate::effect::{EffectId, Record};

/// The newest entries that are kept: a rollout writes a few hundred; this many is a week of an
/// autopilot that repeats a kill every minute, and about 10 MB.
pub(super) const MAX_KEPT: usize = 10_000;

/// The most older entries of one sort that still hold. A rollout has a few open commands, latches and
/// pauses; the oldest go first.
const MAX_STANDING: usize = 1_000;

/// The entries that matter.
#[derive(Debug, Default)]
pub(super) struct Kept {
    newest: VecDeque<Entry>,
    /// Entries that were read, the forgotten ones included.
    pub seen: u64,
    commands: BTreeMap<EffectId, Entry>,
    latches: VecDeque<Entry>,
    pauses: VecDeque<Entry>,
    /// Commands with their ends since the oldest latch that stands: what somebody answered is not acted on again.
    answers: VecDeque<Entry>,
}

impl Kept {
    /// Takes the next entry.
    pub fn push(&mut self, entry: Entry) {
        self.seen += 1;
        self.note_standing(&entry);
        if self.newest.len() == MAX_KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(entry);
    }

    fn note_standing(&mut self, entry: &Entry) {
        let is_command = matches!(entry.record, Record::Commanded { .. } | Record::Finished { .. });
        if is_command && !self.latches.is_empty() {
            // The oldest go first, so that a command never stands without its end.
            push_bounded(&mut self.answers, entry);
        }
        match &entry.record {
            Record::Commanded { command } => {
                if self.commands.len() == MAX_STANDING {
                    self.commands.pop_first();
                }
                self.commands.insert(command.id, entry.clone());
            }
            Record::Finished { id, outcome } if outcome.is_final() => {
                self.commands.remove(id);
            }
            Record::Latched { .. } => push_bounded(&mut self.latches, entry),
            Record::Cleared { segment, .. } => {
                self.latches.retain(
                    |latch| !matches!(&latch.record, Record::Latched { segment: latched, .. } if latched == segment),
                );
                if self.latches.is_empty() {
                    self.answers.clear();
                }
            }
            Record::Paused { .. } => push_bounded(&mut self.pauses, entry),
            Record::Resumed { scope, .. } if scope.segment.is_none() => self.pauses.clear(),
            // One segment went on while a pause of all may still hold the others: both are told.
            Record::Resumed { .. } => push_bounded(&mut self.pauses, entry),
            // A go older than the newest entries is given again: what voided it may be forgotten, too.
            Record::Finished { .. } | Record::Noted { .. } | Record::Approved { .. } => {}
        }
    }

    /// All kept entries in the order of the file.
    pub fn into_entries(self) -> Vec<Entry> {
        let first = self.newest.front().map_or(u64::MAX, |entry| entry.seq);
        let standing = self.commands.into_values().chain(self.latches).chain(self.pauses).chain(self.answers);
        let mut entries: Vec<Entry> = standing.filter(|entry| entry.seq < first).collect();
        entries.sort_by_key(|entry| entry.seq);
        entries.dedup_by_key(|entry| entry.seq);
        entries.extend(self.newest);
        entries
    }
}

fn push_bounded(entries: &mut VecDeque<Entry>, entry: &Entry) {
    if entries.len() == MAX_STANDING {
        entries.pop_front();
    }
    entries.push_back(entry.clone());
}
