//! Commands on their way: requested, sent, confirmed, refused or unknown.

use std::time::Duration;

use super::chronicle::record_moment;
use super::model::{
    Hold, MAX_COMMANDS, MAX_OPEN, Model, Moment, MomentKind, PlatformModel, Refusal, Tracked, Undo,
};
use super::served;
use crate::action::{Request, Verb};
use crate::domain::{FlagState, PlatformName, SegmentName, Text, Timestamp, VariantShare, Version};
use crate::effect::{Change, Command, Effect, EffectId, Outcome, Record};

/// How long the process that wrote a command into the journal is given to carry it out, before it counts as left
/// open: longer than one attempt and a read after it.
const PATIENCE: Duration = Duration::from_secs(15);

/// What all commands of one request have in common.
pub struct Order<'a> {
    /// The request.
    pub request: &'a Request,
    /// What it was decided on.
    pub evidence: Option<String>,
    /// The first command of it, for the others.
    pub part_of: Option<EffectId>,
}

/// Makes a command of a request, keeps track of it, and writes the wish into the model.
pub fn request(
    model: &mut Model,
    order: Order<'_>,
    platform: PlatformName,
    change: Change,
    expected: Option<Version>,
) -> Command {
    let command = draft(next_id(model), order, platform, change, expected);
    let text = format!("{}: requested", describe(&command));
    let moment = Moment::new(model.now, MomentKind::Act, text).by(&command.actor).of(command.id);
    record_moment(model, moment);
    track(model, command.clone(), model.now, false);
    command
}

/// The command as it would be sent.
pub(super) fn draft(
    id: EffectId,
    order: Order<'_>,
    platform: PlatformName,
    change: Change,
    expected: Option<Version>,
) -> Command {
    let Order { request, evidence, part_of } = order;
    let (verb, actor, reason) = (request.verb, request.actor.clone(), request.reason.clone());
    Command { id, verb, platform, change, expected, actor, reason, evidence, part_of }
}

/// A stopping command of this very change that is being repeated already: another one would only be in its way.
pub fn under_way<'a>(model: &'a Model, platform: &PlatformName, change: &Change) -> Option<&'a Command> {
    let same = |tracked: &&Tracked| {
        let command = &tracked.command;
        tracked.is_open()
            && !tracked.restored
            && command.is_urgent()
            && command.platform == *platform
            && command.change == *change
    };
    model.commands.iter().find(same).map(|tracked| &tracked.command)
}

/// Puts a command into the list and its wish into the platform.
pub fn track(model: &mut Model, command: Command, at: Timestamp, restored: bool) {
    if restored {
        // The same stop asked for again: the newer one stands for both.
        let is_same = |t: &Tracked| {
            t.restored
                && t.is_open()
                && command.is_urgent()
                && t.command.platform == command.platform
                && t.command.change == command.change
        };
        model.commands.retain(|tracked| !is_same(tracked));
    }
    let undo = undo(model, &command);
    let served_before = served::before(model, &command.platform);
    if !(restored && is_overtaken(model, &command)) {
        wish(model, &command, at);
        mark(model, &command, at);
    }
    make_room(model);
    let urgent = command.is_urgent().then(|| command.clone());
    model.commands.push_back(Tracked {
        command,
        requested_at: at,
        outcome: None,
        outcome_at: None,
        sent_at: None,
        confirmed_at: None,
        served_at: None,
        served_before,
        restored,
        undo,
    });
    if let Some(newer) = urgent {
        give_way(model, &newer);
    }
}

/// Whether this process has stopped there since: a line of another process that is read late takes nothing of that back.
/// Ids grow with time in all processes.
fn is_overtaken(model: &Model, command: &Command) -> bool {
    model.commands.iter().any(|tracked| {
        let newer = &tracked.command;
        let both = |segment: &super::model::SegmentModel| {
            command.change.touches(&segment.name) && newer.change.touches(&segment.name)
        };
        !tracked.restored
            && newer.is_urgent()
            && newer.platform == command.platform
            && newer.id > command.id
            && !matches!(tracked.outcome, Some(Outcome::Refused { .. }))
            && model.segments.iter().any(both)
    })
}

