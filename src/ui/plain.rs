//! The model as plain text and as JSON: for `gonogo status`, logs and screen readers.
//!
//! In: the model. Out: text into a writer, or a JSON value with stable keys:
//!
//! ```text
//! rollout, phase, verdict, autopilot, read_only, at, earliest_kill_ms (of the slowest exposed segment)
//! advice[]:    segment (null: several), text; the most urgent first
//! segments[]:  name, phase, verdict, exposure{desired, confirmed, served, observed}, earliest_kill_ms,
//!              stations[]: station, verdict, sentence, e_value, threshold
//! platforms[]: name, on, version, link, backend, paths[], reach_ms, reach_measured_on (commands; 0: assumed), probed,
//!              capabilities{…}, doubts[], segments[]: name, configured, served{share, low, high, asked, off, age_s},
//!              drifting, variants[]{name, share}, ramp{to, until}
//! asked[]:     what, action, by, at, summary, done, platforms[]: platform, step, sent_ms, confirmed_ms, served_ms,
//!              open_ms, attempts, cause, probed (times counted from the request; the last minute, and what is open)
//! links[]:     kind, name, state, age_s, cause
//! ```
//!
//! What is not known is `null`, never 0. Shares are numbers from 0 to 100. `e_value` and `threshold` are
//! `null` where a verdict is not a statistical one; an e-value too large for a number is the largest one.
//! This file shares the words of the screen, but draws nothing.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::asked::{self, Asked};
use super::{facts, words};
use crate::action::Verb;
use crate::domain::{Exposure, LinkState, Percent, SegmentName, Source, Span, Station, Verdict};
use crate::engine::Model;
use crate::engine::coach::advice;
use crate::engine::forecast;
use crate::engine::model::{Cell, Link, PlatformModel, SegmentModel};
use crate::engine::served::interval;

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
    for asked in asked::asked(model) {
        write_asked(&asked, out)?;
    }
    for drift in asked::drifts(model) {
        writeln!(out, "DRIFT at {drift}")?;
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
        write_platform(model, platform, out)?;
    }
    for (source, link) in &model.links {
        if let Some(trouble) = facts::trouble(model, source.name.as_str(), link) {
            writeln!(out, "{source}: {}", trouble.text)?;
        }
    }
    Ok(())
}

/// How a rollout stands, one sentence for each thing that is worth one, the most important first: for lines that are read
/// aloud. No ages, so that saying it again only says what is new.
#[must_use]
pub fn standing(model: &Model) -> Vec<String> {
    let (verdict, place) = facts::worst(model);
    let place =
        place.map_or_else(String::new, |(station, segment)| format!(" {station} in {}", segment.name));
    let rights = if model.read_only { ", read-only" } else { "" };
    let mut lines =
        vec![format!("{}, {verdict}{place}, autopilot {}{rights}", model.phase(), model.autopilot.word())];
    for segment in &model.segments {
        let stage = facts::stage(model, segment)
            .map_or_else(String::new, |(reached, stages, _)| format!("stage {reached} of {stages}, "));
        let Exposure { desired, confirmed, served, observed } = &segment.exposure;
        let known =
            |share: &str| if share == words::UNKNOWN { "not known".to_owned() } else { share.to_owned() };
        let mut shares = vec![
            format!("desired {}", known(&words::exposure(*desired))),
            format!("confirmed {}", known(&words::exposure(*confirmed))),
        ];
        shares.extend(served.map(|share| format!("served {}", words::measured(Some(share)))));
        shares.push(format!("observed {}", known(&words::measured(*observed))));
        let (name, verdict, phase) = (&segment.name, segment.verdict, segment.phase);
        lines.push(format!("{name}: {verdict}, {phase}, {stage}{}", shares.join(", ")));
        let doubts = segment.board.iter().filter(|(_, cell)| cell.verdict > Verdict::Go);
        lines.extend(
            doubts.map(|(station, cell)| {
                format!("{name} {} {station}: {}", cell.verdict, cell.evidence.sentence)
            }),
        );
    }
    let (live, other): (Vec<_>, Vec<_>) =
        model.links.iter().partition(|(_, link)| link.state == LinkState::Live && !link.is_stale(model.now));
    if !live.is_empty() {
        let names: Vec<_> = live.iter().map(|(source, _)| source.to_string()).collect();
        lines.push(format!("live: {}", names.join(", ")));
    }
    lines.extend(other.into_iter().map(|(source, link)| format!("{source}: {}", state_word(model, link))));
    lines
}

/// What a platform serves where it is probed, variants of splits, and what moves by itself.
fn write_platform(model: &Model, platform: &PlatformModel, out: &mut impl Write) -> io::Result<()> {
    for segment in &model.segments {
        let name = &segment.name;
        let stored = facts::stored(platform, name);
        if let Some(variants) = facts::variants(platform, name) {
            writeln!(out, "  {name} {stored} ({variants})")?;
        }
        if let Some(ramp) = facts::ramp(platform, name, model.now) {
            writeln!(out, "  {name} {ramp}")?;
        }
        if let Some(served) = facts::served(platform, name) {
            writeln!(out, "  {name} configured {stored}, serving {served}")?;
        }
    }
    for doubt in platform.state.iter().flat_map(|state| &state.doubts) {
        writeln!(out, "  in doubt: {doubt}")?;
    }
    Ok(())
}

