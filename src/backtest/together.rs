//! What all segments show together: the average of their e-values, weighted by their shares of the risk.
//!
//! With the functions of `engine::together`, which say it of a live rollout: NO-GO at 2/α in every segment that is part of
//! the average.

use super::Change;
use super::counters::Segment;
use super::row::Row;
use super::series::{Place, Ruling, Together};
use crate::domain::{Guardrail, Rollout};
use crate::engine::together;

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
    if !together::may_tip(guardrail, mine.ln_part(guardrail)?, segments.len()) {
        return None;
    }
    let parts = segments.iter().filter_map(|segment| ruling(segment)?.ln_part(guardrail));
    let ln_e = together::average(guardrail, parts.clone())?;
    let ln_threshold = together::threshold(guardrail);
    Some((guardrail, Together { ln_e, ln_threshold, segments: parts.count() }))
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
