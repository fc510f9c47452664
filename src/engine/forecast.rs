//! The earliest possible kill: how long a jump that matters would hurt before everybody is served *off* again.
//!
//! ```text
//! the jump ─▶ source interval ─▶ evidence ─▶ decision ─▶ API ─▶ reach ─▶ nobody has it
//! ```
//!
//! In: the model, a segment, an exposure it has or may get. Out: a [`Forecast`] with each [`Term`] and whether it was
//! measured, or [`Missing`]: what must be known first. Of all guardrails the one that would be first.
//!
//! The target is [`BUDGET`]. When it is missed, [`Forecast::shorten`] names the largest term and what to do about it.
//!
//! It never guesses traffic: without users there is no forecast, and it says so. Pure, and computed when asked for; nothing
//! is kept. The formula: evidence time, nine times in ten, from the rates of both arms, the guardrail's share of the risk
//! and its jump (`stats::power`).
//!
//! [`completion`] tells the other thing that lies ahead: when the rollout will be done.
//!
//! Start reading at [`earliest_kill`]; `traffic` is where the rates come from.

mod candidate;
pub mod completion;
mod evidence;
pub(super) mod need;
mod shorten;
pub(super) mod traffic;

use std::time::Duration;

use super::acts::Move;
use super::model::{Model, SegmentModel};
use crate::domain::{GuardrailName, MetricName, Percent, Phase, Response, SegmentName, Span};
use candidate::candidates;

/// From the jump to the last user served *off*: the field's target.
pub const BUDGET: Duration = Duration::from_secs(10);
/// From the evidence to the request on the wire: the budget that benches hold.
const DECISION: Duration = Duration::from_millis(10);
/// From the request to the reading back, while no kill of this run has shown it: the budget that tests hold.
const API: Duration = Duration::from_millis(250);
/// Terms that a short line has room for.
const SHOWN: usize = 3;

/// How soon a jump could be killed in a segment, at an exposure.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Where.
    pub segment: SegmentName,
    /// At which exposure.
    pub exposure: Percent,
    /// The guardrail that would be first.
    pub guardrail: GuardrailName,
    /// Its metric.
    pub metric: MetricName,
    /// What it does: kill, or pause where no guardrail kills.
    pub response: Response,
    /// What the time is made of, in the order in which it passes.
    pub terms: [Term; 5],
}

/// One part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Which.
    pub part: Part,
    /// How long it takes.
    pub takes: Duration,
    /// Whether this run has seen it; else it is assumed, from the rollout file or a budget.
    pub is_measured: bool,
}

/// What time passes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Until the next reading.
    Interval,
    /// Until the readings prove it, nine times in ten, at the traffic of the last minutes. Assumed where no bad unit was
    /// seen that a usual rate could be told from.
    Evidence,
    /// Until the request is on the wire.
    Decision,
    /// Until it is read back as off.
    Api,
    /// Until every user is served *off*.
    Reach,
}

impl Part {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interval => "source interval",
            Self::Evidence => "evidence",
            Self::Decision => "decision",
            Self::Api => "API",
            Self::Reach => "reach",
        }
    }
}

/// What must be known before there is a forecast, in words: `no traffic seen in free lately`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Forecast {
    /// All terms together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.terms.iter().fold(Duration::ZERO, |sum, term| sum.saturating_add(term.takes))
    }

    /// Whether it is at most [`BUDGET`].
    #[must_use]
    pub fn is_in_time(&self) -> bool {
        self.total() <= BUDGET
    }

    /// Whether traffic and the usual rate of bad units were seen; else the evidence is a guess from the traffic alone.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.terms.iter().any(|term| term.part == Part::Evidence && term.is_measured)
    }

    /// What happens then: `kill`, or `pause` where no guardrail kills.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        if matches!(self.response, Response::Kill) { "kill" } else { "pause" }
    }

    /// One line: the total, whose it is, and every term.
    #[must_use]
    pub fn sentence(&self) -> String {
        let term = |term: &Term| {
            let assumed = if term.is_measured { "" } else { " assumed" };
            format!("{} {}{assumed}", term.part.word(), Span(term.takes))
        };
        let terms = self.terms.iter().map(term).collect::<Vec<_>>().join(", ");
        format!("{} by {}: {terms}", Span(self.total()), self.guardrail)
    }

    /// When it is over [`BUDGET`]: the largest term, and what to do about it. `None` when it is in time.
    #[must_use]
    pub fn shorten(&self, model: &Model) -> Option<String> {
        if self.is_in_time() { None } else { shorten::advise(self, model) }
    }

    /// The same in short: the total and what makes up most of it.
    #[must_use]
    pub fn brief(&self) -> String {
        let mut terms: Vec<_> = self.terms.iter().collect();
        terms.sort_by_key(|term| std::cmp::Reverse(term.takes));
        let largest =
            terms.iter().take(SHOWN).map(|term| format!("{} {}", term.part.word(), Span(term.takes)));
        format!("{} ({})", Span(self.total()), largest.collect::<Vec<_>>().join(", "))
    }
}

