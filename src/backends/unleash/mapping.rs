//! From strategies to segments: whom does each strategy serve?
//!
//! In: the flag in our environment ([`Environment`]), our segments with their names at Unleash, and
//! the names of Unleash's own segments. Out: a [`Map`], from which a [`FlagState`] is made and
//! writes are planned.
//!
//! A strategy belongs to a segment by its title; else by a constraint `IN` that lists exactly the
//! segment's name; else by an Unleash segment of that name. Strategies are OR-ed.
//!
//! It must never guess: what is not understood becomes a doubt, and the share it touches is left
//! out. A strategy that certainly serves nobody raises no doubt.

use std::collections::BTreeMap;

use super::share::served_by;
use super::weigh::split;
use super::wire::{Environment, Strategy};
use crate::domain::{Actor, FlagState, Percent, SegmentName, Text, Timestamp, VariantShare, Version};

/// The most doubts that are listed: more would not be read, and the first ones say enough.
const MAX_DOUBTS: usize = 20;

/// Unleash's own segments: names by id.
pub type SegmentNames = BTreeMap<i64, String>;

/// Where a state stands in Unleash's event log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The newest event that was seen before the flag was read.
    pub version: Version,
    /// Its author.
    pub by: Option<Actor>,
    /// Its time.
    pub at: Option<Timestamp>,
}

/// Which strategies serve which segment, and what is in doubt.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<'a> {
    /// The strategies of each segment; a segment without any is absent.
    pub ours: BTreeMap<SegmentName, Vec<&'a Strategy>>,
    /// Strategies that serve, or may serve, users outside of our segments.
    pub others: Vec<&'a Strategy>,
    doubts: Vec<String>,
}

impl<'a> Map<'a> {
    /// Sorts the strategies of an environment.
    #[must_use]
    pub fn of(
        environment: &'a Environment,
        segments: &[(SegmentName, String)],
        names: &SegmentNames,
    ) -> Self {
        let mut map = Self { ours: BTreeMap::new(), others: vec![], doubts: vec![] };
        for strategy in &environment.strategies {
            let called = called(strategy, names);
            let serves_nobody = served_by(strategy) == Ok(Percent::ZERO);
            let Some(segment) = owner(strategy, segments, names) else {
                if !serves_nobody {
                    map.others.push(strategy);
                    map.doubts.push(format!("strategy {called} also exposes others"));
                }
                continue;
            };
            if !serves_nobody {
                if strategy.constraints.is_empty() && strategy.segments.is_empty() {
                    map.doubts.push(format!(
                        "strategy {called} has no constraints: it exposes others besides {segment}"
                    ));
                }
                if let Some(other) = narrowed_to(strategy, segments, names).filter(|other| *other != segment)
                {
                    map.doubts
                        .push(format!("strategy {called} is titled {segment} but constrained to {other}"));
                }
            }
            map.ours.entry(segment.clone()).or_default().push(strategy);
        }
        if !environment.release_plans.is_empty() {
            map.doubts.push("a release plan of Unleash changes the strategies by itself".into());
        }
        map
    }

    /// The share of a segment: the largest of its strategies. `None`: no strategy, or not known.
    #[must_use]
    pub fn share(&self, segment: &SegmentName) -> Option<Percent> {
        let shares = self.ours.get(segment)?.iter().map(|strategy| served_by(strategy).ok());
        shares.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The state as the rest of gonogo knows it.
    #[must_use]
    pub fn state(&self, on: bool, stamp: Stamp, names: &SegmentNames) -> FlagState {
        let mut doubts = self.doubts.clone();
        for (segment, strategies) in &self.ours {
            for strategy in strategies {
                if let Err(why) = served_by(strategy) {
                    let called = called(strategy, names);
                    doubts.push(format!("the share of {segment} is not known: strategy {called}: {why}"));
                }
            }
            let serving = strategies.iter().filter(|s| served_by(s) != Ok(Percent::ZERO)).count();
            if serving > 1 {
                doubts.push(format!(
                    "{serving} strategies serve {segment}: one is enough for a user to get it"
                ));
            }
        }
        let unlisted = doubts.len().saturating_sub(MAX_DOUBTS);
        doubts.truncate(MAX_DOUBTS);
        if unlisted > 0 {
            doubts.push(format!("and {unlisted} more doubts"));
        }
        FlagState {
            version: stamp.version,
            on,
            shares: self.ours.keys().filter_map(|s| Some((s.clone(), self.share(s)?))).collect(),
            by: stamp.by,
            changed_at: stamp.at,
            doubts: doubts.iter().map(|doubt| Text::new(doubt)).collect(),
            splits: self.ours.iter().filter_map(|(s, all)| Some((s.clone(), split_of(all)?))).collect(),
            ..FlagState::default()
        }
    }
}

/// The variants of a segment, where one strategy serves it.
fn split_of(strategies: &[&Strategy]) -> Option<Vec<VariantShare>> {
    let mut serving = strategies.iter().filter(|strategy| !strategy.disabled);
    let only = serving.next()?;
    if serving.next().is_some() { None } else { split(only) }
}

/// What a person would call a strategy: title, else Unleash segment, else kind.
#[must_use]
pub fn called(strategy: &Strategy, names: &SegmentNames) -> String {
    let by_segment = || strategy.segments.iter().find_map(|id| names.get(id));
    if !strategy.title.is_empty() {
        format!("{:?}", strategy.title)
    } else if let Some(name) = by_segment() {
        format!("for segment {name:?}")
    } else {
        format!("{} {}", strategy.name, strategy.id)
    }
}

fn owner<'s>(
    strategy: &Strategy,
    segments: &'s [(SegmentName, String)],
    names: &SegmentNames,
) -> Option<&'s SegmentName> {
    let by_title = segments.iter().find(|(_, name)| *name == strategy.title).map(|(segment, _)| segment);
    by_title.or_else(|| narrowed_to(strategy, segments, names))
}

/// The segment that a strategy's constraints, else its Unleash segments, single out.
fn narrowed_to<'s>(
    strategy: &Strategy,
    segments: &'s [(SegmentName, String)],
    names: &SegmentNames,
) -> Option<&'s SegmentName> {
    let find = |matches: &dyn Fn(&str) -> bool| {
        segments.iter().find(|(_, name)| matches(name)).map(|(segment, _)| segment)
    };
    let by_constraint = find(&|name| {
        strategy.constraints.iter().any(|constraint| {
            constraint.operator == "IN"
                && !constraint.inverted
                && matches!(constraint.values.as_slice(), [only] if only == name)
        })
    });
    by_constraint.or_else(|| {
        find(&|name| strategy.segments.iter().any(|id| names.get(id).is_some_and(|known| known == name)))
    })
}

#[cfg(test)]
mod tests;
