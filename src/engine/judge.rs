//! Verdicts: from bets and freshness to the cells of the go/no-go board.
//!
//! Judged after every event, in every phase. A NO-GO latches here and nowhere else. No evidence is not
//! good evidence: missing, stale or one-sided data is WAIT or HOLD, never GO and never a NO-GO.
//!
//! This first engine knows M1 only: GO means that the stage's least sample is in, the data is fresh and
//! no bet comes near its threshold. It does not yet prove non-inferiority.

use std::collections::BTreeMap;
use std::time::Duration;

use super::chronicle::record_moment;
use super::model::{Cell, Latch, Model, Moment, MomentKind, SegmentModel};
use super::watch::Watch;
use super::{evidence, people};
use crate::domain::{Evidence, Guardrail, Percent, Source, SourceKind, Span, Station, Timestamp, Verdict};
use crate::effect::{Effect, Record};
use crate::event::Body;

/// Brings the boards up to date: of one segment after a sample, of all after anything else.
pub fn judge(model: &mut Model, cause: &Body, effects: &mut Vec<Effect>) {
    let only = match cause {
        Body::Sample(sample) => Some(&sample.segment),
        _ => None,
    };
    for index in 0..model.segments.len() {
        let Some(segment) = model.segments.get(index) else { continue };
        if only.is_some_and(|only| *only != segment.name) {
            continue;
        }
        let name = segment.name.clone();
        for latch in crossed(model, segment) {
            let evidence = latch.evidence.clone();
            let record = Record::Latched {
                segment: name.clone(),
                station: latch.station,
                guardrail: latch.guardrail.clone(),
                evidence,
            };
            effects.push(Effect::Record(record));
            if let Some(segment) = model.segments.get_mut(index) {
                segment.latches.push(latch);
            }
        }
        let Some(segment) = model.segments.get(index) else { continue };
        let board = board(model, segment);
        post(model, index, board);
    }
}

/// Guardrails whose bet has just passed its threshold.
fn crossed(model: &Model, segment: &SegmentModel) -> Vec<Latch> {
    let mut latches = Vec::new();
    for (guardrail, watch) in model.rollout.guardrails.iter().zip(&segment.watches) {
        let Some(standing) = watch.standing().filter(|s| s.ln_e >= s.ln_threshold) else { continue };
        if segment.latches.iter().any(|latch| latch.guardrail == guardrail.name) {
            continue;
        }
        let series = segment.series.get(&guardrail.metric);
        let as_of = series.and_then(|s| s.sampled_at).unwrap_or(model.now);
        let bounds = series.map_or(&[][..], |s| s.bounds());
        let evidence = evidence::of_bet(guardrail, &standing, bounds, as_of);
        latches.push(Latch::new(guardrail.station, guardrail.name.clone(), evidence, model.now));
    }
    latches
}

/// Each station's worst cell.
fn board(model: &Model, segment: &SegmentModel) -> BTreeMap<Station, (Verdict, Evidence)> {
    let mut board: BTreeMap<Station, (Verdict, Evidence)> = BTreeMap::new();
    board.insert(Station::Data, judge_data(model, segment));
    board.extend(people::judge(model, segment).map(|cell| (Station::People, cell)));
    for (guardrail, watch) in model.rollout.guardrails.iter().zip(&segment.watches) {
        let cell = judge_guardrail(model, segment, guardrail, watch);
        match board.get(&guardrail.station) {
            Some((verdict, _)) if *verdict >= cell.0 => {}
            _ => {
                board.insert(guardrail.station, cell);
            }
        }
    }
    board
}

