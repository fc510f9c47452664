//! What a person does at the keyboard, and which key means what.
//!
//! ```text
//! bytes ─▶ term ─▶ Input::Key { chord, repeat } ─▶ Keymap::find ─▶ a value, a prefix that waits, or nothing
//!                                                    ▲
//!                       ACTIONS, a person's changes ─▶ Bindings
//! ```
//!
//! In: [`Input`]s made by `term` from what the terminal sent, and a list of [`Binding`]s.
//! Out: the value bound to a key, or to a prefix and a key (`y l`).
//!
//! All but `bindings` is generic: it does not know which actions exist. [`Keymap::new`] refuses a list in which two
//! values share their keys, a key that is also a prefix, and keys that terminal multiplexers swallow. [`Bindings`] hands it
//! the list of actions, with what a person has made of it.
//!
//! This room never imports a terminal library: [`Chord`] is our own type, so that the screens, the
//! help and the tests do not depend on how keys are read. It never decides whether an action is
//! allowed; it only says which one was meant. Whoever binds a dangerous action must look at
//! [`Input::Key`]'s `repeat` and never treat an [`Input::Paste`] as keys.
//!
//! ```
//! use gonogo::action::Verb;
//! use gonogo::keys::{Bindings, Chord, Meaning};
//!
//! let bindings = Bindings::built_in()?;
//! let pressed: Chord = "K".parse()?;
//! assert_eq!(bindings.keymap(false).find(None, pressed), Meaning::Value(&Verb::Kill));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Start reading at [`chord`], then [`keymap`], then [`bindings`].

pub mod bindings;
pub mod chord;
pub mod input;
pub mod keymap;
pub mod sequence;

pub use bindings::{Bindings, Change, Refused};
pub use chord::{Chord, ChordError, Key, Modifiers};
pub use input::{Button, Input, Mouse};
pub use keymap::{Binding, Keymap, KeymapError, Meaning};
pub use sequence::{Sequence, SequenceError};
