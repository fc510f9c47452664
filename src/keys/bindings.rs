//! Which keys every action has: those of the list, or what a person has made of them.
//!
//! ```text
//! ACTIONS ──┐                       ┌─▶ live:   everywhere + live
//!           ├─▶ Bindings::of ─▶ check ─▶ replay: everywhere + replay, and of the live ones whatever is free
//! changes ──┘                       └─▶ Refused: one sentence
//! ```
//!
//! In: the list of actions and a person's [`Change`]s. Out: a [`Keymap`] for a live cockpit and one for a replay, and the
//! keys of each action for hints, help and palette.
//!
//! Some keys steer every panel and end every text field ([`FIXED`]); they cannot be taken away, or somebody would sit in
//! a field that nothing closes. Some actions cannot be left without a key ([`NEEDED`]). It reads no file: see `config::keys`.

use std::fmt;

use thiserror::Error;

use super::keymap::{Binding, Keymap, KeymapError};
use super::{Chord, Sequence, SequenceError};
use crate::action::{ACTIONS, PREFIXES, Spec, Verb, Where};

/// Keys that keep their meaning: they steer panels and text fields.
pub const FIXED: [(&str, Verb); 5] = [
    ("esc", Verb::Back),
    ("enter", Verb::Zoom),
    ("tab", Verb::NextPane),
    ("backtab", Verb::PrevPane),
    ("ctrl-c", Verb::Quit),
];

/// Actions that must have a key of one press: who cannot stop, leave or find help is lost.
pub const NEEDED: [Verb; 5] = [Verb::Kill, Verb::Pause, Verb::Help, Verb::Back, Verb::Quit];

/// What a person has made of one action's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The action.
    pub verb: Verb,
    /// Its keys from now on, the first one shown; none: it has no key.
    pub sequences: Vec<Sequence>,
}

/// The keys of all actions.
#[derive(Debug, Clone)]
pub struct Bindings {
    live: Keymap<Verb>,
    replay: Keymap<Verb>,
    is_changed: bool,
}

/// Why changes cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// They are in conflict with each other or with what stays.
    #[error("{cause}")]
    Keymap {
        /// How.
        cause: KeymapError,
        /// In a replay only.
        is_replay: bool,
    },
    /// A key of the list cannot be read, which a test rules out.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// They take a key away that steers panels and text fields.
    #[error(
        "cannot bind {sequence} to {verb}: {sequence} is {owner} in every panel and text field, and stays so\n\
         hint: take another key"
    )]
    Fixed {
        /// The key.
        sequence: Sequence,
        /// Who wants it.
        verb: Verb,
        /// Whose it is.
        owner: Verb,
    },
    /// They leave an action without a key that must have one.
    #[error(
        "cannot take every key of one press from {verb}: without one, nobody could {what} in time\n\
         hint: give it a key without a prefix"
    )]
    Needed {
        /// The action.
        verb: Verb,
        /// What it is for.
        what: &'static str,
    },
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.spec().name)
    }
}

impl Bindings {
    /// The keys of the list.
    ///
    /// # Errors
    /// When the list contradicts itself, which a test rules out.
    pub fn built_in() -> Result<Self, Refused> {
        Self::of(&[], &[])
    }

    /// The keys of the list with these changes, and with these titles of prefixes before the built-in ones.
    ///
    /// # Errors
    /// [`Refused`], for the first thing that cannot be obeyed.
    pub fn of(changes: &[Change], titles: &[(Chord, String)]) -> Result<Self, Refused> {
        for change in changes {
            check(change)?;
        }
        let mut titles = titles.to_vec();
        for (prefix, title) in PREFIXES {
            titles.push((prefix.parse().map_err(SequenceError::from)?, (*title).to_owned()));
        }
        let (everywhere, live, replay) = (
            bindings(Where::Everywhere, changes)?,
            bindings(Where::Live, changes)?,
            bindings(Where::Replay, changes)?,
        );
        let keymap = |own: &[Binding<Verb>], is_replay| {
            // The own ones last: what a conflict is about is the rarer one, and is named last.
            let all: Vec<_> = everywhere.iter().chain(own).cloned().collect();
            Keymap::new(&all, &titles).map_err(|cause| Refused::Keymap { cause, is_replay })
        };
        let (live_map, mut replay_map) = (keymap(&live, false)?, keymap(&replay, true)?);
        replay_map.add_leftovers(&live, &titles);
        Ok(Self { live: live_map, replay: replay_map, is_changed: !changes.is_empty() })
    }

    /// The table that holds in a live cockpit, or in a replay.
    #[must_use]
    pub const fn keymap(&self, is_replay: bool) -> &Keymap<Verb> {
        if is_replay { &self.replay } else { &self.live }
    }

    /// The keys of an action where it makes sense, the first one to show.
    #[must_use]
    pub fn sequences(&self, verb: Verb) -> Vec<Sequence> {
        self.keymap(verb.spec().place == Where::Replay).sequences(&verb).collect()
    }

    /// Whether a person changed something.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        self.is_changed
    }
}

/// Whether a change leaves the fixed keys alone and the needed actions reachable.
fn check(change: &Change) -> Result<(), Refused> {
    let verb = change.verb;
    for (text, owner) in FIXED {
        let fixed = text.parse::<Chord>().map_err(SequenceError::from)?;
        let taken = change.sequences.iter().find(|s| s.prefix.unwrap_or(s.key) == fixed);
        if let Some(sequence) = taken.filter(|s| owner != verb || s.prefix.is_some()) {
            return Err(Refused::Fixed { sequence: *sequence, verb, owner });
        }
    }
    let is_fixed = FIXED.iter().any(|(_, owner)| *owner == verb);
    if NEEDED.contains(&verb) && !is_fixed && change.sequences.iter().all(|s| s.prefix.is_some()) {
        let what = match verb {
            Verb::Kill => "kill",
            Verb::Pause => "pause",
            Verb::Help => "find the keys",
            _ => "get out",
        };
        return Err(Refused::Needed { verb, what });
    }
    Ok(())
}

