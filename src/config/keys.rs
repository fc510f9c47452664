//! A person's keys: what they have made of the built-in ones.
//!
//! In: `$XDG_CONFIG_HOME/gonogo/keys.toml`, or the file that `GONOGO_KEYS` or `--keys` names. Out: [`KeyFile`], whose
//! [`Bindings`] hold everywhere. Without a file the built-in keys hold.
//!
//! ```toml
//! [everywhere]
//! help = ["?", "f2"]
//! [live]
//! widen = "W"      # one key, a list of them, a prefix and a key ("z w"), or "" for none
//! [prefixes]
//! z = "look"       # the title of a prefix
//! ```
//!
//! A wrong name and a conflict are errors with line, column and remedy. Nothing here must keep anybody from a rollout:
//! whoever calls [`load`] goes on with the built-in keys, and says why.
//!
//! Start reading at [`load`]; `docs/keys.md` is for users.

use std::io;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::fields::{Fields, Value, kind_of};
use super::near::{did_you_mean, one_of};
use super::problem::{Problem, Problems};
use super::rollout_file::syntax;
use super::source_text::{Place, SourceText, printable};
use super::{places, small_file};
use crate::action::{ACTIONS, Spec, Verb, Where};
use crate::domain::Text;
use crate::domain::text::cut;
use crate::keys::bindings::NEEDED;
use crate::keys::{Bindings, Change, Chord, KeymapError, Refused, Sequence};

/// The variable that names another file.
pub const VARIABLE: &str = "GONOGO_KEYS";

/// Most keys of one action: the help shows them side by side.
const MAX_KEYS: usize = 4;
/// Widest title of a prefix, in columns: it heads a small panel.
const MAX_TITLE: usize = 20;

/// The tables of actions, each with the context in which its keys are active.
const TABLES: [(&str, Where); 3] =
    [("everywhere", Where::Everywhere), ("live", Where::Live), ("replay", Where::Replay)];
/// The table of titles.
const PREFIXES: &str = "prefixes";

/// A person's keys.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The keys that hold.
    pub bindings: Bindings,
    /// The file that was looked for. `None`: the user has no home to look in.
    pub file: Option<PathBuf>,
    /// Whether the file is there.
    pub is_found: bool,
}

/// Why a person's keys cannot be used. Each message names the file, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file that was named is not there.
    #[error(
        "cannot read the keys {path}: there is no such file\nhint: {by} names it; leave that out, or make the file"
    )]
    Missing {
        /// The file.
        path: String,
        /// What names it.
        by: &'static str,
    },
    /// The system does not let us.
    #[error("cannot read the keys {path}: {cause}\nhint: {}", small_file::remedy(cause))]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It is read, but says something that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The built-in keys contradict themselves, which a test rules out.
    #[error(transparent)]
    BuiltIn(#[from] Refused),
}

/// Reads a person's keys: from `named`, else from the file that the variable names, else from their own.
///
/// # Errors
/// [`KeysError`] when a file is there, or named, and cannot be used.
pub fn load(named: Option<&Path>) -> Result<KeyFile, KeysError> {
    let variable = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
    let (path, by) = match (named, variable) {
        (Some(path), _) => (Some(path.to_owned()), Some("--keys")),
        (None, Some(path)) => (Some(path), Some(VARIABLE)),
        (None, None) => (places::config_dir().map(|folder| folder.join("keys.toml")), None),
    };
    let Some(path) = path else {
        return Ok(KeyFile { bindings: Bindings::built_in()?, file: None, is_found: false });
    };
    let shown = path.display().to_string();
    let failed = |cause| KeysError::Unreadable { path: printable(&shown), cause };
    match (small_file::read(&path).map_err(failed)?, by) {
        (Some(text), _) => Ok(KeyFile { bindings: parse(&text, &shown)?, file: Some(path), is_found: true }),
        (None, Some(by)) => Err(KeysError::Missing { path: printable(&shown), by }),
        (None, None) => Ok(KeyFile { bindings: Bindings::built_in()?, file: Some(path), is_found: false }),
    }
}

