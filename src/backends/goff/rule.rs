//! What one rule serves at a moment, and how it goes on.
//!
//! In: a rule, the time. Out: each variation's share ([`Serves`]), or in words why it cannot be known. A ramp stands
//! before percentages, and those before a plain variation (`Rule.Evaluate`, v1.55.2). Pure.
//!
//! A ramp's end of 0 %, or above 100 %, is read as 100 % by the relay: so it is here.

use std::collections::BTreeMap;

use super::buckets::{self, FULL, PER_PERCENT, Percentages, floor};
use super::flag::{Object, date, object, text};
use crate::domain::{Percent, Timestamp};

/// A linear ramp from one variation to another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ramp {
    pub from: String,
    pub to: String,
    pub starts: Timestamp,
    pub ends: Timestamp,
    /// The percentage of `to` when it starts.
    pub low: f64,
    /// The percentage of `to` when it ends.
    pub high: f64,
}

/// How a rule divides its users.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Serves {
    /// One variation for all.
    One(String),
    /// By weights of their sum.
    Split(Percentages),
    /// By the clock.
    Ramp(Ramp),
}

impl Serves {
    /// Reads a rule.
    pub(super) fn of(rule: &Object) -> Result<Self, String> {
        if let Some(ramp) = object(rule, "progressiveRollout") {
            return Ramp::of(ramp).map(Self::Ramp);
        }
        let percentages = object(rule, "percentage").filter(|percentages| !percentages.is_empty());
        if let Some(percentages) = percentages {
            let mut split = Percentages::new();
            for (name, value) in percentages {
                match value.as_f64() {
                    Some(weight) if weight >= 0.0 => drop(split.insert(name.clone(), weight)),
                    _ => return Err(format!("{value} is no percentage of {name}")),
                }
            }
            return match buckets::count(&split) {
                0 => Err("its percentages sum up to nothing".into()),
                _ => Ok(Self::Split(split)),
            };
        }
        let one = text(rule, "variation").map(|name| Self::One(name.to_owned()));
        one.ok_or_else(|| "it names no variation".into())
    }

    /// Each variation's share at a moment, from 0 to 1.
    pub(super) fn shares(&self, now: Timestamp) -> BTreeMap<&str, f64> {
        match self {
            Self::One(name) => BTreeMap::from([(name.as_str(), 1.0)]),
            Self::Split(split) => {
                let sum = buckets::sum(split);
                split.iter().map(|(name, weight)| (name.as_str(), weight / sum)).collect()
            }
            Self::Ramp(ramp) => {
                let reached = ramp.percentage(now) / 100.0;
                let mut shares = BTreeMap::from([(ramp.from.as_str(), 1.0 - reached)]);
                *shares.entry(ramp.to.as_str()).or_default() += reached;
                shares
            }
        }
    }

    /// The share of all that is not the control.
    pub(super) fn treated(&self, control: &str, now: Timestamp) -> Percent {
        // Summed up rather than taken from 1: the sum of one number is that number.
        percent(
            self.shares(now).into_iter().filter(|(name, _)| *name != control).map(|(_, share)| share).sum(),
        )
    }

    /// The variation for a hash that was not reduced yet; `None`: the code's default.
    pub(super) fn serve(&self, hash: u32, now: Timestamp) -> Option<&str> {
        match self {
            Self::One(name) => Some(name),
            Self::Split(split) => buckets::serves(split, hash),
            Self::Ramp(ramp) => {
                let is_in = hash % FULL < ramp.buckets(now);
                Some(if is_in { &ramp.to } else { &ramp.from })
            }
        }
    }

    /// When it will have changed by itself.
    pub(super) fn moments(&self) -> Vec<Timestamp> {
        match self {
            Self::Ramp(ramp) => vec![ramp.starts, ramp.ends],
            Self::One(_) | Self::Split(_) => vec![],
        }
    }
}

