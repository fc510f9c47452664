//! History: finished rollouts, kept for good, so that the next one can be compared with them.
//!
//! ```text
//! journal lines, events, decisions ─▶ Observer ─▶ Entry ─▶ Clerk (a thread) ─▶ Store: history.db
//!        a recording, played again ─▶ Observer ─▶ Entry ───────────────────────▶ │
//!                                                 gonogo history ◀─ Totals ◀─────┘
//! ```
//!
//! In: what a session sees, or a recording. Out: one [`Entry`] for each finished rollout in
//! `$XDG_STATE_HOME/gonogo/history.db` (SQLite), readable by its owner only; lists and figures for people.
//!
//! A rollout is finished when every segment is at the top of its plan, or nobody has it any more. If it goes on after
//! that, its entry is changed, not doubled: it is known by the first command that it was given.
//!
//! What was said to be written is on the disk: a kill -9 at any moment loses nothing of it. A damaged database, or one of a newer
//! gonogo, is said and never touched; the rollout goes on without history.
//!
//! This room must never judge a rollout, never hold the loop, and never import the screen.
//!
//! Start reading at [`Entry`], then `tally` (the computing), then [`Store`].

mod clerk;
mod entry;
mod error;
mod observer;
mod replay;
mod schema;
mod store;
mod table;
mod tally;
mod totals;

pub use clerk::Clerk;
pub use entry::{Ending, Entry, Kill, Mark, Stored, StoredKill, TimeSplit};
pub use error::HistoryError;
pub use observer::Observer;
pub use replay::{Added, entry_of};
pub use store::{Filter, Store, default_file, file_in};
pub use table::{print, print_one};
pub use tally::Tally;
pub use totals::Totals;
