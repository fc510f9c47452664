//! What a command would do, without doing it: for the confirmation.
//!
//! In: a [`Command`]. Out: warnings, each a sentence; or why LaunchDarkly would refuse it: its dry run checks token,
//! approvals and pending changes, and shows the flag as it would be. Who would change variant is worked out from that
//! (`layout`), or, where it is not shown, from the instructions.

use serde_json::Value;

use super::api::Mode;
use super::author::comment;
use super::flag::{Flag, Rollout, Serve};
use super::lanes::{Lanes, percent};
use super::layout::{WHOLE, is_redrawn, layout, moved, share};
use super::writer::Writer;
use crate::backends::BackendError;
use crate::domain::{SegmentName, Text};
use crate::effect::{Change, Command};

/// Asks and works out.
pub(super) async fn rehearse(writer: &Writer, command: &Command) -> Result<Vec<Text>, BackendError> {
    let api = writer.api(command)?;
    let before = writer.look(command).await?;
    if command.change.is_met_by(&writer.reader.state(&before, None)) {
        return Ok(vec![]);
    }
    writer.check_seen(api, &before, command).await?;
    let instructions = writer.plan(&before, command)?;
    let shown = api.patch(&instructions, &comment(command), Mode::Dry).await;
    let shown =
        shown.map_err(|fault| writer.error(fault, command, Some(writer.reader.state(&before, None))))?;
    let mut warnings = Vec::new();
    let after = match shown {
        Some(shown) => {
            if !command.change.is_met_by(&writer.reader.state(&shown, None)) {
                warnings.push("LaunchDarkly would store something else than this".to_owned());
            }
            shown
        }
        None => done(&before, &instructions),
    };
    warnings.extend(warn(&writer.reader.lanes(&before), &writer.reader.lanes(&after), command));
    Ok(warnings.iter().map(|warning| Text::new(warning)).collect())
}

/// What is to be known of the way from one flag to another.
pub(super) fn warn(before: &Lanes<'_>, after: &Lanes<'_>, command: &Command) -> Vec<String> {
    let mut warnings = Vec::new();
    if command.change == Change::Off && before.off_exposes() {
        warnings.push("the off variation is not the control: it is set to the control, too".into());
    }
    for segment in command.change.segments().into_iter().flatten() {
        warnings.extend(of_segment(before, after, segment));
    }
    let by_name: usize = before
        .flag
        .targets
        .iter()
        .filter(|(at, _)| Some(**at) != before.control)
        .map(|(_, count)| count)
        .sum();
    if by_name > 0 && command.change != Change::Off {
        warnings.push(format!("{by_name} users have the feature by name, whatever the shares are"));
    }
    warnings
}

fn of_segment(before: &Lanes<'_>, after: &Lanes<'_>, segment: &SegmentName) -> Vec<String> {
    let mut warnings = Vec::new();
    let (Some(old), Some(new)) = (before.ours.get(segment), after.ours.get(segment)) else { return warnings };
    let (old, new) = (old.serve(), new.serve());
    if let (Some(was), Some(will), Some(control)) = (layout(old), layout(new), before.control) {
        let moved = moved(&was, &will, control);
        if is_redrawn(old, new) {
            warnings.push(format!("{segment}: who gets what is drawn anew"));
        } else if moved.needless() {
            let between = percent(moved.swapped + moved.gained.min(moved.lost));
            let why = if is_in_the_middle(before, new) {
                "the treatment lies between other variations, and LaunchDarkly lays them out in their order"
            } else {
                "LaunchDarkly lays variations out in their order, and those behind are pushed along"
            };
            warnings.push(format!("{segment}: {between} of the users would change their variant: {why}"));
        }
        if let Serve::Rollout(rollout) = new {
            let first = (0..before.flag.variations.len()).find(|at| share(&will, *at) > 0);
            let is_exposed = first.is_some_and(|first| first != control && share(&will, first) < WHOLE);
            if let Some(by) = rollout.bucket_by.as_deref().filter(|_| is_exposed) {
                warnings.push(format!(
                    "{segment}: all users without {by:?} get the first variation, which has the feature"
                ));
            }
        }
    }
    if matches!(old, Serve::Rollout(rollout) if rollout.is_experiment) {
        warnings.push(format!(
            "{segment}: an experiment counts on these shares. hint: stop it in LaunchDarkly first"
        ));
    }
    warnings
}

/// Whether a rollout has variations on both sides of the treatment.
fn is_in_the_middle(lanes: &Lanes<'_>, serve: &Serve) -> bool {
    let Serve::Rollout(rollout) = serve else { return false };
    let place = rollout.parts.iter().position(|(_, one)| Some(*one) == lanes.treatment);
    place.is_some_and(|place| place > 0 && place + 1 < rollout.parts.len())
}

/// The flag after instructions, as far as they are about shares; new rollouts in the order of the variations.
pub(super) fn done(flag: &Flag, instructions: &[Value]) -> Flag {
    let mut after = flag.clone();
    let place = |id: &str| flag.variations.iter().position(|one| one.id == id);
    for instruction in instructions {
        let rule = instruction.get("ruleId").and_then(Value::as_str);
        let slot = match rule {
            Some(id) => after.rules.iter_mut().find(|rule| rule.id == id).map(|rule| &mut rule.serve),
            None => Some(&mut after.fallthrough),
        };
        let Some(slot) = slot else { continue };
        if let Some(weights) = instruction.get("rolloutWeights").and_then(Value::as_object) {
            let mut parts: Vec<(u32, usize)> = weights
                .iter()
                .filter_map(|(id, weight)| Some((u32::try_from(weight.as_u64()?).ok()?, place(id)?)))
                .collect();
            parts.sort_by_key(|(_, at)| *at);
            *slot = Serve::Rollout(match slot {
                Serve::Rollout(rollout) => {
                    let order: Vec<usize> = rollout.parts.iter().map(|(_, at)| *at).collect();
                    parts.sort_by_key(|(_, at)| order.iter().position(|one| one == at).unwrap_or(usize::MAX));
                    Rollout { parts, ..rollout.clone() }
                }
                _ => Rollout { parts, ..Rollout::default() },
            });
        } else if let Some(at) = instruction.get("variationId").and_then(Value::as_str).and_then(place)
            && instruction.get("kind").and_then(Value::as_str) != Some("updateOffVariation")
        {
            *slot = Serve::Fixed(at);
        }
    }
    after
}
