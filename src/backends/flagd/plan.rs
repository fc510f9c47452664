//! Planning of edits: from what the file says to what is wanted, before anything is written.
//!
//! In: the [`Map`] of the flag as it stands in the file, a [`Change`], and whether exposures may grow. Out: [`Edit`]s,
//! or in words why not; and what is to be known before they are made. Pure.
//!
//! Rules: nobody is exposed by a command that may only stop; a share is set by the weights of the segment's own branch,
//! and what stands there besides stays; weights that flagd computes are replaced by a stop and by nothing else; what is
//! not understood is left alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::branches::Leaf;
use super::mapping::{Map, Roles, Serving};
use super::text::{Edit, steps};
use super::weights::{Entry, Split, proportional};
use crate::domain::{Percent, SegmentName, VariantShare};
use crate::effect::Change;

/// What a variant is called that is none: `null`.
const NO_VARIANT: &str = "(default)";

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes, with paths from the flag on. Empty and nothing refused: it is so already.
    pub edits: Vec<Edit>,
    /// Why a part of the command must not be done. The rest may be, if it stops.
    pub refused: Option<String>,
    /// What a person should know before, each a sentence.
    pub warnings: Vec<String>,
}

/// How far a plan may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Exposures may only become smaller.
    Stop,
    /// They may become larger, too.
    Grow,
}

type Wanted = Vec<(Option<String>, Percent)>;

/// Plans the edits for a change.
#[must_use]
pub fn plan(map: &Map<'_>, change: &Change, leave: Leave) -> Plan {
    let mut plan = Plan::default();
    match change {
        Change::Off => plan.switch(map, false),
        Change::Shares(wanted) => plan.shares(map, wanted, leave),
        Change::On(wanted) => {
            plan.refused = may_go_on(map, wanted).err();
            plan.shares(map, wanted, leave);
            plan.switch(map, true);
        }
        Change::Weights(wanted) => {
            for (segment, weights) in wanted {
                let done = roles(map).and_then(|roles| by_variant(map, roles, weights));
                plan.take(done.and_then(|wanted| set(map, segment, &wanted, leave)));
            }
        }
        Change::Freeze(names) => {
            let moving = names.iter().find(|name| is_moving(map, name));
            plan.refused = moving.map(|name| {
                format!(
                    "flagd computes the share of {name}, and what it is now cannot be known here: it moves on. hint: kill it, or write numbers into the file"
                )
            });
        }
    }
    // A command that may grow is done whole or not at all; one that stops, as far as it can.
    if plan.refused.is_some() && leave == Leave::Grow {
        plan.edits.clear();
    }
    plan
}

#[derive(Debug, Default)]
struct Step {
    edits: Vec<Edit>,
    warnings: Vec<String>,
}

impl Plan {
    fn take(&mut self, step: Result<Step, String>) {
        match step {
            Ok(step) => {
                self.edits.extend(step.edits);
                self.warnings.extend(step.warnings);
            }
            Err(why) => self.refused = self.refused.take().or(Some(why)),
        }
    }

    fn shares(&mut self, map: &Map<'_>, wanted: &BTreeMap<SegmentName, Percent>, leave: Leave) {
        for (segment, share) in wanted {
            let done = roles(map).and_then(|roles| by_share(map, roles, segment, *share));
            self.take(done.and_then(|wanted| set(map, segment, &wanted, leave)));
        }
    }

    fn switch(&mut self, map: &Map<'_>, on: bool) {
        if map.flag.on != on {
            let json = if on { "\"ENABLED\"" } else { "\"DISABLED\"" };
            self.edits.push(Edit { path: vec!["state".into()], json: json.into() });
        }
    }
}

fn roles<'m>(map: &'m Map<'_>) -> Result<&'m Roles, String> {
    map.roles.as_ref().map_err(Clone::clone)
}

fn is_moving(map: &Map<'_>, segment: &SegmentName) -> bool {
    map.ours.get(segment).is_some_and(|index| matches!(map.serving(*index), Serving::Ramp(_)))
}

fn index_of(map: &Map<'_>, segment: &SegmentName) -> Result<usize, String> {
    let hint = "correct its match in the rollout file, or add a branch in the file of flagd";
    map.ours.get(segment).copied().ok_or_else(|| format!("there is no branch for {segment}. hint: {hint}"))
}

/// The entries that stand in a branch now, or would if it had a `fractional`.
fn present(map: &Map<'_>, roles: &Roles, index: usize) -> Result<Split, String> {
    let operands = map.branches.get(index).and_then(|branch| match &branch.leaf {
        Leaf::Fractional(operands) => Some(*operands),
        _ => None,
    });
    if let Some(operands) = operands {
        return Split::read(operands);
    }
    let Serving::All(served) = map.serving(index) else {
        return Err(
            "flagd computes its variant, and that is left alone. hint: change the file by hand".into()
        );
    };
    let treated = roles.treats(served.as_deref());
    let treatment = if treated { served.clone() } else { roles.treatment.clone() };
    let control = if treated { roles.control.clone() } else { served.or_else(|| roles.control.clone()) };
    let entry = |variant, share: bool| Entry { variant, weight: Some(if share { 100 } else { 0 }) };
    let treatment = treatment.map(|name| entry(Some(name), treated));
    Ok(Split { first: 0, entries: treatment.into_iter().chain([entry(control, !treated)]).collect() })
}

