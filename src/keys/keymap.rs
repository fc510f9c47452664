//! Which keys mean what, while one set of contexts is active.
//!
//! In: a list of [`Binding`]s and the titles of prefixes. Out: the meaning of a key ([`Keymap::find`]), and the keys of a
//! value, for hints and help. A list that cannot be obeyed is refused when it is read, not when the key is pressed: the
//! same keys twice, a key that is also a prefix, keys that never arrive, and whatever would come between a person and the
//! emergency brake.
//!
//! A *brake* is a binding that works also while a prefix waits. So a prefix never swallows it.

use std::{collections::BTreeMap, fmt};

use thiserror::Error;

use super::{Chord, Key, Sequence};

/// What one value is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<T> {
    /// What it means.
    pub value: T,
    /// Its keys; the first one is shown.
    pub sequences: Vec<Sequence>,
    /// Whether it works also while a prefix waits.
    pub is_brake: bool,
}

/// A table from keys to values, each sequence at most once.
#[derive(Debug, Clone)]
pub struct Keymap<T> {
    bound: BTreeMap<Sequence, T>,
    /// The order of the list, which is the order people should see.
    listed: Vec<(Sequence, T)>,
    /// Keys that work also while a prefix waits, with their values.
    brakes: Vec<(Chord, T)>,
    /// The prefixes, each with its title, in the order in which they were first bound.
    prefixes: Vec<(Chord, String)>,
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning<'a, T> {
    /// This.
    Value(&'a T),
    /// It is a prefix and waits for another key.
    Prefix,
    /// Nothing here.
    Nothing,
}

/// Why a list of bindings cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapError {
    /// Two values claim the same keys.
    #[error(
        "cannot bind {sequence} to {second}: it is bound to {first} already\nhint: give one of them another key"
    )]
    Conflict {
        /// The keys in question.
        sequence: Sequence,
        /// Who had them first.
        first: String,
        /// Who wants them as well.
        second: String,
    },
    /// A key is also a prefix.
    #[error(
        "cannot bind {chord} to {name}: {longer} is bound to {other}, and a key cannot be both a key and a prefix\n\
         hint: give one of them another key"
    )]
    Covered {
        /// The key that is both.
        chord: Chord,
        /// Who is bound to it alone.
        name: String,
        /// What begins with it.
        longer: Sequence,
        /// Who is bound to that.
        other: String,
    },
    /// The key would never arrive.
    #[error(
        "cannot bind {sequence} to {name}: tmux, screen or flow control swallow it\n\
         hint: ctrl-a, ctrl-b, ctrl-q and ctrl-s cannot be used"
    )]
    Swallowed {
        /// The keys in question.
        sequence: Sequence,
        /// Who wants them.
        name: String,
    },
    /// Behind a prefix stands what must work while it waits.
    #[error("cannot bind {sequence} to {name}: {} {what} while a prefix waits\nhint: take another second key", sequence.key)]
    Reserved {
        /// The keys in question.
        sequence: Sequence,
        /// Who wants them.
        name: String,
        /// What the second key does: `is kill also`, `leaves the panel`.
        what: String,
    },
}

impl<T: Clone + PartialEq + fmt::Display> Keymap<T> {
    /// Builds the table. `titles` are those of prefixes; a prefix without one is called by its key.
    ///
    /// # Errors
    /// [`KeymapError`], naming whatever is in conflict.
    pub fn new(bindings: &[Binding<T>], titles: &[(Chord, String)]) -> Result<Self, KeymapError> {
        let mut keymap =
            Self { bound: BTreeMap::new(), listed: Vec::new(), brakes: Vec::new(), prefixes: Vec::new() };
        for binding in bindings.iter().filter(|binding| binding.is_brake) {
            let single = binding.sequences.iter().filter(|sequence| sequence.prefix.is_none());
            keymap.brakes.extend(single.map(|sequence| (sequence.key, binding.value.clone())));
        }
        for binding in bindings {
            for sequence in &binding.sequences {
                keymap.check(*sequence, &binding.value)?;
                keymap.bind(*sequence, &binding.value, titles);
            }
        }
        Ok(keymap)
    }

