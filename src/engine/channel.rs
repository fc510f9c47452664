//! One channel of a watch: bad units out of units in both arms, and every bet on them.
//!
//! In: what is new in each arm, and the exposure under which it came. Out: how the bets stand and what is proven.
//!
//! With control beside it, M1 runs ([`KillBet`]). Where everybody has the feature, or none of the control group is wanted,
//! M4 runs: the treatment arm against what was before. Its risk is spent on top of M1's, and it is marked uncontrolled.

use serde::{Deserialize, Serialize};

use crate::domain::{Arm, ByArm, Compare, Counts, Method, Percent};
use crate::stats::baseline::Baseline;
use crate::stats::confidence::Proportion;
use crate::stats::exceedance::QUANTILES;
use crate::stats::kill::{DEFAULT_HORIZON, KillBet, KillStanding};
use crate::stats::noninferiority::{Margin, noninferior, units_missing};
use crate::stats::{Tick, exact};

use super::appraise::KILLS_ALONE;
use super::watch::Proof;

/// The chance that a stage is passed although it is worse than the margin. M1 goes on watching it.
pub const PASS_RISK: f64 = 0.05;

/// More units than this nobody waits for.
const MOST_UNITS: f64 = 1e9;
/// Step in which missing units are looked for, as a factor.
const MORE: f64 = 1.0625;

/// Bad units out of units, and the bets on them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// For a distribution: index of the bound above which a unit is bad. `None` there: to be chosen.
    pub bound: Option<usize>,
    alpha: f64,
    tolerate: f64,
    bet: KillBet,
    seen: ByArm<Counts>,
    stage: ByArm<Counts>,
    before: Baseline,
    /// Whether anybody was exposed yet.
    is_begun: bool,
    alone: Option<Alone>,
}

/// M4 at work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Alone {
    /// The largest usual rate, 0 to 1.
    usual: f64,
    /// How much more the readings vary than independent units would: counts are divided by it.
    dispersion: f64,
    bet: KillBet,
    /// The bet on more than [`KILLS_ALONE`] times the usual rate: it sees a disaster after a long healthy time, in which
    /// the rate over the whole time says little.
    disaster: KillBet,
    seen: Counts,
}

/// How a bet stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Which bet it is.
    pub method: Method,
    /// ln of the e-value.
    pub ln_e: f64,
    /// ln of what it needs for a NO-GO.
    pub ln_threshold: f64,
    /// ln of how far it is past the threshold; negative before it.
    pub lead: f64,
    /// How far before the threshold half of the way is, as ln; for warnings.
    pub half_way: f64,
    /// Units and bad units since the bet began. Treatment alone without a control group.
    pub seen: ByArm<Counts>,
    /// For a distribution: index of the bound above which a unit counts as bad.
    pub bound: Option<usize>,
    /// The largest usual rate that treatment is held against where there is no control.
    pub usual: Option<f64>,
    /// Whether treatment is at least [`KILLS_ALONE`] times as bad as that: over the whole time, or proven since some
    /// moment.
    pub is_disaster: bool,
}

impl Alone {
    /// Upper bound of how much more than usual the rate is. Readings that wander count for less.
    fn bound(&self, seen: Proportion) -> f64 {
        exact::upper(seen.bad / self.dispersion, seen.units / self.dispersion, PASS_RISK) - self.usual
    }

    /// The largest such difference that passes.
    fn limit(&self, margin: Margin) -> f64 {
        match margin {
            Margin::Relative(share) => self.usual * share,
            Margin::Points(points) => points,
        }
    }

    /// How many more treatment units prove it, to one part in sixteen, if they are as those `seen`. `None`: not within
    /// [`MOST_UNITS`].
    fn units_missing(&self, seen: Proportion, margin: Margin) -> Option<f64> {
        let (rate, limit) = (seen.rate()?, self.limit(margin));
        let mut more = 1.0;
        while self.bound(Proportion { units: seen.units + more, bad: seen.bad + more * rate }) > limit {
            more *= MORE;
            if more > MOST_UNITS {
                return None;
            }
        }
        Some(more)
    }

    /// A comparison with NaN is false.
    fn is_disaster(&self) -> bool {
        self.seen.bad / self.seen.units >= KILLS_ALONE * self.usual || self.disaster.standing().is_crossed
    }
}

