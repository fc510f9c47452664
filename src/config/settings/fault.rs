//! Faults: serde's complaints, kept as values, without the text that was complained about.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

/// What serde found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) enum Fault {
    /// A field that the type does not have.
    UnknownField { field: String, expected: &'static [&'static str] },
    /// A word that the enum does not have.
    UnknownVariant { variant: String, expected: &'static [&'static str] },
    /// A field that is not there.
    MissingField { field: &'static str },
    /// A value of the wrong type. `found` says what it is, never its text: it could be a token.
    Wrong { found: String, expected: String },
    /// What the adapter's type says itself.
    Custom(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Wrong { found: describe(found).into(), expected: expected.to_string() }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Wrong { found: describe(found).into(), expected: expected.to_string() }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant { variant: variant.into(), expected }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownField { field: field.into(), expected }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField { field }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Custom(format!("`{field}` stands there twice"))
    }
}

const fn describe(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Signed(_) | Unexpected::Unsigned(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        _ => "something else",
    }
}
