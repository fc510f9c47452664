//! When, how it ended, where the time went, and the exposure over time.

use serde::Serialize;

use super::At;
use crate::domain::SegmentName;

/// When, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Course {
    /// The time of the first event. `null`: there is none.
    pub began_at: Option<At>,
    /// The time of the last event.
    pub ended_at: Option<At>,
    /// Between the two.
    pub elapsed_s: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// The same in a sentence.
    pub sentence: String,
}

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every segment is at the top of its plan.
    Complete,
    /// Killed: nobody has it.
    Killed,
    /// At least one segment was killed, others have it.
    KilledInPart,
    /// Taken back without a kill: nobody has it.
    RolledBack,
    /// It goes on after the recording.
    Running,
    /// Nobody ever had it.
    NotBegun,
}

/// Where the time went; each moment belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct TimeSplit {
    /// A change of the flag was under way.
    pub active_s: f64,
    /// Some segment stayed for its bake time.
    pub baking_s: f64,
    /// Baked, but the evidence was not there yet.
    pub gathering_s: f64,
    /// Somebody had paused it.
    pub paused_s: f64,
    /// A NO-GO or a HOLD stood.
    pub held_s: f64,
    /// All was well, and the next step was a person's.
    pub waiting_for_people_s: f64,
    /// Nothing was left to widen: complete or killed everywhere.
    pub over_s: f64,
    /// What the flag serves was not known.
    pub unknown_s: f64,
}

/// The confirmed exposure of a segment over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The segment.
    pub segment: SegmentName,
    /// Its changes.
    pub steps: Vec<Step>,
    /// Changes that had no place.
    pub left_out: u64,
}

/// One change of an exposure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Since when.
    pub at: At,
    /// The confirmed share in percent. `null`: not known.
    pub percent: Option<f64>,
}

/// A stay at an exposure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stay {
    /// The segment.
    pub segment: SegmentName,
    /// The exposure in percent.
    pub percent: f64,
    /// Since when.
    pub began_at: At,
    /// Whether it ended before the recording did.
    pub ended: bool,
    /// How long.
    pub lasted_s: f64,
    /// The bake time of its stage in the plan. `null`: below the first stage.
    pub bake_s: Option<f64>,
    /// How long until every station said GO for the first time. `null`: never.
    pub go_after_s: Option<f64>,
}
