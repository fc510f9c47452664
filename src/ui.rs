//! The screen: what a person sees of the model, and what their keys ask for.
//!
//! ```text
//! Input ─▶ View::handle(&[&Model]) ─▶ Intent (ask for an action, copy, quit, suspend, …; in a replay a Wish)
//!              │ view state only
//! Models ──────┴─▶ draw(&[&Model], &View, &Theme) ─▶ cells      Model ─▶ plain ─▶ text, JSON
//! ```
//!
//! In: the [`Model`](crate::engine::Model) (read only) and [`Input`](crate::keys::Input)s. Out: cells of a frame, and
//! [`Intent`]s. Drawing is pure: the same model, view and theme give the same cells.
//!
//! A [`View`] is what is only about looking: which rollout, screen and pane has the keys, which segment is selected (by
//! its name, never by its row), scroll, filters, and the panel that is open. It is neither truth nor
//! recorded.
//!
//! This room never reads a clock, a file or the network, never decides whether an action may be done
//! (`engine::acts::plan` does) and never shows anything as done that was not read back. It must draw
//! at any size without panic, and no meaning is carried by colour alone.
//!
//! | file | what |
//! |---|---|
//! | `view`, `input` | view state; keys to intents, text fields, the mouse |
//! | `rollouts` | all rollouts of a cockpit, and the one that is looked at |
//! | `overlay`, `confirm`, `prompt`, `help`, `field` | panels on top: state and drawing |
//! | `frame`, `layout` | which box stands where at which size |
//! | `screens`, `screens/` | the screens; a new one is one file and one line in `screens::SCREENS` |
//! | `pane`, `panes/` | the boxes of the main screen; a new one is one file and one line in `pane::PANES` |
//! | `transport`, `go_to` | the bar of a replay and its prompt for a time |
//! | `chart` | a signal of a segment over time, and the same in a few cells |
//! | `filter`, `listing` | what `/` leaves of a list; a list of moments with a cursor |
//! | `copies`, `link` | what is copied: a line as text, and a way back to it |
//! | `asked`, `platforms` | what was asked of all platforms at once and how far each has come; the strip that shows it |
//! | `header`, `hints`, `stats`, `summary` | first line, last line, what the terminal costs, tiny screens |
//! | `scene`, `words`, `names`, `facts`, `pieces`, `paint` | what all of them share |
//! | `sample`, `print` | what a theme looks like, and cells as text, for `gonogo themes` |
//! | `plain` | the same model as text and JSON, for `gonogo status` |
//!
//! Start reading at [`view`], then `frame`, then one of the screens.

mod asked;
mod chart;
mod confirm;
mod copies;
mod facts;
mod field;
mod filter;
mod frame;
mod go_to;
mod header;
mod help;
mod hints;
mod input;
mod layout;
pub mod link;
mod listing;
mod names;
mod others;
mod overlay;
mod paint;
mod palette;
mod pane;
mod panes;
mod pieces;
pub mod plain;
mod platforms;
mod prefix;
pub mod print;
mod prompt;
mod rollouts;
pub mod sample;
mod scene;
mod screens;
mod stats;
mod summary;
pub mod transport;
pub mod view;
mod words;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use self::tests::world;

pub use frame::{draw, draw_replay};
pub use stats::{Stats, draw_stats};
pub use transport::{Transport, Wish};
pub use view::{Intent, Repaint, View};

pub(crate) use scene::Scene;
