//! Names: read, and unique in their list.

use std::fmt::Display;
use std::str::FromStr;

use crate::config::fields::Fields;
use crate::config::problem::{Problem, Problems};
use crate::config::source_text::Place;
use crate::config::values;

/// The names of one list so far.
pub(super) struct Names {
    what: &'static str,
    seen: Vec<(String, Place)>,
}

impl Names {
    /// Starts with no name; `what` completes "there are two …".
    pub const fn of(what: &'static str) -> Self {
        Self { what, seen: Vec::new() }
    }

    /// Reads the `name` of a table, which must be there and be the first of its kind.
    pub fn read<T: FromStr<Err: Display> + Display>(
        &mut self,
        fields: &Fields<'_>,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = fields.require("name", "name = \"...\"", problems)?;
        let name: T = values::parsed(value, "a name", problems)?;
        self.add(&name.to_string(), value.span(), problems);
        Some(name)
    }

    /// Adds a name that was read elsewhere; reports it when it is taken.
    pub fn add(&mut self, name: &str, place: Place, problems: &mut Problems) {
        match self.seen.iter().find(|(seen, _)| seen == name) {
            Some((_, earlier)) => problems.push(
                Problem::new(place, format!("there are two {} `{name}`", self.what))
                    .earlier(earlier.clone())
                    .hint("give each its own name"),
            ),
            None => self.seen.push((name.to_owned(), place)),
        }
    }

    /// All names, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.seen.iter().map(|(name, _)| name.as_str())
    }
}