/// What a command means for the segments that it touches: their NO-GOs are answered, what stops voids the goes that
/// were given, and what somebody took back is not taken up again by the autopilot.
fn mark(model: &mut Model, command: &Command, at: Timestamp) {
    for segment in model.segments.iter_mut().filter(|segment| command.change.touches(&segment.name)) {
        segment.answer_latches(at);
        if command.is_urgent() {
            segment.approvals.clear();
        }
        match command.verb {
            Verb::RollBack => {
                let (by, reason) = (command.actor.clone(), command.reason.clone());
                segment.lowered = Some(Hold { by, since: at, reason });
            }
            Verb::Widen | Verb::Resume => segment.lowered = None,
            _ => {}
        }
    }
}

/// An open command is kept in preference to a finished one. Those that stop go last: there are no more of them than
/// there are different changes, because the same one is not sent twice.
fn make_room(model: &mut Model) {
    if model.commands.len() < MAX_COMMANDS {
        return;
    }
    let finished = model.commands.iter().position(|tracked| !tracked.is_open());
    let oldest = finished
        .or_else(|| model.commands.iter().position(|tracked| !tracked.command.is_urgent()))
        .or_else(|| (model.commands.len() >= MAX_OPEN).then_some(0));
    if let Some(oldest) = oldest {
        model.commands.remove(oldest);
    }
}

/// Older stopping commands lose what the newer one stops further: repeated later, they would expose it again.
fn give_way(model: &mut Model, newer: &Command) {
    let mut given_up = Vec::new();
    for tracked in &mut model.commands {
        let older = &mut tracked.command;
        if older.id == newer.id || older.platform != newer.platform || !older.is_urgent() {
            continue;
        }
        if tracked.outcome.as_ref().is_some_and(Outcome::is_final) {
            continue;
        }
        match older.change.beside(&newer.change) {
            Some(left) => older.change = left,
            None if tracked.restored => given_up.push(older.id),
            // The runner gives it up and says so.
            None => {}
        }
    }
    for id in given_up {
        let cause = Text::new("given up: overtaken by what stops");
        outcome(model, id, &Outcome::Refused { cause, state: None });
    }
}

/// What a command is about to replace, for when it is refused.
fn undo(model: &Model, command: &Command) -> Undo {
    let touched = |name: &&SegmentName| command.change.touches(name);
    let killed = |name: &SegmentName| (name.clone(), model.segment(name).and_then(|s| s.killed.clone()));
    Undo {
        platform: model.platform(&command.platform).and_then(|p| p.killed.clone()),
        segments: model.segments.iter().map(|s| &s.name).filter(touched).map(killed).collect(),
    }
}

/// Whether a kill of a segment at a platform is not confirmed yet.
pub fn is_being_killed(model: &Model, platform: &PlatformName, segment: &SegmentName) -> bool {
    let kills = |tracked: &Tracked| {
        let command = &tracked.command;
        tracked.is_open()
            && command.verb == Verb::Kill
            && command.platform == *platform
            && command.change.touches(segment)
    };
    model.commands.iter().any(kills)
}

/// Ids grow with time and over restarts: milliseconds, and a counter for those of one millisecond.
fn next_id(model: &mut Model) -> EffectId {
    let now = u64::try_from(model.now.0).unwrap_or(0).saturating_mul(1000);
    model.next_effect = now.max(model.next_effect.saturating_add(1));
    EffectId(model.next_effect)
}

