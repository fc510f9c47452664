//! Scenarios: who the customers are, which rollout they are in, and what goes wrong when.
//!
//! In: the text of a scenario file (TOML, unknown fields are errors). Out: a checked [`Scenario`].
//! The rollout file that goes with it is generated ([`Scenario::rollout_toml`]), so that segments,
//! stages and guardrails are written down once.
//!
//! A scenario only describes; it never draws a random number and never keeps state. Start reading
//! at [`Scenario`], then [`act`] for what a timeline can do.

pub mod act;
mod check;
pub mod days;
mod phrases;
mod rail;
mod rhythm;
mod rollout;
mod shelf;

use serde::Deserialize;

use crate::domain::{FlagKey, Percent, SegmentName, Stage, Text};

pub use act::{Act, Amount, Arms, Deed, Latency, Mood, Worsen};
pub use check::ScenarioError;
pub use days::{Ask, Days, Pilot, When};
pub use phrases::Phrases;
pub use rail::Rail;
pub use rhythm::Rhythm;
pub use rollout::{PLATFORM, VOICES};
pub use shelf::{DEFAULT, Listed, find, list};

/// One simulated rollout.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// A headline.
    pub title: Text,
    /// What happens in it, in one line.
    pub about: Text,
    /// The seed that is used when none is asked for.
    pub seed: u64,
    /// The flag's key; also the rollout's name.
    pub flag: FlagKey,
    /// The team in the rollout file.
    pub owner: Text,
    /// Whether some customers write escape sequences and walls of text.
    #[serde(default)]
    pub rude_texts: bool,
    /// The customers, 1 to [`MAX_SEGMENTS`].
    pub segments: Vec<Crowd>,
    /// The ladder of the segments that have none of their own.
    pub plan: Plan,
    /// The guardrails of the rollout file.
    pub guardrails: Vec<Rail>,
    /// What customers say about this feature, instead of the usual.
    #[serde(default)]
    pub phrases: Phrases,
    /// What happens, in rising order of time once it is checked.
    #[serde(default)]
    pub acts: Vec<Act>,
    /// For a scenario that goes on for days and is recorded. Absent: it is played.
    pub days: Option<Days>,
}

/// The most segments of a scenario: more than fit a screen, few enough to step in a millisecond.
pub const MAX_SEGMENTS: usize = 50;

/// The most users per second of a segment, so that a step stays under a millisecond or two.
pub const MAX_USERS_PER_S: f64 = 20_000.0;

/// One segment and how its customers behave when nothing is wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crowd {
    /// Its name.
    pub name: SegmentName,
    /// Number of targeted customers, for the rollout file.
    pub size: u64,
    /// Distinct users who become active each second, on average. 0 to [`MAX_USERS_PER_S`].
    pub users_per_s: f64,
    /// Share of users who meet an error, 0 to 1.
    pub errors: f64,
    /// The latency that half of the users stay below, in milliseconds.
    pub median_ms: f64,
    /// Standard deviation of the latency's natural logarithm; 0.5 puts q99 at 3.2 medians.
    pub spread: f64,
    /// Pieces of feedback each second, on average.
    pub feedback_per_s: f64,
    /// Share of feedback that is content, 0 to 1.
    pub happy: f64,
    /// When they come.
    #[serde(default)]
    pub rhythm: Rhythm,
    /// The share that is stored when the world begins.
    #[serde(default)]
    pub share: Percent,
    /// Its own ladder; absent: that of the plan.
    pub stages: Option<Vec<Stage>>,
    /// The segments that the autopilot takes to the top before it begins with this one. Absent: the default of the
    /// rollout file.
    pub after: Option<Vec<SegmentName>>,
}

/// The plan of the rollout file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The stages, in climbing order.
    pub stages: Vec<Stage>,
}

/// The names of the metrics that every world measures: errors, latency, feedback.
pub const METRICS: [&str; 3] = ["errors", "latency", "feedback"];

impl Scenario {
    /// Reads and checks the text of a scenario file. `name` is only for messages.
    ///
    /// # Errors
    /// [`ScenarioError`] with line and column for TOML that does not fit, and in words for numbers
    /// out of range, stages that do not climb and acts on segments that are not there.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text)
            .map_err(|error| ScenarioError::new(name, error.to_string().trim_end().to_owned()))?;
        check::check(&scenario).map_err(|cause| ScenarioError::new(name, cause))?;
        scenario.acts.sort_by_key(|act| act.at);
        Ok(scenario)
    }

    /// The segment of that name.
    #[must_use]
    pub fn crowd(&self, name: &SegmentName) -> Option<&Crowd> {
        self.segments.iter().find(|crowd| crowd.name == *name)
    }
}
