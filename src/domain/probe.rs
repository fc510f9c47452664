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
    /// Only some who had the treatment the last time, or, where nobody had it, some others: their share says how many
    /// still have it, and nothing else.
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

/// Half the width of a measurement's interval in standard errors: one in two hundred honest measurements lies outside.
const Z: f64 = 2.807;

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

    /// The measured share, between the ends of its interval, these in tenths of a percent. `None`: nothing was measured.
    #[must_use]
    pub fn interval(&self) -> Option<(Percent, Percent, Percent)> {
        let share = self.share()?;
        let (low, high) = wilson(share.as_f64() / 100.0, f64::from(self.asked));
        let (low, high) = ((low * 1000.0).floor() / 10.0, ((high * 1000.0).ceil() / 10.0).min(100.0));
        Some((Percent::new(low).ok()?, share, Percent::new(high).ok()?))
    }

    /// Whether `counted` of all that were asked may have come from this share.
    #[must_use]
    pub fn may_be(&self, share: Percent, counted: u32) -> bool {
        let n = f64::from(self.asked);
        let (low, high) = wilson(f64::from(counted.min(self.asked)) / n, n);
        self.asked > 0 && (low..=high).contains(&(share.as_f64() / 100.0))
    }
}

/// The score interval of a share among `n` (E. B. Wilson, Probable inference, the law of succession, and statistical
/// inference, JASA 22, 1927).
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
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

    #[test]
    fn a_measurement_is_as_sure_as_it_is_large() {
        let probed =
            |asked, treated| Probed { panel: Panel::Whole, asked, treated, variants: BTreeMap::new() };
        // By hand, with z = 2.807: (0.25 + 0.0197) / 1.0394 -+ 2.807 / 1.0394 * sqrt(0.25 * 0.75 / 200 + 0.0000492).
        let (low, share, high) = probed(200, 50).interval().expect("measured");
        assert_eq!(
            (low.to_string(), share.to_string(), high.to_string()),
            ("17.4%".into(), "25%".into(), "34.5%".into())
        );
        assert!(probed(200, 50).may_be(Percent::from_ppm(200_000), 50));
        assert!(!probed(2000, 500).may_be(Percent::from_ppm(200_000), 500));
        assert!(!probed(0, 0).may_be(Percent::ZERO, 0), "nobody was asked");
    }
}