/// What the command asks for becomes the desired exposure.
fn wish(model: &mut Model, command: &Command, at: Timestamp) {
    let Some(platform) = model.platforms.iter_mut().find(|p| p.name == command.platform) else { return };
    let hold = || Hold { by: command.actor.clone(), since: at, reason: command.reason.clone() };
    match &command.change {
        Change::Off => {
            if platform.killed.is_none() {
                let was = last_known(platform).filter(|state| state.on).map(|state| state.shares.clone());
                let names = was.as_ref().unwrap_or(&platform.desired).keys().cloned();
                platform.before_kill =
                    names.filter_map(|n| Some((n.clone(), exposed(platform, &n)?))).collect();
            }
            platform.killed = Some(hold());
        }
        Change::On(shares) => {
            platform.killed = None;
            platform.desired.extend(shares.clone());
        }
        Change::Shares(shares) => {
            if command.verb == Verb::Kill {
                for name in shares.keys() {
                    if platform.desired.get(name).is_none_or(|share| share.is_zero()) {
                        continue;
                    }
                    match exposed(platform, name).filter(|share| !share.is_zero()) {
                        Some(share) => platform.before_kill.insert(name.clone(), share),
                        None => platform.before_kill.remove(name),
                    };
                }
            }
            platform.desired.extend(shares.clone());
        }
        // What it comes to is known once it was read back.
        Change::Freeze(_) | Change::Weights(_) => return,
    }
    let whole = match &command.change {
        Change::Shares(shares) | Change::On(shares) => shares,
        Change::Off | Change::Freeze(_) | Change::Weights(_) => return,
    };
    for segment in model.segments.iter_mut().filter(|segment| whole.contains_key(&segment.name)) {
        match command.verb {
            Verb::Kill => segment.killed = Some(hold()),
            // Only a resume brings back what was killed: another command may be about another platform.
            Verb::Resume => segment.killed = None,
            _ => {}
        }
    }
}

/// What a segment has before a kill: of what is stored and what was asked for the smaller one. A widen that the kill
/// overtakes was never seen to work, and what a roll-back was to take away does not come back.
fn exposed(platform: &PlatformModel, segment: &SegmentName) -> Option<crate::domain::Percent> {
    let stored = last_known(platform).filter(|state| state.on).and_then(|state| state.shares.get(segment));
    stored.into_iter().chain(platform.desired.get(segment)).copied().min()
}

/// The flag as read last, or as an earlier run left it.
fn last_known(platform: &PlatformModel) -> Option<&FlagState> {
    platform.state.as_ref().or(platform.remembered.as_ref())
}

/// An effect went on.
pub fn outcome(model: &mut Model, id: EffectId, outcome: &Outcome) {
    let now = model.now;
    let Some(tracked) = model.commands.iter_mut().find(|tracked| tracked.command.id == id) else { return };
    if !tracked.is_open() || tracked.outcome.as_ref() == Some(outcome) {
        return;
    }
    tracked.outcome = Some(outcome.clone());
    tracked.outcome_at = Some(now);
    match outcome {
        Outcome::Sent => tracked.sent_at = tracked.sent_at.or(Some(now)),
        Outcome::Confirmed { .. } => tracked.confirmed_at = Some(now),
        Outcome::Refused { .. } | Outcome::Unknown { .. } => {}
    }
    let took = crate::domain::Span(now.since(tracked.requested_at));
    let command = tracked.command.clone();
    let is_restored = tracked.restored;
    let what = describe(&command);
    let mut overwritten = None;
    let text = match outcome {
        Outcome::Sent => format!("{what}: sent"),
        Outcome::Confirmed { overwrote, .. } => {
            overwritten.clone_from(overwrote);
            format!("{what}: confirmed after {took}")
        }
        Outcome::Refused { cause, .. } => format!("{what}: refused: {cause}"),
        Outcome::Unknown { cause, attempts } => {
            format!("{what}: UNKNOWN after {attempts} attempts: {cause}")
        }
    };
    extend_moment(model, &command, text, outcome);
    if let Some(overwrote) = overwritten {
        record_moment(
            model,
            Moment::new(now, MomentKind::Problem, format!("{}: {overwrote}", command.platform)),
        );
    }
    let state = match outcome {
        Outcome::Confirmed { state, .. } => Some(state),
        Outcome::Refused { state, .. } => state.as_ref(),
        Outcome::Sent | Outcome::Unknown { .. } => None,
    };
    if let Some(state) = state {
        match model.platforms.iter_mut().find(|p| p.name == command.platform) {
            // The journal tells what was read once, or by another process, which counts versions of its own.
            Some(platform) if is_restored => {
                platform.remembered =
                    platform.state.is_none().then(|| state.clone()).or(platform.remembered.take());
            }
            Some(platform) if platform.state.as_ref().is_none_or(|old| old.version <= state.version) => {
                if platform.state.as_ref() != Some(state) {
                    platform.changed_at = Some(now);
                }
                platform.state = Some(state.clone());
                platform.read_at = Some(now);
                if matches!(command.change, Change::Freeze(_) | Change::Weights(_)) {
                    let is_touched = |name: &SegmentName| command.change.touches(name);
                    let read = state.shares.iter().filter(|(name, _)| is_touched(name));
                    platform.desired.extend(read.map(|(name, share)| (name.clone(), *share)));
                }
            }
            _ => {}
        }
    }
    match outcome {
        Outcome::Refused { cause, .. } => {
            let was_wanted = withdraw(model, id);
            // It was to stop, and it does not: nobody may miss that.
            let is_alarming = was_wanted && command.is_urgent() && !is_restored;
            let refusal = Refusal { at: now, verb: command.verb, cause: cause.clone() };
            model.refusal = if is_alarming { Some(refusal) } else { model.refusal.take() };
        }
        Outcome::Confirmed { .. } if is_restored && !command.is_urgent() => outlived(model, &command),
        _ => {}
    }
    model.revision += 1;
}

