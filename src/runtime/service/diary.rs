//! What is new in a timeline since the last look.
//!
//! In: the model, after each event. Out: one [`Line`] for each new moment, and one for each change of an older one:
//! the line of a command grows from *requested* to *sent* to *confirmed*, and each of these is worth a line of a log.

use std::collections::VecDeque;

use super::line::{Kind, Line};
use crate::domain::{RolloutName, SegmentName, Text, Timestamp, Verdict};
use crate::effect::Record;
use crate::engine::Model;
use crate::engine::model::{Moment, MomentKind};
use crate::event::{Body, Event};

/// What a moment looked like when it was told.
type Told = (MomentKind, Text, Option<SegmentName>);

/// What was told of a timeline. Bounded by it: as many entries as it has moments.
#[derive(Debug)]
pub(in crate::runtime) struct Diary {
    rollout: RolloutName,
    /// The number of the first moment that is kept here; see [`Model::moments_seen`].
    first: u64,
    told: VecDeque<Told>,
    revision: u64,
    /// The time of the last look.
    until: Timestamp,
    is_anew: bool,
}

fn told(moment: &Moment) -> Told {
    (moment.kind, moment.text.clone(), moment.segment.clone())
}

impl Diary {
    /// Begins after what stands in the timeline already: that is of an earlier run.
    pub fn begin(model: &Model) -> Self {
        let first = model.moments_seen - model.timeline.len() as u64;
        let told = model.timeline.iter().map(told).collect();
        let rollout = model.rollout.name.clone();
        Self { rollout, first, told, revision: model.revision, until: model.now, is_anew: false }
    }

    /// The next model is another one of the same rollout. What stands in its timeline from before the last look was told,
    /// or was told by whoever wrote it into the journal.
    pub const fn begin_anew(&mut self) {
        self.is_anew = true;
    }

    /// Tells what is new. `cause` is the event that was just taken; `None`: time went on.
    pub fn follow(&mut self, model: &Model, cause: Option<&Event>, mut tell: impl FnMut(Line)) {
        if std::mem::take(&mut self.is_anew) {
            self.first = model.moments_seen - model.timeline.len() as u64;
            let is_old = |moment: &&Moment| moment.at < self.until;
            self.told = model.timeline.iter().take_while(is_old).map(told).collect();
        } else if model.revision == self.revision {
            return;
        }
        self.until = model.now;
        let next = self.first + self.told.len() as u64;
        let body = cause.map(|event| &event.body);
        // Numbers come thousands of times a second, and change no line that was told.
        if model.moments_seen == next && matches!(body, Some(Body::Sample(_))) {
            return;
        }
        self.revision = model.revision;
        let is_foreign = matches!(body, Some(Body::Restored { .. }));
        if let Some(Body::Restored { record: Record::Commanded { command }, .. }) = body
            && let Some(tracked) = model.commands.iter().find(|tracked| tracked.command.id == command.id)
        {
            let text = format!("{}: requested", tracked.what());
            let line = Line::new(Some(&self.rollout), Kind::Moment(MomentKind::Act), text);
            tell(Line { actor: Some(command.actor.clone()), is_foreign, ..line });
        }
        let first = model.moments_seen - model.timeline.len() as u64;
        let gone = usize::try_from(first - self.first).unwrap_or(usize::MAX).min(self.told.len());
        self.told.drain(..gone);
        self.first = first;
        for (index, moment) in model.timeline.iter().enumerate() {
            match self.told.get_mut(index) {
                Some(known)
                    if (known.0, &known.1, &known.2) == (moment.kind, &moment.text, &moment.segment) =>
                {
                    continue;
                }
                Some(known) => *known = told(moment),
                None => self.told.push_back(told(moment)),
            }
            tell(Line { is_foreign, ..self.line(moment) });
        }
    }

    fn line(&self, moment: &Moment) -> Line {
        Line {
            verdict: moment.verdict,
            segment: moment.segment.clone(),
            actor: moment.actor.clone(),
            ..Line::new(Some(&self.rollout), Kind::Moment(moment.kind), moment.text.as_str())
        }
    }
}

/// What the journal says that still stands: NO-GOs, pauses, and commands whose end is not known.
pub(in crate::runtime) fn standing(model: &Model) -> Vec<Line> {
    let line = |kind, text: String| Line::new(Some(&model.rollout.name), Kind::Moment(kind), text);
    let mut lines = Vec::new();
    for segment in &model.segments {
        let name = Some(segment.name.clone());
        for latch in &segment.latches {
            let (station, at, sentence) = (latch.station, latch.at.rfc3339(), &latch.evidence.sentence);
            lines.push(Line {
                verdict: Some(Verdict::NoGo),
                segment: name.clone(),
                ..line(MomentKind::Verdict, format!("NO-GO {station}, kept from {at}: {sentence}"))
            });
        }
        if let Some(pause) = &segment.paused {
            let why = pause.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            let text = format!("paused {} at {}, kept{why}", segment.name, pause.since.rfc3339());
            let actor = Some(pause.by.clone());
            lines.push(Line { segment: name, actor, ..line(MomentKind::Act, text) });
        }
    }
    for tracked in model.commands.iter().filter(|tracked| tracked.is_open()) {
        let text = format!("{}: left open by an earlier run", tracked.what());
        let actor = Some(tracked.command.actor.clone());
        lines.push(Line { actor, ..line(MomentKind::Problem, text) });
    }
    lines
}