    /// Adds what is bound elsewhere, wherever its keys are free here: such keys mean nothing but an explanation.
    pub fn add_leftovers(&mut self, bindings: &[Binding<T>], titles: &[(Chord, String)]) {
        for binding in bindings {
            for sequence in &binding.sequences {
                if self.check(*sequence, &binding.value).is_ok() {
                    self.bind(*sequence, &binding.value, titles);
                }
            }
        }
    }

    fn check(&self, sequence: Sequence, value: &T) -> Result<(), KeymapError> {
        let name = value.to_string();
        if sequence.key.is_swallowed() || sequence.prefix.is_some_and(|prefix| prefix.is_swallowed()) {
            return Err(KeymapError::Swallowed { sequence, name });
        }
        if let Some(first) = self.bound.get(&sequence) {
            return Err(KeymapError::Conflict { sequence, first: first.to_string(), second: name });
        }
        if let Some(prefix) = sequence.prefix {
            if let Some(other) = self.bound.get(&Sequence::from(prefix)) {
                let (longer, alone) = (sequence, other.to_string());
                return Err(KeymapError::Covered { chord: prefix, name: alone, longer, other: name });
            }
            if sequence.key == Chord::plain(Key::Esc) {
                return Err(KeymapError::Reserved { sequence, name, what: "leaves its panel".to_owned() });
            }
            if let Some((_, brake)) = self.brakes.iter().find(|(chord, _)| *chord == sequence.key) {
                return Err(KeymapError::Reserved { sequence, name, what: format!("is {brake} also") });
            }
        } else if let Some((longer, other)) =
            self.listed.iter().find(|(longer, _)| longer.prefix == Some(sequence.key))
        {
            let (chord, longer, other) = (sequence.key, *longer, other.to_string());
            return Err(KeymapError::Covered { chord, name, longer, other });
        }
        Ok(())
    }

    fn bind(&mut self, sequence: Sequence, value: &T, titles: &[(Chord, String)]) {
        if let Some(prefix) = sequence.prefix
            && self.title(prefix).is_none()
        {
            let title = titles.iter().find(|(chord, _)| *chord == prefix);
            let title = title.map_or_else(|| prefix.to_string(), |(_, title)| title.clone());
            self.prefixes.push((prefix, title));
        }
        self.bound.insert(sequence, value.clone());
        self.listed.push((sequence, value.clone()));
    }

