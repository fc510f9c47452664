//! One guardrail in one segment: what it has seen, and the bets on it.
//!
//! In: increments of its metric, with the exposure under which they came; the start of each stage. Out: how the bets
//! stand (M1, or M4 where there is no control group), and what is proven about the stage (M2).
//!
//! Counts are one *channel*. A distribution is four: control's q50, q90, q95 and q99 are frozen, and what is above each of
//! them counts as bad; they share the risk. Bounds are chosen from what control showed before they are used, so the
//! e-values go on when they are chosen again at a new stage.
//!
//! It judges nothing (that is [`appraise`](super::appraise)) and writes no words (that is [`evidence`](super::evidence)).

use serde::{Deserialize, Serialize};

use super::channel::{Channel, Standing};
use super::meter::{Increment, add_histogram};
use crate::domain::{Arm, ByArm, Compare, Counts, Guardrail, Histogram, Margin, Percent};
use crate::stats::exceedance;
use crate::stats::noninferiority;
use crate::stats::sum::ln_mean;

/// Least growth of the stage's treatment units between two looks at the proof. An interval that holds at every moment
/// may be looked at seldom, and a look costs microseconds.
const LOOK_AGAIN: f64 = 1.05;
/// Least treatment units before the first look: fewer prove nothing.
pub const FIRST_LOOK: f64 = 50.0;

/// A guardrail at work in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    compare: Compare,
    margin: noninferiority::Margin,
    tolerate: f64,
    /// The chance of a false alarm that this guardrail has in this segment.
    alpha: f64,
    /// Empty before the first data; then one, or one for each frozen quantile.
    channels: Vec<Channel>,
    /// Bounds of the distribution; empty for counts.
    bounds: Vec<f64>,
    /// What control showed of a distribution since the stage began: the next quantiles come from it.
    control: Option<Histogram>,
    /// The quantiles of the new stage, until its first units come.
    chosen: Option<[usize; exceedance::QUANTILES.len()]>,
    /// Units since the stage began.
    stage: ByArm<f64>,
    /// Treatment units at which the proof is looked at again.
    next_look: f64,
    proof: Option<Proof>,
    /// Treatment units at the last look.
    looked_at: f64,
    /// How many more were missing then. `None`: it was proven, there is no end in sight, or nothing was looked at.
    missing: Option<f64>,
    /// How the bets stand, as of the newest units: it is asked for more often than they come.
    #[serde(skip)]
    stands: Stands,
}

/// How all bets of a watch stand. It follows from the channels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stands {
    /// The bet that is nearest to its threshold, or furthest past it.
    nearest: Option<Standing>,
    /// ln of the mean of the cumulative e-values.
    ln_mean_e: f64,
}

impl Default for Stands {
    fn default() -> Self {
        Self { nearest: None, ln_mean_e: f64::NEG_INFINITY }
    }
}

/// What is proven about the present stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// Whether it is no worse than the margin.
    pub is_proven: bool,
    /// Upper bound of how much worse it is, as a difference of rates.
    pub bound: f64,
    /// The largest such difference that passes.
    pub limit: f64,
    /// Which channel is furthest from it.
    pub channel: usize,
}

impl Watch {
    /// Starts watching. `share` is the segment's part of the guardrail's risk, above 0, at most 1.
    #[must_use]
    pub fn new(guardrail: &Guardrail, share: f64) -> Self {
        Self {
            compare: guardrail.compare,
            margin: match guardrail.margin {
                Margin::Relative(share) => noninferiority::Margin::Relative(share),
                Margin::Points(points) => noninferiority::Margin::Points(points),
            },
            tolerate: guardrail.tolerate,
            alpha: (guardrail.risk * share).clamp(f64::MIN_POSITIVE, 1.0),
            channels: Vec::new(),
            bounds: Vec::new(),
            control: None,
            chosen: None,
            stage: ByArm::default(),
            next_look: FIRST_LOOK,
            proof: None,
            looked_at: 0.0,
            missing: None,
            stands: Stands::default(),
        }
    }

    /// The chance of a false alarm that this guardrail has in this segment, over the whole rollout.
    #[must_use]
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// What a GO must rule out.
    #[must_use]
    pub const fn margin(&self) -> noninferiority::Margin {
        self.margin
    }

