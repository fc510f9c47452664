//! From a command to the flag that is to be stored.
//!
//! In: the flag as it is stored, a [`Change`], the time. Out: the changed flag, and why a part of it must not be done
//! ([`Edited`]). Pure.
//!
//! - What is stored is what is evaluated: due steps of the schedule are written into the flag first.
//! - A share that is written down moves no more: future steps of that rule go.
//! - A ramp stays a ramp that stands still (`initial` = `end`): as percentages other users would get the feature.
//!   Its end is never 0, which the relay reads as 100; nobody is the plain control.
//! - Percentages keep their sum, so that nobody changes buckets.
//! - A rule is never disabled: its users would get what the next rules say. It serves the control.
//! - What may only stop never makes a share larger.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::buckets::weigh;
use super::flag::{DEFAULT, Object, due, is_set, rule_mut, text};
use super::mapping::{Arms, Roles, Trial, ppm, trial};
use super::rule::{Ramp, Serves};
use crate::domain::{Percent, SegmentName, Span, Timestamp, VariantShare};
use crate::effect::Change;

/// Where our segments are, and which variations are what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub segments: &'a [(SegmentName, String)],
    pub roles: &'a Roles,
    pub now: Timestamp,
    /// Whether shares may become larger.
    pub may_grow: bool,
}

/// A flag that was changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edited {
    /// What is to be stored.
    pub flag: Object,
    /// Why a part of the command must not be done. What stops is done as far as it can be.
    pub refused: Option<String>,
}

/// Plans a change.
pub(super) fn edit(flag: &Object, change: &Change, ground: &Ground<'_>) -> Edited {
    let mut edited = Edited { flag: flag.clone(), refused: None };
    let result = match change {
        Change::Off => {
            switch_off(&mut edited.flag);
            Ok(())
        }
        Change::Freeze(names) => {
            let all = names.iter().map(|name| (name, Wanted::AsItIs));
            ground.each(&mut edited, all)
        }
        Change::Shares(shares) => {
            ground.each(&mut edited, shares.iter().map(|(name, s)| (name, Wanted::Share(*s))))
        }
        Change::On(shares) => ground
            .each(&mut edited, shares.iter().map(|(name, s)| (name, Wanted::Share(*s))))
            .and_then(|()| ground.switch_on(&mut edited.flag, shares)),
        Change::Weights(weights) => {
            ground.each(&mut edited, weights.iter().map(|(name, w)| (name, Wanted::Weights(w))))
        }
    };
    if let Err(why) = result {
        edited.refused.get_or_insert(why);
    }
    if ground.may_grow && edited.refused.is_some() {
        edited.flag = flag.clone();
    }
    edited
}

/// Also takes it out of the schedule, which would switch it on again: a due step stands before the flag itself.
fn switch_off(flag: &mut Object) {
    flag.insert("disable".into(), Value::Bool(true));
    each_step(flag, |step| {
        step.remove("disable");
    });
}

fn each_step(flag: &mut Object, mut change: impl FnMut(&mut Object)) {
    if let Some(Value::Array(steps)) = flag.get_mut("scheduledRollout") {
        steps.iter_mut().filter_map(Value::as_object_mut).for_each(&mut change);
        // A step that changes nothing has a date only.
        steps.retain(|step| step.as_object().is_none_or(|step| step.keys().any(|field| field != "date")));
        if steps.is_empty() {
            flag.remove("scheduledRollout");
        }
    }
}

/// What a rule is to serve.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    Share(Percent),
    /// The share that it has now.
    AsItIs,
    Weights(&'a [VariantShare]),
}

