//! What a person does at the keyboard, and which key means what.
//!
//! ```text
//! bytes ─▶ term ─▶ Input::Key { chord, repeat } ─▶ Keymap::lookup ─▶ the value bound to it
//! ```
//!
//! In: [`Input`]s made by `term` from what the terminal sent, and a list of `(chords, value)` pairs.
//! Out: the value bound to a chord, or nothing.
//!
//! The room is generic: it does not know which actions exist. The list of actions hands its chords
//! to [`Keymap::new`], which refuses a list in which two actions share a chord, and chords that
//! terminal multiplexers swallow.
//!
//! This room never imports a terminal library: [`Chord`] is our own type, so that the screens, the
//! help and the tests do not depend on how keys are read. It never decides whether an action is
//! allowed; it only says which one was meant. Whoever binds a dangerous action must look at
//! [`Input::Key`]'s `repeat` and never treat an [`Input::Paste`] as keys.
//!
//! ```
//! use gonogo::keys::{Chord, Keymap};
//!
//! let keymap = Keymap::new(&[(&["w"], "widen"), (&["K"], "kill"), (&["?", "f1"], "help")])?;
//! let pressed: Chord = "f1".parse()?;
//! assert_eq!(keymap.lookup(&pressed), Some(&"help"));
//! # Ok::<(), gonogo::keys::KeymapError>(())
//! ```
//!
//! Start reading at [`chord`], then [`keymap`].

pub mod chord;
pub mod input;
pub mod keymap;

pub use chord::{Chord, ChordError, Key, Modifiers};
pub use input::{Button, Input, Mouse};
pub use keymap::{Keymap, KeymapError};
