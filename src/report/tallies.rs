//! All metrics of all segments: see [`Tally`] for one of them.
//!
//! In: samples. Out: [`Effect`]s, and what NO-GOs ask for by guardrail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interval::{difference, pair, pooled, reading, times};
use super::onset::Start;
use super::retrospective::Effect;
use super::tally::Tally;
use crate::domain::{
    Counts, Guardrail, GuardrailName, MetricName, Percent, Rollout, Sample, SegmentName, Timestamp,
};

/// What all metrics of all segments showed. Its size is that of the rollout.
#[derive(Debug, Clone)]
pub struct Tallies {
    rollout: Arc<Rollout>,
    all: BTreeMap<(SegmentName, MetricName), Tally>,
}

impl Tallies {
    /// One for each metric of each segment of the rollout.
    #[must_use]
    pub fn new(rollout: &Arc<Rollout>) -> Self {
        let mut all = BTreeMap::new();
        for segment in &rollout.segments {
            for metric in &rollout.metrics {
                let tolerated = on(rollout, &metric.name).map(|guardrail| guardrail.tolerate);
                all.insert((segment.name.clone(), metric.name.clone()), Tally::new(tolerated));
            }
        }
        Self { rollout: Arc::clone(rollout), all }
    }

    /// Takes a reading; one of a metric or segment that the rollout does not know is nothing.
    pub fn take(
        &mut self,
        at: Timestamp,
        taken_at: Option<Timestamp>,
        sample: &Sample,
        exposure: Option<Percent>,
    ) {
        let key = (sample.segment.clone(), sample.metric.clone());
        if let Some(tally) = self.all.get_mut(&key) {
            tally.take(at, taken_at, &sample.value, exposure);
        }
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, segment: &SegmentName, metric: &MetricName) -> Option<&Tally> {
        self.all.get(&(segment.clone(), metric.clone()))
    }

    fn metric(&self, guardrail: &GuardrailName) -> Option<&MetricName> {
        let found = self.rollout.guardrails.iter().find(|known| known.name == *guardrail);
        found.map(|guardrail| &guardrail.metric)
    }

    /// Treatment's units and bad units so far, of the metric of a guardrail.
    #[must_use]
    pub fn exposed(&self, segment: &SegmentName, guardrail: &GuardrailName) -> Counts {
        let tally = self.metric(guardrail).and_then(|metric| self.get(segment, metric));
        tally.map(|tally| tally.exposed).unwrap_or_default()
    }

    /// Where the evidence of a guardrail in a segment began.
    #[must_use]
    pub fn onset(&self, segment: &SegmentName, guardrail: &GuardrailName) -> Option<Start> {
        let metric = self.metric(guardrail)?;
        let place = on(&self.rollout, metric).position(|known| known.name == *guardrail)?;
        self.get(segment, metric)?.onset(place)
    }

    /// A person cleared the NO-GOs of a segment: its onsets are looked for anew.
    pub fn restart(&mut self, segment: &SegmentName) {
        let of_segment = self.all.iter_mut().filter(|((name, _), _)| name == segment);
        of_segment.for_each(|(_, tally)| tally.restart());
    }

    /// Treatment against control: by metric, then segment, in the order of the rollout.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for metric in &self.rollout.metrics {
            let guardrail = on(&self.rollout, &metric.name).next();
            for segment in &self.rollout.segments {
                let Some(tally) = self.get(&segment.name, &metric.name).filter(|t| t.is_seen()) else {
                    continue;
                };
                let strata = tally.strata();
                let (treatment, control) = pooled(&strata);
                let difference = difference(&strata);
                effects.push(Effect {
                    segment: segment.name.clone(),
                    metric: metric.name.clone(),
                    guardrail: guardrail.map(|guardrail| guardrail.name.clone()),
                    station: guardrail.map(|guardrail| guardrail.station),
                    bad_means: tally.bound().map(|bound| format!("above {bound}")),
                    exposed_units: tally.exposed.units,
                    bad_units: tally.exposed.bad,
                    treatment: pair(treatment),
                    control: pair(control),
                    difference,
                    excess_units: difference.map(|found| times(found, treatment.units)),
                    reading: reading(difference),
                });
            }
        }
        effects
    }
}

/// The guardrails on a metric.
fn on<'a>(rollout: &'a Rollout, metric: &'a MetricName) -> impl Iterator<Item = &'a Guardrail> {
    rollout.guardrails.iter().filter(move |guardrail| guardrail.metric == *metric)
}
