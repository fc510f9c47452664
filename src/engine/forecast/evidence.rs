//! How long the readings of a segment need to prove a jump, nine times in ten.
//!
//! In: traffic split by an exposure, a guardrail and its watch, which knows its part of the risk. Out: a [`Proof`] with its
//! time, or why there is none. The times are those of [`power`](crate::stats::power):
//!
//! | compared with | method | time until |
//! |---|---|---|
//! | control | M1 | ln E is 2/α: the cumulative bet has half of the risk |
//! | what was before; control at 100 % | M4 | the same against the largest usual rate, with α/2 |
//! | a threshold | none | the least count is there, if the jump is above the threshold |
//!
//! For a distribution a quarter of the risk, and the units above control's 99 % quantile: there a jump is seen first.

use std::time::Duration;

use super::Missing;
use super::traffic::Traffic;
use crate::domain::{Arm, Compare, Guardrail, Percent};
use crate::engine::appraise::KILLS_ALONE;
use crate::engine::model::{Model, SegmentModel};
use crate::engine::watch::Watch;
use crate::stats::power::{Rates, evidence_time, evidence_time_alone};
use crate::stats::{Baseline, exceedance};

/// Nine times in ten: what a promise needs. The median is passed in half of all cases.
const QUANTILE: f64 = 0.9;
/// Longer than this nobody waits: a year, in seconds.
const LONGEST: f64 = 31_536_000.0;

/// A jump will be proven.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proof {
    /// Within so long, nine times in ten.
    pub takes: Duration,
    /// Whether it is enough for a kill: without a control group only a plain one is.
    pub kills: bool,
}

/// How long the evidence of a guardrail's jump takes at an exposure.
///
/// # Errors
/// [`Missing`] when nobody would be exposed, when there is nothing to compare with, or when it would never be proven.
pub fn of(
    model: &Model,
    segment: &SegmentModel,
    exposure: Percent,
    guardrail: &Guardrail,
    traffic: &Traffic,
) -> Result<Proof, Missing> {
    let name = &guardrail.name;
    let treatment = traffic.units_per_s * exposure.as_f64() / 100.0;
    if treatment <= 0.0 {
        return Err(Missing(format!("nobody in {} is exposed", segment.name)));
    }
    let index = model.rollout.guardrails.iter().position(|known| known.name == *name);
    let Some(watch) = index.and_then(|index| segment.watches.get(index)) else {
        return Err(Missing(format!("{name} does not watch {}", segment.name)));
    };
    let jumped = (traffic.base_rate * guardrail.jump).min(1.0);
    let looks = if traffic.is_distribution { exceedance::QUANTILES.len() as f64 } else { 1.0 };
    let alpha = watch.alpha() / looks;
    let never = || Missing(format!("{name} would not see the jump that it is for"));
    let proof = |seconds: Option<f64>, kills: bool| match seconds {
        Some(seconds) => Ok(Proof { takes: Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)), kills }),
        None => Err(never()),
    };
    match guardrail.compare {
        Compare::Above { rate, least } => {
            proof((jumped > rate).then_some(least.max(1) as f64 / treatment), true)
        }
        Compare::Control if exposure != Percent::FULL => {
            let rates = Rates {
                treatment_units_per_s: treatment,
                control_units_per_s: traffic.units_per_s - treatment,
                base_rate: traffic.base_rate,
                ratio: guardrail.jump,
                tolerated: guardrail.tolerate,
            };
            proof(evidence_time(rates, (2.0 / alpha).ln(), QUANTILE), true)
        }
        Compare::Control | Compare::Baseline => {
            let Some(usual) = usual(segment, guardrail, watch, traffic).filter(|usual| *usual > 0.0) else {
                return Err(Missing(format!(
                    "{name} has nothing to compare {} with at {exposure} yet",
                    segment.name
                )));
            };
            let bound = (usual * (1.0 + guardrail.tolerate)).min(1.0);
            let seconds = evidence_time_alone(treatment, jumped, bound, (4.0 / alpha).ln(), QUANTILE);
            proof(seconds.filter(|_| jumped > bound), jumped >= KILLS_ALONE * usual)
        }
    }
}

/// The largest usual rate that treatment is or would be held against without a control group. `None`: not enough was
/// seen, or it is a distribution, whose usual tail is not kept.
fn usual(segment: &SegmentModel, guardrail: &Guardrail, watch: &Watch, traffic: &Traffic) -> Option<f64> {
    if traffic.is_distribution {
        return None;
    }
    let standing = watch.standing();
    if let Some(usual) = standing.and_then(|standing| standing.usual) {
        return Some(usual);
    }
    // What would be frozen if everybody got it now: what control showed lately; less than the engine will have seen.
    let arms: &[Arm] = match guardrail.compare {
        Compare::Control => &[Arm::Control],
        _ if segment.exposure.confirmed.is_some_and(Percent::is_zero) => &[Arm::Treatment, Arm::Control],
        _ => return None,
    };
    let series = segment.series.get(&guardrail.metric)?;
    let mut before = Baseline::default();
    for slot in series.slots().rev().take_while(|slot| slot.at >= traffic.usual_from) {
        for counts in arms.iter().filter_map(|arm| slot.new.get(*arm)) {
            before.update(counts.units, counts.bad);
        }
    }
    before.upper_bound(watch.alpha())
}
