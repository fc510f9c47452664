//! What all segments show together: the average of their e-values, weighted by their shares of the risk.
//!
//! The same as `engine::together` says of a live rollout: NO-GO at 2/α in every segment that is part of the average.
//! Segments with a NO-GO of their own are left out.

use super::Change;
use super::counters::Segment;
use super::row::Row;
use super::series::{Place, Ruling, Together};
use crate::domain::{Guardrail, Rollout};

/// Looks whether a row has brought the average of one of its guardrails past the threshold.
pub fn look(rollout: &Rollout, segments: &mut [Segment], row: &Row, out: &mut Vec<Change>) {
    let count =
        segments.get(row.segment).and_then(|segment| rulings(segment, row.metric)).map_or(0, <[_]>::len);
    if segments.len() < 2 {
        return;
    }
    for place in 0..count {
        if let Some((guardrail, together)) = alarm(rollout, segments, row, place) {
            say(rollout, segments, row, place, guardrail, &together, out);
        }
    }
}

/// The average for the guardrail at `place` among those of the row's metric, if it is past its threshold.
fn alarm<'a>(
    rollout: &'a Rollout,
    segments: &[Segment],
    row: &Row,
    place: usize,
) -> Option<(&'a Guardrail, Together)> {
    let ruling = |segment| rulings(segment, row.metric)?.get(place);
    let mine = ruling(segments.get(row.segment)?)?;
    let guardrail = rollout.guardrails.get(mine.guardrail)?;
    let ln_threshold = (2.0 / guardrail.risk).ln();
    // One of those that make the average up is at least as large as this; it is looked at with its own row.
    if mine.ln_part(guardrail)? < ln_threshold - (segments.len() as f64).ln() {
        return None;
    }
    let parts: Vec<f64> = segments.iter().filter_map(|segment| ruling(segment)?.ln_part(guardrail)).collect();
    let largest = parts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ln_e = largest + parts.iter().map(|part| (part - largest).exp()).sum::<f64>().ln();
    let is_reached = ln_e >= ln_threshold && parts.len() > 1;
    is_reached.then_some((guardrail, Together { ln_e, ln_threshold, segments: parts.len() }))
}

fn say(
    rollout: &Rollout,
    segments: &mut [Segment],
    row: &Row,
    place: usize,
    guardrail: &Guardrail,
    together: &Together,
    out: &mut Vec<Change>,
) {
    let Some(metric) = rollout.metrics.get(row.metric) else { return };
    for (segment, known) in segments.iter_mut().zip(&rollout.segments) {
        let here = Place { rollout, segment: &known.name, metric: &metric.name };
        let series = segment.series.get_mut(row.metric).and_then(Option::as_mut);
        let ruling = series.and_then(|series| series.rulings.get_mut(place));
        if let Some(ruling) = ruling.filter(|ruling| ruling.ln_part(guardrail).is_some()) {
            out.extend(ruling.say_together(row.at, together, &here));
        }
    }
}

fn rulings(segment: &Segment, metric: usize) -> Option<&[Ruling]> {
    segment.series.get(metric)?.as_ref().map(|series| series.rulings.as_slice())
}
