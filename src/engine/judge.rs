//! Verdicts: from bets and freshness to the cells of the go/no-go board.
//!
//! Judged after every event, in every phase. A NO-GO latches here and nowhere else. No evidence is not
//! good evidence: missing, stale or one-sided data is WAIT or HOLD, never GO and never a NO-GO.
//!
//! What a guardrail says is [`appraise`]d; whether the data can be believed is [`health`]'s; the average over all
//! segments is in [`together`].

use std::collections::{BTreeMap, BTreeSet};

use super::appraise::{self, Appraisal, Finding, Situation};
use super::chronicle::record_moment;
use super::decision::Decision;
use super::model::{Cell, Latch, Model, Moment, MomentKind, SegmentModel};
use super::together::{self, Together};
use super::watch::Watch;
use super::{evidence, health, people};
use crate::domain::{Compare, Evidence, Guardrail, Method, MetricName, Percent, Station, Verdict};
use crate::effect::{Effect, Record};
use crate::event::Body;

/// Brings the boards up to date: after a sample the stations of its segment that it can change, after anything else
/// all of them.
pub fn judge(model: &mut Model, cause: &Body, effects: &mut Vec<Effect>) {
    let only = match cause {
        Body::Sample(sample) => Some(sample),
        _ => None,
    };
    let mut judged = BTreeSet::new();
    for index in 0..model.segments.len() {
        let Some(segment) = model.segments.get(index) else { continue };
        if only.is_some_and(|only| only.segment != segment.name) {
            continue;
        }
        for (place, latch) in crossed(model, index) {
            let Some(segment) = model.segments.get_mut(place) else { continue };
            effects.push(Effect::Record(Record::Latched {
                segment: segment.name.clone(),
                station: latch.station,
                guardrail: latch.guardrail.clone(),
                evidence: latch.evidence.clone(),
                response: Some(latch.response),
            }));
            segment.latch(latch);
            if place != index {
                judged.insert(place);
            }
        }
        judged.insert(index);
    }
    for index in judged {
        let Some(segment) = model.segments.get(index) else { continue };
        let metric = only.filter(|only| only.segment == segment.name).map(|only| &only.metric);
        let is_whole = metric.is_none();
        let board = board(model, segment, metric);
        post(model, index, board, is_whole);
    }
}

/// NO-GOs that were just reached, with where: this segment's own, then those of all segments together.
fn crossed(model: &Model, index: usize) -> Vec<(usize, Latch)> {
    let Some(segment) = model.segments.get(index) else { return Vec::new() };
    let mut latches = Vec::new();
    let mut looks = Vec::new();
    for (at, (guardrail, watch)) in model.rollout.guardrails.iter().zip(&segment.watches).enumerate() {
        let response = appraise::response(guardrail, watch);
        let known = segment.latches.iter().find(|latch| latch.guardrail == guardrail.name);
        // What only paused may turn out to be bad enough to kill.
        let is_new = known.is_none_or(|known| known.response < response);
        // A plain threshold knows no control: while nobody has the feature, what it sees is not the feature's.
        let is_nobodys = matches!(guardrail.compare, Compare::Above { .. })
            && segment.exposure.confirmed.is_some_and(Percent::is_zero);
        if is_new && !is_nobodys && appraise::is_crossed(guardrail, watch) {
            latches.push((index, latch(model, segment, guardrail, watch, None)));
        } else if known.is_none() && may_tip(model, segment, at) {
            looks.push(at);
        }
    }
    for at in looks {
        let Some(guardrail) = model.rollout.guardrails.get(at) else { continue };
        if latches.iter().any(|(_, latch)| latch.guardrail == guardrail.name) {
            continue;
        }
        let Some(together) = together::alarm(model, at) else { continue };
        for (place, other) in model.segments.iter().enumerate() {
            if let Some(watch) = other.watches.get(at).filter(|_| together.segments.contains(&other.name)) {
                latches.push((place, latch(model, other, guardrail, watch, Some(&together))));
            }
        }
    }
    latches
}

/// Whether this segment's part could tip the average.
fn may_tip(model: &Model, segment: &SegmentModel, at: usize) -> bool {
    let (Some(guardrail), Some(watch)) = (model.rollout.guardrails.get(at), segment.watches.get(at)) else {
        return false;
    };
    let part = together::part(guardrail, watch);
    part.is_some_and(|part| together::may_tip(guardrail, part, model.segments.len()))
}

fn latch(
    model: &Model,
    segment: &SegmentModel,
    guardrail: &Guardrail,
    watch: &Watch,
    together: Option<&Together>,
) -> Latch {
    let alarm = Appraisal { verdict: Verdict::NoGo, finding: Finding::Alarm };
    let own = evidence::write(guardrail, watch, &alarm, &context(model, segment, guardrail, &alarm));
    let evidence = match together {
        Some(all) => evidence::of_together(own, all.ln_e, all.ln_threshold, all.segments.len()),
        None => own,
    };
    Latch {
        station: guardrail.station,
        guardrail: guardrail.name.clone(),
        evidence,
        at: model.now,
        response: appraise::response(guardrail, watch),
        answered: false,
    }
}

