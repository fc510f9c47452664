//! From a flag's rules to segments: who gets the feature, now and later by itself.
//!
//! In: a flag, our segments with the names of their rules, which variations are which ([`Roles`]), the time. Out: a
//! [`FlagState`]. Pure.
//!
//! A segment is the rule of its name; `default` is the default rule. It must never guess: what is not understood is
//! a doubt, and its share is left out. The relay's own schedule and ramps are shown as what they come to
//! ([`Ramp`]), because nobody has to be asked for that to happen.

use std::collections::{BTreeMap, BTreeSet};

use super::flag::{DEFAULT, Object, date, due, is_set, object, objects, rule, steps, text};
use super::rule::{Serves, percent};
use crate::domain::{FlagState, Percent, Ramp, SegmentName, Text, Timestamp, VariantShare, Version};

/// The most doubts that are listed: more would not be read, and the first ones say enough.
const MAX_DOUBTS: usize = 20;

/// The most moments of the future that are looked at: of a longer schedule the end is not known.
const MAX_MOMENTS: usize = 64;

/// Which variations are what, as far as the rollout file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Roles {
    pub treatment: Option<String>,
    pub control: Option<String>,
}

/// Which variations of a flag are what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arms {
    /// All variations, in the relay's order.
    pub variations: Vec<String>,
    /// The one without the feature.
    pub control: String,
    /// The one to widen to. `None`: several have the feature, and the rollout file does not say.
    pub treatment: Option<String>,
}

impl Arms {
    /// Finds out.
    ///
    /// # Errors
    /// In words, what the rollout file must say.
    pub(super) fn of(flag: &Object, roles: &Roles) -> Result<Self, String> {
        let Some(values) = object(flag, "variations") else { return Err("it has no variations".into()) };
        let mut variations: Vec<String> = values.keys().cloned().collect();
        variations.sort_unstable_by(|a, b| b.cmp(a));
        let list = || variations.join(", ");
        for (role, said) in [("treatment", &roles.treatment), ("control", &roles.control)] {
            if let Some(name) = said.as_ref().filter(|name| !values.contains_key(*name)) {
                return Err(format!("there is no variation {name}, the {role}. hint: it has {}", list()));
            }
        }
        let other = |than: &String| match variations.as_slice() {
            [a, b] => Some(if a == than { b } else { a }).cloned(),
            _ => None,
        };
        let valued = |value: bool| {
            let mut of =
                values.iter().filter(|(_, v)| v.as_bool() == Some(value)).map(|(name, _)| name.clone());
            of.next().filter(|_| of.next().is_none())
        };
        let control = roles.control.clone().or_else(|| roles.treatment.as_ref().and_then(other));
        let Some(control) = control.or_else(|| valued(false)) else {
            return Err(format!(
                "which variation is the control cannot be said. hint: write `control` into the rollout file: one of {}",
                list()
            ));
        };
        let treatment = roles.treatment.clone().or_else(|| other(&control)).or_else(|| valued(true));
        if treatment.as_ref() == Some(&control) {
            return Err(format!("treatment and control are both {control}. hint: it has {}", list()));
        }
        Ok(Self { variations, control, treatment })
    }
}

/// Whether the flag is evaluated at all: `experimentation` has its own dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// There is none, or it runs.
    Runs,
    /// It begins later; until then everybody gets the code's default.
    Awaits(Timestamp),
    /// It is over: everybody gets the code's default.
    Over(Timestamp),
}

/// Where the experimentation stands.
pub(super) fn trial(flag: &Object, now: Timestamp) -> Trial {
    let at = |end| object(flag, "experimentation").and_then(|trial| date(trial, end));
    match (at("start"), at("end")) {
        (_, Some(end)) if now > end => Trial::Over(end),
        (Some(start), _) if now < start => Trial::Awaits(start),
        _ => Trial::Runs,
    }
}

/// The state of a flag at a moment.
pub(super) fn state(
    flag: &Object,
    segments: &[(SegmentName, String)],
    roles: &Roles,
    now: Timestamp,
    version: Version,
) -> FlagState {
    let current = due(flag, now);
    let is_over = matches!(trial(&current, now), Trial::Over(_));
    let mut state =
        FlagState { version, on: !is_set(&current, "disable") && !is_over, ..FlagState::default() };
    let mut doubts = foreseen(&current, now);
    match Arms::of(&current, roles) {
        Err(why) => doubts.push(why),
        Ok(arms) => {
            for (segment, name) in segments {
                if let Some(rule) = rule(&current, name) {
                    let look = Look { flag: &current, name, arms: &arms, now };
                    if let Err(why) = look.at_segment(segment, rule, &mut state) {
                        doubts.push(format!("the share of {segment} is not known: rule {name}: {why}"));
                    }
                }
            }
            doubts.extend(strangers(&current, segments, &arms, now));
        }
    }
    let unlisted = doubts.len().saturating_sub(MAX_DOUBTS);
    doubts.truncate(MAX_DOUBTS);
    if unlisted > 0 {
        doubts.push(format!("and {unlisted} more doubts"));
    }
    state.doubts = doubts.iter().map(|doubt| Text::new(doubt)).collect();
    state
}

/// One rule of a flag at a moment.
struct Look<'a> {
    flag: &'a Object,
    name: &'a str,
    arms: &'a Arms,
    now: Timestamp,
}

