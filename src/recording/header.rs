//! What a recording says about itself: of which rollout it is, and how that was run.

use serde::{Deserialize, Serialize};

use crate::domain::Rollout;
use crate::engine::Autopilot;

/// The version that is written, and the newest that is read. It grows when an older reader would misunderstand.
pub const VERSION: u32 = 2;

/// What a recording says about itself: all that a model needs to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Always `recording`.
    pub gonogo: String,
    /// See [`VERSION`].
    pub version: u32,
    /// How much the autopilot might do when the recording began.
    pub autopilot: Autopilot,
    /// Whether nothing could be changed.
    pub read_only: bool,
    /// The whole rollout as the engine knew it: no address and no token is part of it.
    pub rollout: Rollout,
    /// Which gonogo wrote it, such as `0.1.0`. Empty in version 1, which did not say.
    #[serde(default)]
    pub program: String,
    /// Whether customers' words and ids were replaced by stand-ins.
    #[serde(default)]
    pub redacted: bool,
}

impl Header {
    /// The header of a recording that begins now.
    #[must_use]
    pub fn new(rollout: &Rollout, autopilot: Autopilot, read_only: bool) -> Self {
        Self {
            gonogo: "recording".into(),
            version: VERSION,
            autopilot,
            read_only,
            rollout: rollout.clone(),
            program: env!("CARGO_PKG_VERSION").into(),
            redacted: false,
        }
    }
}
