//! Exposures over time, and the stays at each.
//!
//! In: changes of confirmed exposures, and when all stations of a segment say GO. Out: [`Curve`]s and [`Stay`]s, both
//! bounded.

use std::collections::BTreeMap;

use super::retrospective::{At, Curve, Listed, Stay, Step};
use crate::domain::{Percent, Rollout, SegmentName, Timestamp};

/// Most changes kept of one segment: a plan has ten, a flag that flaps all night a few hundred.
const MOST_STEPS: usize = 500;
/// Most stays kept of all segments.
const MOST_STAYS: usize = 1_000;

/// What the exposures did.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    curves: BTreeMap<SegmentName, Curve>,
    open: BTreeMap<SegmentName, Stay>,
    stays: Vec<Stay>,
    left_out: u64,
}

impl Curves {
    /// A segment's confirmed exposure is another one.
    pub fn change(
        &mut self,
        at: Timestamp,
        segment: &SegmentName,
        share: Option<Percent>,
        rollout: &Rollout,
    ) {
        let curve = self.curves.entry(segment.clone()).or_insert_with(|| Curve {
            segment: segment.clone(),
            steps: Vec::new(),
            left_out: 0,
        });
        if curve.steps.len() >= MOST_STEPS {
            // The newest always has its place: where it stands must be right.
            curve.steps.pop();
            curve.left_out += 1;
        }
        curve.steps.push(Step { at: At(at), percent: share.map(Percent::as_f64) });
        self.end(segment, at, true);
        let Some(share) = share.filter(|share| !share.is_zero()) else { return };
        let stage = rollout.segment(segment).and_then(|segment| segment.ladder.stage_at(share));
        let stay = Stay {
            segment: segment.clone(),
            percent: share.as_f64(),
            began_at: At(at),
            ended: false,
            lasted_s: 0.0,
            bake_s: stage.map(|(_, stage)| stage.bake.0.as_secs_f64()),
            go_after_s: None,
        };
        self.open.insert(segment.clone(), stay);
    }

    /// All stations of a segment say GO.
    pub fn go(&mut self, segment: &SegmentName, at: Timestamp) {
        if let Some(stay) = self.open.get_mut(segment) {
            stay.go_after_s.get_or_insert(at.since(stay.began_at.0).as_secs_f64());
        }
    }

    fn end(&mut self, segment: &SegmentName, at: Timestamp, ended: bool) {
        let Some(mut stay) = self.open.remove(segment) else { return };
        stay.lasted_s = at.since(stay.began_at.0).as_secs_f64();
        stay.ended = ended;
        if self.stays.len() < MOST_STAYS { self.stays.push(stay) } else { self.left_out += 1 }
    }

    /// The largest share of a segment in percent.
    #[must_use]
    pub fn largest(&self, segment: &SegmentName) -> Option<f64> {
        let steps = self.curves.get(segment)?.steps.iter();
        steps.filter_map(|step| step.percent).max_by(f64::total_cmp)
    }

    /// Whether anybody had it at any time.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.curves.keys().any(|segment| self.largest(segment).is_some_and(|share| share > 0.0))
    }

    /// The curves in the order of the rollout, and the stays in order of time.
    #[must_use]
    pub fn finish(mut self, at: Timestamp, rollout: &Rollout) -> (Vec<Curve>, Listed<Stay>) {
        for segment in &rollout.segments {
            self.end(&segment.name, at, false);
        }
        self.stays.sort_by_key(|stay| stay.began_at);
        let none = |name: &SegmentName| Curve { segment: name.clone(), steps: Vec::new(), left_out: 0 };
        let take = |s: &crate::domain::Segment| self.curves.remove(&s.name).unwrap_or_else(|| none(&s.name));
        let curves = rollout.segments.iter().map(take).collect();
        (curves, Listed { list: self.stays, left_out: self.left_out })
    }
}
