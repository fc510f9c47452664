//! Configuration: the rollout file, read, checked and explained.
//!
//! In: the TOML file that describes one rollout. Out: a [`RolloutFile`]: the
//! [`Rollout`](crate::domain::Rollout) that the engine works on, and the settings from which the
//! adapters are built. Or a [`ConfigError`] that names file, line and column, shows the line, and
//! says what would be right.
//!
//! ```text
//! text ─▶ toml tree with places ─▶ rollout_file::* (fields, values, settings) ─▶ RolloutFile ─▶ explain
//!                 │                               │
//!                 └─▶ mask: what may be shown     └─▶ problems (all of them, at most 20)
//! ```
//!
//! An unknown field is an error, never ignored: a typing error in a guardrail must not switch it
//! off. All faults of a file are reported at once.
//!
//! This room must never connect to anything, never resolve a secret, and never show one: a line
//! of the file is shown with everything masked that could be a token.
//!
//! A user's own settings, which change no rollout, are read the same way: [`user`]. So are their keys: [`keys`].
//!
//! Start reading at [`rollout_file`], then `problem` (what a fault is) and `settings` (how the
//! adapters' own settings are read without losing the place).

mod error;
mod explain;
mod fields;
pub mod keys;
mod mask;
mod near;
pub mod places;
mod problem;
pub mod rollout_file;
mod settings;
mod small_file;
mod source_text;
pub mod themes;
pub mod user;
mod values;

pub use error::ConfigError;
pub use explain::explain;
pub use rollout_file::{PlatformConfig, RolloutFile};

// What reads any TOML file of ours with line, column and a hint: themes are read with it, too.
pub(crate) use fields::{Fields, Value};
pub(crate) use near::did_you_mean;
pub(crate) use problem::{Problem, Problems};
pub(crate) use rollout_file::syntax;
pub(crate) use source_text::{SourceText, printable};
pub(crate) use values::{text, truth};
