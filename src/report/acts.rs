//! What was done, by whom, why, and what came of it.
//!
//! In: commands and records as they were decided, changes that somebody made outside gonogo, refused requests, and the
//! outcomes of what was sent. Out: [`Act`]s in order, bounded.

use std::collections::BTreeMap;

use super::retrospective::{Act, ActResult, At, By, Direction, Listed};
use crate::action::{Request, Scope, Verb};
use crate::domain::{Actor, PlatformName, SegmentName, Text, Timestamp, Verdict};
use crate::effect::{Change, Command, EffectId, Outcome, Record};

/// Most acts kept, from the first on: a long launch has a hundred.
const MOST_ACTS: usize = 1_000;

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct Acts {
    list: Vec<Act>,
    count: u64,
    /// Where the act of a command stands.
    commands: BTreeMap<EffectId, usize>,
}

/// The segment of a command. `None`: all, or several.
#[must_use]
pub fn segment_of(command: &Command) -> Option<&SegmentName> {
    command.change.only_segment()
}

/// Whether a command is about a segment.
#[must_use]
pub fn is_about(command: &Command, segment: &SegmentName) -> bool {
    command.change.segments().is_none_or(|names| names.contains(segment))
}

fn by(actor: &Actor) -> By {
    match actor {
        Actor::Person(_) => By::Person,
        Actor::Autopilot => By::Autopilot,
        Actor::Other(_) => By::Outside,
    }
}

impl Acts {
    fn push(&mut self, act: Act) {
        self.count += 1;
        if self.list.len() < MOST_ACTS {
            self.list.push(Act { number: self.count, ..act });
        }
    }

    /// A change of the flag was asked for; `what` in the engine's words.
    pub fn command(&mut self, at: Timestamp, command: &Command, what: Option<String>, then: Option<Verdict>) {
        let direction = match (command.verb, &command.change) {
            (Verb::Kill, _) | (_, Change::Off) => Direction::Off,
            (Verb::RollBack, _) => Direction::Narrower,
            _ => Direction::Wider,
        };
        let segment = segment_of(command).cloned();
        let scope = Scope { segment: segment.clone(), platform: Some(command.platform.clone()) };
        let what = what.unwrap_or_else(|| format!("{} {scope}", command.verb.spec().name));
        let reason = command.reason.as_ref().map(Text::to_string);
        let act = Act {
            verb: command.verb.spec().name.into(),
            segment,
            platform: Some(command.platform.clone()),
            reason: reason.or_else(|| command.evidence.as_deref().map(clean)),
            direction,
            result: ActResult::Open,
            verdict_then: then.map(Verdict::word),
            ..blank(at, &command.actor, what)
        };
        if self.list.len() < MOST_ACTS {
            self.commands.insert(command.id, self.list.len());
        }
        self.push(act);
    }

    /// Something was done by being written down.
    pub fn record(&mut self, at: Timestamp, record: &Record, then: impl Fn(&SegmentName) -> Option<Verdict>) {
        let of_scope = |verb: Verb, scope: &Scope, actor: &Actor, reason: Option<String>| Act {
            verb: verb.spec().name.into(),
            segment: scope.segment.clone(),
            platform: scope.platform.clone(),
            reason,
            verdict_then: scope.segment.as_ref().and_then(&then).map(Verdict::word),
            ..blank(at, actor, format!("{} {scope}", verb.spec().name))
        };
        let act = match record {
            Record::Paused { scope, actor, reason } => {
                of_scope(Verb::Pause, scope, actor, reason.as_ref().map(Text::to_string))
            }
            Record::Resumed { scope, actor, reason } => {
                of_scope(Verb::Resume, scope, actor, reason.as_ref().map(Text::to_string))
            }
            Record::Noted { scope, actor, text } => {
                let act = of_scope(Verb::Note, scope, actor, Some(text.to_string()));
                Act { what: format!("note on {scope}"), ..act }
            }
            Record::Cleared { segment, actor, reason } => {
                let scope = Scope::segment(segment.clone());
                let act = of_scope(Verb::Clear, &scope, actor, Some(reason.to_string()));
                Act { what: format!("clear the NO-GO of {segment}"), ..act }
            }
            Record::Approved { segment, exposure, role, actor } => {
                let act = of_scope(Verb::Approve, &Scope::segment(segment.clone()), actor, None);
                Act { what: format!("{role}'s go for {segment} at {exposure}"), ..act }
            }
            Record::Commanded { .. } | Record::Finished { .. } | Record::Latched { .. } => return,
        };
        self.push(act);
    }

    /// A request was refused before anything was sent.
    pub fn refused(&mut self, at: Timestamp, request: &Request, cause: &Text) {
        let what = format!("{} {}", request.verb.spec().name, request.scope);
        self.push(Act {
            verb: request.verb.spec().name.into(),
            segment: request.scope.segment.clone(),
            platform: request.scope.platform.clone(),
            reason: request.reason.as_ref().map(Text::to_string),
            result: ActResult::Refused,
            detail: Some(cause.to_string()),
            ..blank(at, &request.actor, what)
        });
    }

    /// Somebody changed the flag outside gonogo.
    pub fn outside(
        &mut self,
        at: Timestamp,
        actor: &Actor,
        place: (&PlatformName, &SegmentName),
        change: (f64, f64),
        then: Option<Verdict>,
    ) {
        let ((platform, segment), (was, is)) = (place, change);
        let direction = match is {
            0.0 => Direction::Off,
            _ if is < was => Direction::Narrower,
            _ => Direction::Wider,
        };
        self.push(Act {
            by: By::Outside,
            verb: "change".into(),
            segment: Some(segment.clone()),
            platform: Some(platform.clone()),
            direction,
            result: ActResult::Confirmed,
            verdict_then: then.map(Verdict::word),
            ..blank(at, actor, format!("{segment} at {platform} from {was}% to {is}%, outside gonogo"))
        });
    }

    /// More was heard of a command.
    pub fn outcome(&mut self, at: Timestamp, id: EffectId, outcome: &Outcome) {
        let Some(act) = self.commands.get(&id).and_then(|place| self.list.get_mut(*place)) else { return };
        let after = at.since(act.at.0).as_secs_f64();
        match outcome {
            Outcome::Sent => {
                act.sent_after_s.get_or_insert(after);
            }
            Outcome::Confirmed { overwrote, .. } => {
                act.result = ActResult::Confirmed;
                act.confirmed_after_s.get_or_insert(after);
                act.detail = overwrote.as_ref().map(|words| format!("overwrote {words}"));
            }
            Outcome::Refused { cause, .. } => {
                act.result = ActResult::Refused;
                act.detail = Some(cause.to_string());
            }
            Outcome::Unknown { cause, attempts } => {
                act.result = ActResult::Unknown;
                act.detail = Some(format!("{cause}; tried {attempts} times"));
            }
        }
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Listed<Act> {
        let left_out = self.count - self.list.len() as u64;
        Listed { list: self.list, left_out }
    }
}

/// Words that come out of a file, safe to show.
#[must_use]
pub fn clean(words: &str) -> String {
    Text::new(words).to_string()
}

fn blank(at: Timestamp, actor: &Actor, what: String) -> Act {
    Act {
        number: 0,
        at: At(at),
        actor: actor.to_string(),
        by: by(actor),
        verb: String::new(),
        segment: None,
        platform: None,
        what,
        reason: None,
        direction: Direction::Same,
        result: ActResult::Done,
        detail: None,
        sent_after_s: None,
        confirmed_after_s: None,
        verdict_then: None,
    }
}