/// The bindings of one context, changed.
fn bindings(place: Where, changes: &[Change]) -> Result<Vec<Binding<Verb>>, Refused> {
    let specs = ACTIONS.iter().filter(|spec| spec.place == place);
    specs
        .map(|spec| {
            let sequences = sequences(spec, changes)?;
            Ok(Binding { value: spec.verb, sequences, is_brake: spec.verb.is_brake() })
        })
        .collect()
}

fn sequences(spec: &Spec, changes: &[Change]) -> Result<Vec<Sequence>, Refused> {
    let Some(change) = changes.iter().find(|change| change.verb == spec.verb) else {
        return Ok(spec.chords.iter().map(|text| text.parse()).collect::<Result<_, _>>()?);
    };
    let mut sequences = change.sequences.clone();
    for (text, owner) in FIXED {
        let fixed = Sequence::from(text.parse::<Chord>().map_err(SequenceError::from)?);
        if owner == spec.verb && !sequences.contains(&fixed) {
            sequences.push(fixed);
        }
    }
    Ok(sequences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Meaning;

    fn change(verb: Verb, keys: &[&str]) -> Change {
        Change { verb, sequences: keys.iter().map(|text| text.parse().unwrap()).collect() }
    }

    fn chord(text: &str) -> Chord {
        text.parse().unwrap()
    }

    fn refused(changes: &[Change]) -> String {
        let message = Bindings::of(changes, &[]).unwrap_err().to_string();
        assert!(message.contains("\nhint: "), "{message}");
        message
    }

    #[test]
    fn the_list_of_actions_does_not_contradict_itself() {
        let bindings = Bindings::built_in().unwrap();
        for spec in ACTIONS {
            let keymap = bindings.keymap(spec.place == Where::Replay);
            let keys: Vec<_> = keymap.sequences(&spec.verb).map(|keys| keys.to_string()).collect();
            assert_eq!(keys, spec.chords, "{}", spec.name);
        }
        for verb in NEEDED {
            assert!(bindings.sequences(verb).iter().any(|keys| keys.prefix.is_none()), "{verb}");
        }
    }

    #[test]
    fn a_changed_action_has_its_new_keys_and_no_longer_the_old_ones() {
        let bindings = Bindings::of(&[change(Verb::Widen, &["W", "z w"])], &[]).unwrap();
        let live = bindings.keymap(false);
        assert_eq!(live.lookup(chord("W")), Some(&Verb::Widen));
        assert_eq!(live.find(Some(chord("z")), chord("w")), Meaning::Value(&Verb::Widen));
        assert_eq!(live.lookup(chord("w")), None);
        assert_eq!(bindings.sequences(Verb::Widen).first().unwrap().to_string(), "W");
    }

    #[test]
    fn an_action_can_be_left_without_a_key_unless_it_is_needed() {
        let bindings = Bindings::of(&[change(Verb::Note, &[])], &[]).unwrap();
        assert!(bindings.sequences(Verb::Note).is_empty());
        for verb in [Verb::Kill, Verb::Pause, Verb::Help] {
            assert!(refused(&[change(verb, &[])]).contains(verb.spec().name));
            assert!(refused(&[change(verb, &["f7 x"])]).contains("hint: give it a key without a prefix"));
        }
        // These keep their fixed key.
        for (verb, key) in [(Verb::Back, "esc"), (Verb::Quit, "ctrl-c")] {
            let bindings = Bindings::of(&[change(verb, &[])], &[]).unwrap();
            assert_eq!(bindings.sequences(verb).first().unwrap().to_string(), key);
        }
    }

    #[test]
    fn what_steers_panels_cannot_be_taken_away() {
        for (key, _) in FIXED {
            assert!(refused(&[change(Verb::Note, &[key])]).contains("every panel and text field"), "{key}");
            assert!(refused(&[change(Verb::Note, &[&format!("{key} x")])]).contains("every panel"), "{key}");
        }
    }

    #[test]
    fn keys_of_a_replay_and_of_a_live_cockpit_may_be_the_same() {
        let next = ACTIONS.iter().find(|spec| spec.verb == Verb::Step).unwrap().chords[0];
        let bindings = Bindings::of(&[change(Verb::Widen, &[next])], &[]).unwrap();
        assert_eq!(bindings.keymap(false).lookup(chord(next)), Some(&Verb::Widen));
        assert_eq!(bindings.keymap(true).lookup(chord(next)), Some(&Verb::Step));
    }

    #[test]
    fn in_a_replay_the_keys_of_a_live_cockpit_are_still_known_where_they_are_free() {
        let bindings = Bindings::built_in().unwrap();
        assert_eq!(bindings.keymap(true).lookup(chord("K")), Some(&Verb::Kill));
        assert_eq!(bindings.keymap(false).lookup(chord(".")), None);
    }

    #[test]
    fn keys_that_are_active_together_are_refused_naming_both_actions() {
        let said = refused(&[change(Verb::Widen, &["K"])]);
        assert!(said.contains("widen") && said.contains("kill"), "{said}");
        let said = refused(&[change(Verb::Step, &["j"])]);
        assert!(said.contains("step") && said.contains("down"), "{said}");
    }
}
