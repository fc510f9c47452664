//! Backtest: what would these guardrails have done?
//!
//! ```text
//! CSV ─▶ Table ─▶ rows ─▶ Pair (arms → ticks) ─▶ Trial (one guardrail in one segment) ─▶ Change, Change, … ─▶ Summary
//! recording ─▶ events ─▶ engine::update ─▶ boards, compared ──────────────────────────────┘
//! ```
//!
//! In: a rollout, and either a reader of a CSV or events of a recording. Out: each change of a verdict, in order of
//! time, and at the end a [`Summary`].
//!
//! A CSV knows no flags: stages, approvals and the sample ratio are not judged, and exposure counts as given as soon as
//! treatment has units. `docs/backtest.md` says what its rows mean.
//!
//! Memory does not grow with the number of rows: a series is a few numbers, and a row is read into the buffer of the one
//! before.
//!
//! This room must never open a file, ask for the time, or act: it reads what it is handed, and the same rows give the
//! same changes.
//!
//! Start reading at [`csv()`], then `pair` (when a tick is whole) and `trial` (what is judged how); [`events`] is for
//! recordings.

mod change;
mod counters;
mod error;
mod order;
mod pair;
mod recorded;
mod row;
mod series;
mod summary;
mod table;
mod together;
mod trial;

pub use change::Change;
pub use counters::csv;
pub use error::BacktestError;
pub use recorded::events;
pub use summary::{Final, LEVEL, Rows, Summary, when};
