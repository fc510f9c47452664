//! What can go wrong with a terminal.
//!
//! In: what the system said. Out: a [`TermError`] that names the operation and, where there is one, the
//! remedy. A terminal that has gone away is not an error of its own: the inputs end.

use std::io;

use thiserror::Error;

/// Why the terminal could not be used.
#[derive(Debug, Error)]
pub enum TermError {
    /// Standard input or output is a pipe or a file.
    #[error(
        "cannot open the cockpit: {stream} is not a terminal\n\
         hint: the cockpit needs a terminal; --plain says what changes without one; use `gonogo status --json` in scripts, \
         `gonogo guard` in services"
    )]
    NotATerminal {
        /// Which of the two.
        stream: &'static str,
    },
    /// There is a cockpit on this terminal already.
    #[error("cannot open the cockpit: this process has the terminal already")]
    Taken,
    /// The terminal was given back, by a panic in another place or by [`super::Terminal::restore`].
    #[error("cannot draw: the terminal has been given back")]
    GivenBack,
    /// The system refused an operation on the terminal.
    #[error("cannot {operation}: {cause}")]
    System {
        /// What was attempted.
        operation: &'static str,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl TermError {
    /// Returns a function that names the operation that failed, for `map_err`.
    pub(super) fn during<E: Into<io::Error>>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::System { operation, cause: cause.into() }
    }
}