/// Reads the text of a key file; `origin` is what messages call it.
///
/// # Errors
/// [`KeysError::Invalid`] with every fault, its place and a hint; of conflicts, the first.
pub fn parse(text: &str, origin: &str) -> Result<Bindings, KeysError> {
    let mut problems = Problems::default();
    let (root, errors) = DeTable::parse_recoverable(text);
    let source = SourceText::new(&printable(origin), text, Vec::new());
    let bindings = match errors.first() {
        Some(error) => {
            problems.push(syntax(error, text));
            None
        }
        None => bindings(root.get_ref(), &mut problems),
    };
    bindings.ok_or_else(|| KeysError::Invalid(problems.report(&source)))
}

/// Keys of the file, with their place.
struct Written {
    verb: Verb,
    sequence: Sequence,
    place: Place,
}

/// The bindings that a file makes. `None`: there are problems.
fn bindings(root: &DeTable<'_>, problems: &mut Problems) -> Option<Bindings> {
    let allowed: Vec<_> = TABLES.iter().map(|(name, _)| *name).chain([PREFIXES]).collect();
    let fields = Fields::new(root, &(0..0), &allowed, problems);
    let (mut changes, mut written) = (Vec::new(), Vec::new());
    for (name, place) in TABLES {
        let Some(value) = fields.get(name) else { continue };
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("`{name}` is a table, found {}", kind_of(value.get_ref()));
            problems.push(Problem::new(value.span(), message).hint(format!("write [{name}] above its keys")));
            continue;
        };
        for (key, value) in table {
            let Some(spec) = action(key.get_ref(), &key.span(), (name, place), problems) else { continue };
            let sequences = sequences(value, problems);
            let own = sequences.iter().map(|(sequence, place)| Written {
                verb: spec.verb,
                sequence: *sequence,
                place: place.clone(),
            });
            written.extend(own);
            let sequences: Vec<_> = sequences.into_iter().map(|(sequence, _)| sequence).collect();
            if sequences.is_empty() {
                // What is wrong with an action that has lost its keys stands at its name.
                let place = key.span();
                let nothing = Sequence::from(Chord::from(' '));
                written.push(Written { verb: spec.verb, sequence: nothing, place });
            }
            changes.push(Change { verb: spec.verb, sequences });
        }
    }
    let titles = titles(fields.get(PREFIXES), problems);
    if problems.count() > 0 {
        return None;
    }
    match Bindings::of(&changes, &titles) {
        Ok(bindings) => Some(bindings),
        Err(refused) => {
            problems.push(conflict(&refused, &written));
            None
        }
    }
}

/// The action of a name, if it belongs into the table.
fn action(name: &str, at: &Place, (table, place): (&str, Where), problems: &mut Problems) -> Option<Spec> {
    let known = ACTIONS.iter().find(|spec| spec.name == name);
    match known {
        Some(spec) if spec.place == place => Some(*spec),
        Some(spec) => {
            let (right, _) = TABLES.into_iter().find(|(_, place)| *place == spec.place)?;
            let message = format!("`{name}` has no keys in [{table}]");
            problems.push(Problem::new(at.clone(), message).hint(format!("move it below [{right}]")));
            None
        }
        None => {
            let here = ACTIONS.iter().filter(|spec| spec.place == place).map(|spec| spec.name);
            let message =
                format!("no action is called `{name}` in [{table}], expected one of {}", one_of(here));
            let near = did_you_mean(name, ACTIONS.iter().map(|spec| spec.name));
            problems.push(Problem::new(at.clone(), message).maybe_hint(near));
            None
        }
    }
}

/// The keys of one action: a text, or a list of them. An empty text is no key.
fn sequences(value: &Value<'_>, problems: &mut Problems) -> Vec<(Sequence, Place)> {
    let mut found: Vec<(Sequence, Place)> = Vec::new();
    let items: Vec<&Value<'_>> = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    if items.len() > MAX_KEYS {
        problems.push(Problem::new(value.span(), format!("an action has at most {MAX_KEYS} keys")));
        return found;
    }
    for item in items {
        let Some(text) = item.get_ref().as_str() else {
            let message = format!("expected keys such as \"w\", found {}", kind_of(item.get_ref()));
            problems.push(Problem::new(item.span(), message));
            continue;
        };
        if text.is_empty() {
            continue;
        }
        match text.parse::<Sequence>() {
            Ok(sequence) if found.iter().any(|(known, _)| *known == sequence) => {
                problems.push(Problem::new(item.span(), format!("{sequence} is here twice")));
            }
            Ok(sequence) => found.push((sequence, item.span())),
            Err(cause) => problems.push(told(item.span(), &cause.to_string())),
        }
    }
    found
}

