//! Commands on their way: requested, sent, confirmed, refused or unknown.

use std::time::Duration;

use super::model::{Hold, MAX_COMMANDS, Model, Moment, MomentKind, PlatformModel, Tracked};
use super::update::record_moment;
use crate::action::{Request, Verb};
use crate::domain::{FlagState, PlatformName, SegmentName, Source, SourceKind, Text, Timestamp, Version};
use crate::effect::{Change, Command, Effect, EffectId, Outcome, Record};

/// Makes a command of a request, keeps track of it, and writes the wish into the model.
pub fn request(
    model: &mut Model,
    request: &Request,
    platform: PlatformName,
    change: Change,
    expected: Option<Version>,
    evidence: Option<String>,
) -> Command {
    let command = Command {
        id: next_id(model),
        verb: request.verb,
        platform,
        change,
        expected,
        actor: request.actor.clone(),
        reason: request.reason.clone(),
        evidence,
    };
    let text = format!("{}: requested", describe(&command));
    let moment = Moment::new(model.now, MomentKind::Act, text).by(&command.actor).of(command.id);
    record_moment(model, moment);
    track(model, command.clone(), model.now, false);
    command
}

/// Puts a command into the list and its wish into the platform.
pub fn track(model: &mut Model, command: Command, at: Timestamp, restored: bool) {
    let platform = model.platforms.iter().find(|p| p.name == command.platform);
    let lifts = (
        platform.and_then(|platform| platform.killed.clone()),
        model.segments.iter().filter_map(|s| Some((s.name.clone(), s.killed.clone()?))).collect(),
    );
    wish(model, &command, at);
    if model.commands.len() >= MAX_COMMANDS {
        // An open command is kept in preference to a finished one.
        let oldest = model.commands.iter().position(|tracked| !tracked.is_open()).unwrap_or(0);
        model.commands.remove(oldest);
    }
    model.commands.push_back(Tracked {
        command,
        requested_at: at,
        outcome: None,
        outcome_at: None,
        restored,
        // Lines of earlier runs are read before anything is connected.
        foreign: restored && !model.links.is_empty(),
        lifts,
    });
}

/// Ids grow with time and over restarts: milliseconds, and a counter for those of one millisecond.
fn next_id(model: &mut Model) -> EffectId {
    let now = u64::try_from(model.now.0).unwrap_or(0).saturating_mul(1000);
    model.next_effect = now.max(model.next_effect + 1);
    EffectId(model.next_effect)
}

/// What the command asks for becomes the desired exposure.
fn wish(model: &mut Model, command: &Command, at: Timestamp) {
    let Some(platform) = model.platforms.iter_mut().find(|p| p.name == command.platform) else { return };
    let hold = || Hold { by: command.actor.clone(), since: at, reason: command.reason.clone() };
    match &command.change {
        Change::Off => {
            let shares =
                last_known(platform).filter(|s| s.on).map_or(&platform.desired, |s| &s.shares).clone();
            if platform.killed.is_none() {
                platform.before_kill = shares;
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
                    if let Some(share) = platform.desired.get(name).filter(|share| !share.is_zero()) {
                        platform.before_kill.insert(name.clone(), *share);
                    }
                }
            }
            platform.desired.extend(shares.clone());
        }
    }
    let whole = match &command.change {
        Change::Shares(shares) | Change::On(shares) => shares,
        Change::Off => return,
    };
    for segment in model.segments.iter_mut().filter(|segment| whole.contains_key(&segment.name)) {
        segment.killed = (command.verb == Verb::Kill).then(hold);
    }
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
    let took = crate::domain::Span(now.since(tracked.requested_at));
    let command = tracked.command.clone();
    let is_restored = tracked.restored;
    let lifts = tracked.lifts.clone();
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
                platform.state = Some(state.clone());
                platform.read_at = Some(now);
            }
            _ => {}
        }
    }
    if matches!(outcome, Outcome::Refused { .. }) {
        withdraw(model, &command, lifts);
    }
    model.revision += 1;
}

