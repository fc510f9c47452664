//! Names: the ids by which rollouts, platforms, segments, metrics and guardrails are targeted.
//!
//! A target is always an id, never a row number. A name holds 1 to 64 characters of letters,
//! digits, `-`, `_`, `.` and `/`, so that it can stand in a file name, a label, a log line and on
//! any terminal. Copies are cheap: the text is shared.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::Text;

/// The longest name in characters: fits the widest column and every label limit we know of.
pub const MAX_NAME: usize = 64;

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("a name cannot be empty")]
    Empty,
    /// The text has more than [`MAX_NAME`] characters.
    #[error("a name has at most {MAX_NAME} characters, this one has {0}")]
    TooLong(usize),
    /// A character that cannot stand in a name.
    #[error("a name cannot contain {0:?}: use letters, digits, '-', '_', '.' and '/'")]
    BadCharacter(char),
}

/// Whether a byte can stand in a name.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}

/// The words of a text that could be names: whoever looks for a name in a sentence must not find `us` in `paused`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !u8::try_from(c).is_ok_and(is_part)).filter(|word| !word.is_empty())
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    // Each sample has two names, so the usual case is one pass over its bytes.
    if text.len() <= MAX_NAME && text.bytes().all(is_part) {
        return Ok(());
    }
    let length = text.chars().count();
    if length > MAX_NAME {
        return Err(NameError::TooLong(length));
    }
    let bad = text.chars().find(|c| !u8::try_from(*c).is_ok_and(is_part));
    bad.map_or(Ok(()), |bad| Err(NameError::BadCharacter(bad)))
}

/// Reads a name without a copy of its own: names come in with every sample.
struct Reader<N>(PhantomData<N>);

impl<N: FromStr<Err = NameError>> Visitor<'_> for Reader<N> {
    type Value = N;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<N, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(into = "String")]
        pub struct $name(Arc<str>);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Reader(PhantomData))
            }
        }

        impl $name {
            /// Checks the text and makes it a name.
            ///
            /// # Errors
            /// [`NameError`] when the text is empty, too long, or has a character that a name cannot hold.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check(text).map(|()| Self(Arc::from(text)))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<&$name> for Text {
            fn from(name: &$name) -> Self {
                Self::of_name(Arc::clone(&name.0))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.to_string()
            }
        }
    )+};
}

names! {
    /// The name of a rollout; also the name of its journal file.
    RolloutName,
    /// The name of one place where the flag is served.
    PlatformName,
    /// The name of one group of customers.
    SegmentName,
    /// The name of one measured series.
    MetricName,
    /// The name of one guardrail; unique in its rollout.
    GuardrailName,
    /// The key of the flag at the backend.
    FlagKey,
    /// The name of a role whose go a stage can ask for: `captain`, `support`.
    RoleName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_refuses_what_could_reach_a_terminal_or_a_path_as_something_else() {
        for bad in ["", "a b", "\u{1b}[31m", "a\n", "é", &"x".repeat(65)] {
            assert!(SegmentName::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(SegmentName::new("free-tier_2.eu").map(String::from), Ok("free-tier_2.eu".into()));
    }
}
