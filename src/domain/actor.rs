//! Who acts: a person, the autopilot, or somebody outside gonogo.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Text;

/// The author of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum Actor {
    /// A person at a cockpit or a one-shot verb: `user@host`.
    Person(Text),
    /// The autopilot of this process.
    Autopilot,
    /// Somebody who changed the flag outside gonogo, as the backend names them.
    Other(Text),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) | Self::Other(name) => f.pad(name.as_str()),
            Self::Autopilot => f.pad("autopilot"),
        }
    }
}