impl Look<'_> {
    fn at_segment(&self, segment: &SegmentName, rule: &Object, state: &mut FlagState) -> Result<(), String> {
        let (share, serves) = self.share(self.flag, rule, self.now)?;
        state.shares.insert(segment.clone(), share);
        if self.arms.variations.len() > 2 || self.flag.contains_key("experimentation") {
            let shares = serves.shares(self.now);
            let variant = |name: &String| VariantShare {
                name: Text::new(name),
                share: percent(shares.get(name.as_str()).copied().unwrap_or_default()),
            };
            state.splits.insert(segment.clone(), self.arms.variations.iter().map(variant).collect());
        }
        if let Some(ramp) = self.ramp(rule, share)? {
            state.ramps.insert(segment.clone(), ramp);
        }
        Ok(())
    }

    fn share(&self, flag: &Object, rule: &Object, at: Timestamp) -> Result<(Percent, Serves), String> {
        if is_set(rule, "disable") && self.name != DEFAULT {
            return Err("it is disabled, so its users get what the rules after it say".into());
        }
        let serves = Serves::of(rule)?;
        let known = |name: &&str| !self.arms.variations.iter().any(|known| known == name);
        if let Some(unknown) = serves.shares(at).keys().copied().find(known) {
            return Err(format!("there is no variation {unknown}"));
        }
        let share = serves.treated(&self.arms.control, at);
        let is_awaited = matches!(trial(flag, at), Trial::Awaits(_));
        Ok((if is_awaited { Percent::ZERO } else { share }, serves))
    }

    /// How the share goes on by itself: looked up at each moment at which something ends or begins.
    fn ramp(&self, rule_now: &Object, share: Percent) -> Result<Option<Ramp>, String> {
        let mut moments: BTreeSet<Timestamp> = Serves::of(rule_now)?.moments().into_iter().collect();
        if let Trial::Awaits(start) = trial(self.flag, self.now) {
            moments.insert(start);
        }
        for (at, _) in steps(self.flag) {
            moments.insert(at);
            if let Some(serves) = rule(&due(self.flag, at), self.name).and_then(|rule| Serves::of(rule).ok())
            {
                moments.extend(serves.moments());
            }
        }
        moments.retain(|at| *at > self.now);
        if moments.len() > MAX_MOMENTS {
            return Ok(Some(Ramp::default()));
        }
        let (mut last, mut until) = (share, None);
        for at in moments {
            let flag = due(self.flag, at);
            let Some(rule) = rule(&flag, self.name) else { continue };
            let then = self.share(&flag, rule, at).map_err(|why| format!("from {}: {why}", at.rfc3339()))?.0;
            if then != last {
                (last, until) = (then, Some(at));
            }
        }
        Ok(until.map(|at| Ramp { to: Some(last), until: Some(at) }))
    }
}

/// What the schedule will do that is no share.
fn foreseen(flag: &Object, now: Timestamp) -> Vec<String> {
    let mut doubts = vec![];
    for (at, step) in steps(flag).filter(|(at, _)| *at > now) {
        let at = at.rfc3339();
        match step.get("disable").and_then(serde_json::Value::as_bool) {
            Some(true) => doubts.push(format!("the flag's schedule switches it off at {at}")),
            Some(false) if is_set(flag, "disable") => {
                doubts.push(format!("the flag's schedule switches it on at {at}"));
            }
            _ => {}
        }
        for field in ["variations", "experimentation", "bucketingKey"] {
            if step.contains_key(field) {
                doubts.push(format!("the flag's schedule changes its {field} at {at}"));
            }
        }
    }
    doubts
}

/// Rules of nobody's segment that serve the feature.
fn strangers(flag: &Object, segments: &[(SegmentName, String)], arms: &Arms, now: Timestamp) -> Vec<String> {
    let is_ours = |name: &str| segments.iter().any(|(_, ours)| ours == name);
    let exposes = |rule: &Object| {
        !is_set(rule, "disable")
            && Serves::of(rule).is_ok_and(|serves| {
                let later = serves.moments().into_iter().filter(|at| *at > now);
                std::iter::once(now).chain(later).any(|at| !serves.treated(&arms.control, at).is_zero())
            })
    };
    let mut doubts = vec![];
    for (index, rule) in objects(flag, "targeting").enumerate() {
        let name = text(rule, "name").filter(|name| *name != DEFAULT && !name.is_empty());
        if !name.is_some_and(is_ours) && exposes(rule) {
            let called = name.map_or_else(|| format!("{} (it has no name)", index + 1), str::to_owned);
            doubts.push(format!("rule {called} also exposes others"));
        }
    }
    // The relay ignores `disable` there.
    let default = rule(flag, DEFAULT).map(|rule| {
        let mut rule = rule.clone();
        rule.remove("disable");
        rule
    });
    if !is_ours(DEFAULT) && default.is_some_and(|rule| exposes(&rule)) {
        doubts.push("the default rule also exposes everybody else".into());
    }
    doubts
}

/// Each variation's share in parts per million; together a million.
pub(super) fn ppm(shares: &BTreeMap<&str, f64>) -> BTreeMap<String, u32> {
    shares.iter().map(|(name, share)| ((*name).to_owned(), percent(*share).ppm())).collect()
}

#[cfg(test)]
mod tests;
