//! HOLD: what is unhealthy, and what to check first.
//!
//! One cause for each segment, the one that the others may follow from first; the same words are said once.

use super::Advice;
use super::words::{because, exposed, key};
use crate::action::Verb;
use crate::domain::{LinkState, Source, Span, Station, Text, Verdict};
use crate::engine::evidence;
use crate::engine::model::{Autopilot, Cell, Link, Model, SegmentModel};

pub fn advise(model: &Model) -> Vec<Advice> {
    let held = model.segments.iter().filter(|s| s.board.values().any(|cell| cell.verdict == Verdict::Hold));
    held.filter_map(|segment| {
        let (is_common, text) = flags(model)
            .or_else(|| metrics(model))
            .map(|text| (true, text))
            .or_else(|| of_segment(segment).map(|text| (false, text)))?;
        let place = (!is_common).then_some(&segment.name);
        Some(Advice::new(place, Verdict::Hold, text))
    })
    .collect()
}

/// A flag that cannot be read, or not be understood.
fn flags(model: &Model) -> Option<String> {
    model.platforms.iter().find_map(|platform| {
        let name = &platform.name;
        if let Some(link) = model.links.get(&Source::of_platform(name))
            && platform.state.is_some()
            && link.is_stale(model.now)
        {
            let age = link.age(model.now).map_or_else(String::new, |age| format!(" for {}", Span(age)));
            return Some(format!(
                "{name} has not answered{age}{}: check its service and the network. A kill is sent all the same; nothing is widened.",
                because(cause(link))
            ));
        }
        let doubt = platform.state.as_ref()?.doubts.first()?;
        Some(format!("at {name} {doubt}: mend it at the flag service; until then nothing is widened."))
    })
}

/// A metric that is not heard of any more.
fn metrics(model: &Model) -> Option<String> {
    model.rollout.guardrails.iter().find_map(|guardrail| {
        let metric = &guardrail.metric;
        let link = model.links.get(&Source::of_metric(metric))?;
        let age = link.age(model.now).filter(|_| link.is_stale(model.now))?;
        Some(format!(
            "there is no {metric} data for {}{}: check its source.{}",
            Span(age),
            because(cause(link)),
            blindness(model)
        ))
    })
}

/// What is wrong in one segment alone.
fn of_segment(segment: &SegmentModel) -> Option<String> {
    // What is bad already is said once, by the rule for a NO-GO.
    if !segment.latches.is_empty() {
        return None;
    }
    let name = &segment.name;
    let is_held = |(_, cell): &(&Station, &Cell)| cell.verdict == Verdict::Hold;
    let (station, cell) = segment.board.iter().find(is_held)?;
    let (wanted, stored) = (segment.exposure.desired, segment.exposure.confirmed);
    let sentence = cell.evidence.sentence.as_str();
    let sentence = sentence.strip_prefix(evidence::WARNING).unwrap_or(sentence);
    Some(match (station, wanted, stored) {
        (Station::Data, Some(wanted), Some(stored)) if wanted != stored => format!(
            "{name} was asked to have {wanted}, but has {stored}: see in the timeline who changed it, then widen or roll back."
        ),
        (Station::SampleRatio, ..) => format!(
            "{sentence}. In {name} check in this order: whether both arms are counted at the moment of exposure, whether one of \
             them loses users before they are counted, bots or caches in one of them, and clients that have not heard of the exposure yet. Once it is mended: {} counts anew.",
            key(Verb::Clear)
        ),
        _ if cell.evidence.ln_e.is_some() && exposed(segment).is_some() => {
            format!("{name} is on the way to a NO-GO on {station}: do not widen. {sentence}.")
        }
        _ => format!("{name} is on HOLD on {station}: {sentence}."),
    })
}

/// What happens while nothing is seen.
fn blindness(model: &Model) -> String {
    match model.autopilot {
        Autopilot::Guard | Autopilot::Full if !model.read_only => {
            format!(" The autopilot pauses after {} without data.", model.rollout.pause_without_data)
        }
        _ => " Nothing is judged until it is back.".to_owned(),
    }
}

const fn cause(link: &Link) -> Option<&Text> {
    match &link.state {
        LinkState::Retrying { cause, .. } | LinkState::Failed { cause } => Some(cause),
        LinkState::Connecting | LinkState::Live => None,
    }
}
