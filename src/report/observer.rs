//! One pass over a recording: each event goes into a model, and what the report needs is kept.
//!
//! In: events with what was decided on them, in order. Out: a [`Retrospective`].
//!
//! Exposures, series and links come from the model that the events make again. Verdicts and acts are those of the
//! recorded decisions: a report says what was decided then, not what this gonogo would decide. Where the two differ, that
//! is said once. A recording of version 1 holds no decisions; then those of the model stand in.
//!
//! What is kept is bounded, however long the recording: each part below has its constant.

use std::sync::Arc;

use super::acts::{Acts, clean};
use super::curves::Curves;
use super::links::Links;
use super::no_gos::{Foresight, NoGos, Reached};
use super::pilot::Adviser;
use super::retrospective::{At, Difference};
use super::split::{self, Board, Split};
use super::tallies::Tallies;
use super::verdicts::Verdicts;
use super::voices::Listener;
use crate::action::Request;
use crate::domain::{Evidence, Percent, PlatformName, SegmentName, Station, Timestamp, Verdict};
use crate::effect::{Command, Outcome, Record};
use crate::engine::{Decision, Model, forecast, update};
use crate::event::{Body, Event};
use crate::recording::{Header, Taken};

/// Characters of each side of a difference.
const SHOWN: usize = 300;

/// What was seen so far.
#[derive(Debug)]
pub struct Observer {
    pub(super) header: Header,
    pub(super) model: Model,
    pub(super) began: Option<Timestamp>,
    pub(super) events: u64,
    pub(super) missing: u64,
    pub(super) are_recorded: bool,
    pub(super) differing: u64,
    pub(super) first_difference: Option<Difference>,
    pub(super) board: Board,
    pub(super) split: Split,
    pub(super) curves: Curves,
    pub(super) verdicts: Verdicts,
    pub(super) acts: Acts,
    pub(super) no_gos: NoGos,
    pub(super) tallies: Tallies,
    pub(super) listener: Listener,
    pub(super) links: Links,
    pub(super) adviser: Adviser,
}

