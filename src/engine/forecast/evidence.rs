//! How long the readings of a segment need to prove a jump, nine times in ten.
//!
//! In: traffic split by an exposure, a guardrail. Out: a time, or why it would never be proven. Follows the tree of risk
//! of `Model::new`: the guardrail's risk, the segment's share of it by size, half for each of the two bets of M1.

use std::time::Duration;

use super::Missing;
use super::traffic::Traffic;
use crate::domain::{Compare, Guardrail, Percent};
use crate::engine::model::{Model, SegmentModel};
use crate::stats::Exceedance;

/// How many times the baseline's bound a rate must be for a kill without a control group (M4).
pub const PLAIN: f64 = 5.0;
/// How many units of a control group a known rate stands for: so many that more would change nothing.
const KNOWN: f64 = 1_000.0;
/// Longer than this nobody waits: a year.
const LONGEST: f64 = 31_536_000.0;

/// How long evidence takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// So long, nine times in ten.
    Takes(Duration),
    /// It would never be there: why.
    Never(String),
}

/// How long the evidence of a guardrail's jump takes at an exposure.
///
/// # Errors
/// [`Missing`] when nobody would be exposed.
pub fn of(
    model: &Model,
    segment: &SegmentModel,
    exposure: Percent,
    guardrail: &Guardrail,
    traffic: &Traffic,
) -> Result<Evidence, Missing> {
    let part = exposure.as_f64() / 100.0;
    let treatment = traffic.units_per_s * part;
    if treatment <= 0.0 {
        return Err(Missing(format!("nobody in {} is exposed", segment.name)));
    }
    let name = &guardrail.name;
    let bad = (traffic.base_rate * guardrail.jump).min(1.0);
    if let Compare::Above { rate, least } = guardrail.compare {
        return Ok(if bad > rate {
            within(least.max(1) as f64 / treatment)
        } else {
            Evidence::Never(format!("{name} would not see the jump: its threshold is higher"))
        });
    }
    let is_controlled = guardrail.compare == Compare::Control && exposure != Percent::FULL;
    let control = if is_controlled { traffic.units_per_s - treatment } else { treatment * KNOWN };
    // What is tolerated moves the split that is expected: (1+m) times the treatment's units, a jump of 1/(1+m) of it.
    let tolerance = 1.0 + guardrail.tolerate.max(0.0);
    let rates = Rates {
        treatment_units_per_s: treatment * tolerance,
        control_units_per_s: control,
        base_rate: traffic.base_rate,
        ratio: bad / traffic.base_rate / tolerance,
    };
    let looks = if traffic.is_distribution { Exceedance::LOOKS } else { 1.0 };
    let bounds = if is_controlled { 1.0 } else { 2.0 };
    let alpha = guardrail.risk * size_share(model, segment) / 2.0 / looks / bounds;
    Ok(evidence_time(&rates, alpha).map_or_else(
        || Evidence::Never(format!("{name} tolerates the jump that it should see")),
        |time| within(time.p90_s),
    ))
}

fn within(seconds: f64) -> Evidence {
    Evidence::Takes(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)))
}

/// The segment's part of each guardrail's risk, as the tree of risk shares it out.
fn size_share(model: &Model, segment: &SegmentModel) -> f64 {
    let size = |s: &crate::domain::Segment| s.size.map_or(1.0, |n| n.max(1) as f64);
    let all: f64 = model.rollout.segments.iter().map(size).sum();
    model.rollout.segment(&segment.name).map_or(1.0, |s| size(s) / all)
}

/// What flows, and what changes.
struct Rates {
    treatment_units_per_s: f64,
    control_units_per_s: f64,
    base_rate: f64,
    ratio: f64,
}

struct EvidenceTime {
    #[expect(dead_code, reason = "until stats::power is there")]
    median_s: f64,
    p90_s: f64,
}

/// Wald: the log e-value drifts up to its threshold; the mixture over the grid costs up to ln 8.
fn evidence_time(rates: &Rates, alpha: f64) -> Option<EvidenceTime> {
    use crate::stats::binomial::RATIOS;
    let theta = rates.treatment_units_per_s / (rates.treatment_units_per_s + rates.control_units_per_s);
    let bad_t = rates.treatment_units_per_s * rates.base_rate * rates.ratio;
    let bad_c = rates.control_units_per_s * rates.base_rate;
    let best = RATIOS
        .into_iter()
        .map(|ratio| {
            let d = (theta * ratio + 1.0 - theta).ln();
            let (up, down) = (ratio.ln() - d, d);
            (bad_t * up - bad_c * down, bad_t * up * up + bad_c * down * down)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (drift, variance) = best;
    if !(rates.ratio > 1.0 && drift > 0.0 && variance.is_finite() && alpha > 0.0) {
        return None;
    }
    let needed = (RATIOS.len() as f64 / alpha).ln();
    let at = |z: f64| {
        let spread = z * variance.sqrt();
        let root = (spread + (spread * spread + 4.0 * drift * needed).sqrt()) / (2.0 * drift);
        root * root
    };
    Some(EvidenceTime { median_s: at(0.0), p90_s: at(1.281_551_6) })
}
