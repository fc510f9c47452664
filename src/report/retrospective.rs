//! What a report says, as plain values: the JSON of `gonogo report --format json`, documented in `docs/report.md`.
//!
//! In: nothing. Out: [`Retrospective`] and its parts. Units stand in the names: `_s` are seconds, `_units` what the
//! guardrail counts (users or requests), rates are shares from 0 to 1. A time is RFC 3339 in UTC. `null` means not known,
//! never 0. A list that was cut says how much was left out.
//!
//! Nothing here computes: see `observer` for the one pass that fills it.

mod acts;
mod course;
mod effects;

use serde::{Serialize, Serializer};

pub use acts::*;
pub use course::*;
pub use effects::*;

use crate::domain::{GuardrailName, MetricName, PlatformName, SegmentName, Station, Timestamp};

/// The version of the JSON. It grows when a reader of an older one would misunderstand.
pub const VERSION: u32 = 1;

/// A moment; as text RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Timestamp);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339())
    }
}

/// The whole report of one rollout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retrospective {
    /// Always `report`.
    pub gonogo: &'static str,
    /// See [`VERSION`].
    pub version: u32,
    /// What the report was made from, and what is wrong with it.
    pub recording: Origin,
    /// The report in a few sentences.
    pub summary: Vec<String>,
    /// What was released, and to whom.
    pub release: Release,
    /// When, and how it ended.
    pub course: Course,
    /// Where the time went; the parts add up to `course.elapsed_s`.
    pub time: TimeSplit,
    /// The confirmed exposure of each segment.
    pub exposure: Vec<Curve>,
    /// Each stay at an exposure above 0, in order of time.
    pub stages: Listed<Stay>,
    /// Each change of a station's verdict.
    pub verdict_changes: Listed<VerdictChange>,
    /// What was done, by whom, and what came of it.
    pub actions: Listed<Act>,
    /// Each NO-GO: from the first bad reading to proven off.
    pub no_gos: Listed<NoGo>,
    /// Each metric in each segment: treatment against control.
    pub effects: Vec<Effect>,
    /// What customers said.
    pub satisfaction: Satisfaction,
    /// What the autopilot said and did, and what people did.
    pub autopilot: Pilot,
    /// What to do differently next time.
    pub lessons: Vec<Lesson>,
    /// How far the data can be believed.
    pub quality: Quality,
}

/// A list that is bounded: what had no place is counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed<T> {
    /// What is kept, in order of time.
    pub list: Vec<T>,
    /// How many more there were.
    pub left_out: u64,
}

/// What the report was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Origin {
    /// What the recording is called: its path or name.
    pub name: String,
    /// The version of its format.
    pub format: u32,
    /// Which gonogo wrote it. Empty: it does not say.
    pub program: String,
    /// Whether customers' words and ids were replaced by stand-ins.
    pub redacted: bool,
    /// Events that were read.
    pub events: u64,
    /// Events that are missing, because the disk did not keep up.
    pub missing_events: u64,
    /// Where and how it is damaged; what comes after is not in the report. `null`: it is whole.
    pub damage: Option<String>,
    /// Whether its end was cut off within an event, as when a process is killed.
    pub cut: bool,
    /// Whether the decisions are those of the day (`true`), or were derived again because the recording holds none.
    pub decisions_recorded: bool,
    /// Events on which this gonogo decides otherwise than was recorded. `null`: there is nothing to compare with.
    pub differing_events: Option<u64>,
    /// The first such event.
    pub first_difference: Option<Difference>,
}

/// What was recorded, and what this gonogo says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The event's number, from 0.
    pub event: u64,
    /// When it was taken.
    pub at: At,
    /// What was decided then.
    pub recorded: String,
    /// What is decided now.
    pub derived: String,
}

/// What was released, and to whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    /// The rollout's name.
    pub name: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// What it touches, as its owner names it. `null`: not known; the history may know it, a recording does not.
    pub traits: Option<Vec<String>>,
    /// Where the flag is served.
    pub platforms: Vec<Place>,
    /// Who was to get it.
    pub segments: Vec<Group>,
    /// What was watched.
    pub guardrails: Vec<Rule>,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Its name.
    pub name: PlatformName,
    /// The flag's key there.
    pub flag: String,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its name.
    pub name: SegmentName,
    /// Targeted customers.
    pub size: Option<u64>,
    /// The exposures of its plan, in percent.
    pub ladder_percent: Vec<f64>,
    /// The confirmed exposure at the end. `null`: not known.
    pub ended_at_percent: Option<f64>,
    /// The largest confirmed exposure.
    pub largest_percent: Option<f64>,
    /// Where it stood at the end, such as `KILLED`.
    pub phase: &'static str,
}

/// A guardrail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Its name.
    pub name: GuardrailName,
    /// Its station.
    pub station: Station,
    /// Its metric.
    pub metric: MetricName,
    /// Chance of a false alarm over the whole rollout.
    pub risk: f64,
    /// What it does: `warn`, `pause` or `kill`.
    pub action: crate::domain::Response,
    /// What it counts: `user` or `request`.
    pub unit: crate::domain::Unit,
}
