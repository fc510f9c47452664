//! Which chord means what.
//!
//! In: a list of `(chords, value)` pairs. Out: the value of a chord, and the chords of a value (for the
//! hint bar and the help). A list that cannot be obeyed is refused when it is read, not when the key is
//! pressed: a chord bound twice, one that cannot be typed, one that never arrives.

use std::{collections::BTreeMap, fmt};

use thiserror::Error;

use super::{Chord, ChordError};

/// A table from chords to values, each chord at most once.
#[derive(Debug, Clone)]
pub struct Keymap<T> {
    bound: BTreeMap<Chord, T>,
    /// The order of the list, which is the order people should see.
    listed: Vec<(Chord, T)>,
}

/// Why a list of bindings cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapError {
    /// A chord could not be read.
    #[error(transparent)]
    Chord(#[from] ChordError),
    /// Two values claim one chord.
    #[error(
        "cannot bind {chord} to {second}: it is bound to {first} already\nhint: give one of them another key"
    )]
    Conflict {
        /// The chord in question.
        chord: Chord,
        /// Who had it first.
        first: String,
        /// Who wants it as well.
        second: String,
    },
    /// The chord would never arrive.
    #[error(
        "cannot bind {chord} to {name}: tmux, screen or flow control swallow it\n\
         hint: ctrl-a, ctrl-b, ctrl-q and ctrl-s cannot be used"
    )]
    Swallowed {
        /// The chord in question.
        chord: Chord,
        /// Who wants it.
        name: String,
    },
}

impl<T: Clone + PartialEq + fmt::Display> Keymap<T> {
    /// Builds the table.
    ///
    /// # Errors
    /// On a chord that cannot be read, that never arrives, or that is claimed twice (naming both).
    pub fn new(bindings: &[(&[&str], T)]) -> Result<Self, KeymapError> {
        let mut keymap = Self { bound: BTreeMap::new(), listed: Vec::new() };
        for (chords, value) in bindings {
            for text in *chords {
                keymap.bind(text.parse()?, value)?;
            }
        }
        Ok(keymap)
    }

    fn bind(&mut self, chord: Chord, value: &T) -> Result<(), KeymapError> {
        if chord.is_swallowed() {
            return Err(KeymapError::Swallowed { chord, name: value.to_string() });
        }
        if let Some(first) = self.bound.get(&chord) {
            let (first, second) = (first.to_string(), value.to_string());
            return Err(KeymapError::Conflict { chord, first, second });
        }
        self.bound.insert(chord, value.clone());
        self.listed.push((chord, value.clone()));
        Ok(())
    }

    /// Returns what the chord means; `None` if it means nothing here.
    pub fn lookup(&self, chord: &Chord) -> Option<&T> {
        self.bound.get(chord)
    }

    /// Returns the chords of a value in the order they were listed; the first is the one to show.
    pub fn chords(&self, value: &T) -> impl Iterator<Item = Chord> {
        self.listed.iter().filter(move |(_, bound)| bound == value).map(|(chord, _)| *chord)
    }

    /// Returns all bindings in the order they were listed.
    pub fn bindings(&self) -> impl Iterator<Item = (Chord, &T)> {
        self.listed.iter().map(|(chord, value)| (*chord, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    #[test]
    fn a_chord_finds_its_value_and_a_value_its_chords() {
        let keymap = Keymap::new(&[(&["w"], "widen"), (&["?", "f1"], "help")]).unwrap();
        assert_eq!(keymap.lookup(&chord("w")), Some(&"widen"));
        assert_eq!(keymap.lookup(&chord("W")), None);
        assert_eq!(keymap.chords(&"help").collect::<Vec<_>>(), [chord("?"), chord("f1")]);
        assert_eq!(keymap.bindings().next(), Some((chord("w"), &"widen")));
    }

    #[test]
    fn two_values_on_one_chord_are_refused_naming_both() {
        let error = Keymap::new(&[(&["K"], "kill"), (&["k", "shift-k"], "up")]).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("kill") && message.contains("up") && message.contains('K'), "{message}");
    }

    #[test]
    fn a_chord_that_never_arrives_is_refused() {
        let error = Keymap::new(&[(&["ctrl-b"], "back")]).unwrap_err();
        assert!(matches!(error, KeymapError::Swallowed { .. }));
    }

    #[test]
    fn a_chord_that_cannot_be_read_is_refused() {
        assert!(matches!(Keymap::new(&[(&["kaboom"], "kill")]), Err(KeymapError::Chord(_))));
    }
}
