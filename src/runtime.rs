//! The runtime: turns the pure engine into a living process.
//!
//! ```text
//! adapters ─▶ Entrance ─▶ Inbox ┐
//! keys, verbs ──────────────────┼─▶ Session::take ─▶ engine::update ─▶ effects ─▶ Runner ─▶ backends
//! outcomes ─────────────────────┘                                        │          └─▶ Scribe ─▶ journal
//!    ▲                                                                   ▼
//!    └──────────────────────────────── one Event for each step ──────────┘
//! ```
//!
//! In: a rollout file, a terminal or none. Out: what the engine decided, carried out and read back.
//!
//! - [`clock`] is the only reader of a clock in the whole crate.
//! - [`inbox`] is bounded and has two lanes: facts wait, samples replace each other.
//! - [`runner`] carries effects out. A kill overtakes everything and is repeated until it is read back.
//! - [`scribe`] writes the journal in a thread of its own, so that a slow disk never holds the loop.
//! - [`session`] builds all of this from a rollout file, and ends all of it.
//! - `prompter` cues the probes when what an edge serves is about to change.
//! - `console` is the terminal as both loops use it: `pacer` says when a frame is due, `gauge` what it costs, `alarm`
//!   when to ring.
//! - [`wardrobe`] owns the theme in force, and reads the user's own when it is saved.
//! - [`plain`] is the loop that says what changes, for who has no screen.
//! - [`replay`] is the loop with a screen on a recording: without session, runner or network.
//! - [`fleet`] are the sessions of one cockpit. [`live`] is the loop with a screen, [`headless`] the one of a single act, [`service`] the one that guards for weeks.
//!
//! The runtime decides nothing: what shall be done is the engine's word, how it looks is `ui`'s.
//!
//! Start reading at [`session`], then [`live`].

mod alarm;
pub mod clock;
mod console;
pub mod fleet;
mod gauge;
pub mod headless;
pub mod inbox;
pub mod ledger;
pub mod live;
mod pacer;
pub mod plain;
mod prompter;
pub mod replay;
pub mod runner;
pub mod scribe;
pub mod service;
pub mod session;
pub mod wardrobe;