impl Ground<'_> {
    fn each<'w>(
        &self,
        edited: &mut Edited,
        wanted: impl Iterator<Item = (&'w SegmentName, Wanted<'w>)>,
    ) -> Result<(), String> {
        edited.flag = due(&edited.flag, self.now);
        let arms = Arms::of(&edited.flag, self.roles)?;
        for (segment, wanted) in wanted {
            if let Err(why) = self.set(&mut edited.flag, segment, wanted, &arms) {
                edited.refused.get_or_insert(why);
            }
        }
        Ok(())
    }

    fn set(
        &self,
        flag: &mut Object,
        segment: &SegmentName,
        wanted: Wanted<'_>,
        arms: &Arms,
    ) -> Result<(), String> {
        let name = self.segments.iter().find(|(ours, _)| ours == segment).map(|(_, name)| name.as_str());
        let name = name.ok_or_else(|| format!("there is no segment {segment} in the rollout file"))?;
        let awaited = match trial(flag, self.now) {
            Trial::Awaits(start) => Some(start),
            Trial::Runs | Trial::Over(_) => None,
        };
        let Some(rule) = rule_mut(flag, name) else {
            return Err(format!(
                "there is no rule {name} for {segment}. hint: give the rule in the flag's targeting this name, or another one in the rollout file's `segments`"
            ));
        };
        let is_skipped = is_set(rule, "disable") && name != DEFAULT;
        // What cannot be read can be left by way of nobody only.
        let now = if is_skipped { Err("it is disabled".into()) } else { Serves::of(rule) };
        let share = now
            .as_ref()
            .map(|now| if awaited.is_some() { Percent::ZERO } else { now.treated(&arms.control, self.now) });
        let target = match wanted {
            Wanted::Share(share) => Some(share),
            Wanted::AsItIs => Some(share.map_err(|why| format!("rule {name} cannot be frozen: {why}"))?),
            Wanted::Weights(_) => None,
        };
        if let (false, Some(target)) = (self.may_grow, target)
            && !target.is_zero()
            && !share.is_ok_and(|share| target <= share)
        {
            let stands = share.map_or_else(|why| why.clone(), |share| format!("it stands at {share}"));
            return Err(format!(
                "setting {segment} to {target} could expose more users: {stands}. hint: widen it instead"
            ));
        }
        if let (Some(start), Some(target)) = (awaited, target)
            && !target.is_zero()
        {
            let start = start.rfc3339();
            return Err(format!(
                "its experimentation begins at {start}, and nobody gets it before. hint: give it an earlier start in the store"
            ));
        }
        match (wanted, target) {
            (Wanted::Weights(weights), _) => self.weigh(rule, now.ok().as_ref(), weights, arms)?,
            // What stands still is left to the last bit: written anew, a user at the seam of two buckets could move.
            (Wanted::AsItIs, _) if awaited.is_none() && !matches!(now, Ok(Serves::Ramp(_))) => {}
            (_, Some(target)) => self.share(rule, now.ok().as_ref(), target, arms)?,
            (_, None) => {}
        }
        if name != DEFAULT {
            rule.remove("disable");
        }
        each_step(flag, |step| forget(step, name));
        Ok(())
    }

    fn share(
        &self,
        rule: &mut Object,
        now: Option<&Serves>,
        share: Percent,
        arms: &Arms,
    ) -> Result<(), String> {
        let (control, ppm_wanted) = (&arms.control, share.ppm());
        if let Some(Serves::Ramp(ramp)) = now
            && ramp.from != ramp.to
            && (ramp.from == *control || ramp.to == *control)
        {
            let reached = if ramp.to == *control { 1_000_000 - ppm_wanted } else { ppm_wanted };
            self.hold(rule, ramp, reached);
            return Ok(());
        }
        let is_plain = !matches!(now, Some(Serves::Split(_)));
        if share.is_zero() && is_plain {
            serve_one(rule, control);
            return Ok(());
        }
        if let (true, Percent::FULL, [_, _], Some(treatment)) =
            (is_plain, share, arms.variations.as_slice(), &arms.treatment)
        {
            serve_one(rule, treatment);
            return Ok(());
        }
        let old = now.map(|now| ppm(&now.shares(self.now))).unwrap_or_default();
        let mut shares = scaled(&old, control, ppm_wanted).or_else(|| {
            let treatment = arms.treatment.clone()?;
            Some(BTreeMap::from([(treatment, ppm_wanted)]))
        });
        if share.is_zero() {
            shares = Some(BTreeMap::new());
        }
        let Some(mut shares) = shares else {
            return Err(format!(
                "several variations have the feature. hint: write `treatment` into the rollout file: one of {}",
                arms.variations.join(", ")
            ));
        };
        shares.insert(control.clone(), 1_000_000 - ppm_wanted);
        self.split(rule, now, shares)
    }

    /// A ramp that stands still where `ppm` of its users have its end variation.
    fn hold(&self, rule: &mut Object, ramp: &Ramp, ppm: u32) {
        if ppm == 0 {
            return serve_one(rule, &ramp.from);
        }
        let (starts, ends) = if ramp.starts < self.now {
            (ramp.starts, ramp.ends)
        } else {
            let begun = Timestamp(self.now.0.saturating_sub(BEGUN.0.as_millis() as i64));
            (begun, ramp.ends.max(self.now))
        };
        let percentage = number(f64::from(ppm) / 10_000.0);
        let step = |variation: &str, at: Timestamp| json!({ "variation": variation, "percentage": percentage, "date": at.rfc3339() });
        let held = json!({ "initial": step(&ramp.from, starts), "end": step(&ramp.to, ends) });
        rule.insert("progressiveRollout".into(), held);
    }

    fn weigh(
        &self,
        rule: &mut Object,
        now: Option<&Serves>,
        weights: &[VariantShare],
        arms: &Arms,
    ) -> Result<(), String> {
        let mut shares: BTreeMap<String, u32> =
            arms.variations.iter().map(|name| (name.clone(), 0)).collect();
        for weight in weights {
            match shares.get_mut(weight.name.as_str()) {
                Some(share) => *share = weight.share.ppm(),
                None => {
                    let list = arms.variations.join(", ");
                    return Err(format!("there is no variation {}. hint: it has {list}", weight.name));
                }
            }
        }
        if shares.values().map(|ppm| u64::from(*ppm)).sum::<u64>() != 1_000_000 {
            return Err(
                "the weights do not sum up to 100%. hint: give each variant its share, the control too"
                    .into(),
            );
        }
        self.split(rule, now, shares)
    }

    fn split(
        &self,
        rule: &mut Object,
        now: Option<&Serves>,
        mut shares: BTreeMap<String, u32>,
    ) -> Result<(), String> {
        let (mut sum, mut names) = (100.0, vec![]);
        if let Some(Serves::Split(old)) = now {
            sum = super::buckets::sum(old);
            names = old.keys().cloned().collect();
        }
        for name in names {
            shares.entry(name).or_insert(0);
        }
        let weighed = weigh(&shares, sum).ok_or(
            "percentages with this sum would move everybody. hint: let the rule's percentages sum up to 100",
        )?;
        let weighed: Object = weighed.into_iter().map(|(name, weight)| (name, number(weight))).collect();
        rule.remove("progressiveRollout");
        rule.remove("variation");
        rule.insert("percentage".into(), Value::Object(weighed));
        Ok(())
    }

    fn switch_on(&self, flag: &mut Object, shares: &BTreeMap<SegmentName, Percent>) -> Result<(), String> {
        if let Trial::Over(end) = trial(flag, self.now) {
            return Err(format!(
                "its experimentation ended at {}. hint: give it a later end in the store",
                end.rfc3339()
            ));
        }
        // A flag that is switched on exposes all of its rules.
        let state = super::mapping::state(flag, self.segments, self.roles, self.now, Default::default());
        if let Some(doubt) = state.doubts.first() {
            return Err(doubt.to_string());
        }
        let forgotten =
            state.shares.iter().find(|(name, share)| !share.is_zero() && !shares.contains_key(*name));
        if let Some((name, _)) = forgotten {
            return Err(format!("{name} is exposed and not part of the command"));
        }
        flag.remove("disable");
        Ok(())
    }
}

