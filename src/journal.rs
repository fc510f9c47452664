//! The journal: who did what, when, why, and with what result. It outlives every process.
//!
//! In: [`Record`](crate::effect::Record)s from the runner. Out: lines on the disk before anything is
//! sent; at the next start the lines that still matter; for people and auditors the whole story.
//!
//! One file for each rollout, `$XDG_STATE_HOME/gonogo/journal/<rollout>.jsonl`, readable by its owner
//! only. One line of JSON for each record:
//!
//! ```text
//! {"seq":2,"at":"2026-11-22T14:02:07.000Z","prev":"<hash of line 1>","record":{…},"hash":"<hash>"}
//! ```
//!
//! `hash` is the SHA-256 of everything in its line before `,"hash":`, and `prev` is the hash of the
//! line before (64 zeros in the first), so that a changed, removed or inserted line shows. Anybody
//! can check a line without gonogo:
//!
//! ```text
//! sed -n 2p FILE | sed -E 's/,"hash":"[0-9a-f]{64}"\}$//' | tr -d '\n' | sha256sum
//! ```
//!
//! Lines removed from the end leave no trace in the file itself; keep the last hash elsewhere where
//! that matters.
//!
//! Several processes may write to one journal: each append takes the file's lock, reads what the
//! others wrote, and goes on from the real last line. A half-written last line is moved aside and
//! reported. Damage is reported and never blocks: a rollout must be stoppable with a broken journal.
//!
//! This room must never change or drop a line that was written, and never imports the screen.
//! Calls block on the disk, a millisecond or more; an async caller runs them on a thread of their own.
//!
//! Start reading at [`Journal`], then `chain` (what is checked) and `scan` (how a file is read).

mod around;
mod chain;
mod entry;
mod error;
mod file;
mod kept;
mod location;
mod lock;
mod opening;
mod print;
mod scan;
mod torn;
mod unresolved;
mod verify;

pub use around::{extent, print_around};
pub use chain::{Damage, DamageKind};
pub use entry::Entry;
pub use error::JournalError;
pub use file::Journal;
pub use location::{default_dir, file_of, locate, state_dir, stem_of};
pub use opening::Opening;
pub use print::{Format, print};
pub use torn::Torn;
pub use unresolved::unresolved;
pub use verify::{Verification, verify};
