//! The chain: whether each line is the one that was written, in its place.

use super::entry::{Entry, Line, NO_HASH, computed_hash};
use crate::domain::Timestamp;

/// A line that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub kind: DamageKind,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// It is not a line of a journal.
    Unreadable,
    /// Its words were changed after it was written.
    Changed,
    /// Something before it is missing, or was put in: it does not follow the line before.
    OutOfPlace,
    /// It is whole, but this version of gonogo does not know such a record.
    UnknownRecord,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            DamageKind::Unreadable => "is not a line of a journal",
            DamageKind::Changed => "was changed after it was written",
            DamageKind::OutOfPlace => "does not follow the line before it: lines are missing, added or moved",
            DamageKind::UnknownRecord => "holds a record that this version does not know",
        };
        write!(f, "line {} {what}", self.line)
    }
}

/// Where the chain stands after the lines so far.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// Lines so far, damaged ones included.
    pub lines: u64,
    /// The number of the last line.
    pub seq: u64,
    /// The hash that the next line must name.
    pub hash: String,
    /// The hash that the last line should have had, if it states another one.
    computed: Option<String>,
}

impl Default for Chain {
    fn default() -> Self {
        Self { lines: 0, seq: 0, hash: NO_HASH.to_owned(), computed: None }
    }
}

impl Chain {
    /// Takes the next line, without its line break: what it says, as far as that can be read, and
    /// what is wrong with it. After damage the chain goes on from the line as it stands, so that one
    /// changed line is one report.
    pub fn next(&mut self, line: &[u8]) -> (Option<Entry>, Option<Damage>) {
        self.lines += 1;
        let damage = |kind| Some(Damage { line: self.lines, kind });
        let (Some(computed), Ok(read)) = (computed_hash(line), serde_json::from_slice::<Line>(line)) else {
            return (None, damage(DamageKind::Unreadable));
        };
        let whole = computed == read.hash;
        let follows = read.seq == self.seq.wrapping_add(1)
            && (read.prev == self.hash || self.computed.as_ref() == Some(&read.prev));
        let record = serde_json::from_str(read.record.get()).ok();
        let found = if !whole {
            damage(DamageKind::Changed)
        } else if !follows {
            damage(DamageKind::OutOfPlace)
        } else if record.is_none() {
            damage(DamageKind::UnknownRecord)
        } else {
            None
        };
        // The number of a changed line may be what was changed.
        self.seq = if whole { read.seq } else { self.seq.wrapping_add(1) };
        self.hash.clone_from(&read.hash);
        self.computed = (!whole).then_some(computed);
        let at = Timestamp::parse_rfc3339(&read.at).unwrap_or_default();
        (record.map(|record| Entry { seq: read.seq, at, record, hash: read.hash }), found)
    }

    /// Takes a line that was just written.
    pub fn go_on(&mut self, seq: u64, hash: String) {
        self.lines += 1;
        (self.seq, self.hash, self.computed) = (seq, hash, None);
    }

    /// Takes a line that was too long to be read.
    pub const fn next_too_long(&mut self) -> Damage {
        self.lines += 1;
        Damage { line: self.lines, kind: DamageKind::Unreadable }
    }
}