/// What an earlier run exposed after a kill, and read back, was meant: whatever became of the kill's last line.
fn outlived(model: &mut Model, newer: &Command) {
    let is_older = |t: &&Tracked| {
        t.restored && t.is_open() && t.command.platform == newer.platform && t.command.id < newer.id
    };
    let older: Vec<_> = model.commands.iter().filter(is_older).map(|t| t.command.id).collect();
    for id in older {
        let cause = Text::new("its end was never written down; a later command was confirmed");
        outcome(model, id, &Outcome::Refused { cause, state: None });
    }
}

/// A refused command asks for nothing any more: what the backend has is what is desired. What a later command asked
/// for since stays. Returns whether there was something left to take back.
fn withdraw(model: &mut Model, id: EffectId) -> bool {
    let Some(index) = model.commands.iter().position(|tracked| tracked.command.id == id) else {
        return false;
    };
    let Some(Tracked { command, undo, .. }) = model.commands.get(index).cloned() else { return false };
    let later: Vec<&Change> = model
        .commands
        .range(index + 1..)
        .filter(|t| t.command.platform == command.platform)
        .filter(|t| !matches!(t.outcome, Some(Outcome::Refused { .. })))
        .map(|t| &t.command.change)
        .collect();
    let is_whole = !matches!(command.change, Change::Shares(_))
        && !later.iter().any(|change| !matches!(change, Change::Shares(_)));
    let touched: Vec<SegmentName> = undo
        .segments
        .keys()
        .filter(|name| !later.iter().any(|change| change.touches(name)))
        .cloned()
        .collect();
    let Some(platform) = model.platforms.iter_mut().find(|p| p.name == command.platform) else {
        return false;
    };
    let state = last_known(platform).cloned();
    if is_whole {
        platform.killed = undo.platform.filter(|_| !state.as_ref().is_some_and(|state| state.on));
    }
    for name in &touched {
        if let Some(stored) = state.as_ref().and_then(|state| state.shares.get(name)) {
            platform.desired.insert(name.clone(), *stored);
        }
    }
    if !matches!(command.change, Change::Off) {
        for segment in model.segments.iter_mut().filter(|segment| touched.contains(&segment.name)) {
            let confirmed = state.as_ref().and_then(|state| state.confirmed(&segment.name));
            let was = undo.segments.get(&segment.name).cloned().flatten();
            segment.killed = was.filter(|_| confirmed.is_none_or(|share| share.is_zero()));
        }
    }
    is_whole || !touched.is_empty()
}

