//! The model as plain text and as JSON: for `gonogo status`, logs and screen readers.
//!
//! In: the model. Out: text into a writer, or a JSON value with stable keys:
//!
//! ```text
//! rollout, phase, verdict, autopilot, read_only, at, earliest_kill_ms (of the slowest exposed segment)
//! advice[]:    segment (null: several), text; the most urgent first
//! segments[]:  name, phase, verdict, exposure{desired, confirmed, served, observed}, earliest_kill_ms,
//!              stations[]: station, verdict, sentence, e_value, threshold
//! platforms[]: name, on, version, link
//! links[]:     kind, name, state, age_s, cause
//! ```
//!
//! What is not known is `null`, never 0. Shares are numbers from 0 to 100. `e_value` and `threshold` are
//! `null` where a verdict is not a statistical one; an e-value too large for a number is the largest one.
//! This file shares the words of the screen, but draws nothing.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::{facts, words};
use crate::domain::{LinkState, Percent, SourceKind, Station};
use crate::engine::Model;
use crate::engine::coach::advice;
use crate::engine::forecast;
use crate::engine::model::{Cell, Link, SegmentModel};

/// Writes what is going on, the most important first.
///
/// # Errors
/// When the writer fails.
pub fn status(model: &Model, out: &mut impl Write) -> io::Result<()> {
    let (verdict, place) = facts::worst(model);
    write!(out, "{}  {}  {verdict}", model.rollout.name, model.phase())?;
    if let Some((station, segment)) = place {
        write!(out, " {station} in {}", segment.name)?;
    }
    let rights = if model.read_only { ", read-only" } else { "" };
    writeln!(out, "  autopilot {}{rights}  {}", model.autopilot.word(), model.now.rfc3339())?;
    for (tracked, attempts) in facts::unconfirmed(model) {
        let what = tracked.command.verb.spec().name;
        writeln!(out, "{what} NOT CONFIRMED at {}, try {attempts}", tracked.command.platform)?;
    }
    if let Some((slowest, unknown)) = forecast::slowest_kill(model) {
        let but = if unknown > 0 { format!("; {unknown} more not known") } else { String::new() };
        writeln!(
            out,
            "earliest possible {} in {} at {}: {}{but}",
            slowest.word(),
            slowest.segment,
            slowest.exposure,
            slowest.sentence()
        )?;
    }
    for advice in advice(model) {
        writeln!(out, "coach: {}", advice.text)?;
    }
    for segment in &model.segments {
        write_segment(segment, out)?;
    }
    for platform in &model.platforms {
        match &platform.state {
            Some(state) => {
                let on = if state.on { "on" } else { "off" };
                writeln!(out, "{}: flag {on}, version {}", platform.name, state.version)?;
            }
            None => writeln!(out, "{}: never read", platform.name)?,
        }
    }
    for (source, link) in &model.links {
        if let Some(trouble) = facts::trouble(model, source.name.as_str(), link) {
            writeln!(out, "{source}: {}", trouble.text)?;
        }
    }
    Ok(())
}

fn write_segment(segment: &SegmentModel, out: &mut impl Write) -> io::Result<()> {
    let exposure = &segment.exposure;
    writeln!(
        out,
        "{}: {} {}, desired {}, confirmed {}, observed {}",
        segment.name,
        segment.verdict,
        segment.phase,
        words::exposure(exposure.desired),
        words::exposure(exposure.confirmed),
        words::measured(exposure.observed),
    )?;
    for (station, cell) in &segment.board {
        writeln!(out, "  {} {station}: {}", cell.verdict, cell.evidence.sentence)?;
    }
    Ok(())
}

