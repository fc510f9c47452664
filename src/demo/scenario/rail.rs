//! The guardrails of a scenario, in the words of the rollout file.
//!
//! In: a `[[guardrails]]` table. Out: a [`Rail`]. What is left out is left out of the rollout file too, so that its
//! reader's default holds.
//!
//! ```toml
//! [[guardrails]]
//! station = "errors"
//! metric = "errors"
//! tolerate = 0.10             # killed only if more than 10 % worse
//! margin = { points = 1 }     # GO once at most one user in a hundred more is proven; a plain number is relative
//! action = "kill"
//! ```

use serde::{Deserialize, Deserializer};

use crate::domain::{Margin, MetricName, Response, Station};

/// Percentage points in a share of 1.
pub(super) const POINTS: f64 = 100.0;

/// One guardrail of the rollout file; always against control.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rail {
    /// The line of the poll.
    pub station: Station,
    /// `errors`, `latency` or `feedback`.
    pub metric: MetricName,
    /// Relative worsening that is accepted.
    pub tolerate: f64,
    /// What a GO must rule out. Absent: the default of the rollout file.
    #[serde(default, deserialize_with = "margin")]
    pub margin: Option<Margin>,
    /// The worsening that must be seen fast, as times the usual rate. Absent: the default of the rollout file.
    pub jump: Option<f64>,
    /// Chance of a false alarm over the whole rollout. Absent: the default of the rollout file.
    pub risk: Option<f64>,
    /// What the autopilot does on a NO-GO.
    pub action: Response,
}

/// A margin as people write it: a number is relative, points are percentage points.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a margin is a number, as 0.10 for 10 % worse, or { points = 1 }")]
enum Written {
    Relative(f64),
    Points(Points),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    points: f64,
}

fn margin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Margin>, D::Error> {
    Ok(Some(match Written::deserialize(deserializer)? {
        Written::Relative(share) => Margin::Relative(share),
        Written::Points(Points { points }) => Margin::Points(points / POINTS),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rail(more: &str) -> Result<Rail, toml::de::Error> {
        let text = "station = \"errors\"\nmetric = \"errors\"\ntolerate = 0.1\naction = \"kill\"\n";
        toml::from_str(&format!("{text}{more}"))
    }

    #[test]
    fn a_margin_is_a_number_or_points() {
        let margin = |more: &str| rail(more).expect(more).margin;
        assert_eq!(margin(""), None);
        assert_eq!(margin("margin = 0.2"), Some(Margin::Relative(0.2)));
        assert_eq!(margin("margin = 1"), Some(Margin::Relative(1.0)));
        assert_eq!(margin("margin = { points = 2 }"), Some(Margin::Points(0.02)));
        for wrong in ["margin = \"1\"", "margin = { points = 1, x = 2 }", "margin = { relative = 1 }"] {
            let error = rail(wrong).expect_err(wrong).to_string();
            assert!(error.contains("a margin is a number"), "{error}");
        }
    }
}
