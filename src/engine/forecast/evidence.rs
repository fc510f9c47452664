//! How long the readings of a segment need to prove a jump, nine times in ten.
//!
//! In: traffic split by an exposure, a guardrail and its watch, which knows its part of the risk. Out: a [`Case`], whose time
//! can be told roughly and well, or why there is none. The times are those of [`power`](crate::stats::power):
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
use crate::engine::model::SegmentModel;
use crate::engine::watch::Watch;
use crate::stats::binomial::RATIOS;
use crate::stats::power::{Rates, evidence_time, evidence_time_alone};
use crate::stats::{Baseline, exceedance};

/// Nine times in ten: what a promise needs. The median is passed in half of all cases.
const QUANTILE: f64 = 0.9;
/// The same as a quantile of the normal distribution.
const NINE_IN_TEN: f64 = 1.281_551_6;
/// Ratios that the winning one shares its stake with, about: its neighbours grow nearly as fast.
const SPREAD_OVER: f64 = 4.0;
/// How many times too long or too short a rough time may be.
pub const ROUGH: u32 = 3;
/// Longer than this nobody waits: a year, in seconds.
const LONGEST: f64 = 31_536_000.0;

/// What must be proven, and against what; everything known but the time.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    against: Against,
    /// What ln E must reach.
    ln_threshold: f64,
    /// Whether it is enough for a kill: without a control group only a plain jump is.
    pub kills: bool,
}

/// What the jump is compared with.
#[derive(Debug, Clone, Copy)]
enum Against {
    /// The control arm.
    Control(Rates),
    /// A known rate.
    Usual {
        /// Treatment units a second.
        units_per_s: f64,
        /// Share of bad ones after the jump.
        jumped: f64,
        /// The largest share that is tolerated.
        bound: f64,
    },
    /// Nothing: so many seconds until the least count is there. `None`: the jump stays below.
    Threshold(Option<f64>),
}

/// What a guardrail would have to prove at an exposure.
///
/// # Errors
/// [`Missing`] when nobody would be exposed, or there is nothing to compare with.
pub fn prepare(
    segment: &SegmentModel,
    exposure: Percent,
    (guardrail, watch): (&Guardrail, &Watch),
    traffic: &Traffic,
) -> Result<Case, Missing> {
    let treatment = traffic.units_per_s * exposure.as_f64() / 100.0;
    if treatment <= 0.0 {
        return Err(Missing(format!("nobody in {} is exposed", segment.name)));
    }
    let jumped = (traffic.base_rate * guardrail.jump).min(1.0);
    let looks = if traffic.is_distribution { exceedance::QUANTILES.len() as f64 } else { 1.0 };
    let alpha = watch.alpha() / looks;
    Ok(match guardrail.compare {
        Compare::Above { rate, least } => Case {
            against: Against::Threshold((jumped > rate).then_some(least.max(1) as f64 / treatment)),
            ln_threshold: 0.0,
            kills: true,
        },
        Compare::Control if exposure != Percent::FULL => Case {
            against: Against::Control(Rates {
                treatment_units_per_s: treatment,
                control_units_per_s: traffic.units_per_s - treatment,
                base_rate: traffic.base_rate,
                ratio: guardrail.jump,
                tolerated: guardrail.tolerate,
            }),
            ln_threshold: (2.0 / alpha).ln(),
            kills: true,
        },
        Compare::Control | Compare::Baseline => {
            let Some(usual) = usual(segment, guardrail, watch, traffic).filter(|usual| *usual > 0.0) else {
                let (name, place) = (&guardrail.name, &segment.name);
                return Err(Missing(format!("{name} has nothing to compare {place} with at {exposure} yet")));
            };
            let bound = usual * (1.0 + guardrail.tolerate);
            Case {
                against: Against::Usual { units_per_s: treatment, jumped, bound },
                ln_threshold: (4.0 / alpha).ln(),
                kills: jumped >= KILLS_ALONE * usual,
            }
        }
    })
}

impl Case {
    /// The time, nine times in ten. `None`: the jump would never be proven.
    pub fn takes(&self) -> Option<Duration> {
        seconds(match self.against {
            Against::Control(rates) => evidence_time(rates, self.ln_threshold, QUANTILE)?,
            Against::Usual { units_per_s, jumped, bound } => {
                let time = || evidence_time_alone(units_per_s, jumped, bound, self.ln_threshold, QUANTILE);
                (jumped > bound).then(time)??
            }
            Against::Threshold(time) => time?,
        })
    }

    /// About the same for a hundredth of the work, to tell which of many cases is worth it: the drift of ln E at the ratio
    /// that grows fastest, and its spread (Wald). Right within [`ROUGH`].
    pub fn takes_roughly(&self) -> Option<Duration> {
        let (a, c, theta, tolerated) = match self.against {
            Against::Control(rates) => {
                let (t, c) = (rates.treatment_units_per_s, rates.control_units_per_s);
                let jumped = (rates.base_rate * rates.ratio).min(1.0);
                (t * jumped, c * rates.base_rate, t / (t + c), rates.tolerated)
            }
            Against::Usual { units_per_s, jumped, bound } => {
                (units_per_s * jumped, units_per_s * (1.0 - jumped), bound, 0.0)
            }
            Against::Threshold(time) => return seconds(time?),
        };
        let expected = theta * (1.0 + tolerated) / (1.0 + theta * tolerated);
        let grow = |ratio: f64| {
            let down = -(expected * ratio + 1.0 - expected).ln();
            let up = ratio.ln() + down;
            (a * up + c * down, a * up * up + c * down * down)
        };
        let (drift, variance) = RATIOS.into_iter().map(grow).max_by(|a, b| a.0.total_cmp(&b.0))?;
        if drift.is_nan() || drift <= 0.0 {
            return None;
        }
        let needed = self.ln_threshold + SPREAD_OVER.ln();
        let spread = NINE_IN_TEN * variance.sqrt();
        let root = (spread + (spread * spread + 4.0 * drift * needed).sqrt()) / (2.0 * drift);
        seconds(root * root)
    }
}

/// Seconds as a duration. `None` for what is no number.
fn seconds(seconds: f64) -> Option<Duration> {
    (!seconds.is_nan()).then(|| Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)))
}

/// The largest usual rate that treatment is or would be held against without a control group. `None`: not enough was
/// seen, or it is a distribution, whose usual tail is not kept.
pub fn usual(segment: &SegmentModel, guardrail: &Guardrail, watch: &Watch, traffic: &Traffic) -> Option<f64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rough_time_is_right_within_its_promise() {
        let mut worst = 1.0_f64;
        for units in [2.0, 50.0, 3_000.0] {
            for share in [0.001, 0.05, 0.5, 0.9] {
                for base_rate in [0.0005, 0.01, 0.08] {
                    for ratio in [1.5, 3.0, 10.0, 40.0] {
                        for alpha in [0.05, 0.0005] {
                            let rates = Rates {
                                treatment_units_per_s: units * share,
                                control_units_per_s: units * (1.0 - share),
                                base_rate,
                                ratio,
                                tolerated: 0.1,
                            };
                            let ln_threshold = (2.0_f64 / alpha).ln();
                            let case = Case { against: Against::Control(rates), ln_threshold, kills: true };
                            let (rough, exact) = (case.takes_roughly(), case.takes());
                            let times = rough
                                .zip(exact)
                                .map(|(rough, exact)| rough.as_secs_f64() / exact.as_secs_f64());
                            let times = times.expect("both know it");
                            worst = worst.max(times).max(1.0 / times);
                        }
                    }
                }
            }
        }
        assert!(worst <= f64::from(ROUGH), "{worst}");
    }
}