/// A share of the feature as shares of all variants: each side keeps its proportions.
fn by_share(map: &Map<'_>, roles: &Roles, segment: &SegmentName, share: Percent) -> Result<Wanted, String> {
    let split = index_of(map, segment).and_then(|index| {
        present(map, roles, index).map_err(|why| format!("branch {} of {segment}: {why}", map.called(index)))
    })?;
    let resolved = |variant: Option<&str>| roles.treats(variant.or(map.flag.default_variant.as_deref()));
    let mut wanted: Wanted = vec![];
    for (side, amount) in [(true, share.ppm()), (false, Percent::FULL.ppm() - share.ppm())] {
        let mut names: Vec<Option<String>> = split
            .variants()
            .into_iter()
            .filter(|v| resolved(*v) == side)
            .map(|v| v.map(str::to_owned))
            .collect();
        if names.is_empty() && amount > 0 {
            let named = if side { &roles.treatment } else { &roles.control };
            let name = named.clone().ok_or_else(|| {
                let word = if side { "treatment" } else { "control" };
                format!("{segment} has no {word} yet. hint: say which variant it is in the rollout file")
            })?;
            names.push(Some(name));
        }
        let weights: Vec<u64> = names
            .iter()
            .map(|name| {
                let mine = split.entries.iter().filter(|entry| entry.variant == *name);
                mine.map(|entry| u64::from(entry.weight.unwrap_or_default())).sum()
            })
            .collect();
        // The one that is named, where none has anything yet.
        let lone = names
            .iter()
            .position(|name| *name == if side { roles.treatment.clone() } else { roles.control.clone() });
        let weights = match lone {
            Some(lone) if weights.iter().all(|weight| *weight == 0) => {
                (0..names.len()).map(|i| u64::from(i == lone)).collect()
            }
            _ => weights,
        };
        let parts = proportional(u64::from(amount), &weights);
        wanted.extend(names.into_iter().zip(parts.into_iter().map(|ppm| Percent::from_ppm(ppm as u32))));
    }
    Ok(wanted)
}

/// Shares of variants by their names; what is left over is for the control.
fn by_variant(map: &Map<'_>, roles: &Roles, weights: &[VariantShare]) -> Result<Wanted, String> {
    let mut wanted: Wanted = vec![];
    for weight in weights {
        let name = weight.name.as_str();
        if name != NO_VARIANT && !map.flag.variants.contains_key(name) {
            return Err(format!("the flag has no variant {name:?}"));
        }
        wanted.push((Some(name.to_owned()).filter(|name| name != NO_VARIANT), weight.share));
    }
    let sum: u64 = wanted.iter().map(|(_, share)| u64::from(share.ppm())).sum();
    let rest = u64::from(Percent::FULL.ppm()).checked_sub(sum).filter(|rest| {
        *rest == 0 || roles.control.is_some() && wanted.iter().all(|(name, _)| *name != roles.control)
    });
    let rest = rest.ok_or_else(|| format!("the weights sum up to {}%, not 100%", sum as f64 / 10_000.0))?;
    if rest > 0 {
        wanted.push((roles.control.clone(), Percent::from_ppm(rest as u32)));
    }
    Ok(wanted)
}

/// The edits that give a segment's variants these shares.
fn set(map: &Map<'_>, segment: &SegmentName, wanted: &Wanted, leave: Leave) -> Result<Step, String> {
    let index = index_of(map, segment)?;
    let roles = roles(map)?;
    let resolved = |variant: Option<&str>| roles.treats(variant.or(map.flag.default_variant.as_deref()));
    let to = wanted.iter().filter(|(name, _)| resolved(name.as_deref())).map(|(_, share)| share.ppm()).sum();
    let to = Percent::from_ppm(to);
    let from = map.share(index);
    if leave == Leave::Stop && from.map_or(!to.is_zero(), |from| to > from) {
        let now = from.map_or_else(|| "its share is not known".into(), |now| format!("it stands at {now}"));
        return Err(format!(
            "setting {segment} to {to} could expose more users: {now}. hint: widen it instead"
        ));
    }
    let serving = map.serving(index);
    if leave == Leave::Grow && matches!(serving, Serving::Ramp(_)) && !to.is_zero() {
        return Err(format!(
            "flagd computes the weights of branch {} of {segment}: it moves by itself. hint: write numbers into the file, or kill it",
            map.called(index)
        ));
    }
    let before = present(map, roles, index)
        .map_err(|why| format!("branch {} of {segment}: {why}", map.called(index)))?;
    let is_met = |(name, share): &(Option<String>, Percent)| {
        before.share_of(|variant| variant == name.as_deref()) == Some(*share)
    };
    // Also a sum of 0 is something else than what it reads as: without weights nobody is bucketed.
    let is_so = match &serving {
        Serving::Split(_) => {
            wanted.iter().all(is_met)
                && before.variants().iter().all(|name| wanted.iter().any(|(w, _)| w.as_deref() == *name))
        }
        Serving::All(_) => {
            from == Some(to) && wanted.iter().filter(|(_, share)| !share.is_zero()).count() <= 1
        }
        _ => false,
    };
    if is_so {
        return Ok(Step::default());
    }
    let after = before.with(wanted);
    let edits = write(map, index, &before, &after, to).map_err(|why| format!("{segment}: {why}"))?;
    Ok(Step { edits, warnings: warnings(segment, roles, &before, &after, from, to) })
}