/// A refused command asks for nothing any more: what the backend has is what is desired, and a kill that it was to
/// lift stands.
fn withdraw(model: &mut Model, command: &Command, lifts: (Option<Hold>, Vec<(SegmentName, Hold)>)) {
    let Some(platform) = model.platforms.iter_mut().find(|p| p.name == command.platform) else { return };
    if let Some(state) = last_known(platform).cloned() {
        platform.desired.extend(state.shares.clone());
        if state.on {
            platform.killed = None;
        } else if platform.killed.is_none() {
            platform.killed = lifts.0;
        }
    }
    let name = &platform.name;
    for segment in &mut model.segments {
        let confirmed = last_known(platform).and_then(|state| state.confirmed(&segment.name));
        if command.platform == *name && confirmed.is_some_and(|share| !share.is_zero()) {
            segment.killed = None;
        } else if segment.killed.is_none() {
            let lifted = lifts.1.iter().find(|(name, _)| *name == segment.name);
            segment.killed = lifted.map(|(_, hold)| hold.clone());
        }
    }
}

/// How long a command of another process is left to that process: longer than one attempt takes there.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(15);

/// A flag was heard of and is as before: what another process left open for long is settled by what is still true.
pub fn meet_again(model: &mut Model, source: &Source, effects: &mut Vec<Effect>) {
    let named =
        |p: &&PlatformModel| source.kind == SourceKind::Flags && p.name.as_str() == source.name.as_str();
    let Some(platform) = model.platforms.iter().find(named) else { return };
    let Some(state) = platform.state.clone() else { return };
    let name = platform.name.clone();
    let is_left = |tracked: &Tracked| {
        tracked.restored
            && tracked.is_open()
            && tracked.command.platform == name
            && model.now.since(tracked.requested_at) > LEFT_TO_OTHERS
    };
    if model.commands.iter().any(is_left) {
        meet(model, &name, &state, effects);
    }
}

/// A flag was read: a command found open in the journal of an earlier run is settled by what is true now, and that is
/// written down.
pub fn meet(model: &mut Model, platform: &PlatformName, state: &FlagState, effects: &mut Vec<Effect>) {
    if model.read_only {
        // Who may only look neither sends it again nor closes it: that is for a process with rights.
        return;
    }
    let open: Vec<_> = model
        .commands
        .iter()
        .filter(|tracked| tracked.restored && tracked.is_open() && tracked.command.platform == *platform)
        .filter(|tracked| !tracked.foreign || model.now.since(tracked.requested_at) > LEFT_TO_OTHERS)
        .map(|tracked| tracked.command.clone())
        .collect();
    for command in open {
        let id = command.id;
        if command.change.is_met_by(state) {
            let met = Outcome::Confirmed { state: state.clone(), overwrote: None };
            outcome(model, id, &met);
            effects.push(Effect::Record(Record::Finished { id, outcome: met }));
        } else if command.is_urgent() {
            // It was to stop, and it did not happen: it is sent again under its old id.
            if let Some(tracked) = model.commands.iter_mut().find(|tracked| tracked.command.id == command.id)
            {
                tracked.restored = false;
            }
            let text =
                format!("{}: left open by an earlier run, not in effect: sent again", describe(&command));
            record_moment(model, Moment::new(model.now, MomentKind::Problem, text).by(&command.actor));
            effects.push(Effect::Command(command));
        } else {
            let cause =
                Text::new("left open by an earlier run, and not in effect; ask again if it is still wanted");
            let refused = Outcome::Refused { cause, state: Some(state.clone()) };
            outcome(model, id, &refused);
            effects.push(Effect::Record(Record::Finished { id, outcome: refused }));
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
fn describe(command: &Command) -> String {
    let verb = command.verb.spec().name;
    let platform = &command.platform;
    let list = |shares: &std::collections::BTreeMap<_, crate::domain::Percent>| {
        shares.iter().map(|(name, share)| format!("{name} to {share}")).collect::<Vec<_>>().join(", ")
    };
    match &command.change {
        Change::Off => format!("{verb} everything at {platform}"),
        Change::Shares(shares) | Change::On(shares) => format!("{verb} {} at {platform}", list(shares)),
    }
}
