//! The terminal: taken, drawn on, read from, and always given back. The only user of crossterm.
//!
//! ```text
//! Terminal::draw ─▶ screen (diff, bytes of one frame) ─▶ output (a thread: one write per frame) ─▶ tty
//! Terminal::copy, alert ─▶ words (for the terminal itself, wrapped for its host) ─▶ behind the frame
//! tty ─▶ inputs (a thread) ─▶ parser ─▶ keys::Input ─▶ the live loop       signals ─▶ the live loop
//! ```
//!
//! In: frames to draw, bytes that a person types, Unix signals. Out: [`Input`](crate::keys::Input)s,
//! [`Signal`]s, and bytes to the terminal.
//!
//! What holds here:
//! - The terminal is given back on every way out: quit, error, panic, hang-up, termination, Ctrl-Z.
//!   [`modes`] does it once, whoever asks first. A panic anywhere in the process gives the terminal back;
//!   the next [`Terminal::draw`] then fails, so that the loop ends instead of drawing over the message.
//! - The loop never waits for the terminal. A stalled SSH link stalls only the output thread; the loop
//!   skips frames until [`OutputState::idle`] says that the terminal has caught up. A kill goes out all the same.
//! - One write per frame, bracketed by synchronized output; a frame that changes nothing writes nothing.
//! - Keys are read by our own [`parser`], not by crossterm's event reader: that one spins at full speed
//!   when the terminal has gone away, and blocks in the middle of a cut escape sequence.
//!
//! Order of use: install color-eyre's hook first if there is one, then [`Signals::listen`] (so that no
//! signal can end the program with the terminal in raw mode), then [`Terminal::enter`], then
//! [`Inputs::open`]. On [`Signal::Stop`] or the suspend key call [`Terminal::suspend`]; on
//! [`Signal::Continue`] call [`Terminal::resume`]; when [`Inputs::next`] is `None`, or on any other
//! signal, end the loop: dropping the [`Terminal`] gives it back.
//!
//! - The mouse is reported only after [`Terminal::mouse`], and no longer when the terminal is given back.
//!
//! What a terminal does not know it passes over: synchronized output (mode 2026), pastes (2004), focus (1004), the mouse
//! (1002, 1006) are private modes, which even the console of Linux and a VT220 read to their end and ignore. Words that
//! could be shown instead (a copy, a notification) go only to a [`Host`] that takes such.
//!
//! This room never imports `engine`, `domain` or `ui`, and never touches the terminal's title.
//!
//! Start reading at [`terminal`], then [`modes`].

mod contain;
pub mod error;
pub mod host;
pub mod inputs;
pub mod modes;
pub mod output;
pub mod parser;
pub mod repeat;
pub mod screen;
pub mod signals;
pub mod stop;
pub mod terminal;
mod tty;
pub mod words;

pub use contain::contain;
pub use error::TermError;
pub use host::{Host, Multiplexer};
pub use inputs::Inputs;
pub use output::{OutputState, Written};
pub use signals::{Signal, Signals};
pub use terminal::{Drawn, Terminal};
pub use words::{CopyError, LONGEST_COPY, Notify, alert};