/// The same as JSON; the keys are listed above and stay.
#[must_use]
pub fn status_json(model: &Model) -> Value {
    json!({
        "rollout": model.rollout.name,
        "phase": model.phase().word(),
        "verdict": model.verdict().word(),
        "autopilot": model.autopilot.word(),
        "read_only": model.read_only,
        "at": model.now.rfc3339(),
        "earliest_kill_ms": forecast::slowest_kill(model).map(|(slowest, _)| millis(slowest.total())),
        "advice": advice(model).iter().map(|advice| json!({
            "segment": advice.segment,
            "text": advice.text,
        })).collect::<Vec<_>>(),
        "readings_late": model.traffic.late,
        "readings_refused": model.traffic.refused,
        "unusable_inputs": model.problems_seen,
        "segments": model.segments.iter().map(|segment| segment_json(model, segment)).collect::<Vec<_>>(),
        "platforms": model.platforms.iter().map(|platform| json!({
            "name": platform.name,
            "on": platform.state.as_ref().map(|state| state.on),
            "version": platform.state.as_ref().map(|state| state.version),
            "link": model.links.iter()
                .find(|(s, _)| s.kind == SourceKind::Flags && s.name.as_str() == platform.name.as_str())
                .map(|(_, link)| state_word(model, link)),
        })).collect::<Vec<_>>(),
        "links": model.links.iter().map(|(source, link)| json!({
            "kind": source.kind.word(),
            "name": source.name,
            "state": state_word(model, link),
            "age_s": link.age(model.now).map(|age| age.as_secs_f64()),
            "cause": match &link.state {
                LinkState::Retrying { cause, .. } | LinkState::Failed { cause } => Some(cause),
                LinkState::Connecting | LinkState::Live => None,
            },
        })).collect::<Vec<_>>(),
    })
}

fn segment_json(model: &Model, segment: &SegmentModel) -> Value {
    let share = |share: Option<Percent>| share.map(Percent::as_f64);
    let exposed = segment.exposure.confirmed.filter(|share| !share.is_zero());
    let kill = exposed.and_then(|share| forecast::earliest_kill(model, segment, share).ok());
    let exposure = &segment.exposure;
    json!({
        "name": segment.name,
        "phase": segment.phase.word(),
        "verdict": segment.verdict.word(),
        "exposure": {
            "desired": share(exposure.desired),
            "confirmed": share(exposure.confirmed),
            "served": share(exposure.served),
            "observed": share(exposure.observed),
        },
        "earliest_kill_ms": kill.map(|kill| millis(kill.total())),
        "stations": segment.board.iter().map(|(station, cell)| station_json(*station, cell)).collect::<Vec<_>>(),
    })
}

fn station_json(station: Station, cell: &Cell) -> Value {
    // JSON has no infinity.
    let exp = |ln: Option<f64>| ln.map(|ln| ln.exp().min(f64::MAX));
    json!({
        "station": station.word(),
        "verdict": cell.verdict.word(),
        "sentence": cell.evidence.sentence,
        "e_value": exp(cell.evidence.ln_e),
        "threshold": exp(cell.evidence.ln_threshold),
    })
}

/// A forecast of the earliest possible kill: what it is made of, or what is missing for it.
#[must_use]
pub fn kill_json(model: &Model, segment: &SegmentModel, exposure: Percent) -> Value {
    match forecast::earliest_kill(model, segment, exposure) {
        Ok(found) => json!({
            "segment": found.segment,
            "exposure": exposure.as_f64(),
            "earliest_kill_ms": millis(found.total()),
            "act": found.word(),
            "guardrail": found.guardrail,
            "terms": found.terms.iter().map(|term| json!({
                "term": term.part.word(),
                "ms": millis(term.takes),
                "measured": term.is_measured,
            })).collect::<Vec<_>>(),
            "advice": found.shorten(model),
            "missing": null,
        }),
        Err(missing) => json!({
            "segment": segment.name,
            "exposure": exposure.as_f64(),
            "earliest_kill_ms": null,
            "missing": missing.0,
        }),
    }
}

/// Whole milliseconds.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `connecting`, `live`, `silent` (live, but past twice its interval), `retrying` or `failed`.
fn state_word(model: &Model, link: &Link) -> &'static str {
    match link.state {
        LinkState::Connecting => "connecting",
        LinkState::Live if link.is_stale(model.now) => "silent",
        LinkState::Live => "live",
        LinkState::Retrying { .. } => "retrying",
        LinkState::Failed { .. } => "failed",
    }
}
