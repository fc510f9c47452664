//! NO-GOs: first bad reading → NO-GO → asked → sent → proven off.
//!
//! In: latches, the acts about their segments, exposures. Out: [`NoGo`]s with how long each step took and how many units
//! were hurt meanwhile.

use super::onset::Start;
use super::retrospective::{At, Listed, NoGo};
use crate::action::Verb;
use crate::domain::{Actor, Counts, Evidence, GuardrailName, Percent, SegmentName, Station, Timestamp};
use crate::effect::{Command, EffectId};

use super::acts::{clean, is_about};

/// Most NO-GOs kept: each guardrail in each segment has one until it is cleared.
const MOST_NO_GOS: usize = 200;

/// A NO-GO that is followed to its end.
#[derive(Debug, Clone)]
struct Followed {
    no_go: NoGo,
    start: Option<Start>,
    /// Treatment's counts at the NO-GO, and when it was off or cleared.
    detected: Counts,
    over: Option<Counts>,
    /// The commands of the first act that stops, asked for at the same moment.
    commands: Vec<EffectId>,
}

/// What the engine's forecast said at a NO-GO.
#[derive(Debug, Clone, Default)]
pub struct Foresight {
    /// The fastest kill there, in a sentence.
    pub sentence: Option<String>,
    /// What would make it faster.
    pub shorten: Option<String>,
}

/// A NO-GO as it was reached.
#[derive(Debug)]
pub struct Reached<'a> {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub segment: &'a SegmentName,
    /// At which station.
    pub station: Station,
    /// By which guardrail.
    pub guardrail: &'a GuardrailName,
    /// On what grounds.
    pub evidence: &'a Evidence,
    /// The confirmed exposure.
    pub exposure: Option<Percent>,
    /// Where the evidence began.
    pub start: Option<Start>,
    /// Treatment's counts so far.
    pub counts: Counts,
    /// What the forecast said.
    pub foresight: Foresight,
}

/// All NO-GOs.
#[derive(Debug, Clone, Default)]
pub struct NoGos {
    list: Vec<Followed>,
    left_out: u64,
    /// What would have made the kills faster, each once.
    pub shorten: Vec<String>,
}

impl NoGos {
    /// A guardrail said NO-GO.
    pub fn reach(&mut self, reached: Reached<'_>) {
        let is_known = self.open(reached.segment).any(|f| f.no_go.guardrail == *reached.guardrail);
        if is_known {
            // It was reached already, and only its response grew.
            return;
        }
        if self.list.len() >= MOST_NO_GOS {
            self.left_out += 1;
            return;
        }
        if let Some(how) = reached.foresight.shorten.filter(|how| !self.shorten.contains(how)) {
            self.shorten.push(how);
        }
        let no_go = NoGo {
            segment: reached.segment.clone(),
            guardrail: reached.guardrail.clone(),
            station: reached.station,
            sentence: clean(&reached.evidence.sentence),
            method: reached.evidence.method,
            percent: reached.exposure.map(Percent::as_f64),
            first_bad_at: reached.start.map(|start| At(start.at)),
            detected_at: At(reached.at),
            asked_at: None,
            asked_by: None,
            answer: None,
            stop_asked_at: None,
            stop_asked_by: None,
            stop: None,
            sent_at: None,
            confirmed_at: None,
            off_at: None,
            detection_s: None,
            decision_s: None,
            sending_s: None,
            proof_s: None,
            total_s: None,
            until: "end",
            exposed_units: None,
            bad_units: None,
            bad_units_after_detection: 0.0,
            cleared_at: None,
            forecast: reached.foresight.sentence,
        };
        let (start, detected) = (reached.start, reached.counts);
        self.list.push(Followed { no_go, start, detected, over: None, commands: Vec::new() });
    }

    fn open(&mut self, segment: &SegmentName) -> impl Iterator<Item = &mut Followed> {
        self.list.iter_mut().filter(move |f| f.no_go.segment == *segment && f.no_go.cleared_at.is_none())
    }