impl Standing {
    /// Whether the threshold is reached.
    #[must_use]
    pub const fn is_crossed(&self) -> bool {
        self.lead >= 0.0
    }
}

impl Channel {
    /// Starts without evidence.
    pub fn new(bound: Option<usize>, alpha: f64, tolerate: f64) -> Self {
        Self {
            bound,
            alpha,
            tolerate,
            bet: KillBet::new(alpha, tolerate, DEFAULT_HORIZON),
            seen: ByArm::default(),
            stage: ByArm::default(),
            before: Baseline::default(),
            is_begun: false,
            alone: None,
        }
    }

    /// Whether this can be a channel of a watch with this risk and tolerance: alone, or one for each quantile.
    pub fn fits(&self, alpha: f64, tolerate: f64) -> bool {
        let fresh = Self::new(None, self.alpha, tolerate);
        (self.alpha == alpha || self.alpha == alpha / QUANTILES.len() as f64)
            && self.tolerate == tolerate
            && self.bet.is_like(&fresh.bet)
            && self.before.is_sound()
            && self.alone.is_none_or(|alone| {
                alone.bet.is_like(&fresh.alone_bet(tolerate)) && alone.disaster.is_like(&fresh.alone_bet(0.0))
            })
    }

    /// A bet where there is no control group: half of the risk is in the bound, half in the bet.
    fn alone_bet(&self, tolerate: f64) -> KillBet {
        KillBet::new(self.alpha / 2.0, tolerate, DEFAULT_HORIZON)
    }

    /// Forgets all evidence, and keeps what is usual.
    pub fn restart(&mut self) {
        let (bound, before, is_begun) = (self.bound, self.before, self.is_begun);
        *self = Self { before, is_begun, ..Self::new(bound, self.alpha, self.tolerate) };
    }

    /// A new exposure was reached.
    pub fn begin_stage(&mut self) {
        self.stage = ByArm::default();
    }

    /// From now on other units are bad: those above this bound. What was usual above the old one says nothing here.
    pub fn move_bound(&mut self, bound: usize) {
        if self.bound.replace(bound) != Some(bound) {
            // What was counted above the old one says nothing about this one.
            self.seen = ByArm::default();
            self.before = Baseline::default();
            self.alone = None;
        }
    }

    /// Between whom the new bad units are split if the rates are equal: the new units. Where nobody is new in either arm,
    /// as in a segment whose people are all there, those who turn bad came before: all units of the stage.
    fn at_risk(&self, treatment: Counts, control: Counts) -> (f64, f64) {
        match (self.stage.treatment, self.stage.control) {
            (Some(t), Some(c)) if treatment.units == 0.0 && control.units == 0.0 => (t.units, c.units),
            _ => (treatment.units, control.units),
        }
    }

    /// Takes new units into account.
    pub fn take(
        &mut self,
        treatment: Option<Counts>,
        control: Option<Counts>,
        compare: Compare,
        exposure: Option<Percent>,
    ) {
        let is_nothing = |new: Option<Counts>| new.is_none_or(|new| new.units == 0.0 && new.bad == 0.0);
        // A reading that came twice is not a tick.
        if is_nothing(treatment) && is_nothing(control) {
            return;
        }
        for (arm, new) in [(Arm::Treatment, treatment), (Arm::Control, control)] {
            add(self.seen.get_mut(arm), new);
            add(self.stage.get_mut(arm), new);
        }
        match compare {
            Compare::Control => {
                if let Some((treatment, control)) = treatment.zip(control) {
                    let (treatment_units, control_units) = self.at_risk(treatment, control);
                    self.bet.update(&Tick {
                        treatment_units,
                        treatment_bad: treatment.bad,
                        control_units,
                        control_bad: control.bad,
                    });
                }
                if exposure == Some(Percent::FULL) {
                    self.take_alone(treatment);
                } else {
                    self.alone = None;
                    self.take_before(control);
                }
            }
            Compare::Baseline if exposure == Some(Percent::ZERO) => {
                // Who still has it after a stage is not what was before.
                self.take_before(treatment.filter(|_| !self.is_begun));
                self.take_before(control);
            }
            Compare::Baseline => {
                self.is_begun |= exposure.is_some();
                self.take_alone(treatment);
            }
            Compare::Above { .. } => {}
        }
    }