fn context<'a>(
    model: &Model,
    segment: &'a SegmentModel,
    guardrail: &Guardrail,
    appraisal: &Appraisal,
) -> evidence::Context<'a> {
    let series = segment.series.get(&guardrail.metric);
    let timed = series.filter(|_| evidence::says_when(appraisal));
    evidence::Context {
        bounds: series.map_or(&[][..], |series| series.bounds()),
        units_per_s: timed.and_then(|s| evidence::units_per_s(s, segment.stage_since, model.now)),
        as_of: series.and_then(|series| series.sampled_at).unwrap_or(model.now),
    }
}

/// Each station's worst cell; with a metric, only of the stations that a reading of it can change.
fn board(
    model: &Model,
    segment: &SegmentModel,
    metric: Option<&MetricName>,
) -> BTreeMap<Station, (Verdict, Evidence)> {
    let hears = |guardrail: &Guardrail| metric.is_none_or(|metric| guardrail.metric == *metric);
    let is_touched = |station| model.rollout.guardrails.iter().any(|g| g.station == station && hears(g));
    let mut board: BTreeMap<Station, (Verdict, Evidence)> = BTreeMap::new();
    board.insert(Station::Data, health::judge_data(model, segment));
    if metric.is_none_or(|metric| health::is_split_of(model, segment, metric)) {
        board.extend(health::judge_split(model, segment).map(|cell| (Station::SampleRatio, cell)));
    }
    board.extend(people::judge(model, segment).map(|cell| (Station::People, cell)));
    for (guardrail, watch) in model.rollout.guardrails.iter().zip(&segment.watches) {
        if !is_touched(guardrail.station) {
            continue;
        }
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
    if let Some(latch) = segment.latches.iter().find(|latch| latch.guardrail == guardrail.name) {
        return (Verdict::NoGo, latch.evidence.clone());
    }
    let confirmed = segment.exposure.confirmed;
    let ladder = model.rollout.segment(&segment.name).map(|s| &s.ladder);
    let stage = confirmed.and_then(|share| ladder?.stage_at(share));
    let warned = segment.board.get(&guardrail.station);
    let situation = Situation {
        confirmed,
        freshness: health::freshness(model, segment, guardrail),
        sample: stage.map_or(1.0, |(_, stage)| stage.sample as f64),
        is_warned: warned
            .is_some_and(|cell| cell.verdict == Verdict::Hold && cell.evidence.method != Method::Fact),
    };
    let appraisal = appraise::appraise(guardrail, watch, &situation);
    let context = context(model, segment, guardrail, &appraisal);
    let evidence = evidence::write(guardrail, watch, &appraisal, &context);
    (appraisal.verdict, evidence)
}

/// Writes a board, or a part of it, into the model; each changed verdict becomes a moment.
fn post(model: &mut Model, index: usize, board: BTreeMap<Station, (Verdict, Evidence)>, is_whole: bool) {
    let now = model.now;
    let Some(segment) = model.segments.get_mut(index) else { return };
    let mut moments = Vec::new();
    let known = segment.board.len();
    // A station that has nothing to say any more holds nobody.
    let name = segment.name.clone();
    let decided = &mut model.decided;
    let mut decide = |station, verdict, evidence| {
        decided.push(Decision::Verdict { segment: name.clone(), station, verdict, evidence });
    };
    segment.board.retain(|station, _| {
        let stays = !is_whole || board.contains_key(station);
        if !stays {
            decide(*station, None, None);
        }
        stays
    });
    let mut is_changed = segment.board.len() != known;
    for (station, (verdict, evidence)) in board {
        let known = segment.board.get(&station);
        let since = known.filter(|cell| cell.verdict == verdict).map_or(now, |cell| cell.since);
        let was = known.map(|cell| cell.verdict);
        if was != Some(verdict) {
            decide(station, Some(verdict), Some(evidence.clone()));
        }
        is_changed |=
            known.is_none_or(|cell| cell.verdict != verdict || cell.evidence.sentence != evidence.sentence);
        let is_told = match station {
            // Nobody gives a go that was not asked for where they look.
            Station::People if verdict == Verdict::Wait => {
                let is_new = known.is_none_or(|cell| cell.evidence.sentence != evidence.sentence);
                is_new && segment.exposure.confirmed.is_some()
            }
            _ => was != Some(verdict) && is_news(station, known, verdict, &evidence),
        };
        if is_told {
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
    if verdict == Verdict::Wait && known.is_some_and(|cell| cell.verdict == Verdict::Go) {
        // A new stage is told by whoever began it; that each station has to see it first goes without saying.
        return false;
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
