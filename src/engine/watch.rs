//! One guardrail in one segment: its bet, and what it was made from.

use super::meter::{Increment, add_histogram};
use crate::domain::{Arm, ByArm, Counts, Guardrail, Histogram};
use crate::stats::{ConditionalBinomial, DEFAULT_HORIZON, Exceedance, Tick};

/// A guardrail at work in a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    tolerate: f64,
    ln_threshold: f64,
    bet: Bet,
    /// Units and bad units since the bet began, by arm.
    seen: ByArm<Counts>,
    /// The bounds that a distribution's bet stands on; empty for counts.
    bounds: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Bet {
    /// Nothing came in yet: not known which kind it will be.
    Open,
    /// Bad units out of units.
    Counts(ConditionalBinomial),
    /// A distribution: control's quantiles are not frozen yet; what control has shown so far, and the bets that go on
    /// when bounds changed under them.
    Gathering(Option<Histogram>, Option<Box<Exceedance>>),
    /// A distribution against frozen bounds: the bets, and each arm's units since.
    Frozen(Box<Exceedance>, ByArm<Histogram>),
}

/// How a bet stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// ln of the e-value.
    pub ln_e: f64,
    /// ln of what it needs for a NO-GO.
    pub ln_threshold: f64,
    /// Units and bad units since the bet began.
    pub seen: ByArm<Counts>,
    /// For a distribution: index of the bound above which a unit counts as bad.
    pub bound: Option<usize>,
}

impl Watch {
    /// Starts watching. `share` is the segment's part of the guardrail's risk, above 0, at most 1.
    pub fn new(guardrail: &Guardrail, share: f64) -> Self {
        let alpha = (guardrail.risk * share).clamp(f64::MIN_POSITIVE, 1.0);
        Self {
            tolerate: guardrail.tolerate,
            ln_threshold: -alpha.ln(),
            bet: Bet::Open,
            seen: ByArm::default(),
            bounds: Vec::new(),
        }
    }

    /// Forgets all evidence: a person cleared the NO-GO.
    pub fn restart(&mut self) {
        self.bet = Bet::Open;
        self.seen = ByArm::default();
    }

    /// Takes new units into account; `bounds` are those of the distribution, empty for counts.
    pub fn observe(&mut self, new: &Increment, bounds: &[f64]) {
        if self.bounds != bounds {
            self.change_bounds(bounds);
        }
        if new.histograms != ByArm::default() {
            self.observe_distribution(new);
            return;
        }
        if new.counts == ByArm::default() {
            return;
        }
        if !matches!(self.bet, Bet::Counts(_)) {
            self.bet = Bet::Counts(ConditionalBinomial::new(self.tolerate));
        }
        for arm in [Arm::Treatment, Arm::Control] {
            add(self.seen.get_mut(arm), new.counts.get(arm));
        }
        if let (Bet::Counts(bet), Some((treatment, control))) = (&mut self.bet, new.counts.both()) {
            bet.update(&Tick {
                treatment_units: treatment.units,
                treatment_bad: treatment.bad,
                control_units: control.units,
                control_bad: control.bad,
            });
        }
    }

    /// A source shows other bounds, as when an arm with others appears. The bets stay with their bounds; if one of
    /// those is gone, control is looked at anew, and the bets go on above the bounds that are chosen then.
    fn change_bounds(&mut self, bounds: &[f64]) {
        let old = std::mem::replace(&mut self.bounds, bounds.to_vec());
        let place = |index: usize| bounds.iter().position(|bound| Some(bound) == old.get(index));
        self.bet = match std::mem::replace(&mut self.bet, Bet::Open) {
            Bet::Frozen(bets, seen) => match bets.moved(place) {
                Some(moved) => {
                    let carry = |seen: Histogram| carry(&seen, &old, bounds);
                    let (treatment, control) = (seen.treatment.map(carry), seen.control.map(carry));
                    Bet::Frozen(Box::new(moved), ByArm { treatment, control })
                }
                None => Bet::Gathering(None, Some(bets)),
            },
            Bet::Gathering(_, bets) => Bet::Gathering(None, bets),
            other => other,
        };
    }

    fn observe_distribution(&mut self, new: &Increment) {
        if !matches!(self.bet, Bet::Gathering(..) | Bet::Frozen(..)) {
            self.bet = Bet::Gathering(None, None);
        }
        match &mut self.bet {
            Bet::Gathering(control, bets) => {
                add_histogram(control, new.histograms.control.as_ref());
                let frozen = control.as_ref().and_then(|c| match bets {
                    Some(bets) => bets.frozen_again(&c.at_most, c.total),
                    None => {
                        let alpha = (-self.ln_threshold).exp();
                        Exceedance::freeze(&c.at_most, c.total, self.tolerate, alpha, DEFAULT_HORIZON)
                    }
                });
                if let Some(bets) = frozen {
                    self.bet = Bet::Frozen(Box::new(bets), ByArm::default());
                }
            }
            Bet::Frozen(bets, seen) => {
                for arm in [Arm::Treatment, Arm::Control] {
                    add_histogram(seen.get_mut(arm), new.histograms.get(arm));
                }
                if let Some((treatment, control)) = new.histograms.both() {
                    bets.update((&treatment.at_most, treatment.total), (&control.at_most, control.total));
                }
            }
            Bet::Open | Bet::Counts(_) => {}
        }
    }

    /// How the bet stands. `None`: nothing to bet on yet.
    pub fn standing(&self) -> Option<Standing> {
        match &self.bet {
            Bet::Open | Bet::Gathering(..) => None,
            Bet::Counts(bet) => Some(Standing {
                ln_e: bet.ln_e(),
                ln_threshold: self.ln_threshold,
                seen: self.seen,
                bound: None,
            }),
            Bet::Frozen(bets, seen) => {
                let (bound, standing) = bets.strongest();
                let above = |h: &Histogram| Counts {
                    units: h.total,
                    bad: h.at_most.get(bound).map_or(0.0, |below| h.total - below),
                };
                Some(Standing {
                    // The lead counts from either threshold.
                    ln_e: standing.lead + standing.ln_threshold,
                    ln_threshold: standing.ln_threshold,
                    seen: ByArm {
                        treatment: seen.treatment.as_ref().map(above),
                        control: seen.control.as_ref().map(above),
                    },
                    bound: Some(bound),
                })
            }
        }
    }
}

/// What was seen, over other bounds; 0 for a bound that is new.
fn carry(seen: &Histogram, old: &[f64], bounds: &[f64]) -> Histogram {
    let below = |bound: &f64| {
        old.iter().zip(&seen.at_most).find(|(known, _)| *known == bound).map_or(0.0, |(_, below)| *below)
    };
    Histogram { at_most: bounds.iter().map(below).collect(), total: seen.total }
}

fn add(sum: &mut Option<Counts>, new: Option<&Counts>) {
    if let Some(new) = new {
        let sum = sum.get_or_insert_default();
        sum.units += new.units;
        sum.bad += new.bad;
    }
}