fn judge_guardrail(
    model: &Model,
    segment: &SegmentModel,
    guardrail: &Guardrail,
    watch: &Watch,
) -> (Verdict, Evidence) {
    let now = model.now;
    if let Some(latch) = segment.latches.iter().find(|latch| latch.guardrail == guardrail.name) {
        return (Verdict::NoGo, latch.evidence.clone());
    }
    let series = segment.series.get(&guardrail.metric);
    let as_of = series.and_then(|s| s.sampled_at).unwrap_or(now);
    let wait = |sentence: String| (Verdict::Wait, Evidence::of(sentence, as_of));
    let Some(confirmed) = segment.exposure.confirmed else {
        return wait("the exposure is not known yet".into());
    };
    if confirmed.is_zero() {
        return wait("nobody is exposed".into());
    }
    let link = model.links.get(&Source::new(SourceKind::Metrics, guardrail.metric.as_str()));
    match link {
        Some(link) if link.heard_at.is_some() && link.is_stale(now) => {
            let age = Span(link.age(now).unwrap_or_default());
            return (Verdict::Hold, Evidence::of(format!("no {} data for {age}", guardrail.metric), as_of));
        }
        None => return wait(format!("waiting for the first {} reading", guardrail.metric)),
        Some(_) => {}
    }
    let (Some(standing), Some(series)) = (watch.standing(), series) else {
        return wait(format!("waiting for enough {} data in control", guardrail.metric));
    };
    let interval = model.rollout.metric(&guardrail.metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    // The source may be alive and still have nothing about this segment any more.
    if now.since(as_of) > interval.saturating_mul(2) {
        let age = Span(now.since(as_of));
        let sentence = format!("no {} data of this segment for {age}", guardrail.metric);
        return (Verdict::Hold, Evidence::of(sentence, as_of));
    }
    let seen = evidence::of_bet(guardrail, &standing, series.bounds(), as_of);
    // A warning goes when the bet has come well down again, so that it does not flicker.
    let warned = segment.board.get(&guardrail.station);
    let is_warned = warned.is_some_and(|cell| cell.verdict == Verdict::Hold && cell.evidence.ln_e.is_some());
    if standing.ln_e > standing.ln_threshold / if is_warned { 4.0 } else { 2.0 } {
        let sentence = format!("warning: {}", seen.sentence);
        return (Verdict::Hold, Evidence { sentence, ..seen });
    }
    let units = |counts: Option<crate::domain::Counts>| counts.map_or(0.0, |counts| counts.units);
    // What came before the bet began was not judged, and what came before the stage says nothing about it.
    let (treatment, control) = (
        units(series.stage.treatment).min(units(standing.seen.treatment)),
        units(series.stage.control).min(units(standing.seen.control)),
    );
    let stage = model.rollout.segment(&segment.name).and_then(|s| s.ladder.stage_at(confirmed));
    let needed = stage.map_or(1.0, |(_, stage)| stage.sample.max(1) as f64);
    if treatment < needed {
        let sentence = evidence::missing(needed - treatment, series, now);
        return (Verdict::Wait, Evidence { sentence, ..seen });
    }
    if control <= 0.0 || confirmed == Percent::FULL {
        let sentence = "everybody has it: there is no control group to compare with".into();
        return (Verdict::Wait, Evidence { sentence, ..seen });
    }
    (Verdict::Go, seen)
}

/// Whether the data of a segment can be believed: flags where we put them, and everything fresh.
fn judge_data(model: &Model, segment: &SegmentModel) -> (Verdict, Evidence) {
    let now = model.now;
    let hold = |sentence: String| (Verdict::Hold, Evidence::of(sentence, now));
    for platform in &model.platforms {
        let Some(state) = &platform.state else {
            return (Verdict::Wait, Evidence::of(format!("{} has not been read yet", platform.name), now));
        };
        let link = model.links.get(&Source::new(SourceKind::Flags, platform.name.as_str()));
        if let Some(link) = link.filter(|link| link.is_stale(now)) {
            let age =
                platform.read_at.map_or_else(|| "never".into(), |at| format!("{} ago", Span(now.since(at))));
            let word = if matches!(link.state, crate::domain::LinkState::Live) { "silent" } else { "lost" };
            return hold(format!("{} is {word}: its flag was last confirmed {age}", platform.name));
        }
        if let Some(doubt) = state.doubts.first() {
            return hold(format!("{}: {doubt}", platform.name));
        }
    }
    let exposure = segment.exposure;
    let is_moving = model.commands.iter().any(super::model::Tracked::is_open);
    if let (Some(desired), Some(confirmed)) = (exposure.desired, exposure.confirmed)
        && desired != confirmed
        && !is_moving
    {
        return hold(format!("asked for {desired}, but the backend has stored {confirmed}"));
    }
    for guardrail in &model.rollout.guardrails {
        let link = model.links.get(&Source::new(SourceKind::Metrics, guardrail.metric.as_str()));
        if let Some(link) = link.filter(|link| link.heard_at.is_some() && link.is_stale(now)) {
            let age = Span(link.age(now).unwrap_or_default());
            return hold(format!("no {} data for {age}", guardrail.metric));
        }
    }
    if model.rollout.guardrails.is_empty() {
        let sentence = "there is no guardrail: nothing tells whether it goes well";
        return (Verdict::Wait, Evidence::of(sentence, Timestamp::default()));
    }
    (Verdict::Go, Evidence::of("fresh, and the flag is where we put it", Timestamp::default()))
}

/// Writes a board into the model; each changed verdict becomes a moment.
fn post(model: &mut Model, index: usize, board: BTreeMap<Station, (Verdict, Evidence)>) {
    let now = model.now;
    let Some(segment) = model.segments.get_mut(index) else { return };
    let mut moments = Vec::new();
    let mut is_changed = false;
    for (station, (verdict, evidence)) in board {
        let known = segment.board.get(&station);
        let since = known.filter(|cell| cell.verdict == verdict).map_or(now, |cell| cell.since);
        let was = known.map(|cell| cell.verdict);
        is_changed |=
            known.is_none_or(|cell| cell.verdict != verdict || cell.evidence.sentence != evidence.sentence);
        if was != Some(verdict) && is_news(station, known, verdict, &evidence) {
            let text = format!("{verdict} {station}: {}", evidence.sentence);
            let mut moment = Moment::new(now, MomentKind::Verdict, text).in_segment(&segment.name);
            moment.verdict = Some(verdict);
            moments.push(moment);
        }
        segment.board.insert(station, Cell { verdict, evidence, since });
    }
    segment.verdict = segment.board.values().map(|cell| cell.verdict).max().unwrap_or(Verdict::Wait);
    if is_changed {
        model.revision += 1;
    }
    for moment in moments {
        tell(model, moment);
    }
}

/// Whether a changed verdict is worth a line. A source that falls silent is told once for each segment, by the
/// data station, and not again by each station that is blind without it.
fn is_news(station: Station, known: Option<&Cell>, verdict: Verdict, evidence: &Evidence) -> bool {
    let is_silence =
        |verdict: Verdict, evidence: &Evidence| verdict == Verdict::Hold && evidence.ln_e.is_none();
    let was_silence = known.is_some_and(|cell| is_silence(cell.verdict, &cell.evidence));
    if station == Station::Data {
        // That the data are there at last is no news; that they were in doubt is.
        return verdict >= Verdict::Hold || known.is_some_and(|cell| cell.verdict >= Verdict::Hold);
    }
    verdict == Verdict::NoGo || !(is_silence(verdict, evidence) || was_silence || known.is_none())
}

/// Adds a verdict's line. The same words about another segment at the same moment are put into one line.
fn tell(model: &mut Model, moment: Moment) {
    let same = model.timeline.iter_mut().rev().take_while(|told| told.at == moment.at).find(|told| {
        told.kind == MomentKind::Verdict && told.verdict == moment.verdict && told.text == moment.text
    });
    match same {
        Some(told) if moment.verdict != Some(Verdict::NoGo) => told.segment = None,
        _ => record_moment(model, moment),
    }
}
