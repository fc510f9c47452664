//! One metric of one segment: what both arms showed, at which exposure, and since when it was bad.
//!
//! In: readings, with the confirmed exposure under which they came. Out: totals, one [`Stratum`] for each exposure,
//! bins for charts, and the [`Onset`] of each guardrail on it.
//!
//! Of a distribution, bad is what is above a bound: control's 95 % quantile, chosen once from the first
//! [`LEAST_UNITS`](crate::stats::exceedance::LEAST_UNITS) control units; units that chose it are not held against it.
//! The onset is looked for above all four bounds that the engine bets on.

use super::bins::Bins;
use super::interval::Stratum;
use super::onset::{Onset, Start};
use crate::domain::{ByArm, Counts, Histogram, Percent, SampleValue, Timestamp};
use crate::engine::meter::{Meter, add_histogram};
use crate::event::is_late;
use crate::stats::binomial::Tick;
use crate::stats::exceedance::{QUANTILES, freeze};

/// Most exposures that are compared on their own: more than any plan has stages. More are added to the last.
const MOST_STRATA: usize = 32;
/// Which of the engine's quantiles a distribution is reported above: 95 %.
const REPORTED: usize = 2;

/// What was seen of one metric in one segment.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    meter: Meter,
    taken_at: Option<Timestamp>,
    /// All treatment units, and of them the bad ones.
    pub exposed: Counts,
    /// By confirmed exposure, in order of the first reading at it.
    strata: Vec<(Percent, Stratum)>,
    /// For charts.
    pub bins: Bins,
    /// What control showed of a distribution before its bounds were chosen.
    control: Option<Histogram>,
    /// The chosen bounds.
    chosen: Option<[usize; QUANTILES.len()]>,
    bounds: Vec<f64>,
    /// One for counts, four for a distribution, of each guardrail on the metric.
    onsets: Vec<(f64, Vec<Onset>)>,
}

impl Tally {
    /// Begins; `tolerated` has the tolerated worsening of each guardrail on the metric.
    #[must_use]
    pub fn new(tolerated: impl Iterator<Item = f64>) -> Self {
        let onsets = tolerated.map(|tolerate| (tolerate, vec![Onset::default(); QUANTILES.len()])).collect();
        Self { onsets, ..Self::default() }
    }

    /// Takes a reading at our time `at`, of the source's time `taken_at`.
    pub fn take(
        &mut self,
        at: Timestamp,
        taken_at: Option<Timestamp>,
        value: &SampleValue,
        exposure: Option<Percent>,
    ) {
        if is_late(taken_at, self.taken_at) {
            return;
        }
        self.taken_at = taken_at.or(self.taken_at);
        let new = self.meter.advance(value);
        let before = self.exposed;
        match value {
            SampleValue::Counts(_) => {
                self.count(at, new.counts, exposure);
                self.look(0, at, new.counts, before);
            }
            SampleValue::Histogram { .. } => self.take_histograms(at, &new.histograms, exposure, before),
        }
    }

    fn take_histograms(
        &mut self,
        at: Timestamp,
        new: &ByArm<Histogram>,
        exposure: Option<Percent>,
        before: Counts,
    ) {
        if self.bounds != self.meter.bounds() {
            // Units above another bound cannot be added to these.
            self.bounds = self.meter.bounds().to_vec();
            (self.control, self.chosen, self.bins) = (None, None, Bins::default());
            self.strata.clear();
            self.onsets.iter_mut().for_each(|(_, onsets)| onsets.fill(Onset::default()));
        }
        let Some(chosen) = self.chosen else {
            self.exposed.units += new.treatment.as_ref().map_or(0.0, |histogram| histogram.total);
            add_histogram(&mut self.control, new.control.as_ref());
            let enough = self.control.as_ref().and_then(|sum| freeze(&sum.at_most, sum.total));
            if enough.is_some() {
                (self.chosen, self.control) = (enough, None);
            }
            return;
        };
        let above = |histogram: &Option<Histogram>, bound: usize| {
            let histogram = histogram.as_ref()?;
            let below = histogram.at_most.get(bound)?;
            Some(Counts { units: histogram.total, bad: (histogram.total - below).max(0.0) })
        };
        for (index, bound) in chosen.into_iter().enumerate() {
            let counts =
                ByArm { treatment: above(&new.treatment, bound), control: above(&new.control, bound) };
            if index == REPORTED {
                self.count(at, counts, exposure);
            }
            self.look(index, at, counts, before);
        }
    }

    fn count(&mut self, at: Timestamp, new: ByArm<Counts>, exposure: Option<Percent>) {
        self.bins.add(at, new);
        if let Some(new) = new.treatment {
            add(&mut self.exposed, new);
        }
        // Whoever still shows up in treatment after a kill, or in control at 100 %, is on the way out and like nobody else:
        // exposed, but not compared.
        let is_split = |share: &Percent| !share.is_zero() && *share < Percent::FULL;
        let Some(exposure) = exposure.filter(is_split) else { return };
        let is_full = self.strata.len() >= MOST_STRATA;
        let place = self.strata.iter().position(|(share, _)| *share == exposure);
        let place = place.or_else(|| is_full.then(|| self.strata.len() - 1)).unwrap_or_else(|| {
            self.strata.push((exposure, Stratum::default()));
            self.strata.len() - 1
        });
        if let Some((_, stratum)) = self.strata.get_mut(place) {
            add(&mut stratum.treatment, new.treatment.unwrap_or_default());
            add(&mut stratum.control, new.control.unwrap_or_default());
        }
    }

    fn look(&mut self, channel: usize, at: Timestamp, new: ByArm<Counts>, before: Counts) {
        let (Some(treatment), Some(control)) = (new.treatment, new.control) else { return };
        let tick = Tick {
            treatment_units: treatment.units,
            treatment_bad: treatment.bad,
            control_units: control.units,
            control_bad: control.bad,
        };
        for (tolerate, onsets) in &mut self.onsets {
            if let Some(onset) = onsets.get_mut(channel) {
                onset.take(at, &tick, before, *tolerate);
            }
        }
    }

    /// Where the evidence of a guardrail on this metric began, by its place among them.
    #[must_use]
    pub fn onset(&self, guardrail: usize) -> Option<Start> {
        let (_, onsets) = self.onsets.get(guardrail)?;
        let starts = onsets.iter().filter_map(Onset::start);
        starts.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, start)| start)
    }

    /// Forgets what the onsets are made of: a person cleared the NO-GO.
    pub fn restart(&mut self) {
        self.onsets.iter_mut().for_each(|(_, onsets)| onsets.fill(Onset::default()));
    }

    /// One pair of arms for each exposure.
    #[must_use]
    pub fn strata(&self) -> Vec<Stratum> {
        self.strata.iter().map(|(_, stratum)| *stratum).collect()
    }

    /// The bound above which a unit of a distribution counts as bad. `None`: counts, or none was chosen.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        self.bounds.get(*self.chosen?.get(REPORTED)?).copied()
    }

    /// Whether anything was counted in treatment.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.exposed.units > 0.0
    }
}

fn add(sum: &mut Counts, new: Counts) {
    sum.units += new.units;
    sum.bad += new.bad;
}