    /// Whether this can be the state of a watch that began as `fresh`: the same guardrail, and no more channels than it opens.
    pub(super) fn fits(&self, fresh: &Self) -> bool {
        self.compare == fresh.compare
            && self.margin == fresh.margin
            && self.tolerate == fresh.tolerate
            && self.alpha == fresh.alpha
            && self.channels.len() <= exceedance::QUANTILES.len()
            && self.channels.iter().all(|channel| channel.fits(self.alpha, self.tolerate))
    }

    /// Forgets all evidence: a person cleared the NO-GO. What is usual stays known: where everybody has the feature, it
    /// cannot be learned again.
    pub fn restart(&mut self) {
        self.channels.iter_mut().for_each(Channel::restart);
        self.begin_stage(0.0);
        self.stand();
    }

    /// A new exposure was reached: what is proven is proven anew, from `sample` treatment units on, and a distribution is
    /// held against what control showed last. The bets go on.
    pub fn begin_stage(&mut self, sample: f64) {
        self.stage = ByArm::default();
        self.next_look = sample.max(FIRST_LOOK);
        (self.proof, self.missing) = (None, None);
        for channel in &mut self.channels {
            channel.begin_stage();
        }
        let control = self.control.take();
        self.chosen = control.and_then(|c| exceedance::freeze(&c.at_most, c.total));
    }

    /// Takes the bounds that were chosen for this stage, if there will be something to hold against them: what was seen
    /// before was seen above the old ones.
    fn move_bounds(&mut self, exposure: Option<Percent>) {
        let Some(chosen) = self.chosen.take() else { return };
        let is_usual_seen = match self.compare {
            Compare::Control => exposure != Some(Percent::FULL),
            Compare::Baseline => exposure == Some(Percent::ZERO),
            Compare::Above { .. } => true,
        };
        if is_usual_seen {
            for (channel, bound) in self.channels.iter_mut().zip(chosen) {
                channel.move_bound(bound);
            }
        }
    }

    /// Takes new units into account, which came under an `exposure` (`None`: not known). `bounds` are those of the
    /// distribution, empty for counts.
    pub fn observe(&mut self, new: &Increment, bounds: &[f64], exposure: Option<Percent>) {
        if self.bounds != bounds {
            self.change_bounds(bounds);
        }
        for arm in [Arm::Treatment, Arm::Control] {
            if let Some(counts) = new.counts.get(arm) {
                *self.stage.get_mut(arm).get_or_insert_default() += counts.units;
            }
        }
        if new.histograms != ByArm::default() {
            self.observe_distribution(new, exposure);
        } else if bounds.is_empty() && new.counts != ByArm::default() {
            if self.channels.is_empty() {
                self.channels.push(Channel::new(None, self.alpha, self.tolerate));
            }
            for channel in &mut self.channels {
                channel.take(new.counts.treatment, new.counts.control, self.compare, exposure);
            }
        }
        if self.stage.treatment.is_some_and(|units| units >= self.next_look) {
            self.look();
        }
        self.stand();
    }

    /// Works out how the bets stand: after whatever changes a channel, and after reading a state.
    pub(super) fn stand(&mut self) {
        let open = self.channels.iter().filter(|c| self.bounds.is_empty() || c.bound.is_some());
        self.stands = Stands {
            nearest: open.map(Channel::standing).max_by(|a, b| a.lead.total_cmp(&b.lead)),
            ln_mean_e: ln_mean(self.channels.iter().map(Channel::ln_e)),
        };
    }

    fn observe_distribution(&mut self, new: &Increment, exposure: Option<Percent>) {
        self.move_bounds(exposure);
        if self.channels.iter().all(|channel| channel.bound.is_none()) {
            add_histogram(&mut self.control, new.histograms.control.as_ref());
            if self.compare == Compare::Baseline && exposure == Some(Percent::ZERO) {
                // Nobody has the feature: both arms are what is usual.
                add_histogram(&mut self.control, new.histograms.treatment.as_ref());
            }
            let Some(frozen) = self.control.as_ref().and_then(|c| exceedance::freeze(&c.at_most, c.total))
            else {
                return;
            };
            if self.channels.is_empty() {
                let alpha = self.alpha / frozen.len() as f64;
                self.channels.extend(frozen.map(|_| Channel::new(None, alpha, self.tolerate)));
            }
            for (channel, bound) in self.channels.iter_mut().zip(frozen) {
                channel.move_bound(bound);
            }
            // The readings that chose the bounds are not held against them.
            self.control = None;
            return;
        }
        add_histogram(&mut self.control, new.histograms.control.as_ref());
        for channel in &mut self.channels {
            let above = |histogram: Option<&Histogram>| {
                let histogram = histogram?;
                let below = channel.bound.and_then(|bound| histogram.at_most.get(bound))?;
                Some(Counts { units: histogram.total, bad: (histogram.total - below).max(0.0) })
            };
            let (treatment, control) =
                (above(new.histograms.treatment.as_ref()), above(new.histograms.control.as_ref()));
            channel.take(treatment, control, self.compare, exposure);
        }
    }

