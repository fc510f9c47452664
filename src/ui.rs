//! The screen: what a person sees of the model, and what their keys ask for.
//!
//! ```text
//! Input ─▶ View::handle(&Model) ─▶ Intent (ask for an action, quit, suspend, redraw; in a replay a Wish)
//!              │ view state only
//! Model ───────┴─▶ draw(&Model, &View, &Theme) ─▶ cells         Model ─▶ plain ─▶ text, JSON
//! ```
//!
//! In: the [`Model`](crate::engine::Model) (read only) and [`Input`](crate::keys::Input)s. Out: cells of a frame, and
//! [`Intent`]s. Drawing is pure: the same model, view and theme give the same cells.
//!
//! A [`View`] is what is only about looking: which pane has the keys, which segment is selected (by
//! its name, never by its row), scroll, zoom, and the panel that is open. It is neither truth nor
//! recorded.
//!
//! This room never reads a clock, a file or the network, never decides whether an action may be done
//! (`engine::acts::plan` does) and never shows anything as done that was not read back. It must draw
//! at any size without panic, and no meaning is carried by colour alone.
//!
//! | file | what |
//! |---|---|
//! | `view`, `input` | view state; keys to intents |
//! | `overlay`, `confirm`, `prompt`, `help`, `sources`, `field` | panels on top: state and drawing |
//! | `screen`, `layout` | which box stands where at which size |
//! | `pane`, `panes/` | the boxes; a new one is one file and one line in `pane::PANES` |
//! | `transport`, `go_to` | the bar of a replay and its prompt for a time |
//! | `filter` | what `/` leaves of a list |
//! | `asked`, `platforms` | what was asked of all platforms at once and how far each has come; the strip that shows it |
//! | `header`, `hints`, `evidence`, `summary` | first line, last line, zoom, tiny screens |
//! | `scene`, `words`, `facts`, `pieces`, `paint` | what all of them share |
//! | `plain` | the same model as text and JSON, for `gonogo status` |
//!
//! Start reading at [`view`], then `screen`, then one of the panes.

mod asked;
mod confirm;
mod evidence;
mod facts;
mod field;
mod filter;
mod go_to;
mod header;
mod help;
mod hints;
mod input;
mod layout;
pub mod link;
mod overlay;
mod paint;
mod pane;
mod panes;
mod pieces;
pub mod plain;
mod platforms;
mod prompt;
mod scene;
mod screen;
mod sources;
mod summary;
pub mod transport;
pub mod view;
mod words;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use self::tests::world;

pub use screen::{draw, draw_replay};
pub use transport::{Transport, Wish};
pub use view::{Intent, View};

pub(crate) use scene::Scene;