/// A command found open in the journal is settled by what is true now. One that another process may still be
/// carrying out is left to it for a while; if that process is gone, what was to stop is sent from here. The end is
/// for the journal, too: the next run must not find the command open again.
pub fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    // Who may only look neither sends it again nor closes it: that is for a process with rights.
    if model.read_only || !model.commands.iter().any(|tracked| tracked.restored && tracked.is_open()) {
        return;
    }
    let (now, began) = (model.now, model.began.unwrap_or(model.now));
    let open = model.commands.iter().filter(|tracked| tracked.restored && tracked.is_open());
    let open: Vec<_> = open.map(|tracked| (tracked.command.clone(), tracked.requested_at)).collect();
    for (command, at) in open {
        let platform = model.platform(&command.platform);
        let state = platform.and_then(|p| p.state.clone());
        let is_met = state.as_ref().filter(|state| match command.is_urgent() {
            true => command.change.is_stopped_in(state),
            false => command.change.is_met_by(state),
        });
        let is_overdue = now.since(at.max(began)) >= PATIENCE;
        if at >= began && !is_overdue {
            continue;
        }
        let is_read_since = platform.and_then(|p| p.read_at).is_some_and(|read| read >= at.plus(PATIENCE));
        if let Some(state) = is_met {
            let end = Outcome::Confirmed { state: state.clone(), overwrote: None };
            outcome(model, command.id, &end);
            effects.push(Effect::Record(Record::Finished { id: command.id, outcome: end }));
        } else if under_way(model, &command.platform, &command.change).is_some() {
            // It was asked for again, and is repeated already.
        } else if command.is_urgent() && (is_overdue || state.is_some()) {
            // It was to stop, and it did not happen: it is sent again under its old id.
            if let Some(tracked) = model.commands.iter_mut().find(|tracked| tracked.command.id == command.id)
            {
                tracked.restored = false;
            }
            let text =
                format!("{}: left open by an earlier run, not in effect: sent again", describe(&command));
            record_moment(model, Moment::new(now, MomentKind::Problem, text).by(&command.actor));
            effects.push(Effect::Command(command));
        } else if !command.is_urgent() && is_read_since {
            let cause =
                Text::new("left open by an earlier run, and not in effect; ask again if it is still wanted");
            let end = Outcome::Refused { cause, state };
            outcome(model, command.id, &end);
            effects.push(Effect::Record(Record::Finished { id: command.id, outcome: end }));
        }
    }
}

/// The line of the timeline that belongs to a command grows with its outcome.
fn extend_moment(model: &mut Model, command: &Command, text: String, outcome: &Outcome) {
    let kind = if matches!(outcome, Outcome::Refused { .. } | Outcome::Unknown { .. }) {
        MomentKind::Problem
    } else {
        MomentKind::Act
    };
    match model.timeline.iter_mut().rev().find(|moment| moment.effect == Some(command.id)) {
        Some(moment) => {
            moment.text = Text::new(&text);
            moment.kind = kind;
        }
        None => {
            let moment = Moment::new(model.now, kind, text).by(&command.actor).of(command.id);
            record_moment(model, moment);
        }
    }
}

/// `widen free to 25% at web`, `kill everything at web`.
pub fn describe(command: &Command) -> String {
    let verb = command.verb.spec().name;
    let platform = &command.platform;
    let list = |shares: &std::collections::BTreeMap<_, crate::domain::Percent>| {
        join(shares.iter().map(|(name, share)| format!("{name} to {share}")))
    };
    match &command.change {
        Change::Off => format!("{verb} everything at {platform}"),
        Change::Shares(shares) | Change::On(shares) => format!("{verb} {} at {platform}", list(shares)),
        Change::Freeze(names) => format!("{verb} the ramp of {} at {platform}", join(names.iter())),
        Change::Weights(weights) => {
            let of = |(name, weights): (&SegmentName, &Vec<VariantShare>)| {
                let each = weights.iter().map(|weight| format!("{} {}", weight.name, weight.share));
                format!("{name} to {}", join(each))
            };
            format!("{verb} {} at {platform}", join(weights.iter().map(of)))
        }
    }
}

fn join(parts: impl Iterator<Item = impl std::fmt::Display>) -> String {
    parts.map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}
