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
//! Start reading at [`earliest_kill`]; `traffic` is where the rates come from.

mod evidence;
mod shorten;
pub(super) mod traffic;

use std::time::Duration;

use super::acts::Move;
use super::model::{Model, SegmentModel};
use crate::action::Verb;
use crate::domain::{
    Guardrail, GuardrailName, MetricName, Percent, Phase, Response, SegmentName, Span, Unit,
};
use crate::effect::Outcome;

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
    /// Until the readings prove it, nine times in ten.
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

/// What must be known before there is a forecast, in words: `no traffic seen in free yet`.
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
    let mut missing = None;
    for response in [Response::Kill, Response::Pause] {
        let mut first: Option<Forecast> = None;
        for guardrail in model.rollout.guardrails.iter().filter(|g| is_able(g, response)) {
            match of_guardrail(model, segment, exposure, guardrail) {
                Ok(found) if first.as_ref().is_none_or(|first| found.total() < first.total()) => {
                    first = Some(found);
                }
                Ok(_) => {}
                Err(cause) => {
                    missing.get_or_insert(cause);
                }
            }
        }
        if let Some(first) = first {
            return Ok(first);
        }
    }
    Err(missing.unwrap_or_else(|| Missing(format!("no guardrail kills or pauses {}", segment.name))))
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
    let mut slowest: Option<Forecast> = None;
    let mut unknown = 0;
    for segment in &model.segments {
        let Some(exposure) = segment.exposure.confirmed.filter(|share| !share.is_zero()) else { continue };
        if segment.phase == Phase::Killing {
            continue;
        }
        match earliest_kill(model, segment, exposure) {
            Ok(found) if slowest.as_ref().is_none_or(|slowest| found.total() > slowest.total()) => {
                slowest = Some(found);
            }
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

/// Whether a guardrail answers so. One that counts requests never kills.
fn is_able(guardrail: &Guardrail, response: Response) -> bool {
    let able = match guardrail.action {
        Response::Kill if guardrail.unit == Unit::Request => Response::Pause,
        action => action,
    };
    able == response
}

fn of_guardrail(
    model: &Model,
    segment: &SegmentModel,
    exposure: Percent,
    guardrail: &Guardrail,
) -> Result<Forecast, Missing> {
    let traffic = traffic::of(model, segment, &guardrail.metric)?;
    let proof = evidence::of(model, segment, exposure, guardrail, &traffic)?;
    let asked = model.rollout.metric(&guardrail.metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    let seen = traffic::cadence(model, &guardrail.metric);
    let api = slowest_answer(model);
    let reach = model.rollout.platforms.iter().map(|platform| platform.reach.0).max().unwrap_or_default();
    let term = |part, takes, is_measured| Term { part, takes, is_measured };
    let kills = is_able(guardrail, Response::Kill) && proof.kills;
    Ok(Forecast {
        segment: segment.name.clone(),
        exposure,
        guardrail: guardrail.name.clone(),
        metric: guardrail.metric.clone(),
        response: if kills { Response::Kill } else { Response::Pause },
        terms: [
            term(Part::Interval, seen.map_or(asked, |seen| seen.max(asked)), seen.is_some()),
            term(Part::Evidence, proof.takes, true),
            term(Part::Decision, DECISION, false),
            term(Part::Api, api.unwrap_or(API), api.is_some()),
            term(Part::Reach, reach, false),
        ],
    })
}

/// How long the slowest confirmed kill of this run took from the request to the reading back; without a kill, any
/// command. `None`: nothing was confirmed yet.
fn slowest_answer(model: &Model) -> Option<Duration> {
    let slowest = |is_kill: bool| {
        let confirmed = model.commands.iter().filter(|tracked| {
            !tracked.restored
                && matches!(tracked.outcome, Some(Outcome::Confirmed { .. }))
                && (tracked.command.verb == Verb::Kill) == is_kill
        });
        confirmed.filter_map(|tracked| Some(tracked.outcome_at?.since(tracked.requested_at))).max()
    };
    slowest(true).or_else(|| slowest(false))
}
