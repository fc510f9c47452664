//! A recording, judged anew: its events go through the engine with the guardrails of another rollout file.
//!
//! What somebody asked for at the time, its outcomes and the lines of the journal are left out: a NO-GO that was
//! latched or cleared then says nothing about these guardrails. What the flags and the sources really did stays. So
//! after a kill that really happened nobody is exposed, and nothing more is learned.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use super::counters::Out;
use super::summary::{Final, Rows, Summary};
use super::{BacktestError, Change};
use crate::domain::text::thousands;
use crate::domain::{Evidence, Guardrail, Rollout, Station, Text, Timestamp, Verdict};
use crate::engine::model::{Cell, SegmentModel};
use crate::engine::{self, Autopilot, Model};
use crate::event::{Body, Event};

/// Judges events by the guardrails of a rollout.
///
/// # Errors
/// [`BacktestError`] for the first event that cannot be read, when no event is about the rollout, and when `out` fails.
pub fn events<E: Display>(
    rollout: Rollout,
    path: &str,
    events: impl Iterator<Item = Result<Event, E>>,
    out: &mut Out<'_>,
) -> Result<Summary, BacktestError> {
    let rollout = Arc::new(rollout);
    let mut model = Model::new(Arc::clone(&rollout), Autopilot::Off, true);
    let mut rows = Rows::default();
    let mut boards = Boards { said: vec![BTreeMap::new(); rollout.segments.len()] };
    let mut samples = 0u64;
    for event in events {
        let event = event.map_err(|error| BacktestError::Event(error.to_string()))?;
        rows.read += 1;
        match &event.body {
            Body::Asked(_) | Body::Effect { .. } | Body::Restored { .. } | Body::Leaving => continue,
            Body::Sample(sample) => {
                if rollout.segment(&sample.segment).is_none() {
                    rows.unknown_segments.add(sample.segment.as_str().as_bytes());
                    continue;
                }
                if rollout.metric(&sample.metric).is_none() {
                    rows.unknown_metrics.add(sample.metric.as_str().as_bytes());
                    continue;
                }
                samples += 1;
            }
            _ => {}
        }
        engine::update(&mut model, &event);
        let only = match &event.body {
            Body::Sample(sample) => Some(&sample.segment),
            _ => None,
        };
        for (index, segment) in model.segments.iter().enumerate() {
            // Another segment's board changes with a sample only when all together are NO-GO; the next tick shows it.
            if only.is_none_or(|only| *only == segment.name) {
                boards.compare(index, segment, &rollout, model.now, out)?;
            }
        }
    }
    rows.late = model.traffic.late;
    if samples == 0 && rows.skipped() == 0 {
        let cause = format!("none of its {} events is a reading of a metric", thousands(rows.read));
        let hint = "record while the metrics are read; `gonogo check` says whether they are".into();
        return Err(BacktestError::Nothing { path: Text::new(path).to_string(), cause, hint });
    }
    if samples == 0 {
        return Err(rows.nothing(path, &rollout));
    }
    Ok(Summary::new(rows, finals(&model, &rollout)))
}

/// The verdicts that were said last, of each segment.
#[derive(Debug)]
struct Boards {
    said: Vec<BTreeMap<Station, Verdict>>,
}

impl Boards {
    /// Says what has changed on the board of a segment, given by its index.
    fn compare(
        &mut self,
        index: usize,
        segment: &SegmentModel,
        rollout: &Rollout,
        now: Timestamp,
        out: &mut Out<'_>,
    ) -> Result<(), BacktestError> {
        let Some(said) = self.said.get_mut(index) else { return Ok(()) };
        for (station, cell) in &segment.board {
            if said.insert(*station, cell.verdict) == Some(cell.verdict) {
                continue;
            }
            let guardrail = speaker(segment, *station, cell, rollout);
            out(&Change {
                at: now,
                segment: segment.name.clone(),
                station: *station,
                metric: guardrail.map(|guardrail| guardrail.metric.clone()),
                verdict: cell.verdict,
                evidence: cell.evidence.clone(),
            })?;
        }
        Ok(())
    }
}

/// How each guardrail stands in each segment.
fn finals(model: &Model, rollout: &Rollout) -> Vec<Final> {
    let mut finals = Vec::new();
    for (segment, known) in model.segments.iter().zip(&rollout.segments) {
        for guardrail in &rollout.guardrails {
            let latch = segment.latches.iter().find(|latch| latch.guardrail == guardrail.name);
            let cell = segment.board.get(&guardrail.station);
            let verdict = latch.map(|_| Verdict::NoGo).or(cell.map(|cell| cell.verdict));
            let evidence = latch.map(|latch| &latch.evidence).or(cell.map(|cell| &cell.evidence)).cloned();
            let no_go = latch.map(|latch| (latch.at, latch.response));
            let evidence = evidence.unwrap_or_else(|| Evidence::of("", model.now));
            finals.push(Final::new(rollout, known, guardrail, verdict, no_go, evidence));
        }
    }
    finals
}

/// The guardrail that a cell speaks for: the one whose NO-GO it shows, or the only one of its station.
fn speaker<'a>(
    segment: &SegmentModel,
    station: Station,
    cell: &Cell,
    rollout: &'a Rollout,
) -> Option<&'a Guardrail> {
    let mut of_station = rollout.guardrails.iter().filter(|guardrail| guardrail.station == station);
    let latch =
        segment.latches.iter().find(|latch| latch.station == station && cell.verdict == Verdict::NoGo);
    match latch {
        Some(latch) => of_station.find(|guardrail| guardrail.name == latch.guardrail),
        None => of_station.next(),
    }
}
