//! Fields: one table of the file, with the fields that it may have.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::{did_you_mean, one_of};
use super::problem::{Problem, Problems};
use super::source_text::Place;

/// A value of the file with its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// One table of the file.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    table: &'a DeTable<'a>,
    start: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    /// Takes a table, and reports every field that it may not have.
    pub fn new(table: &'a DeTable<'a>, place: &Place, allowed: &[&str], problems: &mut Problems) -> Self {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !allowed.contains(&name) {
                let message =
                    format!("unknown field `{name}`, expected one of {}", one_of(allowed.iter().copied()));
                let hint = did_you_mean(name, allowed.iter().copied());
                problems.push(Problem::new(key.span(), message).maybe_hint(hint));
            }
        }
        Self { table, start: place.start, end: place.end }
    }

    /// Takes a value that must be a table.
    pub fn of(value: &'a Value<'a>, what: &str, allowed: &[&str], problems: &mut Problems) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("{what} is a table, found {}", kind_of(value.get_ref()));
            problems.push(Problem::new(value.span(), message));
            return None;
        };
        Some(Self::new(table, &value.span(), allowed, problems))
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&'a Value<'a>> {
        self.table.get(name)
    }

    /// The place of the field's name, or of the table when it has no such field.
    pub fn place_of(&self, name: &str) -> Place {
        self.table
            .iter()
            .find(|(key, _)| key.get_ref() == name)
            .map_or_else(|| self.place(), |(key, _)| key.span())
    }

    /// The place of the table.
    pub const fn place(&self) -> Place {
        self.start..self.end
    }

    /// A field that must be there.
    pub fn require(&self, name: &str, example: &str, problems: &mut Problems) -> Option<&'a Value<'a>> {
        let value = self.get(name);
        if value.is_none() {
            problems.push(
                Problem::new(self.place(), format!("missing field `{name}`")).hint(format!("add {example}")),
            );
        }
        value
    }
}

/// What a value is, in words, without the value.
pub(crate) const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