    /// A change of the flag was asked for.
    pub fn command(&mut self, at: Timestamp, command: &Command) {
        if !command.is_urgent() {
            return;
        }
        for followed in &mut self.list {
            let no_go = &mut followed.no_go;
            let is_open = no_go.cleared_at.is_none() && no_go.off_at.is_none();
            if !(is_open && is_about(command, &no_go.segment)) {
                continue;
            }
            if no_go.answer.is_none() {
                answer(no_go, at, &command.actor, command.verb);
            }
            if no_go.stop_asked_at.is_none() {
                no_go.stop_asked_at = Some(At(at));
                no_go.stop_asked_by = Some(command.actor.to_string());
                no_go.stop = Some(command.verb.spec().name.into());
            }
            // One act may be several commands: one for each platform.
            if no_go.stop_asked_at == Some(At(at)) {
                followed.commands.push(command.id);
            }
        }
    }

    /// Widening was held. `None`: everywhere.
    pub fn pause(&mut self, at: Timestamp, segment: Option<&SegmentName>, actor: &Actor) {
        for followed in &mut self.list {
            let no_go = &mut followed.no_go;
            let is_there = segment.is_none_or(|segment| no_go.segment == *segment);
            if is_there && no_go.cleared_at.is_none() && no_go.answer.is_none() {
                answer(no_go, at, actor, Verb::Pause);
            }
        }
    }

    /// A command is on the wire.
    pub fn sent(&mut self, at: Timestamp, id: EffectId) {
        for followed in self.list.iter_mut().filter(|followed| followed.commands.contains(&id)) {
            followed.no_go.sent_at.get_or_insert(At(at));
        }
    }

    /// A command was read back as asked for.
    pub fn confirmed(&mut self, at: Timestamp, id: EffectId) {
        for followed in self.list.iter_mut().filter(|followed| followed.commands.contains(&id)) {
            followed.no_go.confirmed_at = Some(At(at));
        }
    }

    /// A segment was read back as off; `counts` are treatment's so far, by guardrail.
    pub fn off(&mut self, at: Timestamp, segment: &SegmentName, counts: impl Fn(&GuardrailName) -> Counts) {
        for followed in self.open(segment).filter(|f| f.no_go.off_at.is_none()) {
            followed.no_go.off_at = Some(At(at));
            followed.no_go.until = "off";
            followed.over = Some(counts(&followed.no_go.guardrail));
        }
    }

    /// A person cleared the NO-GOs of a segment; `counts` as in [`Self::off`].
    pub fn clear(&mut self, at: Timestamp, segment: &SegmentName, counts: impl Fn(&GuardrailName) -> Counts) {
        for followed in self.open(segment) {
            followed.no_go.cleared_at = Some(At(at));
            if followed.over.is_none() {
                followed.no_go.until = "cleared";
                followed.over = Some(counts(&followed.no_go.guardrail));
            }
        }
    }

    /// All of them; `counts` are treatment's at the end, by segment and guardrail.
    #[must_use]
    pub fn finish(self, counts: impl Fn(&SegmentName, &GuardrailName) -> Counts) -> Listed<NoGo> {
        let finish = |mut followed: Followed| {
            let no_go = &mut followed.no_go;
            let end = followed.over.unwrap_or_else(|| counts(&no_go.segment, &no_go.guardrail));
            let between = |from: Option<At>, to: Option<At>| {
                from.zip(to).map(|(from, to)| to.0.since(from.0).as_secs_f64())
            };
            let detected_at = Some(no_go.detected_at);
            no_go.detection_s = between(no_go.first_bad_at, detected_at);
            no_go.decision_s = between(detected_at, no_go.asked_at);
            no_go.sending_s = between(no_go.stop_asked_at, no_go.sent_at);
            no_go.proof_s = between(no_go.sent_at.or(no_go.stop_asked_at), no_go.confirmed_at);
            no_go.total_s = between(no_go.first_bad_at, no_go.off_at);
            no_go.bad_units_after_detection = (end.bad - followed.detected.bad).max(0.0);
            if let Some(start) = followed.start {
                no_go.exposed_units = Some((end.units - start.before.units).max(0.0));
                no_go.bad_units = Some((end.bad - start.before.bad).max(0.0));
            }
            followed.no_go
        };
        Listed { list: self.list.into_iter().map(finish).collect(), left_out: self.left_out }
    }
}

fn answer(no_go: &mut NoGo, at: Timestamp, actor: &Actor, verb: Verb) {
    no_go.asked_at = Some(At(at));
    no_go.asked_by = Some(actor.to_string());
    no_go.answer = Some(verb.spec().name.into());
}
