//! The guardrails that could be the first to stop a segment, with everything but the exact time of their evidence.
//!
//! In: the model, a segment, an exposure. Out: [`Candidate`]s, the likeliest first by a rough time. The exact time costs a
//! hundred times as much; it is told only where it can matter.

use std::time::Duration;

use super::{API, DECISION, Forecast, Missing, Part, Term, evidence, traffic};
use crate::action::Verb;
use crate::domain::{Guardrail, MetricName, Percent, Response, Unit};
use crate::effect::Outcome;
use crate::engine::model::{Model, SegmentModel};

/// A guardrail that could be the first.
pub struct Candidate<'a> {
    guardrail: &'a Guardrail,
    case: evidence::Case,
    /// Whether its rate of bad units was seen.
    is_rate_seen: bool,
    /// Everything but the evidence.
    terms: [Term; 4],
    /// The total with a rough time of the evidence.
    pub roughly: Duration,
}

/// The guardrails that could be the first, the likeliest first, and what is missing for others.
pub fn candidates<'a>(
    model: &'a Model,
    segment: &SegmentModel,
    exposure: Percent,
) -> (Vec<Candidate<'a>>, Option<Missing>) {
    let mut missing = None;
    let mut found = Vec::new();
    let watched = model.rollout.guardrails.iter().zip(&segment.watches);
    for (guardrail, watch) in watched.filter(|(guardrail, _)| guardrail.action != Response::Warn) {
        let prepare = || {
            let traffic = traffic::of(model, segment, &guardrail.metric)?;
            let case = evidence::prepare(segment, exposure, (guardrail, watch), &traffic)?;
            let evidence = case.takes_roughly().ok_or_else(|| never(guardrail))?;
            Ok((case, traffic.is_rate_seen, evidence))
        };
        match prepare() {
            Ok((case, is_rate_seen, evidence)) => {
                let terms = fixed_terms(model, &guardrail.metric);
                let roughly = terms.iter().fold(evidence, |sum, term| sum.saturating_add(term.takes));
                found.push(Candidate { guardrail, case, is_rate_seen, terms, roughly });
            }
            Err(cause) => {
                missing.get_or_insert(cause);
            }
        }
    }
    found.sort_by_key(|candidate| (!candidate.kills(), candidate.roughly));
    (found, missing)
}

fn never(guardrail: &Guardrail) -> Missing {
    Missing(format!("{} would not see the jump that it is for", guardrail.name))
}

impl Candidate<'_> {
    /// Whether it ends in a kill. What counts requests never does.
    fn kills(&self) -> bool {
        self.guardrail.action == Response::Kill && self.guardrail.unit == Unit::User && self.case.kills
    }

    /// Whether it is surely no sooner, and so are all after it.
    pub fn cannot_beat(&self, first: &Forecast) -> bool {
        let is_pause_after_kill = first.response == Response::Kill && !self.kills();
        is_pause_after_kill || self.roughly / evidence::ROUGH > first.total()
    }

    pub fn forecast(&self, segment: &SegmentModel, exposure: Percent) -> Result<Forecast, Missing> {
        let takes = self.case.takes().ok_or_else(|| never(self.guardrail))?;
        let [interval, decision, api, reach] = self.terms;
        let evidence = Term { part: Part::Evidence, takes, is_measured: self.is_rate_seen };
        Ok(Forecast {
            segment: segment.name.clone(),
            exposure,
            guardrail: self.guardrail.name.clone(),
            metric: self.guardrail.metric.clone(),
            response: if self.kills() { Response::Kill } else { Response::Pause },
            terms: [interval, evidence, decision, api, reach],
        })
    }
}

/// Everything but the evidence: interval, decision, API and reach.
fn fixed_terms(model: &Model, metric: &MetricName) -> [Term; 4] {
    let asked = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    let seen = traffic::cadence(model, metric);
    let api = slowest_answer(model);
    let reach = model.reach();
    let term = |part, takes, is_measured| Term { part, takes, is_measured };
    [
        term(Part::Interval, seen.map_or(asked, |seen| seen.max(asked)), seen.is_some()),
        term(Part::Decision, DECISION, false),
        term(Part::Api, api.unwrap_or(API), api.is_some()),
        term(Part::Reach, reach.span.0, reach.measured > 0),
    ]
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
