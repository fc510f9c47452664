//! The first line: what the file is, of which rollout, and how it was run.

use serde::{Deserialize, Serialize};

use crate::domain::{Rollout, RolloutName};
use crate::engine::Autopilot;

/// The version that is written, and the newest that is read. It grows when an older reader would misunderstand.
pub const VERSION: u32 = 1;

/// What a recording says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// Always `recording`.
    pub gonogo: String,
    /// See [`VERSION`].
    pub version: u32,
    /// Which rollout. Only its name is read here; the line holds all of it.
    pub rollout: Named,
}

/// What is read of the rollout in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: RolloutName,
}

/// The first line as it is written.
#[derive(Debug, Serialize)]
pub(super) struct Opening<'a> {
    gonogo: &'static str,
    version: u32,
    autopilot: Autopilot,
    read_only: bool,
    rollout: &'a Rollout,
}

impl<'a> Opening<'a> {
    pub(super) const fn new(rollout: &'a Rollout, autopilot: Autopilot, read_only: bool) -> Self {
        Self { gonogo: "recording", version: VERSION, autopilot, read_only, rollout }
    }
}
