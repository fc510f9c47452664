//! One guardrail in one segment: its bet, and what it was made from.

use super::meter::{Increment, add_histogram};
use crate::domain::{Arm, ByArm, Counts, Guardrail, Histogram};
use crate::stats::{ConditionalBinomial, Exceedance, Tick};

/// A guardrail at work in a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    tolerate: f64,
    ln_threshold: f64,
    bet: Bet,
    /// Units and bad units since the bet began, by arm.
    seen: ByArm<Counts>,
}

#[derive(Debug, Clone, PartialEq)]
enum Bet {
    /// Nothing came in yet: not known which kind it will be.
    Open,
    /// Bad units out of units.
    Counts(ConditionalBinomial),
    /// A distribution: control's quantiles are not frozen yet; what control has shown so far.
    Gathering(Option<Histogram>),
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
        }
    }

    /// Forgets all evidence: a person cleared the NO-GO.
    pub fn restart(&mut self) {
        self.bet = Bet::Open;
        self.seen = ByArm::default();
    }

    /// Takes new units into account.
    pub fn observe(&mut self, new: &Increment) {
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

    fn observe_distribution(&mut self, new: &Increment) {
        if !matches!(self.bet, Bet::Gathering(_) | Bet::Frozen(..)) {
            self.bet = Bet::Gathering(None);
        }
        match &mut self.bet {
            Bet::Gathering(control) => {
                add_histogram(control, new.histograms.control.as_ref());
                let frozen =
                    control.as_ref().and_then(|c| Exceedance::freeze(&c.at_most, c.total, self.tolerate));
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
            Bet::Open | Bet::Gathering(_) => None,
            Bet::Counts(bet) => Some(Standing {
                ln_e: bet.ln_e(),
                ln_threshold: self.ln_threshold,
                seen: self.seen,
                bound: None,
            }),
            Bet::Frozen(bets, seen) => {
                let (bound, ln_e) = bets.strongest();
                let above = |h: &Histogram| Counts {
                    units: h.total,
                    bad: h.at_most.get(bound).map_or(0.0, |below| h.total - below),
                };
                Some(Standing {
                    ln_e,
                    // Four bets share the risk.
                    ln_threshold: self.ln_threshold + Exceedance::LOOKS.ln(),
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

fn add(sum: &mut Option<Counts>, new: Option<&Counts>) {
    if let Some(new) = new {
        let sum = sum.get_or_insert_default();
        sum.units += new.units;
        sum.bad += new.bad;
    }
}
