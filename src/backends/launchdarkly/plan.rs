//! From a change to LaunchDarkly's instructions: a semantic patch, which is done as a whole or not at all.
//!
//! In: the [`Lanes`] that are there now, and a [`Change`]. Out: instructions, or why it cannot be done. Pure.
//!
//! - A rollout stays one, also at 0 % and 100 %, with its attribute and kind: so the next widening meets the same users.
//! - What is widened is the treatment; other variants keep their shares. What is narrowed below them narrows all alike.
//! - Off is `turnFlagOff`, with the off variation set to the control where it is something else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::flag::{Flag, Serve};
use super::lanes::{Lane, Lanes};
use super::layout::{WHOLE, layout, share};
use crate::domain::{Percent, SegmentName, VariantShare};
use crate::effect::Change;

/// Weights by variation, all of them, together [`WHOLE`].
type Weights = Vec<u32>;

/// The instructions for a change; empty: nothing is left to do.
///
/// # Errors
/// A sentence, with a hint, when it cannot be done.
pub fn plan(lanes: &Lanes<'_>, change: &Change, context_kind: &str) -> Result<Vec<Value>, String> {
    let each = |wanted: &BTreeMap<SegmentName, Percent>| -> Result<Vec<Value>, String> {
        let different = wanted.iter().filter(|(segment, share)| lanes.share(segment) != Some(**share));
        different
            .map(|(segment, wanted)| {
                let lane = lane(lanes, segment)?;
                let weights = weights(lanes, lane, *wanted).map_err(|why| format!("{segment}: {why}"))?;
                instruction(lanes.flag, lane, &weights, context_kind)
            })
            .collect()
    };
    match change {
        Change::Off => Ok(off(lanes)),
        Change::Shares(wanted) => each(wanted),
        Change::On(wanted) => {
            let mut all = each(wanted)?;
            if !lanes.flag.on {
                all.push(json!({ "kind": "turnFlagOn" }));
            }
            Ok(all)
        }
        Change::Freeze(_) => Err("nothing moves by itself there that could be held".into()),
        Change::Weights(wanted) => {
            let one = |(segment, variants): (&SegmentName, &Vec<VariantShare>)| {
                let weights = named(lanes.flag, variants).map_err(|why| format!("{segment}: {why}"))?;
                instruction(lanes.flag, lane(lanes, segment)?, &weights, context_kind)
            };
            wanted.iter().map(one).collect()
        }
    }
}

/// Switching off, whatever is known.
#[must_use]
pub fn off(lanes: &Lanes<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    if lanes.off_exposes()
        && let Some(control) = lanes.control.and_then(|control| lanes.flag.variations.get(control))
        && !control.id.is_empty()
    {
        all.push(json!({ "kind": "updateOffVariation", "variationId": control.id }));
    }
    all.push(json!({ "kind": "turnFlagOff" }));
    all
}

fn lane<'a>(lanes: &Lanes<'a>, segment: &SegmentName) -> Result<Lane<'a>, String> {
    lanes.ours.get(segment).copied().ok_or_else(|| {
        format!("no rule is called as {segment} is. hint: name the rule in LaunchDarkly, or use its id, or \"default\"")
    })
}