    fn take_before(&mut self, new: Option<Counts>) {
        if let Some(new) = new {
            self.before.update(new.units, new.bad);
        }
    }

    fn take_alone(&mut self, new: Option<Counts>) {
        if self.alone.is_none() {
            let alone = |usual| Alone {
                usual,
                dispersion: self.before.over_dispersion(),
                bet: self.alone_bet(self.tolerate),
                disaster: self.alone_bet(0.0),
                seen: Counts::default(),
            };
            self.alone = self.before.upper_bound(self.alpha).map(alone);
        }
        if let (Some(alone), Some(new)) = (&mut self.alone, new) {
            let (units, bad) = (new.units / alone.dispersion, new.bad / alone.dispersion);
            alone.bet.update_against(units, bad, alone.usual);
            alone.disaster.update_against(units, bad, KILLS_ALONE * alone.usual);
            alone.seen.units += new.units;
            alone.seen.bad += new.bad;
        }
    }

    /// ln of the cumulative e-value against control.
    pub fn ln_e(&self) -> f64 {
        self.bet.ln_e()
    }

    /// Treatment units and bad units since the stage began.
    pub const fn stage_treatment(&self) -> Option<Counts> {
        self.stage.treatment
    }

    /// The bet that is nearest to its threshold, or furthest past it.
    pub fn standing(&self) -> Standing {
        let of = |standing: KillStanding, alone: Option<&Alone>| {
            let half_way = standing.ln_threshold / 2.0;
            // The twin grows by itself while nothing happens; it is shown when it has something to say.
            let twin_lead = standing.ln_twin - standing.ln_twin_threshold;
            let lead = standing.ln_e - standing.ln_threshold;
            let is_twin = lead < 0.0 && twin_lead >= -half_way && twin_lead > lead;
            let (ln_e, ln_threshold) = if is_twin {
                (standing.ln_twin, standing.ln_twin_threshold)
            } else {
                (standing.ln_e, standing.ln_threshold)
            };
            Standing {
                method: match alone {
                    Some(_) => Method::Uncontrolled,
                    None if is_twin => Method::Twin,
                    None => Method::Bet,
                },
                ln_e,
                ln_threshold,
                lead: standing.lead,
                half_way,
                seen: match alone {
                    Some(alone) => ByArm { treatment: Some(alone.seen), control: None },
                    None => self.seen,
                },
                bound: self.bound,
                usual: alone.map(|alone| alone.usual),
                is_disaster: alone.is_some_and(Alone::is_disaster),
            }
        };
        let beside = of(self.bet.standing(), None);
        match &self.alone {
            // Against control it has the last word only if it says NO-GO.
            Some(alone) if !beside.is_crossed() => of(alone.bet.standing(), Some(alone)),
            _ => beside,
        }
    }

    /// What the present stage has proven. `None` without anything to compare with.
    pub fn prove(&self, index: usize, margin: Margin, compare: Compare) -> Option<Proof> {
        let treatment = proportion(self.stage.treatment?);
        if let Some(alone) = &self.alone {
            let (bound, limit) = (alone.bound(treatment), alone.limit(margin));
            return Some(Proof { is_proven: bound <= limit, bound, limit, channel: index });
        }
        if compare != Compare::Control {
            return None;
        }
        let control = self.stage.control.filter(|control| control.units > 0.0)?;
        let proven = noninferior(treatment, proportion(control), margin, PASS_RISK);
        Some(Proof { is_proven: proven.is_proven, bound: proven.bound, limit: proven.limit, channel: index })
    }

    /// How many more treatment units the proof needs, as things stand. `None`: no end in sight.
    pub fn units_missing(&self, margin: Margin) -> Option<f64> {
        if let Some(alone) = &self.alone {
            return alone.units_missing(proportion(self.stage.treatment?), margin);
        }
        let (treatment, control) = self.stage.both()?;
        units_missing(proportion(*treatment), proportion(*control), margin, PASS_RISK)
    }
}

fn proportion(counts: Counts) -> Proportion {
    Proportion { units: counts.units, bad: counts.bad }
}

fn add(sum: &mut Option<Counts>, new: Option<Counts>) {
    if let Some(new) = new {
        let sum = sum.get_or_insert_default();
        sum.units += new.units;
        sum.bad += new.bad;
    }
}