/// The earliest possible kill of a segment at an exposure: by the guardrail that would be first.
///
/// # Errors
/// [`Missing`] when no guardrail can be forecast.
pub fn earliest_kill(model: &Model, segment: &SegmentModel, exposure: Percent) -> Result<Forecast, Missing> {
    let mut first: Option<Forecast> = None;
    // Any kill comes before every pause: the question is when users are safe.
    let key = |found: &Forecast| (found.response != Response::Kill, found.total());
    let (cases, mut missing) = candidates(model, segment, exposure);
    for candidate in cases {
        if first.as_ref().is_some_and(|first| candidate.cannot_beat(first)) {
            break;
        }
        match candidate.forecast(segment, exposure) {
            Ok(found) if first.as_ref().is_none_or(|first| key(&found) < key(first)) => first = Some(found),
            Ok(_) => {}
            Err(cause) => {
                missing.get_or_insert(cause);
            }
        }
    }
    let none = || Missing(format!("no guardrail kills or pauses {}", segment.name));
    first.ok_or_else(|| missing.unwrap_or_else(none))
}

/// The exposure that a segment gets with its next widening; at the top of its plan the present one. `None`: not known.
#[must_use]
pub fn next_exposure(model: &Model, segment: &SegmentModel) -> Option<Percent> {
    let confirmed = segment.exposure.confirmed?;
    let ladder = &model.rollout.segment(&segment.name)?.ladder;
    Some(ladder.above(confirmed).unwrap_or(confirmed))
}

/// The slowest of the exposed segments, and how many exposed segments have no forecast. `None` when none has one.
#[must_use]
pub fn slowest_kill(model: &Model) -> Option<(Forecast, usize)> {
    let exposed =
        model.segments.iter().filter(|segment| segment.phase != Phase::Killing).filter_map(|segment| {
            let exposure = segment.exposure.confirmed.filter(|share| !share.is_zero())?;
            Some((segment, exposure))
        });
    let mut unknown = 0;
    let mut rough = Vec::with_capacity(model.segments.len());
    for (segment, exposure) in exposed {
        match candidates(model, segment, exposure).0.first().map(|candidate| candidate.roughly) {
            Some(roughly) => rough.push((roughly, segment, exposure)),
            None => unknown += 1,
        }
    }
    rough.sort_by_key(|(roughly, ..)| std::cmp::Reverse(*roughly));
    let mut slowest: Option<Forecast> = None;
    for (roughly, segment, exposure) in rough {
        let found = slowest.as_ref().map(Forecast::total);
        if found.is_some_and(|found| roughly.saturating_mul(evidence::ROUGH) < found) {
            break;
        }
        match earliest_kill(model, segment, exposure) {
            Ok(here) if found.is_none_or(|found| here.total() > found) => slowest = Some(here),
            Ok(_) => {}
            Err(_) => unknown += 1,
        }
    }
    slowest.map(|slowest| (slowest, unknown))
}

/// The slowest kill among segments after the moves of a plan; of several unknown ones the first. `None`: there is no move.
#[must_use]
pub fn slowest_after(model: &Model, moves: &[Move]) -> Option<Result<Forecast, Missing>> {
    let mut slowest: Option<Result<Forecast, Missing>> = None;
    for segment in &model.segments {
        let there = moves.iter().filter(|m| m.segment == segment.name).map(|m| m.to).max();
        let Some(exposure) = there else { continue };
        slowest = match (slowest, earliest_kill(model, segment, exposure)) {
            // What is not known may be slower than all.
            (Some(Err(first)), _) => Some(Err(first)),
            (Some(Ok(slowest)), Ok(found)) if slowest.total() >= found.total() => Some(Ok(slowest)),
            (_, found) => Some(found),
        };
    }
    slowest
}