/// The weights that give a segment its share.
fn weights(lanes: &Lanes<'_>, lane: Lane<'_>, wanted: Percent) -> Result<Weights, String> {
    let wanted = weight(wanted)?;
    let control = lanes.control.ok_or(
        "which variation is the control cannot be said. hint: control = \"...\" in the backend's settings",
    )?;
    let count = lanes.flag.variations.len();
    let now: Weights = match layout(lane.serve()) {
        Some(layout) => (0..count).map(|one| share(&layout, one)).collect(),
        // What makes no sense may still be stopped.
        None if wanted == 0 => vec![0; count],
        None => return Err("what it serves now cannot be understood".into()),
    };
    let with = |at: usize| now.get(at).copied().unwrap_or_default();
    let exposed: u32 = (0..count).filter(|at| *at != control).map(with).sum();
    let mut next = now.clone();
    match lanes.treatment {
        Some(treatment) if wanted >= exposed - with(treatment).min(exposed) => {
            set(&mut next, treatment, wanted + with(treatment) - exposed);
        }
        _ if exposed == 0 && wanted > 0 => {
            return Err("several variations have the feature. hint: treatment = \"...\" in the backend's settings says which one grows".into());
        }
        _ => {
            let mut rest = wanted;
            for at in (0..count).filter(|at| *at != control) {
                let scaled = u64::from(with(at)) * u64::from(wanted) / u64::from(exposed.max(1));
                // Not above the weight that there was times a factor of at most 100,000.
                let scaled = u32::try_from(scaled).unwrap_or(WHOLE).min(rest);
                set(&mut next, at, scaled);
                rest -= scaled;
            }
            // What was rounded off goes to the first that has something.
            if let Some(first) = (0..count).find(|at| *at != control && with(*at) > 0) {
                let some = next.get(first).copied().unwrap_or_default();
                set(&mut next, first, some + rest);
            }
        }
    }
    set(&mut next, control, WHOLE - wanted);
    Ok(next)
}

/// The weights that somebody names.
fn named(flag: &Flag, variants: &[VariantShare]) -> Result<Weights, String> {
    let mut weights = vec![0; flag.variations.len()];
    for variant in variants {
        let place = flag.variations.iter().position(|one| one.is_called(variant.name.as_str()));
        let place = place.ok_or_else(|| format!("there is no variation {}", variant.name))?;
        set(&mut weights, place, weight(variant.share)?);
    }
    let sum: u32 = weights.iter().sum();
    if sum == WHOLE {
        Ok(weights)
    } else {
        Err(format!("the variants make {} in all, not 100%", super::lanes::percent(sum)))
    }
}

fn set(weights: &mut Weights, at: usize, weight: u32) {
    if let Some(slot) = weights.get_mut(at) {
        *slot = weight;
    }
}

/// A share in LaunchDarkly's unit.
fn weight(share: Percent) -> Result<u32, String> {
    if share.ppm().is_multiple_of(10) {
        Ok(share.ppm() / 10)
    } else {
        Err(format!("{share} is finer than LaunchDarkly's thousandth of a percent"))
    }
}

fn instruction(flag: &Flag, lane: Lane<'_>, weights: &Weights, kind: &str) -> Result<Value, String> {
    let mut fields = Map::new();
    match lane {
        Lane::Default(_) => fields.insert("kind".into(), "updateFallthroughVariationOrRollout".into()),
        Lane::Rule(rule) => {
            fields.insert("ruleId".into(), rule.id.clone().into());
            fields.insert("kind".into(), "updateRuleVariationOrRollout".into())
        }
    };
    let ids: Vec<&str> = flag.variations.iter().map(|one| one.id.as_str()).collect();
    if ids.iter().any(|id| id.is_empty()) {
        return Err("LaunchDarkly gave no ids for its variations".into());
    }
    let whole = weights.iter().position(|weight| *weight == WHOLE);
    match (lane.serve(), whole.and_then(|at| ids.get(at))) {
        // One variation to all stays so: a rollout would be drawn by `context_kind` from then on.
        (Serve::Fixed(_) | Serve::Broken(_), Some(id)) => {
            fields.insert("variationId".into(), (*id).into());
        }
        (serve, _) => {
            let by_id: Map<String, Value> =
                ids.iter().zip(weights).map(|(id, weight)| ((*id).to_owned(), (*weight).into())).collect();
            fields.insert("rolloutWeights".into(), by_id.into());
            let (kind, bucket_by) = match serve {
                Serve::Rollout(rollout) => (rollout.kind(), rollout.bucket_by.as_deref()),
                _ => (kind, None),
            };
            fields.insert("rolloutContextKind".into(), kind.into());
            if let Some(by) = bucket_by {
                fields.insert("rolloutBucketBy".into(), by.into());
            }
        }
    }
    Ok(fields.into())
}
