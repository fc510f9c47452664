//! Lines of the journal: pauses, latches, goes, open commands and bake times outlive a restart.

use super::chronicle::record_moment;
use super::model::{Hold, Latch, Model, Moment, MomentKind};
use super::people::{self, Approval};
use super::{commands, health};
use crate::domain::{Response, SegmentName, Text, Timestamp};
use crate::effect::{Effect, EffectId, Outcome, Record};

/// A line was read from the journal: at start, or because another process wrote it.
pub fn record(model: &mut Model, written_at: Timestamp, record: &Record, effects: &mut Vec<Effect>) {
    apply(model, written_at, record, true);
    model.revision += 1;
    if let Record::Commanded { command } = record
        && command.is_urgent()
        && model.unfinished().any(|t| t.command.platform == command.platform && t.command.id != command.id)
    {
        effects.push(Effect::GiveWay(command.clone()));
    }
}

/// Writes a record into the model. `restored`: it comes from the journal and not from a request just made.
pub fn apply(model: &mut Model, at: Timestamp, record: &Record, restored: bool) {
    match record {
        Record::Commanded { command } => {
            if model.commands.iter().any(|tracked| tracked.command.id == command.id) {
                return;
            }
            commands::track(model, command.clone(), at, true);
            model.next_effect = model.next_effect.max(command.id.0);
        }
        Record::Finished { id, outcome } => {
            let known = model.commands.iter().any(|t| t.command.id == *id && t.restored);
            if known {
                let now = std::mem::replace(&mut model.now, at);
                commands::outcome(model, *id, outcome);
                model.now = now;
                remember_since(model, *id, at, outcome);
            }
        }
        Record::Paused { scope, actor, reason } => {
            let hold = Hold { by: actor.clone(), since: at, reason: reason.clone() };
            for segment in model.segments.iter_mut().filter(|s| covers(scope.segment.as_ref(), &s.name)) {
                segment.paused = Some(hold.clone());
                segment.answer_latches(at);
            }
            tell(model, at, actor, &format!("paused {scope}"), reason.as_ref());
        }
        Record::Resumed { scope, actor, reason } => {
            for segment in model.segments.iter_mut().filter(|s| covers(scope.segment.as_ref(), &s.name)) {
                // A line that is read late lifts nothing that began after it was written.
                segment.paused = segment.paused.take().filter(|hold| hold.since > at);
                segment.resumed_at = Some(at);
                segment.lowered = None;
                segment.answer_latches(at);
            }
            tell(model, at, actor, &format!("resumed {scope}"), reason.as_ref());
        }
        Record::Noted { scope, actor, text } => {
            let mut moment = Moment::new(at, MomentKind::Note, text.as_str()).by(actor);
            moment.segment.clone_from(&scope.segment);
            record_moment(model, moment);
        }
        Record::Latched { segment, station, guardrail, evidence, response } => {
            let stated = model.rollout.guardrails.iter().find(|g| g.name == *guardrail).map(|g| g.action);
            // A guardrail that the file no longer has: it is shown, and nothing is done by itself.
            let response = response.or(stated).unwrap_or(Response::Warn);
            let (station, guardrail, evidence) = (*station, guardrail.clone(), evidence.clone());
            let found = model.segments.iter_mut().find(|s| s.name == *segment);
            let is_news = |s: &&mut super::model::SegmentModel| {
                s.latches.iter().all(|l| l.guardrail != guardrail || l.response < response)
            };
            if let Some(found) = found.filter(is_news) {
                let sentence = evidence.sentence.clone();
                found.latch(Latch { station, guardrail, evidence, at, response, answered: false });
                if restored {
                    let text = format!("NO-GO {station}, kept from {}: {sentence}", at.clock());
                    let moment = Moment::new(at, MomentKind::Verdict, text).in_segment(segment);
                    record_moment(model, moment);
                }
            }
        }
        Record::Cleared { segment, actor, reason } => {
            let mut what = "NO-GO";
            if let Some(found) = model.segments.iter_mut().find(|s| s.name == *segment) {
                // Users who are counted wrongly are no reason to forget what was seen of the feature.
                if found.latches.is_empty() && health::is_alert(found) {
                    what = "sample ratio";
                } else {
                    found.watches.iter_mut().for_each(super::watch::Watch::restart);
                }
                found.latches.clear();
                found.split = None;
            }
            tell(model, at, actor, &format!("cleared the {what} of {segment}"), Some(reason));
        }
        Record::Approved { segment, exposure, role, actor } => {
            let approval = Approval::new(*exposure, role.clone(), actor.clone(), at);
            people::take(model, segment, approval);
            tell(model, at, actor, &format!("gave {role}'s go for {segment} at {exposure}"), None);
        }
    }
}

/// A command of an earlier run, or of another process, was confirmed: since when each segment has had its share there.
fn remember_since(model: &mut Model, id: EffectId, at: Timestamp, outcome: &Outcome) {
    let Outcome::Confirmed { state, .. } = outcome else { return };
    let found = model.commands.iter().find(|tracked| tracked.command.id == id);
    let Some(platform) = found.map(|tracked| tracked.command.platform.clone()) else { return };
    let names: Vec<_> = model.segments.iter().map(|segment| segment.name.clone()).collect();
    let Some(platform) = model.platforms.iter_mut().find(|p| p.name == platform) else { return };
    for name in names {
        let Some(share) = state.confirmed(&name) else { continue };
        if platform.remembered_since.get(&name).is_none_or(|(known, _)| *known != share) {
            platform.remembered_since.insert(name.clone(), (share, at));
        }
        people::reach(&mut model.segments, &name, share);
    }
}

fn tell(model: &mut Model, at: Timestamp, actor: &crate::domain::Actor, what: &str, reason: Option<&Text>) {
    let text = reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}"));
    record_moment(model, Moment::new(at, MomentKind::Act, text).by(actor));
}

fn covers(scope: Option<&SegmentName>, segment: &SegmentName) -> bool {
    scope.is_none_or(|scope| scope == segment)
}
