//! What an edge answered when it was probed: the exposure as a client sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Percent, Text};

/// Which synthetic users were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// All of them: their share is a measurement.
    Whole,
    /// Only some who had the treatment the last time: their share says how many still have it, and nothing else.
    Treated,
}

/// What an edge answered for the synthetic users of one segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// Which of them were asked for.
    pub panel: Panel,
    /// How many.
    pub asked: u32,
    /// How many of these got the feature.
    pub treated: u32,
    /// How many got each variant, where there are more than two. At most a few.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<Text, u32>,
}

impl Probed {
    /// The share that got the feature. `None`: nobody was asked for, or not a fair sample.
    #[must_use]
    pub fn share(&self) -> Option<Percent> {
        let is_fair = self.panel == Panel::Whole && self.asked > 0;
        // At most a million, as no more are treated than asked for.
        is_fair.then(|| {
            let ppm = u64::from(self.treated.min(self.asked)) * 1_000_000 / u64::from(self.asked);
            Percent::from_ppm(ppm as u32)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_panel_measures_a_share() {
        let probed = |panel, asked, treated| Probed { panel, asked, treated, variants: BTreeMap::new() };
        assert_eq!(probed(Panel::Whole, 200, 50).share(), Some(Percent::from_ppm(250_000)));
        assert_eq!(probed(Panel::Whole, 0, 0).share(), None);
        assert_eq!(probed(Panel::Treated, 16, 0).share(), None);
    }
}