    /// Returns what a key means while a prefix waits, or none does. A brake means the same in both.
    pub fn find(&self, waiting: Option<Chord>, chord: Chord) -> Meaning<'_, T> {
        if let Some((_, brake)) = self.brakes.iter().find(|(key, _)| *key == chord) {
            return Meaning::Value(brake);
        }
        if let Some(value) = self.bound.get(&Sequence { prefix: waiting, key: chord }) {
            return Meaning::Value(value);
        }
        if waiting.is_none() && self.title(chord).is_some() { Meaning::Prefix } else { Meaning::Nothing }
    }

    /// Returns what a single key means; `None` if it means nothing here, or waits for another.
    pub fn lookup(&self, chord: Chord) -> Option<&T> {
        self.bound.get(&Sequence::from(chord))
    }

    /// Returns the keys of a value in the order they were listed; the first is the one to show.
    pub fn sequences(&self, value: &T) -> impl Iterator<Item = Sequence> {
        self.listed.iter().filter(move |(_, bound)| bound == value).map(|(sequence, _)| *sequence)
    }

    /// Returns the title of a prefix; `None` if the key is none.
    pub fn title(&self, prefix: Chord) -> Option<&str> {
        self.prefixes.iter().find(|(chord, _)| *chord == prefix).map(|(_, title)| title.as_str())
    }

    /// Returns what may follow a prefix, in the order they were listed.
    pub fn continuations(&self, prefix: Chord) -> impl Iterator<Item = (Chord, &T)> {
        let under = self.listed.iter().filter(move |(sequence, _)| sequence.prefix == Some(prefix));
        under.map(|(sequence, value)| (sequence.key, value))
    }

    /// Returns all bindings in the order they were listed.
    pub fn bindings(&self) -> impl Iterator<Item = (Sequence, &T)> {
        self.listed.iter().map(|(sequence, value)| (*sequence, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    fn bind(value: &'static str, keys: &[&str]) -> Binding<&'static str> {
        let sequences = keys.iter().map(|text| text.parse().unwrap()).collect();
        Binding { value, sequences, is_brake: value == "kill" }
    }

    fn keymap(bindings: &[Binding<&'static str>]) -> Result<Keymap<&'static str>, KeymapError> {
        Keymap::new(bindings, &[(chord("y"), "copy".to_owned())])
    }

    #[test]
    fn a_key_finds_its_value_and_a_value_its_keys() {
        let keymap = keymap(&[bind("widen", &["w"]), bind("help", &["?", "f1"])]).unwrap();
        assert_eq!(keymap.find(None, chord("w")), Meaning::Value(&"widen"));
        assert_eq!(keymap.lookup(chord("w")), Some(&"widen"));
        assert_eq!(keymap.find(None, chord("W")), Meaning::Nothing);
        assert_eq!(
            keymap.sequences(&"help").collect::<Vec<_>>(),
            [chord("?").into(), Sequence::from(chord("f1"))]
        );
        assert_eq!(keymap.bindings().next(), Some((chord("w").into(), &"widen")));
    }

    #[test]
    fn a_prefix_waits_has_a_title_and_lists_what_may_follow() {
        let keymap = keymap(&[bind("line", &["y y"]), bind("link", &["y l"]), bind("left", &["l"])]).unwrap();
        assert_eq!(keymap.find(None, chord("y")), Meaning::Prefix);
        assert_eq!(keymap.find(Some(chord("y")), chord("l")), Meaning::Value(&"link"));
        assert_eq!(keymap.find(None, chord("l")), Meaning::Value(&"left"));
        assert_eq!(keymap.find(Some(chord("y")), chord("x")), Meaning::Nothing);
        assert_eq!(keymap.title(chord("y")), Some("copy"));
        let under: Vec<_> = keymap.continuations(chord("y")).collect();
        assert_eq!(under, [(chord("y"), &"line"), (chord("l"), &"link")]);
    }

    #[test]
    fn a_brake_works_while_a_prefix_waits_and_nothing_else_does() {
        let keymap = keymap(&[bind("link", &["y l"]), bind("kill", &["K"]), bind("widen", &["w"])]).unwrap();
        assert_eq!(keymap.find(Some(chord("y")), chord("K")), Meaning::Value(&"kill"));
        assert_eq!(keymap.find(Some(chord("y")), chord("w")), Meaning::Nothing);
    }

    #[test]
    fn two_values_on_the_same_keys_are_refused_naming_both() {
        for keys in [["K", "shift-k"], ["z k", "z k"]] {
            let error = keymap(&[bind("kill", &keys[..1]), bind("up", &keys[1..])]).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains("kill") && message.contains("up") && message.contains("hint:"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_key_that_is_also_a_prefix_is_refused_in_either_order() {
        let (alone, longer) = (bind("note", &["y"]), bind("link", &["y l"]));
        for bindings in [[alone.clone(), longer.clone()], [longer, alone]] {
            let message = keymap(&bindings).unwrap_err().to_string();
            assert!(message.starts_with("cannot bind y to note: y l is bound to link"), "{message}");
        }
    }

    #[test]
    fn what_leaves_a_prefix_or_stops_cannot_stand_behind_one() {
        for (keys, why) in [("y K", "K is kill also while a prefix waits"), ("y esc", "esc leaves its panel")]
        {
            let message = keymap(&[bind("link", &[keys]), bind("kill", &["K"])]).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
    }

    #[test]
    fn keys_that_never_arrive_are_refused() {
        for keys in ["ctrl-b", "ctrl-a x", "y ctrl-s"] {
            let error = keymap(&[bind("back", &[keys])]).unwrap_err();
            assert!(matches!(error, KeymapError::Swallowed { .. }), "{error}");
        }
    }

    #[test]
    fn leftovers_take_only_what_is_free() {
        let mut keymap = keymap(&[bind("next-stage", &["s"])]).unwrap();
        keymap.add_leftovers(&[bind("sort", &["s", "z s"])], &[]);
        assert_eq!(keymap.lookup(chord("s")), Some(&"next-stage"));
        assert_eq!(keymap.find(Some(chord("z")), chord("s")), Meaning::Value(&"sort"));
    }
}
