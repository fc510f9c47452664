//! What the autopilot advised, and what people did about it.
//!
//! In: lines of the timeline in which an autopilot that only speaks says what it would do, and the acts of the report.
//! Out: [`Pilot`].
//!
//! Advice is kept as the engine says it on the timeline: `would kill enterprise: …`. It is followed by the first act that
//! goes at least as far in the same place.

use super::retrospective::{Act, ActResult, Advised, At, By, Direction, Fate, Listed, Past, Pilot};
use crate::action::{ACTIONS, Verb};
use crate::domain::{Actor, SegmentName, Timestamp};
use crate::engine::Autopilot;
use crate::engine::model::{Moment, MomentKind};

/// Most pieces of advice kept: it is said once for each NO-GO, missing source or stage.
const MOST_ADVICE: usize = 200;
/// Most acts past a verdict that are shown.
const MOST_PAST: usize = 200;
/// Done within this time, advice counts as followed: long enough to read, think and press.
const PROMPT_S: f64 = 60.0;
/// How the engine begins what it would do.
const WOULD: &str = "would ";

/// A piece of advice.
#[derive(Debug, Clone)]
struct Piece {
    at: Timestamp,
    verb: Verb,
    segment: Option<SegmentName>,
    what: String,
}

/// Listens to what the autopilot would do.
#[derive(Debug, Clone, Default)]
pub struct Adviser {
    pieces: Vec<Piece>,
    left_out: u64,
}

impl Adviser {
    /// Takes a line of the timeline, if it is advice.
    pub fn take(&mut self, moment: &Moment) {
        if moment.actor != Some(Actor::Autopilot) || moment.kind != MomentKind::Act {
            return;
        }
        let Some(what) = moment.text.as_str().strip_prefix(WOULD) else { return };
        let mut words = what.split(' ');
        let verb = words.next().and_then(|word| ACTIONS.iter().find(|spec| spec.name == word));
        let Some(verb) = verb.map(|spec| spec.verb) else { return };
        let scope = words.next().unwrap_or_default().trim_end_matches(':');
        let segment = (scope != "everything").then(|| scope.parse().ok()).flatten();
        if self.pieces.len() >= MOST_ADVICE {
            self.left_out += 1;
            return;
        }
        self.pieces.push(Piece { at: moment.at, verb, segment, what: what.to_owned() });
    }

    /// What became of it all.
    #[must_use]
    pub fn finish(self, acts: &[Act], mode: Autopilot, read_only: bool) -> Pilot {
        let list = self.pieces.iter().map(|piece| fate(piece, acts)).collect();
        let past: Vec<Past> = acts.iter().filter_map(past).collect();
        let count = |wanted: fn(&Act) -> bool| acts.iter().filter(|act| wanted(act)).count() as u64;
        Pilot {
            mode: mode.word(),
            read_only,
            advice: Listed { list, left_out: self.left_out },
            past_verdict: Listed {
                left_out: past.len().saturating_sub(MOST_PAST) as u64,
                list: past.into_iter().take(MOST_PAST).collect(),
            },
            own_acts: count(|act| act.by == By::Autopilot),
            peoples_acts: count(|act| act.by != By::Autopilot),
        }
    }
}

fn fate(piece: &Piece, acts: &[Act]) -> Advised {
    let follows = |act: &&Act| {
        let is_there = act.segment.is_none() || act.segment == piece.segment;
        act.at.0 >= piece.at && act.result != ActResult::Refused && is_there && goes_as_far(piece.verb, act)
    };
    let act = acts.iter().find(follows);
    let after = act.map(|act| act.at.0.since(piece.at).as_secs_f64());
    Advised {
        at: At(piece.at),
        what: piece.what.clone(),
        fate: match after {
            None => Fate::Never,
            Some(after) if after <= PROMPT_S => Fate::Followed,
            Some(_) => Fate::Later,
        },
        act: act.map(|act| act.number),
        by: act.map(|act| act.actor.clone()),
        after_s: after,
    }
}

fn goes_as_far(verb: Verb, act: &Act) -> bool {
    let stops = matches!(act.direction, Direction::Off | Direction::Narrower);
    match verb {
        Verb::Kill => act.direction == Direction::Off,
        Verb::RollBack => stops,
        Verb::Pause => stops || act.verb == Verb::Pause.spec().name,
        Verb::Widen => act.direction == Direction::Wider,
        _ => act.verb == verb.spec().name,
    }
}

/// What a person did although a station did not say GO.
fn past(act: &Act) -> Option<Past> {
    let verdict = act.verdict_then.filter(|verdict| *verdict != "GO")?;
    let is_wider = act.direction == Direction::Wider && act.by != By::Autopilot;
    (is_wider && act.result != ActResult::Refused).then(|| Past {
        act: act.number,
        at: act.at,
        actor: act.actor.clone(),
        what: act.what.clone(),
        verdict,
        reason: act.reason.clone(),
    })
}