/// From 0 to 1, to parts per million.
pub(super) fn percent(share: f64) -> Percent {
    Percent::new((share * 100.0).clamp(0.0, 100.0)).unwrap_or_default()
}

impl Ramp {
    fn of(ramp: &Object) -> Result<Self, String> {
        let broken = || "its ramp is not complete, so the default of the code is served".to_owned();
        let read = |end: &str| {
            let step = object(ramp, end)?;
            let percentage = step.get("percentage").and_then(serde_json::Value::as_f64).unwrap_or(0.0);
            Some((text(step, "variation")?.to_owned(), date(step, "date")?, percentage))
        };
        let (Some((from, starts, low)), Some((to, ends, written))) = (read("initial"), read("end")) else {
            return Err(broken());
        };
        let high = if written == 0.0 || written > 100.0 { 100.0 } else { written };
        if starts >= ends || !(0.0..=100.0).contains(&low) || high < 0.0 {
            return Err(broken());
        }
        Ok(Self { from, to, starts, ends, low, high })
    }

    /// How many of the first buckets get `to`; before the start none do, whatever `low` says.
    pub(super) fn buckets(&self, now: Timestamp) -> u32 {
        if now < self.starts { 0 } else { floor(self.reached(now)) }
    }

    /// The percentage of `to`.
    pub(super) fn percentage(&self, now: Timestamp) -> f64 {
        if now < self.starts { 0.0 } else { self.reached(now) / PER_PERCENT }
    }

    /// In buckets. The relay counts whole seconds.
    fn reached(&self, now: Timestamp) -> f64 {
        let second = |at: Timestamp| at.0.div_euclid(1000) as f64;
        let (low, high) = (self.low * PER_PERCENT, self.high * PER_PERCENT);
        let length = second(self.ends) - second(self.starts);
        if now >= self.ends || length <= 0.0 {
            return high;
        }
        (second(now) - second(self.starts)) * ((high - low) / length) + low
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn serves(rule: serde_json::Value) -> Result<Serves, String> {
        Serves::of(rule.as_object().expect("an object"))
    }

    fn ramp(low: f64, high: f64) -> serde_json::Value {
        json!({"progressiveRollout": {
            "initial": {"variation": "off", "percentage": low, "date": "2026-01-01T00:00:00Z"},
            "end": {"variation": "on", "percentage": high, "date": "2026-01-01T01:40:00Z"},
        }, "percentage": {"on": 100}, "variation": "on"})
    }

    fn at(second: i64) -> Timestamp {
        Timestamp(Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").expect("a date").0 + second * 1000)
    }

    #[test]
    fn percentages_are_weights_of_their_sum_and_stand_before_a_plain_variation() {
        let split = serves(json!({"percentage": {"on": 1, "off": 3}, "variation": "on"})).expect("a split");
        assert_eq!(split.treated("off", at(0)), Percent::from_ppm(250_000));
        assert_eq!(serves(json!({"variation": "on"})).expect("one").treated("off", at(0)), Percent::FULL);
        for broken in [json!({}), json!({"percentage": {"on": 0}}), json!({"percentage": {"on": "x"}})] {
            assert!(serves(broken.clone()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_ramp_goes_by_the_second_and_serves_nobody_before_it_starts() {
        let ramp = serves(ramp(10.0, 60.0)).expect("a ramp");
        let read = |second| ramp.treated("off", at(second)).as_f64();
        assert_eq!([-1, 0, 3000, 6000, 9000].map(read), [0.0, 10.0, 35.0, 60.0, 60.0]);
        assert_eq!(ramp.serve(34_999, at(3000)), Some("on"));
        assert_eq!(ramp.serve(35_000, at(3000)), Some("off"));
    }

    #[test]
    fn a_ramp_that_ends_at_nothing_or_above_everything_ends_at_everybody() {
        for high in [0.0, 130.0] {
            let ramp = serves(ramp(0.0, high)).expect("a ramp");
            assert_eq!(ramp.treated("off", at(9000)), Percent::FULL, "{high}");
        }
    }
}
