//! What the feature did to customers, what they said, what was learned, and how far the data can be believed.

use serde::Serialize;

use super::At;
use crate::domain::{GuardrailName, MetricName, SegmentName, Station};

/// Treatment against control, of one metric in one segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// The segment.
    pub segment: SegmentName,
    /// The metric.
    pub metric: MetricName,
    /// The first guardrail on it. `null`: none watches it.
    pub guardrail: Option<GuardrailName>,
    /// That guardrail's station.
    pub station: Option<Station>,
    /// What bad means where it is not what the metric says: `above 400` for a distribution.
    pub bad_means: Option<String>,
    /// All treatment units.
    pub exposed_units: f64,
    /// Of them bad. For a distribution: since its bound was chosen.
    pub bad_units: f64,
    /// The part of it that can be compared: both arms measured, somebody exposed.
    pub treatment: Pair,
    /// Control in the same time.
    pub control: Pair,
    /// Difference of the rates with bounds. `null`: there is nothing to compare.
    pub difference: Option<Interval>,
    /// Bad treatment units beyond what control's rate would have given, with bounds.
    pub excess_units: Option<Interval>,
    /// Whether the whole interval is above 0 (worse), below (better), or neither.
    pub reading: Reading,
}

/// Units and bad units of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Pair {
    /// Units.
    pub units: f64,
    /// Bad units.
    pub bad: f64,
    /// Their share. `null`: no units.
    pub rate: Option<f64>,
}

/// An estimate with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// As measured.
    pub estimate: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The chance that it is ever wrong.
    pub alpha: f64,
    /// How it was reached.
    pub method: IntervalMethod,
}

/// How an interval was reached; sources in `docs/report.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalMethod {
    /// Asymptotic confidence sequence, stage by stage.
    ConfidenceSequence,
    /// Exact bounds of each arm by a beta-binomial mixture.
    Exact,
}

/// What an interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Treatment is worse.
    Worse,
    /// Treatment is better.
    Better,
    /// Neither is shown.
    NotShown,
    /// There is nothing to compare.
    NotCompared,
}

/// What customers said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Satisfaction {
    /// Pieces of feedback.
    pub pieces: u64,
    /// Scores of those who have the feature.
    pub treatment: Scores,
    /// Scores of those who do not.
    pub control: Scores,
    /// Scores whose arm is not known.
    pub unknown: Scores,
    /// Mean of treatment minus mean of control, with bounds.
    pub difference: Option<Interval>,
    /// The same by segment.
    pub segments: Vec<Voices>,
}

/// Scores from 1 (bad) to 5 (good).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Scores {
    /// How many of each, from 1 to 5.
    pub counts: [u64; 5],
    /// Their sum.
    pub total: u64,
    /// Their mean. `null`: none.
    pub mean: Option<f64>,
    /// Share of scores of 1 and 2, with bounds. `null`: none.
    pub unhappy: Option<Interval>,
}

/// What customers of one segment said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Voices {
    /// The segment.
    pub segment: SegmentName,
    /// Pieces of feedback.
    pub pieces: u64,
    /// Scores of those who have the feature.
    pub treatment: Scores,
    /// Scores of those who do not.
    pub control: Scores,
    /// Some words, the worst scores of treatment first.
    pub quotes: Vec<Quote>,
}

/// A customer's words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quote {
    /// When.
    pub at: At,
    /// `treatment`, `control`, or `null`.
    pub arm: Option<&'static str>,
    /// From 1 to 5.
    pub score: Option<u8>,
    /// The words.
    pub text: String,
}

/// Something to do differently next time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lesson {
    /// What it is about: `detection`, `decision`, `people`, `plan`, `evidence`, `data`, `kill`.
    pub about: &'static str,
    /// The advice with its numbers.
    pub text: String,
}

/// How far the data can be believed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// Each source.
    pub sources: Vec<SourceQuality>,
    /// Readings that came after a newer one of their series.
    pub late_readings: u64,
    /// Readings without a place in the inbox.
    pub refused_readings: u64,
    /// Counters that fell: restarts of a source.
    pub counter_resets: u64,
    /// Pieces of feedback that came twice.
    pub duplicate_feedback: u64,
    /// Unusable input: the most frequent first.
    pub problems: Vec<Trouble>,
    /// All unusable input.
    pub problems_total: u64,
}

/// How well a source was heard.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceQuality {
    /// Its kind and name, such as `flags web`.
    pub source: String,
    /// How often its link was lost.
    pub losses: u64,
    /// How long it was not live after it first had been.
    pub lost_s: f64,
    /// How long its data were too old to be believed, lost time included.
    pub stale_s: f64,
    /// Why it was lost last.
    pub last_cause: Option<String>,
}

/// Unusable input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Where it came from.
    pub source: String,
    /// What is wrong.
    pub problem: String,
    /// How often.
    pub times: u64,
}
