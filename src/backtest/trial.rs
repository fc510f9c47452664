//! One guardrail in one segment: ticks in, a verdict out.

use super::pair::Tick;
use crate::domain::{ByArm, Counts, Evidence, Guardrail, Timestamp, Verdict};
use crate::stats::ConditionalBinomial;

/// A guardrail at work in a segment.
#[derive(Debug)]
pub struct Trial {
    bet: ConditionalBinomial,
    ln_threshold: f64,
    sample: u64,
    seen: ByArm<Counts>,
}

impl Trial {
    /// Begins without evidence. `share` is the segment's part of the guardrail's risk; `sample` the least number of
    /// treatment units that a GO needs.
    pub fn new(guardrail: &Guardrail, share: f64, sample: u64) -> Self {
        let ln_threshold = -(guardrail.risk * share).ln();
        Self {
            bet: ConditionalBinomial::new(guardrail.tolerate),
            ln_threshold,
            sample,
            seen: ByArm::default(),
        }
    }

    /// Takes a tick into account.
    pub fn observe(&mut self, tick: &Tick) {
        for (seen, new) in
            [(&mut self.seen.treatment, tick.new.treatment), (&mut self.seen.control, tick.new.control)]
        {
            if let Some(new) = new {
                let sum = seen.get_or_insert_default();
                *sum = Counts { units: sum.units + new.units, bad: sum.bad + new.bad };
            }
        }
        if let Some((treatment, control)) = tick.new.both() {
            self.bet.update(&crate::stats::Tick {
                treatment_units: treatment.units,
                treatment_bad: treatment.bad,
                control_units: control.units,
                control_bad: control.bad,
            });
        }
    }

    /// What is to be said now.
    pub fn verdict(&self) -> Verdict {
        let ln_e = self.bet.ln_e();
        let units = |counts: Option<Counts>| counts.map_or(0.0, |counts| counts.units);
        if ln_e >= self.ln_threshold {
            Verdict::NoGo
        } else if ln_e >= self.ln_threshold / 2.0 {
            Verdict::Hold
        } else if units(self.seen.treatment) < self.sample.max(1) as f64 || units(self.seen.control) <= 0.0 {
            Verdict::Wait
        } else {
            Verdict::Go
        }
    }

    /// On what grounds.
    pub fn evidence(&self, at: Timestamp) -> Evidence {
        let pair = |counts: Option<Counts>| counts.map(|counts| (counts.units, counts.bad));
        Evidence {
            ln_e: Some(self.bet.ln_e()),
            ln_threshold: Some(self.ln_threshold),
            treatment: pair(self.seen.treatment),
            control: pair(self.seen.control),
            ..Evidence::of("as the bet stands", at)
        }
    }
}
