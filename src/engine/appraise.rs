//! Appraises one guardrail in one segment: from a watch and its situation to a verdict.
//!
//! In: the [`Watch`], what is known about exposure and freshness. Out: a verdict and the finding behind it, as numbers; the
//! sentence is written only where somebody reads it ([`evidence`](super::evidence)). The cockpit, the guard and the
//! backtest all judge with this one function.
//!
//! The order is the order of weight. No evidence is not good evidence: what is missing, stale or one-sided is WAIT or
//! HOLD, never GO and never a NO-GO. A GO is proof: the upper bound of the difference is inside the margin. "Not yet
//! significantly worse" is WAIT.

use std::time::Duration;

use super::watch::Watch;
use crate::domain::{Arm, Compare, Guardrail, Method, Percent, Response, Verdict};

/// From this many times the largest usual rate on, a NO-GO without a control group may kill: a shared outage must not
/// kill the feature.
pub const KILLS_ALONE: f64 = 5.0;

/// Whether the data of a guardrail in a segment are current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing came yet.
    Unheard,
    /// They are.
    Fresh,
    /// The source is lost or silent for so long.
    Silent(Duration),
    /// The source lives, and has had nothing about this segment for so long.
    Missing(Duration),
    /// Readings come, but one of the arms that are compared is no longer in them.
    OneSided(Arm),
}

/// What must be known beside the watch itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// The confirmed exposure. `None`: not known.
    pub confirmed: Option<Percent>,
    /// Whether the data are current.
    pub freshness: Freshness,
    /// Least treatment units of the stage.
    pub sample: f64,
    /// Whether it warns already: a warning goes when the bet has come well down again, so that it does not flicker.
    pub is_warned: bool,
}

/// A verdict, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Appraisal {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on.
    pub finding: Finding,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finding {
    /// The exposure has not been read.
    ExposureUnknown,
    /// Nobody has the feature.
    NobodyExposed,
    /// Nothing was read yet.
    Unheard,
    /// The source is lost or silent for so long.
    Silent(Duration),
    /// The source lives, but not this segment's data.
    Missing(Duration),
    /// One of the arms is no longer in the readings.
    OneSided(Arm),
    /// A distribution's bounds are not chosen yet, or no units came.
    Gathering,
    /// Past the threshold.
    Alarm,
    /// More than half-way to it.
    Warning,
    /// The stage's least sample is not in: so many treatment units are missing.
    SampleMissing(f64),
    /// There are no units in control to compare with.
    NoControl,
    /// There is no control group, and too little was seen before to compare with.
    NoBaseline,
    /// The interval does not rule the margin out yet.
    Unproven,
    /// It does.
    Proven,
}

/// Appraises a watch.
#[must_use]
pub fn appraise(guardrail: &Guardrail, watch: &Watch, situation: &Situation) -> Appraisal {
    let (verdict, finding) = find(guardrail, watch, situation);
    Appraisal { verdict, finding }
}

fn find(guardrail: &Guardrail, watch: &Watch, situation: &Situation) -> (Verdict, Finding) {
    let Some(confirmed) = situation.confirmed else {
        return (Verdict::Wait, Finding::ExposureUnknown);
    };
    if confirmed.is_zero() {
        return (Verdict::Wait, Finding::NobodyExposed);
    }
    match situation.freshness {
        Freshness::Fresh => {}
        Freshness::Unheard => return (Verdict::Wait, Finding::Unheard),
        Freshness::Silent(age) => return (Verdict::Hold, Finding::Silent(age)),
        Freshness::Missing(age) => return (Verdict::Hold, Finding::Missing(age)),
        Freshness::OneSided(arm) => return (Verdict::Hold, Finding::OneSided(arm)),
    }
    let Some(standing) = watch.standing() else {
        // Everybody has it: no control group will come.
        let is_alone = guardrail.compare == Compare::Control && confirmed == Percent::FULL;
        return (Verdict::Wait, if is_alone { Finding::NoBaseline } else { Finding::Gathering });
    };
    if is_crossed(guardrail, watch) {
        return (Verdict::NoGo, Finding::Alarm);
    }
    let comes_down = if situation.is_warned { 1.5 } else { 1.0 };
    if standing.lead > -standing.half_way * comes_down {
        return (Verdict::Hold, Finding::Warning);
    }
    let units = watch.stage_units(Arm::Treatment);
    let sample = match guardrail.compare {
        Compare::Above { least, .. } => situation.sample.max(least as f64),
        Compare::Control | Compare::Baseline => situation.sample,
    };
    if units < sample.max(1.0) {
        return (Verdict::Wait, Finding::SampleMissing(sample.max(1.0) - units));
    }
    match guardrail.compare {
        Compare::Above { .. } if watch.stage_rate().is_none() => return (Verdict::Wait, Finding::Gathering),
        Compare::Above { .. } => return (Verdict::Go, Finding::Proven),
        _ if standing.usual.is_some() => {}
        Compare::Baseline => return (Verdict::Wait, Finding::NoBaseline),
        Compare::Control if confirmed == Percent::FULL => return (Verdict::Wait, Finding::NoBaseline),
        Compare::Control if watch.stage_units(Arm::Control) <= 0.0 => {
            return (Verdict::Wait, Finding::NoControl);
        }
        Compare::Control => {}
    }
    match watch.proof() {
        Some(proof) if proof.is_proven => (Verdict::Go, Finding::Proven),
        _ => (Verdict::Wait, Finding::Unproven),
    }
}

/// Whether a guardrail says NO-GO now. It latches; this does not.
#[must_use]
pub fn is_crossed(guardrail: &Guardrail, watch: &Watch) -> bool {
    match guardrail.compare {
        Compare::Above { rate, least } => watch.stage_rate().is_some_and(|(units, bad)| {
            // Written so that NaN fails too.
            units >= least as f64 && bad / units > rate
        }),
        Compare::Control | Compare::Baseline => {
            watch.standing().is_some_and(|standing| standing.is_crossed())
        }
    }
}

/// What shall be done about a NO-GO. Without a control group a kill becomes a pause, unless the rate is at least
/// [`KILLS_ALONE`] times the largest usual one.
#[must_use]
pub fn response(guardrail: &Guardrail, watch: &Watch) -> Response {
    let Some(standing) = watch.standing().filter(|standing| standing.method == Method::Uncontrolled) else {
        return guardrail.action;
    };
    if standing.is_disaster { guardrail.action } else { guardrail.action.min(Response::Pause) }
}
