//! One key, or a prefix and a key: `w`, `y l`.
//!
//! In: text as it stands in the list of actions and in a user's key file. Out: a [`Sequence`], and the same text again.
//! There are never more than two: whoever needs three keys has forgotten the first by then.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{Chord, ChordError};

/// What is pressed for one action: a key, or a prefix and then a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence {
    /// What is pressed first, and then waits. `None`: nothing.
    pub prefix: Option<Chord>,
    /// The key that is the action's own.
    pub key: Chord,
}

/// Why a text is no sequence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SequenceError {
    /// One of its keys cannot be read.
    #[error(transparent)]
    Chord(#[from] ChordError),
    /// More than two keys, or none.
    #[error(
        "cannot read the keys {text:?}: it is one key, or a prefix and a key\n\
         hint: write \"w\", or \"y l\" with one space between; the space bar is \"space\""
    )]
    Length {
        /// What was written.
        text: String,
    },
}

impl From<Chord> for Sequence {
    fn from(key: Chord) -> Self {
        Self { prefix: None, key }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix {
            Some(prefix) => f.pad(&format!("{prefix} {}", self.key)),
            None => f.pad(&self.key.to_string()),
        }
    }
}

impl FromStr for Sequence {
    type Err = SequenceError;

    fn from_str(text: &str) -> Result<Self, SequenceError> {
        let mut parts = text.split(' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(key), None, None) => Ok(Self { prefix: None, key: key.parse()? }),
            (Some(prefix), Some(key), None) if !prefix.is_empty() && !key.is_empty() => {
                Ok(Self { prefix: Some(prefix.parse()?), key: key.parse()? })
            }
            _ => Err(SequenceError::Length { text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_or_a_prefix_and_a_key_read_back_as_themselves() {
        for text in ["w", "K", "ctrl-z", "y l", "z space", "f2 ?"] {
            assert_eq!(text.parse::<Sequence>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_longer_or_empty_is_refused_with_a_hint() {
        for text in ["", " ", "a b c", "a ", " a", "a  b", "entr", "y entr"] {
            let message = text.parse::<Sequence>().unwrap_err().to_string();
            assert!(message.contains("hint:"), "{text:?}: {message}");
        }
    }
}