/// A request in one sentence, and a row for each of its platforms.
fn write_asked(asked: &Asked<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", asked.summary())?;
    for row in &asked.rows {
        let texts = [row.sent_text(), row.confirmed_text(), row.served_text()];
        let steps: Vec<_> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        writeln!(
            out,
            "  {}: requested {}, {}",
            row.platform(),
            row.tracked.requested_at.clock(),
            steps.join(", ")
        )?;
    }
    Ok(())
}

/// Writes how far each platform has come with the newest request for an action; returns whether there was one.
///
/// # Errors
/// When the writer fails.
pub fn write_newest(model: &Model, verb: Verb, out: &mut impl Write) -> io::Result<bool> {
    let Some(asked) = asked::newest(model, verb) else { return Ok(false) };
    write_asked(&asked, out)?;
    Ok(true)
}

/// The same as JSON; `null` when there was none.
#[must_use]
pub fn newest_json(model: &Model, verb: Verb) -> Value {
    asked::newest(model, verb).map_or(Value::Null, |asked| asked_json(&asked))
}

/// Platforms of the newest request for an action that have stored it and whose edge was not seen to serve it yet.
#[must_use]
pub fn unserved(model: &Model, verb: Verb) -> Vec<String> {
    let Some(asked) = asked::newest(model, verb) else { return Vec::new() };
    let is_unserved = |row: &&asked::Row<'_>| row.step.is_stored() && !row.is_done();
    asked
        .rows
        .iter()
        .filter(is_unserved)
        .map(|row| format!("{}: {}", row.platform(), row.served_text()))
        .collect()
}

fn asked_json(asked: &Asked<'_>) -> Value {
    let ms = |span: Option<Span>| span.map(|span| millis(span.0));
    json!({
        "what": asked.what(),
        "action": asked.first.command.verb.spec().name,
        "by": asked.first.command.actor.to_string(),
        "at": asked.first.requested_at.rfc3339(),
        "summary": asked.summary(),
        "done": asked.is_done(),
        "platforms": asked.rows.iter().map(|row| json!({
            "platform": row.platform(),
            "step": row.step.word(),
            "sent_ms": ms(row.sent()),
            "confirmed_ms": ms(row.confirmed()),
            "served_ms": ms(row.served()),
            "open_ms": row.open_for.map(millis),
            "attempts": row.attempts(),
            "cause": row.cause(),
            "probed": row.is_probed,
        })).collect::<Vec<_>>(),
    })
}

fn platform_json(model: &Model, platform: &PlatformModel) -> Value {
    let described = model.rollout.platforms.iter().find(|known| known.name == platform.name);
    let reach = platform.reach(&model.rollout);
    let state = platform.state.as_ref();
    json!({
        "name": platform.name,
        "on": state.map(|state| state.on),
        "version": state.map(|state| state.version),
        "link": model.links.get(&Source::of_platform(&platform.name)).map(|link| state_word(model, link)),
        "backend": described.map(|known| &known.backend).filter(|backend| !backend.is_empty()),
        "paths": described.map(|known| &known.paths),
        "reach_ms": millis(reach.span.0),
        "reach_measured_on": reach.measured,
        "probed": described.is_some_and(|known| known.probed),
        "capabilities": described.map(|known| known.capabilities),
        "doubts": state.map(|state| &state.doubts),
        "segments": model.segments.iter().map(|s| stored_json(model, platform, &s.name)).collect::<Vec<_>>(),
    })
}

fn stored_json(model: &Model, platform: &PlatformModel, segment: &SegmentName) -> Value {
    let share = |share: Percent| share.as_f64();
    let state = platform.state.as_ref();
    json!({
        "name": segment,
        "configured": state.and_then(|state| state.confirmed(segment)).map(share),
        "served": platform.served.get(segment).map(|served| {
            let measured = served.whole.as_ref().and_then(interval);
            json!({
                "share": measured.map(|(_, is, _)| share(is)),
                "low": measured.map(|(low, ..)| share(low)),
                "high": measured.map(|(.., high)| share(high)),
                "asked": served.whole.as_ref().map(|whole| whole.asked),
                "off": served.is_off,
                "age_s": model.now.since(served.at).as_secs_f64(),
            })
        }),
        "drifting": platform.drifting.contains(segment),
        "variants": state.and_then(|state| state.splits.get(segment)).into_iter().flatten().map(|variant| {
            json!({"name": variant.name, "share": share(variant.share)})
        }).collect::<Vec<_>>(),
        "ramp": state.and_then(|state| state.ramps.get(segment)).map(|ramp| {
            json!({"to": ramp.to.map(share), "until": ramp.until.map(|until| until.rfc3339())})
        }),
    })
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
        "platforms": model.platforms.iter().map(|p| platform_json(model, p)).collect::<Vec<_>>(),
        "asked": asked::asked(model).iter().map(asked_json).collect::<Vec<_>>(),
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
