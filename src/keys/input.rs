//! What a person, or the terminal on their behalf, did.
//!
//! In: made by `term` from the bytes of the terminal. Out: read by the live loop.
//! A paste is one value of its own, so that pasted text can never run as keys. The mouse is not
//! captured: selecting text stays the terminal's business.

use super::Chord;

/// One thing that happened at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed. Releases are not reported.
    Key {
        /// Which key, with its modifiers.
        chord: Chord,
        /// Whether the key is held down rather than pressed anew. A held key never kills or widens.
        repeat: bool,
    },
    /// Text was pasted. It goes into a text field or nowhere.
    Paste(String),
    /// The terminal has a new size, in cells.
    Resize {
        /// Width in cells.
        columns: u16,
        /// Height in cells.
        rows: u16,
    },
    /// The terminal window came to the front.
    FocusGained,
    /// The terminal window went to the back.
    FocusLost,
}
