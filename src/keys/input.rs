//! What a person, or the terminal on their behalf, did.
//!
//! In: made by `term` from the bytes of the terminal. Out: read by the live loop.
//! A paste is one value of its own, so that pasted text can never run as keys. The mouse is reported only
//! where a person asked for it: else selecting text stays the terminal's business.

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
    /// The mouse did something. Only after it was asked for; it focuses, scrolls and zooms, and never acts.
    Mouse {
        /// What it did.
        kind: Mouse,
        /// The cell from the left, from 0.
        column: u16,
        /// The cell from the top, from 0.
        row: u16,
    },
}

/// What a mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// A button went down.
    Press(Button),
    /// A button came up.
    Release(Button),
    /// It moved with a button held down.
    Drag(Button),
    /// The wheel, away from the person: up the list.
    ScrollUp,
    /// The wheel, towards the person: down the list.
    ScrollDown,
}

/// A button of a mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The one under the index finger of most people.
    Left,
    /// The wheel as a button.
    Middle,
    /// The other one.
    Right,
}