/// The titles of prefixes.
fn titles(value: Option<&Value<'_>>, problems: &mut Problems) -> Vec<(Chord, String)> {
    let mut titles = Vec::new();
    let Some(value) = value else { return titles };
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("`{PREFIXES}` is a table, found {}", kind_of(value.get_ref()));
        problems.push(Problem::new(value.span(), message).hint("write z = \"look\" below [prefixes]"));
        return titles;
    };
    for (key, value) in table {
        let chord = match key.get_ref().parse::<Chord>() {
            Ok(chord) => chord,
            Err(cause) => {
                problems.push(told(key.span(), &cause.to_string()));
                continue;
            }
        };
        let title = value.get_ref().as_str().map(Text::new).filter(|title| !title.as_str().trim().is_empty());
        match title {
            Some(title) => titles.push((chord, cut(title.as_str().trim(), MAX_TITLE))),
            None => problems.push(Problem::new(value.span(), "expected a title such as \"look\"")),
        }
    }
    titles
}

/// A problem out of a message with its hint.
fn told(place: Place, message: &str) -> Problem {
    let (message, hint) = match message.split_once("\nhint: ") {
        Some((message, hint)) => (message, Some(hint.to_owned())),
        None => (message, None),
    };
    Problem::new(place, message).maybe_hint(hint)
}

/// What is refused, at the line that is to blame, with a remedy that can be typed in.
fn conflict(refused: &Refused, written: &[Written]) -> Problem {
    let message = refused.to_string();
    let of = |name: &str| ACTIONS.iter().find(|spec| spec.name == name);
    let at = |sequence: Sequence, name: &str| {
        written.iter().find(|line| line.sequence == sequence && line.verb.spec().name == name)
    };
    let only = |place: Option<&Written>| told(place.map_or(0..0, |line| line.place.clone()), &message);
    match refused {
        Refused::Fixed { sequence, verb, .. } => only(at(*sequence, verb.spec().name)),
        Refused::Needed { verb, .. } => only(written.iter().rev().find(|line| line.verb == *verb)),
        Refused::Sequence(_) => only(None),
        Refused::Keymap { cause, is_replay } => {
            let pair = match cause {
                KeymapError::Conflict { sequence, first, second } => {
                    vec![(*sequence, first), (*sequence, second)]
                }
                KeymapError::Covered { chord, name, longer, other } => {
                    vec![(Sequence::from(*chord), name), (*longer, other)]
                }
                KeymapError::Swallowed { sequence, name } | KeymapError::Reserved { sequence, name, .. } => {
                    return only(at(*sequence, name));
                }
            };
            let mut lines: Vec<_> = pair.iter().filter_map(|(keys, name)| at(*keys, name)).collect();
            lines.sort_by_key(|line| line.place.start);
            let mut problem = only(lines.last().copied());
            if let [first, _] = lines.as_slice() {
                problem = problem.earlier(first.place.clone());
            }
            // One of the two is built in: say how it is taken away.
            let built_in =
                pair.iter().find(|(keys, name)| at(*keys, name).is_none()).and_then(|(_, name)| of(name));
            if let Some(spec) = built_in {
                let table =
                    TABLES.iter().find(|(_, place)| *place == spec.place).map_or("live", |(name, _)| name);
                let place = if *is_replay { " in a replay" } else { "" };
                let name = spec.name;
                let none = if NEEDED.contains(&spec.verb) { "" } else { ", \"\" for none" };
                problem = problem.hint(format!(
                    "take another key, or give {name}{place} another one: {name} = \"...\" below [{table}]{none}"
                ));
            }
            problem
        }
    }
}

#[cfg(test)]
mod tests;