impl Observer {
    /// Begins with what the recording says about itself.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let rollout = Arc::new(header.rollout.clone());
        Self {
            header: header.clone(),
            tallies: Tallies::new(&rollout),
            listener: Listener::new(rollout.segments.iter().map(|segment| segment.name.clone())),
            model: Model::new(rollout, header.autopilot, header.read_only),
            began: None,
            events: 0,
            missing: 0,
            are_recorded: true,
            differing: 0,
            first_difference: None,
            board: Board::new(),
            split: Split::default(),
            curves: Curves::default(),
            verdicts: Verdicts::default(),
            acts: Acts::default(),
            no_gos: NoGos::default(),
            links: Links::default(),
            adviser: Adviser::default(),
        }
    }

    /// Takes the next event.
    pub fn take(&mut self, taken: &Taken) {
        let event = &taken.event;
        self.events += 1;
        self.missing = self.missing.saturating_add(taken.missing);
        let at = event.at;
        self.began.get_or_insert(at);
        self.links.pass(&self.model, at, matches!(event.body, Body::Link { .. }));
        if let Body::Link { source, state } = &event.body {
            self.links.change(source, state);
        }
        let moments = self.model.moments_seen;
        let pieces = self.model.feedback_totals.pieces;
        let before = self.confirmed(&event.body);
        update(&mut self.model, event);
        let derived = std::mem::take(&mut self.model.decided);
        self.compare(taken, &derived);
        let decided = taken.decided.as_deref().unwrap_or(&derived);
        self.look_at(event, decided, before);
        decided.iter().for_each(|decision| self.follow(at, decision));
        let said = usize::try_from(self.model.moments_seen - moments).unwrap_or(usize::MAX);
        self.model.timeline.iter().rev().take(said).for_each(|moment| self.adviser.take(moment));
        if let Body::Feedback(feedback) = &event.body
            && self.model.feedback_totals.pieces > pieces
        {
            self.listener.take(event.source_at.unwrap_or(at).min(at), feedback);
        }
        if !(decided.is_empty() && matches!(event.body, Body::Sample(_))) {
            self.settle(at);
        }
    }

    /// What the platform of a flag that was just read had stored before.
    fn confirmed(&self, body: &Body) -> Vec<(SegmentName, Option<Percent>)> {
        let Body::Flag { platform, .. } = body else { return Vec::new() };
        let Some(known) = self.model.platform(platform) else { return Vec::new() };
        let share = |name: &SegmentName| known.state.as_ref().and_then(|state| state.confirmed(name));
        self.model.segments.iter().map(|segment| (segment.name.clone(), share(&segment.name))).collect()
    }

    fn compare(&mut self, taken: &Taken, derived: &[Decision]) {
        let Some(recorded) = &taken.decided else {
            self.are_recorded = false;
            return;
        };
        if recorded == derived {
            return;
        }
        self.differing += 1;
        let words = |decisions: &[Decision]| {
            let text = serde_json::to_string(decisions).unwrap_or_default();
            crate::domain::text::cut(&clean(&text), SHOWN)
        };
        self.first_difference.get_or_insert_with(|| Difference {
            event: taken.number,
            at: At(taken.event.at),
            recorded: words(recorded),
            derived: words(derived),
        });
    }

    /// What the event itself tells.
    fn look_at(&mut self, event: &Event, decided: &[Decision], before: Vec<(SegmentName, Option<Percent>)>) {
        let at = event.at;
        match &event.body {
            Body::Sample(sample) => {
                let exposure = self.model.segment(&sample.segment).and_then(|s| s.exposure.confirmed);
                self.tallies.take(at, event.source_at, sample, exposure);
            }
            Body::Effect { id, outcome } => {
                self.acts.outcome(at, *id, outcome);
                match outcome {
                    Outcome::Sent => self.no_gos.sent(at, *id),
                    Outcome::Confirmed { .. } => self.no_gos.confirmed(at, *id),
                    Outcome::Refused { .. } | Outcome::Unknown { .. } => {}
                }
            }
            Body::Flag { platform, state } => {
                let by_us = |segment: &SegmentName| self.is_ours(platform, segment, at);
                let changes: Vec<_> = before
                    .into_iter()
                    .filter_map(|(segment, was)| Some((was?, state.confirmed(&segment)?, segment)))
                    .filter(|(was, is, segment)| was != is && !by_us(segment))
                    .collect();
                let somebody = crate::domain::Actor::Other("somebody".into());
                for (was, is, segment) in changes {
                    let actor = state.by.as_ref().unwrap_or(&somebody);
                    let then = split::verdict(&self.board, &segment).filter(|_| !was.is_zero());
                    let change = (was.as_f64(), is.as_f64());
                    self.acts.outside(at, actor, (platform, &segment), change, then);
                }
            }
            Body::Asked(request) => self.ask(at, request, decided),
            // What another process of ours wrote down while this one looked on.
            Body::Restored { written_at, record } if Some(*written_at) >= self.began => match record {
                Record::Commanded { command } => self.command(at, command),
                Record::Finished { id, outcome } => self.acts.outcome(at, *id, outcome),
                other => self.record(at, other),
            },
            _ => {}
        }
    }

    fn ask(&mut self, at: Timestamp, request: &Request, decided: &[Decision]) {
        if let Some(refusal) = &self.model.refusal
            && refusal.verb == request.verb
            && decided.is_empty()
        {
            self.acts.refused(at, request, &refusal.cause.clone());
        }
    }

    /// Whether a command of this run works, or has just worked, on a segment there.
    fn is_ours(&self, platform: &PlatformName, segment: &SegmentName, at: Timestamp) -> bool {
        self.model.commands.iter().any(|tracked| {
            tracked.command.platform == *platform
                && super::acts::is_about(&tracked.command, segment)
                && (tracked.is_open() || tracked.outcome_at == Some(at))
        })
    }

    fn follow(&mut self, at: Timestamp, decision: &Decision) {
        match decision {
            Decision::Verdict { segment, station, verdict, evidence } => {
                self.verdict(at, (segment, *station), *verdict, evidence.as_ref());
            }
            Decision::Exposure { segment, confirmed } => {
                self.curves.change(at, segment, *confirmed, &self.model.rollout);
                if confirmed.is_some_and(Percent::is_zero) {
                    let tallies = &self.tallies;
                    self.no_gos.off(at, segment, |guardrail| tallies.exposed(segment, guardrail));
                }
            }
            Decision::Command(command) => self.command(at, command),
            Decision::Record(record) => self.record(at, record),
            Decision::Phase { .. } | Decision::GiveWay(_) => {}
        }
    }

    fn verdict(
        &mut self,
        at: Timestamp,
        place: (&SegmentName, Station),
        verdict: Option<Verdict>,
        evidence: Option<&Evidence>,
    ) {
        let key = (place.0.clone(), place.1);
        let before = match verdict {
            Some(verdict) => self.board.insert(key, verdict),
            None => self.board.remove(&key),
        };
        self.verdicts.change(at, place, (before, verdict), evidence);
    }

    fn command(&mut self, at: Timestamp, command: &Command) {
        let tracked = self.model.commands.iter().rev().find(|tracked| tracked.command.id == command.id);
        let what = tracked.map(crate::engine::model::Tracked::what);
        // Where nobody has it yet, WAIT says nothing against it. The exposure is still the one before the command.
        let is_exposed = |name: &&SegmentName| {
            self.model.segment(name).and_then(|s| s.exposure.confirmed).is_some_and(|share| !share.is_zero())
        };
        let place = super::acts::segment_of(command).filter(is_exposed);
        let then = place.and_then(|name| split::verdict(&self.board, name));
        self.acts.command(at, command, what, then);
        self.no_gos.command(at, command);
    }

    fn record(&mut self, at: Timestamp, record: &Record) {
        let board = &self.board;
        self.acts.record(at, record, |segment| split::verdict(board, segment));
        match record {
            Record::Paused { scope, actor, .. } => self.no_gos.pause(at, scope.segment.as_ref(), actor),
            Record::Cleared { segment, .. } => {
                let tallies = &self.tallies;
                self.no_gos.clear(at, segment, |guardrail| tallies.exposed(segment, guardrail));
                self.tallies.restart(segment);
            }
            Record::Latched { segment, station, guardrail, evidence, .. } => {
                let exposure = self.model.segment(segment).and_then(|s| s.exposure.confirmed);
                self.no_gos.reach(Reached {
                    at,
                    segment,
                    station: *station,
                    guardrail,
                    evidence,
                    exposure,
                    start: self.tallies.onset(segment, guardrail),
                    counts: self.tallies.exposed(segment, guardrail),
                    foresight: foresee(&self.model, segment),
                });
            }
            _ => {}
        }
    }

    /// What stands after an event.
    fn settle(&mut self, at: Timestamp) {
        for segment in &self.model.segments {
            if split::verdict(&self.board, &segment.name) == Some(Verdict::Go) {
                self.curves.go(&segment.name, at);
            }
        }
        self.split.set(at, split::of(&self.model, &self.board));
    }
}

/// How soon the engine thinks a kill is possible in a segment as it stands.
fn foresee(model: &Model, segment: &SegmentName) -> Foresight {
    let found = model.segment(segment).and_then(|s| Some((s, s.exposure.confirmed?)));
    let forecast = found.and_then(|(s, share)| forecast::earliest_kill(model, s, share).ok());
    Foresight {
        sentence: forecast.as_ref().map(forecast::Forecast::sentence),
        shorten: forecast.and_then(|forecast| forecast.shorten(model)),
    }
}
