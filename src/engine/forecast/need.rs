//! What a guardrail still misses for a GO in the present stage, and what it would need in one to come, in units of the
//! treatment.
//!
//! In: a guardrail and its watch; for a stage to come also its split and the traffic of the last minutes. Out: counts of
//! units, as the watch forecasts them or as they would be if both arms did equally well. Nothing is judged here.
//!
//! | compared with | a GO needs |
//! |---|---|
//! | control | the least sample, and proof inside the margin at the split of the stage |
//! | what was before | the same against the largest usual rate |
//! | a threshold | the least sample and the least count |
//!
//! A distribution is proven at each of its quantiles; the one that takes most units counts.

use super::evidence;
use super::traffic::Traffic;
use crate::domain::{Arm, Compare, Guardrail, Percent, Stage};
use crate::engine::channel::PASS_RISK;
use crate::engine::model::SegmentModel;
use crate::engine::watch::{FIRST_LOOK, Watch};
use crate::stats::confidence::Proportion;
use crate::stats::noninferiority::{Margin, units_missing};
use crate::stats::{exact, exceedance};

/// More units than this nobody waits for.
const MOST_UNITS: f64 = 1e9;

/// What is missing for a GO, in users of the treatment.
pub enum Need {
    /// The stage's least sample.
    Sample {
        /// So many more.
        missing: f64,
    },
    /// Proof inside the margin.
    Proof {
        /// So many more.
        missing: f64,
        /// So many since the stage began.
        in_all: f64,
    },
    /// What was seen so far is outside the margin itself.
    Out,
}

impl Need {
    /// How many are missing; infinity if there is no end in sight.
    pub const fn users(&self) -> f64 {
        match self {
            Self::Sample { missing } | Self::Proof { missing, .. } => *missing,
            Self::Out => f64::INFINITY,
        }
    }
}

/// What a watch misses in the present stage. `None`: nothing, or nothing was seen that it could be told from.
pub fn here(guardrail: &Guardrail, watch: &Watch, sample: f64) -> Option<Need> {
    let units = watch.stage_units(Arm::Treatment);
    let least =
        if let Compare::Above { least, .. } = guardrail.compare { sample.max(least as f64) } else { sample };
    watch.standing()?;
    if units < least {
        return Some(Need::Sample { missing: least - units });
    }
    watch.proof().filter(|proof| !proof.is_proven)?;
    Some(watch.units_missing().map_or(Need::Out, |missing| {
        // What was counted since the last look says so already.
        let missing = missing.max(1.0);
        Need::Proof { missing, in_all: units + missing }
    }))
}

/// How many units of the treatment a stage needs for its GO, counted from its beginning, if the treatment does as well as
/// the others. `None`: there is nothing to compare with, or no end in sight.
pub fn in_stage(
    segment: &SegmentModel,
    (guardrail, watch): (&Guardrail, &Watch),
    stage: &Stage,
    traffic: &Traffic,
) -> Option<f64> {
    let sample = (stage.sample as f64).max(1.0);
    match guardrail.compare {
        Compare::Above { least, .. } => Some(sample.max(least as f64)),
        Compare::Control if stage.exposure != Percent::FULL => {
            let share = stage.exposure.as_f64() / 100.0;
            let (sample, split) = (sample.max(FIRST_LOOK), (1.0 - share) / share);
            let tails = exceedance::QUANTILES.map(|quantile| 1.0 - quantile);
            let of_counts = [traffic.base_rate];
            let rates: &[f64] = if traffic.is_distribution { &tails } else { &of_counts };
            let proven = |rate: &f64| {
                let arm = |units: f64| Proportion { units, bad: units * rate };
                units_missing(arm(sample), arm(sample * split), watch.margin(), PASS_RISK)
            };
            let needed = rates.iter().map(proven);
            Some(sample + needed.reduce(|a, b| Some(a?.max(b?)))??)
        }
        Compare::Control | Compare::Baseline => {
            let frozen = || watch.standing().and_then(|standing| standing.usual);
            let usual = evidence::usual(segment, guardrail, watch, traffic).or_else(frozen)?;
            // A distribution's usual tail is not kept; the largest that is tolerated is on the safe side.
            let rate = if traffic.is_distribution { usual } else { traffic.base_rate.min(usual) };
            alone(rate, usual, watch.margin(), sample.max(FIRST_LOOK))
        }
    }
}

/// How many units prove a rate against the largest usual one.
fn alone(rate: f64, usual: f64, margin: Margin, sample: f64) -> Option<f64> {
    let limit = match margin {
        Margin::Relative(share) => usual * share,
        Margin::Points(points) => points,
    };
    let mut units = sample;
    while exact::upper(units * rate, units, PASS_RISK) - usual > limit {
        units *= 1.25;
        if units > MOST_UNITS {
            return None;
        }
    }
    Some(units)
}
