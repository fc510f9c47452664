//! Blame: which field of an adapter's settings caused a fault.
//!
//! Serde does not say where. So one field after the other is left out and the settings are read
//! again: the field without which the fault is another one (or none) is the culprit, and the
//! search goes on inside it. A table of settings has a handful of fields; this runs only on a fault.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::node::Node;
use crate::config::fields::Value;
use crate::config::source_text::Place;

/// How deep the search goes: settings nest twice at most (`token = { env = … }`).
const MAX_DEPTH: usize = 6;

/// The most fields of a table that are tried one by one; a table with more is blamed as a whole.
const MAX_FIELDS: usize = 64;

/// The field that caused a fault.
#[derive(Debug)]
pub(super) struct Culprit<'a> {
    /// Its name; empty for the settings as a whole.
    pub name: String,
    /// Where its name stands.
    pub key: Place,
    /// Where its value stands.
    pub place: Place,
    /// Its value.
    pub value: Option<&'a DeValue<'a>>,
}

impl Culprit<'_> {
    /// Its name, or another one for the settings as a whole.
    pub fn name_or<'n>(&'n self, whole: &'n str) -> &'n str {
        if self.name.is_empty() { whole } else { &self.name }
    }
}

/// Finds the field that caused a fault; for a missing field, the table that it is missing in.
pub(super) fn blame<'a, T: DeserializeOwned>(root: &'a Value<'a>, fault: &Fault) -> Culprit<'a> {
    let mut culprit = Culprit { name: String::new(), key: root.span(), place: root.span(), value: None };
    if let Fault::MissingField { field } = fault {
        let complete = with(root.get_ref(), field);
        if T::deserialize(Node(&complete)).err().as_ref() != Some(fault) {
            return culprit;
        }
    }
    let mut path: Vec<&str> = Vec::new();
    let mut inner = root;
    while let Some(table) = inner.get_ref().as_table().filter(|table| table.len() <= MAX_FIELDS) {
        let found = table
            .iter()
            .find(|(key, value)| is_bad_kind(key.get_ref(), value.get_ref(), fault))
            .or_else(|| {
                table.iter().filter(|(key, _)| key.get_ref() != "kind").find(|(key, _)| {
                    let mut left_out = path.clone();
                    left_out.push(key.get_ref());
                    let without = without(root.get_ref(), &left_out);
                    T::deserialize(Node(&without)).err().as_ref() != Some(fault)
                })
            });
        let Some((key, value)) = found else { break };
        culprit = Culprit {
            name: key.get_ref().to_string(),
            key: key.span(),
            place: value.span(),
            value: Some(value.get_ref()),
        };
        path.push(key.get_ref());
        inner = value;
        if path.len() >= MAX_DEPTH
            || matches!(fault, Fault::UnknownField { field, .. } if *field == culprit.name)
        {
            break;
        }
    }
    culprit
}

/// Whether a field is the `kind`, and the fault is about it. It is never left out for a try: every
/// fault would change.
fn is_bad_kind(key: &str, value: &DeValue<'_>, fault: &Fault) -> bool {
    let about_kind = match fault {
        Fault::UnknownVariant { variant, .. } => value.as_str() == Some(variant),
        Fault::Wrong { .. } => !value.is_str(),
        _ => false,
    };
    key == "kind" && about_kind
}

/// A copy of the settings without the field at the end of the path.
fn without<'a>(root: &DeValue<'a>, path: &[&str]) -> DeValue<'a> {
    let (Some(table), [first, rest @ ..]) = (root.as_table(), path) else { return root.clone() };
    let mut left = DeTable::new();
    for (key, value) in table {
        if key.get_ref() != first {
            left.insert(key.clone(), value.clone());
        } else if !rest.is_empty() {
            left.insert(key.clone(), Spanned::new(value.span(), without(value.get_ref(), rest)));
        }
    }
    DeValue::Table(left)
}

/// A copy of the settings with one more field, of a value that fits few types: the fault then is at
/// least another one.
fn with<'a>(root: &DeValue<'a>, field: &'a str) -> DeValue<'a> {
    let mut table = root.as_table().cloned().unwrap_or_default();
    table.insert(Spanned::new(0..0, field.into()), Spanned::new(0..0, DeValue::String("".into())));
    DeValue::Table(table)
}

/// The kinds that the settings can be of: what serde answers to one that there cannot be.
pub(super) fn kinds<T: DeserializeOwned>(root: &Value<'_>) -> &'static [&'static str] {
    match T::deserialize(Node(&with(root.get_ref(), "kind"))) {
        Err(Fault::UnknownVariant { expected, .. }) => expected,
        _ => &[],
    }
}
