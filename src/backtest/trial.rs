//! One guardrail in one segment: ticks in, a verdict out. The judging is the engine's own ([`appraise`]); here is only
//! what a CSV says about the situation.

use super::pair::Tick;
use crate::domain::{Evidence, Guardrail, Percent, Response, Span, Timestamp, Verdict};
use crate::engine::appraise::{self, Appraisal, Finding, Freshness, Situation};
use crate::engine::evidence::{self, Context};
use crate::engine::meter::Increment;
use crate::engine::together;
use crate::engine::watch::Watch;

/// Stands for any exposure between nobody and everybody: a CSV does not say it, and only those two are judged otherwise.
const SOME: Percent = Percent::from_ppm(500_000);

/// A guardrail at work in a segment.
#[derive(Debug)]
pub struct Trial {
    watch: Watch,
    /// Least treatment units for a GO.
    sample: u64,
    /// When treatment had its first units. `None`: nobody is exposed yet.
    exposed_at: Option<Timestamp>,
    is_warned: bool,
}

impl Trial {
    /// Begins without evidence. `share` is the segment's part of the guardrail's risk; `sample` the least number of
    /// treatment units that a GO needs.
    pub fn new(guardrail: &Guardrail, share: f64, sample: u64) -> Self {
        Self { watch: Watch::new(guardrail, share), sample, exposed_at: None, is_warned: false }
    }

    /// Takes a tick into account.
    pub fn observe(&mut self, tick: &Tick) {
        if self.exposed_at.is_none() && tick.new.treatment.is_some_and(|new| new.units > 0.0) {
            self.exposed_at = Some(tick.at);
            self.watch.begin_stage(self.sample as f64);
        }
        let new = Increment { counts: tick.new, ..Increment::default() };
        self.watch.observe(&new, &[], Some(self.exposure()));
    }

    const fn exposure(&self) -> Percent {
        if self.exposed_at.is_some() { SOME } else { Percent::ZERO }
    }

    /// What is to be said now.
    pub fn appraise(&mut self, guardrail: &Guardrail, freshness: Freshness) -> Appraisal {
        let situation = Situation {
            confirmed: Some(self.exposure()),
            freshness,
            sample: self.sample as f64,
            is_warned: self.is_warned,
        };
        let appraisal = appraise::appraise(guardrail, &self.watch, &situation);
        self.is_warned = appraisal.verdict == Verdict::Hold && appraisal.finding == Finding::Warning;
        appraisal
    }

    /// Whether treatment had units.
    pub const fn is_exposed(&self) -> bool {
        self.exposed_at.is_some()
    }

    /// What the autopilot would do about a NO-GO.
    pub fn response(&self, guardrail: &Guardrail) -> Response {
        appraise::response(guardrail, &self.watch)
    }

    /// ln of this segment's part in the average over all segments. `None`: it takes no part.
    pub fn ln_part(&self, guardrail: &Guardrail) -> Option<f64> {
        together::part(guardrail, &self.watch)
    }

    /// On what grounds.
    pub fn evidence(&self, guardrail: &Guardrail, appraisal: &Appraisal, at: Timestamp) -> Evidence {
        let units_per_s = self.exposed_at.and_then(|since| {
            let span = at.since(since).as_secs_f64();
            (span > 0.0).then(|| self.watch.stage_units(crate::domain::Arm::Treatment) / span)
        });
        let context = Context { bounds: &[], units_per_s, as_of: at };
        evidence::write(guardrail, &self.watch, appraisal, &context)
    }
}

/// What is said while one arm goes on alone: there is nothing to compare with.
pub fn evidence_of_silence(guardrail: &Guardrail, tick: &Tick, age: Span) -> Evidence {
    let silent = if tick.new.treatment.is_some() { "control" } else { "treatment" };
    let metric = &guardrail.metric;
    Evidence::of(format!("no {metric} data of {silent} for {age}: there is nothing to compare with"), tick.at)
}
