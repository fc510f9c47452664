//! Verdicts, acts, NO-GOs, and what the autopilot and people did.

use serde::Serialize;

use super::{At, Listed};
use crate::domain::{GuardrailName, Method, PlatformName, SegmentName, Station};

/// A change of a verdict, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictChange {
    /// When.
    pub at: At,
    /// Where.
    pub segment: SegmentName,
    /// Which station.
    pub station: Station,
    /// What it said before. `null`: nothing.
    pub from: Option<&'static str>,
    /// What it says now. `null`: nothing any more.
    pub to: Option<&'static str>,
    /// How it was reached.
    pub method: Option<Method>,
    /// The sentence behind it.
    pub sentence: String,
    /// Natural logarithm of the e-value.
    pub ln_e: Option<f64>,
    /// Natural logarithm of what it is held against.
    pub ln_threshold: Option<f64>,
    /// Treatment: units, bad units.
    pub treatment: Option<(f64, f64)>,
    /// Control: units, bad units.
    pub control: Option<(f64, f64)>,
    /// Upper bound of how much worse treatment is, as a difference of rates.
    pub bound: Option<f64>,
    /// The largest such difference that a GO allows.
    pub limit: Option<f64>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Act {
    /// Its number in this report, from 1.
    pub number: u64,
    /// When it was asked for, or seen.
    pub at: At,
    /// Who: a name, or `autopilot`.
    pub actor: String,
    /// What kind of actor.
    pub by: By,
    /// The action's word, such as `kill`; `change` for what was done outside gonogo.
    pub verb: String,
    /// The segment. `null`: all, or several.
    pub segment: Option<SegmentName>,
    /// The platform. `null`: all.
    pub platform: Option<PlatformName>,
    /// What, in words.
    pub what: String,
    /// Why, in the actor's words, or on what evidence.
    pub reason: Option<String>,
    /// Which way it moved the exposure.
    pub direction: Direction,
    /// What came of it.
    pub result: ActResult,
    /// More about it, such as why it was refused.
    pub detail: Option<String>,
    /// From asked to on the wire. `null`: nothing is sent for it, or it is not known.
    pub sent_after_s: Option<f64>,
    /// From asked to read back. `null`: never.
    pub confirmed_after_s: Option<f64>,
    /// The segment's verdict at that moment. `null`: none, several segments, or nobody there had it.
    pub verdict_then: Option<&'static str>,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A person, through gonogo.
    Person,
    /// The autopilot.
    Autopilot,
    /// Somebody outside gonogo.
    Outside,
}

/// Which way an act moved the exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More users.
    Wider,
    /// Fewer users.
    Narrower,
    /// Nobody.
    Off,
    /// As many as before.
    Same,
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActResult {
    /// Read back as asked for.
    Confirmed,
    /// Done by being written down: a pause, a note, a go.
    Done,
    /// Refused, by gonogo or by the flag service.
    Refused,
    /// Nobody knows whether it was done.
    Unknown,
    /// On its way when the recording ended.
    Open,
}

/// A NO-GO, from the first bad reading to proven off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoGo {
    /// Where.
    pub segment: SegmentName,
    /// Which guardrail.
    pub guardrail: GuardrailName,
    /// Its station.
    pub station: Station,
    /// The sentence behind it.
    pub sentence: String,
    /// How it was reached.
    pub method: Method,
    /// The confirmed exposure then.
    pub percent: Option<f64>,
    /// The reading from which on the evidence only grew. `null`: not known, see `docs/report.md`.
    pub first_bad_at: Option<At>,
    /// When the guardrail said NO-GO.
    pub detected_at: At,
    /// When somebody, or the autopilot, asked for something about it.
    pub asked_at: Option<At>,
    /// Who.
    pub asked_by: Option<String>,
    /// The action's word: `pause`, `rollback` or `kill`.
    pub answer: Option<String>,
    /// When the first kill or roll-back was asked for. `null`: none was.
    pub stop_asked_at: Option<At>,
    /// Who asked for it.
    pub stop_asked_by: Option<String>,
    /// The action's word: `rollback` or `kill`.
    pub stop: Option<String>,
    /// When its first command was on the wire. `null`: it is not known.
    pub sent_at: Option<At>,
    /// When its last command was read back as asked for. `null`: never.
    pub confirmed_at: Option<At>,
    /// When every platform was read back as off. `null`: never.
    pub off_at: Option<At>,
    /// First bad reading to NO-GO.
    pub detection_s: Option<f64>,
    /// NO-GO to asked.
    pub decision_s: Option<f64>,
    /// The kill or roll-back asked for to sent.
    pub sending_s: Option<f64>,
    /// Sent to read back; from asked where sending is not known.
    pub proof_s: Option<f64>,
    /// First bad reading to proven off.
    pub total_s: Option<f64>,
    /// What the units below are counted up to: `off`, `cleared` by a person, or the `end` of the recording.
    pub until: &'static str,
    /// Treatment units from the first bad reading on.
    pub exposed_units: Option<f64>,
    /// Of them bad.
    pub bad_units: Option<f64>,
    /// Bad treatment units after the NO-GO.
    pub bad_units_after_detection: f64,
    /// When a person cleared it.
    pub cleared_at: Option<At>,
    /// What the forecast said right then about the fastest kill there.
    pub forecast: Option<String>,
}

/// What the autopilot said and did, and what people did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pilot {
    /// How much it might do: `off`, `advise`, `guard` or `full`.
    pub mode: &'static str,
    /// Whether the cockpit could not change anything.
    pub read_only: bool,
    /// What it would have done, and what became of that.
    pub advice: Listed<Advised>,
    /// What people did past a verdict that was not GO.
    pub past_verdict: Listed<Past>,
    /// Acts of the autopilot itself.
    pub own_acts: u64,
    /// Acts of people, here or outside.
    pub peoples_acts: u64,
}

/// A piece of the autopilot's advice, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advised {
    /// When.
    pub at: At,
    /// In its words, without `would`.
    pub what: String,
    /// What became of it.
    pub fate: Fate,
    /// The number of the act that followed.
    pub act: Option<u64>,
    /// Who followed.
    pub by: Option<String>,
    /// How much later.
    pub after_s: Option<f64>,
}

/// What became of a piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Done within a minute.
    Followed,
    /// Done, but later.
    Later,
    /// Not done before the recording ended.
    Never,
}

/// An act past a verdict that was not GO.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Past {
    /// The number of the act.
    pub act: u64,
    /// When.
    pub at: At,
    /// Who.
    pub actor: String,
    /// What.
    pub what: String,
    /// The verdict then.
    pub verdict: &'static str,
    /// The reason that was given.
    pub reason: Option<String>,
}