/// How long ago a ramp began that was to begin later, so that no clock takes it for one of the future.
const BEGUN: Span = Span(std::time::Duration::from_secs(86_400));

/// All variations but the control, in the proportions that they have. `None`: none of them has a share.
fn scaled(old: &BTreeMap<String, u32>, control: &str, ppm: u32) -> Option<BTreeMap<String, u32>> {
    let others = || old.iter().filter(|(name, ppm)| *name != control && **ppm > 0);
    let sum: u64 = others().map(|(_, ppm)| u64::from(*ppm)).sum();
    let (largest, _) = others().max_by_key(|(_, ppm)| **ppm)?;
    // At most `ppm`, because no part is more than the sum.
    let part = |old: u32| u64::from(old) * u64::from(ppm) / sum;
    let mut scaled: BTreeMap<String, u32> = others().map(|(n, old)| (n.clone(), part(*old) as u32)).collect();
    let rest = ppm.saturating_sub(scaled.values().sum());
    if let Some(share) = scaled.get_mut(largest) {
        *share += rest;
    }
    Some(scaled)
}

fn serve_one(rule: &mut Object, variation: &str) {
    rule.remove("progressiveRollout");
    rule.remove("percentage");
    rule.insert("variation".into(), variation.into());
}

/// Takes a rule out of a step of the schedule.
fn forget(step: &mut Object, name: &str) {
    if name == DEFAULT {
        step.remove("defaultRule");
    } else if let Some(Value::Array(rules)) = step.get_mut("targeting") {
        rules.retain(|rule| rule.as_object().and_then(|rule| text(rule, "name")) != Some(name));
        if rules.is_empty() {
            step.remove("targeting");
        }
    }
}

/// As a person writes it: 25, not 25.0.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e9 { (value as i64).into() } else { value.into() }
}

#[cfg(test)]
mod tests;
