//! Changes in order of time, with a bounded memory.
//!
//! Rows may come series by series, so that a later line is about an earlier time. A change is held back until there are
//! [`HELD`] others; then the oldest goes out. Rows in order of time thus always give changes in order of time.

use std::collections::BTreeMap;

use super::Change;
use crate::domain::Timestamp;

/// Changes that are held back: those of forty thousand series, three each. About 40 MB at the most.
pub const HELD: usize = 120_000;

/// Holds changes back to bring them into order.
#[derive(Debug, Default)]
pub struct InOrder {
    held: BTreeMap<(Timestamp, u64), Change>,
    count: u64,
    newest: Option<Timestamp>,
    disordered: u64,
}

impl InOrder {
    /// Takes a change; returns the oldest one when too many are held.
    pub fn push(&mut self, change: Change) -> Option<Change> {
        self.count += 1;
        self.held.insert((change.at, self.count), change);
        if self.held.len() > HELD { self.pop() } else { None }
    }

    /// The oldest one that is held.
    pub fn pop(&mut self) -> Option<Change> {
        let ((at, _), change) = self.held.pop_first()?;
        if self.newest.is_some_and(|newest| at < newest) {
            self.disordered += 1;
        } else {
            self.newest = Some(at);
        }
        Some(change)
    }

    /// Changes that went out after a later one: there was no room to hold that one back.
    pub const fn disordered(&self) -> u64 {
        self.disordered
    }
}
