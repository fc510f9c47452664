//! The counters of the shop and how Prometheus reads them. In: outcomes. Out: text format 0.0.4.
//!
//! Counters only grow. Every series exists from the start at 0: a series that appears with its first error hides that
//! error from every rate.

use std::collections::BTreeMap;
use std::fmt::{Result, Write};

use crate::people::{Arm, Outcome, SEGMENTS, Segment};

/// Upper bounds of the latency buckets, in milliseconds; `+Inf` is the count.
const BOUNDS_MS: [u32; 13] = [50, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2500, 5000];

/// One segment and arm.
#[derive(Debug, Clone, Default)]
struct Tally {
    users: u64,
    users_with_error: u64,
    /// Users at or below each bound, so already cumulative.
    at_most: [u64; BOUNDS_MS.len()],
    latency_sum_ms: f64,
    stars: [u64; 5],
}

/// All that was counted since the start.
#[derive(Debug)]
pub struct Ledger(BTreeMap<(Segment, Arm), Tally>);

impl Ledger {
    /// A ledger with every series at 0.
    pub fn new() -> Self {
        let keys = SEGMENTS.into_iter().flat_map(|segment| Arm::ALL.map(|arm| (segment, arm)));
        Self(keys.map(|key| (key, Tally::default())).collect())
    }

    /// Counts one visit.
    pub fn add(&mut self, segment: Segment, arm: Arm, outcome: Outcome) {
        let tally = self.0.entry((segment, arm)).or_default();
        tally.users += 1;
        tally.users_with_error += u64::from(outcome.failed);
        tally.latency_sum_ms += outcome.latency_ms;
        for (count, bound) in tally.at_most.iter_mut().zip(BOUNDS_MS) {
            *count += u64::from(outcome.latency_ms <= f64::from(bound));
        }
        for (count, stars) in tally.stars.iter_mut().zip(1..) {
            *count += u64::from(outcome.stars == Some(stars));
        }
    }

    /// Users counted in a segment and arm.
    pub fn users(&self, segment: Segment, arm: Arm) -> u64 {
        self.0.get(&(segment, arm)).map_or(0, |tally| tally.users)
    }

    /// Writes all series in Prometheus' text format.
    pub fn expose(&self, out: &mut impl Write) -> Result {
        self.counter(out, "checkout_users_total", "Users who reached the checkout.", |t| t.users)?;
        self.counter(out, "checkout_users_with_error_total", "Users whose checkout failed.", |t| {
            t.users_with_error
        })?;

        let name = "checkout_latency_ms";
        head(out, name, "histogram", "Time a checkout took, in milliseconds.")?;
        for (labels, tally) in self.labelled() {
            for (bound, count) in BOUNDS_MS.iter().zip(tally.at_most) {
                writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}")?;
            }
            writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", tally.users)?;
            writeln!(out, "{name}_sum{{{labels}}} {}", tally.latency_sum_ms)?;
            writeln!(out, "{name}_count{{{labels}}} {}", tally.users)?;
        }

        let name = "checkout_feedback_total";
        head(out, name, "counter", "Feedback left after a checkout, by stars.")?;
        for (labels, tally) in self.labelled() {
            for (stars, count) in (1..).zip(tally.stars) {
                writeln!(out, "{name}{{{labels},stars=\"{stars}\"}} {count}")?;
            }
        }
        Ok(())
    }

    fn counter(&self, out: &mut impl Write, name: &str, help: &str, read: impl Fn(&Tally) -> u64) -> Result {
        head(out, name, "counter", help)?;
        for (labels, tally) in self.labelled() {
            writeln!(out, "{name}{{{labels}}} {}", read(tally))?;
        }
        Ok(())
    }

    fn labelled(&self) -> impl Iterator<Item = (String, &Tally)> {
        self.0.iter().map(|((segment, arm), tally)| {
            (format!("segment=\"{}\",arm=\"{}\"", segment.name, arm.name()), tally)
        })
    }
}

fn head(out: &mut impl Write, name: &str, kind: &str, help: &str) -> Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposed(ledger: &Ledger) -> String {
        let mut text = String::new();
        ledger.expose(&mut text).unwrap();
        text
    }

    #[test]
    fn every_series_exists_at_zero_before_the_first_user() {
        let text = exposed(&Ledger::new());
        let series: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        // 4 segments × 2 arms × (users, errors, 14 buckets, sum, count, 5 stars)
        assert_eq!(series.len(), 4 * 2 * (2 + 14 + 2 + 5));
        assert!(series.iter().all(|line| line.ends_with(" 0")), "{text}");
        assert!(
            text.contains("checkout_users_with_error_total{segment=\"enterprise\",arm=\"treatment\"} 0\n")
        );
    }

    #[test]
    fn a_visit_is_counted_once_and_in_every_bucket_above_it() {
        let mut ledger = Ledger::new();
        ledger.add(SEGMENTS[0], Arm::Control, Outcome { failed: true, latency_ms: 300.0, stars: Some(2) });
        let text = exposed(&ledger);
        for line in [
            "checkout_users_total{segment=\"internal\",arm=\"control\"} 1",
            "checkout_users_total{segment=\"internal\",arm=\"treatment\"} 0",
            "checkout_users_with_error_total{segment=\"internal\",arm=\"control\"} 1",
            "checkout_latency_ms_bucket{segment=\"internal\",arm=\"control\",le=\"250\"} 0",
            "checkout_latency_ms_bucket{segment=\"internal\",arm=\"control\",le=\"300\"} 1",
            "checkout_latency_ms_bucket{segment=\"internal\",arm=\"control\",le=\"+Inf\"} 1",
            "checkout_latency_ms_sum{segment=\"internal\",arm=\"control\"} 300",
            "checkout_feedback_total{segment=\"internal\",arm=\"control\",stars=\"2\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
    }
}