    /// A source shows other bounds, as when an arm with others appears. The bets stay with their bounds; if one of
    /// those is gone, control is looked at anew, and the bets go on above the bounds that are chosen then.
    fn change_bounds(&mut self, bounds: &[f64]) {
        let old = std::mem::replace(&mut self.bounds, bounds.to_vec());
        (self.control, self.chosen) = (None, None);
        let place = |index: usize| bounds.iter().position(|bound| Some(bound) == old.get(index));
        let moved: Vec<_> = self.channels.iter().map(|c| c.bound.and_then(place)).collect();
        let is_whole = moved.iter().all(Option::is_some);
        for (channel, bound) in self.channels.iter_mut().zip(moved) {
            channel.bound = bound.filter(|_| is_whole);
        }
    }

    /// Looks at what is proven by now.
    fn look(&mut self) {
        self.looked_at = self.stage.treatment.unwrap_or_default();
        self.next_look = self.looked_at * LOOK_AGAIN;
        let mut proofs = self.channels.iter().enumerate().map(|(i, c)| c.prove(i, self.margin, self.compare));
        // Each channel must have something to compare with, and the one that is furthest from its proof decides.
        let missing_to = |proof: &Proof| proof.bound - proof.limit;
        self.proof = proofs.next().flatten().and_then(|first| {
            proofs.try_fold(first, |worst, proof| {
                let proof = proof?;
                let is_worse = missing_to(&proof).total_cmp(&missing_to(&worst)).is_gt();
                Some(if is_worse { proof } else { worst })
            })
        });
        // Now, and not when somebody asks: what is said later must not depend on whether anybody looked at a screen.
        let open = self.proof.filter(|proof| !proof.is_proven);
        let channel = open.and_then(|proof| self.channels.get(proof.channel));
        self.missing = channel.and_then(|channel| channel.units_missing(self.margin));
    }

    /// What was proven about this stage when it was last looked at. `None`: not looked at yet, or nothing to compare with.
    #[must_use]
    pub const fn proof(&self) -> Option<Proof> {
        self.proof
    }

    /// How many more treatment units the stage needs until it is proven, as things stand. `None`: no end in sight.
    #[must_use]
    pub fn units_missing(&self) -> Option<f64> {
        let since = self.stage_units(Arm::Treatment) - self.looked_at;
        self.missing.map(|missing| (missing - since).max(1.0))
    }

    /// Units of an arm since the stage began.
    #[must_use]
    pub fn stage_units(&self, arm: Arm) -> f64 {
        self.stage.get(arm).copied().unwrap_or_default()
    }

    /// Treatment units and bad units since the stage began. `None`: none, or a distribution.
    #[must_use]
    pub fn stage_rate(&self) -> Option<(f64, f64)> {
        let [channel] = self.channels.as_slice() else { return None };
        channel.stage_treatment().map(|counts| (counts.units, counts.bad))
    }

    /// For a distribution: index of the bound of a channel.
    #[must_use]
    pub fn bound_of(&self, channel: usize) -> Option<usize> {
        self.channels.get(channel)?.bound
    }

    /// How the bet stands that is nearest to its threshold, or furthest past it. `None`: nothing to bet on yet.
    #[must_use]
    pub const fn standing(&self) -> Option<Standing> {
        self.stands.nearest
    }

    /// ln of the mean of the channels' cumulative e-values: what this segment adds to the rollout-wide average; −∞ before the first data.
    #[must_use]
    pub const fn ln_mean_e(&self) -> f64 {
        self.stands.ln_mean_e
    }
}
