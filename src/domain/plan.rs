//! The plan: the ladder of exposures that a segment climbs.

use serde::{Deserialize, Serialize};

use super::{Percent, RoleName, Span};

/// One rung: an exposure, and what must be waited for on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The share of the segment that has the feature in this stage. Above 0.
    pub exposure: Percent,
    /// How long to stay before the next stage is offered without a reason.
    pub bake: Span,
    /// Least number of treatment units that a GO needs in this stage.
    pub sample: u64,
    /// The role that must give its go before a segment enters this stage. `None`: nobody.
    #[serde(default)]
    pub approval: Option<RoleName>,
}

impl Stage {
    /// A stage that asks for nobody's go.
    #[must_use]
    pub const fn new(exposure: Percent, bake: Span, sample: u64) -> Self {
        Self { exposure, bake, sample, approval: None }
    }
}

/// The stages of one segment, in climbing order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder(Vec<Stage>);

impl Ladder {
    /// Takes stages whose exposures climb.
    ///
    /// Returns `None` when there is no stage, when one is 0 %, or when an exposure is not larger than the one before.
    #[must_use]
    pub fn new(stages: Vec<Stage>) -> Option<Self> {
        let climbs = stages.windows(2).all(|pair| matches!(pair, [a, b] if a.exposure < b.exposure));
        let starts = stages.first().is_some_and(|stage| !stage.exposure.is_zero());
        (climbs && starts).then_some(Self(stages))
    }

    /// All stages.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.0
    }

    /// The highest stage that `share` has reached: its index from 0, and the stage. `None` below the first.
    #[must_use]
    pub fn stage_at(&self, share: Percent) -> Option<(usize, &Stage)> {
        self.0.iter().enumerate().rev().find(|(_, stage)| stage.exposure <= share)
    }

    /// The next stage: the first whose exposure is larger. `None` at the top.
    #[must_use]
    pub fn next_after(&self, share: Percent) -> Option<&Stage> {
        self.0.iter().find(|stage| stage.exposure > share)
    }

    /// The next larger exposure, `None` at the top.
    #[must_use]
    pub fn above(&self, share: Percent) -> Option<Percent> {
        self.next_after(share).map(|stage| stage.exposure)
    }

    /// The next smaller exposure: 0 % below the first stage.
    #[must_use]
    pub fn below(&self, share: Percent) -> Percent {
        self.0
            .iter()
            .rev()
            .map(|stage| stage.exposure)
            .find(|exposure| *exposure < share)
            .unwrap_or(Percent::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(exposures: &[u32]) -> Option<Ladder> {
        let stage = |p: &u32| Stage::new(Percent::from_ppm(p * 10_000), Span::default(), 0);
        Ladder::new(exposures.iter().map(stage).collect())
    }

    #[test]
    fn a_ladder_climbs() {
        assert!(ladder(&[]).is_none());
        assert!(ladder(&[0, 10]).is_none());
        assert!(ladder(&[10, 10]).is_none());
        let ladder = ladder(&[5, 25, 100]);
        let at = |p: u32| Percent::from_ppm(p * 10_000);
        assert_eq!(ladder.as_ref().and_then(|l| l.above(at(10))), Some(at(25)));
        assert_eq!(ladder.as_ref().and_then(|l| l.above(at(100))), None);
        assert_eq!(ladder.as_ref().map(|l| l.below(at(25))), Some(at(5)));
        assert_eq!(ladder.as_ref().map(|l| l.below(at(5))), Some(Percent::ZERO));
        assert_eq!(ladder.as_ref().and_then(|l| l.stage_at(at(30)).map(|(i, _)| i)), Some(1));
        assert_eq!(ladder.as_ref().and_then(|l| l.stage_at(at(1)).map(|(i, _)| i)), None);
    }
}