/// The changes in the text that make one split the other.
fn write(
    map: &Map<'_>,
    index: usize,
    before: &Split,
    after: &Split,
    to: Percent,
) -> Result<Vec<Edit>, String> {
    let Some(branch) = map.branches.get(index) else { return Ok(vec![]) };
    let mut path = vec!["targeting".to_owned()];
    path.extend(steps(&branch.pointer));
    let at = |more: &[String]| path.iter().cloned().chain(more.iter().cloned()).collect::<Vec<_>>();
    let items = |entries: &[Entry]| entries.iter().map(item).collect::<Vec<_>>().join(", ");
    let Leaf::Fractional(operands) = &branch.leaf else {
        let is_top = branch.pointer.is_empty();
        if branch.leaf == Leaf::Missing && !is_top {
            return Err(format!(
                "there is no else at {}, so everybody gets the default variant. hint: add one in the file of flagd",
                branch.pointer
            ));
        }
        let lone = after.entries.iter().find(|_| to.is_zero() || to == Percent::FULL).and_then(|_| {
            let mut served = after.entries.iter().filter(|entry| entry.weight != Some(0));
            served.next().filter(|_| served.next().is_none())
        });
        // A rule as a whole must be an object.
        let json = match lone.filter(|_| !is_top) {
            Some(entry) => Value::from(entry.variant.clone()).to_string(),
            None => format!(r#"{{"fractional": [{}]}}"#, items(&after.entries)),
        };
        return Ok(vec![Edit { path, json }]);
    };
    let (old, new) = after.entries.split_at(before.entries.len().min(after.entries.len()));
    let mut edits = vec![];
    for (number, (entry, was)) in old.iter().zip(&before.entries).enumerate() {
        let operand = before.first + number;
        let here = [String::from("fractional"), operand.to_string()];
        let has_weight = operands.get(operand).and_then(Value::as_array).is_some_and(|parts| parts.len() > 1);
        let is_last = number + 1 == old.len();
        if is_last && !new.is_empty() {
            edits.push(Edit { path: at(&here), json: format!("{}, {}", item(entry), items(new)) });
        } else if entry.weight == was.weight {
        } else if has_weight {
            let [fractional, operand] = here;
            let weight = entry.weight.unwrap_or_default().to_string();
            edits.push(Edit { path: at(&[fractional, operand, "1".into()]), json: weight });
        } else {
            edits.push(Edit { path: at(&here), json: item(entry) });
        }
    }
    Ok(edits)
}

/// `["on", 25]`.
fn item(entry: &Entry) -> String {
    format!("[{}, {}]", Value::from(entry.variant.clone()), entry.weight.unwrap_or_default())
}

/// Who would lose a variant that they have, though nobody asked for that.
fn warnings(
    segment: &SegmentName,
    roles: &Roles,
    before: &Split,
    after: &Split,
    from: Option<Percent>,
    to: Percent,
) -> Vec<String> {
    let word = |name: &Option<String>| name.clone().unwrap_or_else(|| NO_VARIANT.into());
    let shrinks = from.is_some_and(|from| to < from);
    let moved = before.moved(after).into_iter().filter(|moved| {
        roles.treats(moved.from.as_deref()) && (roles.treats(moved.to.as_deref()) || !shrinks)
    });
    moved
        .map(|moved| {
            format!(
                "{} of {segment} would change from {} to {}: flagd lays its variants side by side, and the border between them moves",
                moved.share,
                word(&moved.from),
                word(&moved.to)
            )
        })
        .collect()
}

/// Why a flag must not be switched on with these shares: somebody else would be exposed.
fn may_go_on(map: &Map<'_>, wanted: &BTreeMap<SegmentName, Percent>) -> Result<(), String> {
    if let Some(other) = map.others().first() {
        return Err(format!(
            "branch {} also exposes others. hint: name its segment in the rollout file, or change it in the file of flagd",
            map.called(*other)
        ));
    }
    let exposed = map.ours.iter().find(|(segment, index)| {
        !wanted.contains_key(*segment) && map.share(**index).is_none_or(|share| !share.is_zero())
    });
    exposed.map_or(Ok(()), |(segment, _)| Err(format!("{segment} is exposed and not part of the command")))
}

#[cfg(test)]
mod tests;
