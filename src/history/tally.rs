//! The computing: from the lines of a journal, and what was seen, to an [`Entry`]. Pure.
//!
//! In, in the order of time: lines of the journal (read at start, or just decided: both mean the same) and the confirmed
//! exposure of each segment. Out: the entry of the present rollout once it has ended, and those of earlier ones of the
//! same name.
//!
//! | what | when |
//! |---|---|
//! | a rollout begins | with the first command after nothing, or a widening from nobody after an end |
//! | it ends | when no command is open and every segment is at the top of its plan, or killed, or nobody has it |
//! | it goes on | with a resume, or any other command: the same entry, changed |
//! | once complete | only a kill or a roll-back by gonogo changes that: a flag that is taken away later was a success |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::entry::{Ending, Entry, Kill};
use crate::action::{Scope, Verb};
use crate::domain::{FlagState, GuardrailName, Percent, PlatformName, Rollout, SegmentName, Text, Timestamp};
use crate::effect::{Change, Command, EffectId, Outcome, Record};

/// Commands of one actor about the same, at different platforms, within this time are one act.
const ONE_ACT: Duration = Duration::from_secs(2);
/// Kills kept of one rollout; more are counted by nobody, and an autopilot does not kill what is off.
const MAX_KILLS: usize = 1_000;
/// Commands that may be open at once; a damaged journal has no end of them.
const MAX_OPEN: usize = 1_024;
/// Earlier rollouts of the same name that wait to be fetched.
const MAX_DONE: usize = 256;

/// The rollouts of one name, as they go by.
#[derive(Debug, Clone)]
pub struct Tally {
    rollout: Arc<Rollout>,
    /// What the journal says that each platform had stored.
    told: BTreeMap<PlatformName, FlagState>,
    /// What was seen of each segment; it counts more than what was told.
    seen: BTreeMap<SegmentName, Percent>,
    killed: BTreeSet<SegmentName>,
    latched: BTreeMap<(SegmentName, GuardrailName), Latch>,
    paused: BTreeSet<Scope>,
    /// Since when somebody has it, before any command.
    exposed_since: Option<Timestamp>,
    current: Option<Attempt>,
    done: Vec<Entry>,
    /// Grows with each change.
    revision: u64,
}

#[derive(Debug, Clone, Copy)]
struct Latch {
    at: Timestamp,
    is_answered: bool,
}

/// One rollout.
#[derive(Debug, Clone)]
struct Attempt {
    first: EffectId,
    started: Timestamp,
    /// Commands without an end, with their platforms.
    open: BTreeMap<EffectId, PlatformName>,
    /// The newest commands, so that none is counted twice.
    known: BTreeSet<EffectId>,
    kills: Vec<Kill>,
    /// The commands of the newest kill that are not proven yet, and all platforms that it went to.
    unproven: BTreeMap<EffectId, EffectId>,
    stops: Vec<Stop>,
    roll_backs: u64,
    no_gos: u64,
    paused: Duration,
    paused_since: Option<Timestamp>,
    peaks: BTreeMap<SegmentName, Percent>,
    end: Option<(Timestamp, Ending)>,
}

/// A stopping act: what tells whether the next command belongs to it.
#[derive(Debug, Clone)]
struct Stop {
    first: EffectId,
    verb: Verb,
    at: Timestamp,
    actor: Text,
    scope: Text,
    platforms: BTreeSet<PlatformName>,
}

impl Tally {
    /// Nothing has been seen yet.
    #[must_use]
    pub const fn new(rollout: Arc<Rollout>) -> Self {
        Self {
            rollout,
            told: BTreeMap::new(),
            seen: BTreeMap::new(),
            killed: BTreeSet::new(),
            latched: BTreeMap::new(),
            paused: BTreeSet::new(),
            exposed_since: None,
            current: None,
            done: Vec::new(),
            revision: 0,
        }
    }

    /// Grows whenever an entry may have changed.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// A line of the journal.
    pub fn record(&mut self, at: Timestamp, record: &Record) {
        match record {
            Record::Commanded { command } => self.command(at, command),
            Record::Finished { id, outcome } => {
                let platform = self.finish(at, *id, outcome);
                if let (Some(platform), Outcome::Confirmed { state, .. }) = (platform, outcome) {
                    self.told.insert(platform, state.clone());
                }
            }
            Record::Latched { segment, guardrail, .. } => {
                let key = (segment.clone(), guardrail.clone());
                // Two cockpits may both write it down.
                if self.latched.contains_key(&key) {
                    return;
                }
                self.latched.insert(key, Latch { at, is_answered: false });
                if let Some(attempt) = &mut self.current {
                    attempt.no_gos += 1;
                }
            }
            Record::Cleared { segment, .. } => self.latched.retain(|(latched, _), _| latched != segment),
            Record::Paused { scope, .. } => {
                self.paused.insert(scope.clone());
            }
            Record::Resumed { scope, .. } if scope.segment.is_none() => self.paused.clear(),
            Record::Resumed { scope, .. } => {
                self.paused.remove(scope);
            }
            Record::Noted { .. } | Record::Approved { .. } => return,
        }
        self.settle(at);
    }

    /// A segment's confirmed exposure was seen to change.
    pub fn exposure(&mut self, at: Timestamp, segment: &SegmentName, confirmed: Option<Percent>) {
        match confirmed {
            Some(share) => self.seen.insert(segment.clone(), share),
            None => self.seen.remove(segment),
        };
        self.settle(at);
    }

    /// How a command of this process went on.
    pub fn outcome(&mut self, at: Timestamp, id: EffectId, outcome: &Outcome) {
        self.finish(at, id, outcome);
        self.settle(at);
    }

    /// The entries of earlier rollouts since the last call, oldest first.
    pub fn take_done(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.done)
    }

    /// The entry of the present rollout, if it has ended.
    #[must_use]
    pub fn ended(&self) -> Option<Entry> {
        let attempt = self.current.as_ref()?;
        let (at, ending) = attempt.end?;
        self.entry(attempt, at, ending)
    }

    /// The entry of the present rollout as it is left now, ended or not.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Entry> {
        let attempt = self.current.as_ref()?;
        let (at, ending) = attempt.end.unwrap_or((now, Ending::Abandoned));
        self.entry(attempt, at, ending)
    }

    /// What the present rollout is known by. `None`: none has begun.
    #[must_use]
    pub fn first_command(&self) -> Option<EffectId> {
        self.current.as_ref().map(|attempt| attempt.first)
    }

    /// Whether somebody has the feature.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.rollout.segments.iter().any(|s| self.share(&s.name).is_some_and(|share| !share.is_zero()))
    }

    fn entry(&self, attempt: &Attempt, ended: Timestamp, ending: Ending) -> Option<Entry> {
        // What nobody ever had was no rollout.
        if attempt.peaks.is_empty() {
            return None;
        }
        let open = attempt.paused_since.map_or(Duration::ZERO, |since| ended.since(since));
        let size = |(name, peak): (&SegmentName, &Percent)| {
            Some(self.rollout.segment(name)?.size? as f64 * peak.as_f64() / 100.0)
        };
        let exposed: Option<f64> = attempt.peaks.iter().map(size).sum();
        Some(Entry {
            rollout: self.rollout.name.clone(),
            first_command: attempt.first,
            owner: self.rollout.owner.clone(),
            traits: None,
            started: attempt.started,
            ended,
            ending,
            paused: attempt.paused + open,
            split: None,
            kills: attempt.kills.clone(),
            roll_backs: attempt.roll_backs,
            no_gos: attempt.no_gos,
            exposed: exposed.map(|customers| customers.round() as u64),
            hurt: None,
            adoption: None,
            units: None,
            recording: None,
        })
    }

    fn command(&mut self, at: Timestamp, command: &Command) {
        let begins_anew = command.verb == Verb::Widen
            && !self.is_exposed()
            && self.current.as_ref().is_some_and(|attempt| attempt.end.is_some());
        if begins_anew {
            let entry = self.ended();
            if self.done.len() == MAX_DONE {
                self.done.remove(0);
            }
            self.done.extend(entry);
            self.current = None;
        }
        let started = self.exposed_since.map_or(at, |since| since.min(at));
        // What a guardrail said before anybody acted belongs to it, too.
        let no_gos = self.latched.values().filter(|latch| !latch.is_answered).count() as u64;
        let attempt = self.current.get_or_insert_with(|| Attempt::new(command.id, started, no_gos));
        if !attempt.known.insert(command.id) {
            return;
        }
        for _ in MAX_OPEN..attempt.known.len() {
            attempt.known.pop_first();
        }
        if attempt.open.len() == MAX_OPEN {
            attempt.open.pop_first();
        }
        attempt.open.insert(command.id, command.platform.clone());
        let named = command.change.segments();
        let touched: Vec<SegmentName> = match &named {
            None => self.rollout.segments.iter().map(|segment| segment.name.clone()).collect(),
            Some(names) => names.iter().copied().cloned().collect(),
        };
        let is_kill = command.verb == Verb::Kill;
        if command.is_urgent() {
            let scope = scope(command, &touched);
            let first = attempt.stop(at, command, &scope);
            if is_kill {
                attempt.unproven.insert(command.id, first);
            }
            if is_kill && first == command.id && attempt.kills.len() < MAX_KILLS {
                let answered = self.latched.iter_mut().filter(|((segment, _), _)| touched.contains(segment));
                let mut detected_at: Option<Timestamp> = None;
                for (_, latch) in answered {
                    if !std::mem::replace(&mut latch.is_answered, true) {
                        detected_at = Some(detected_at.map_or(latch.at, |known| known.min(latch.at)));
                    }
                }
                let evidence = command.evidence.as_deref().map(Text::new);
                attempt.kills.push(Kill {
                    command: first,
                    at,
                    scope,
                    actor: Text::new(&command.actor.to_string()),
                    why: command.reason.clone().or(evidence),
                    detected_at,
                    off_at: None,
                });
            } else if command.verb == Verb::RollBack && first == command.id {
                attempt.roll_backs += 1;
            }
        }
        match command.verb {
            Verb::Kill => self.killed.extend(touched),
            _ => self.killed.retain(|segment| !touched.contains(segment)),
        }
    }

    /// A command came to an end. Returns its platform, as far as it is known.
    fn finish(&mut self, at: Timestamp, id: EffectId, outcome: &Outcome) -> Option<PlatformName> {
        let attempt = self.current.as_mut()?;
        let platform = if outcome.is_final() { attempt.open.remove(&id) } else { None };
        if let Outcome::Confirmed { .. } = outcome
            && let Some(first) = attempt.unproven.remove(&id)
            && !attempt.unproven.values().any(|other| *other == first)
            && let Some(kill) = attempt.kills.iter_mut().find(|kill| kill.command == first)
        {
            kill.off_at.get_or_insert(at);
        }
        platform
    }

    /// The share of a segment: what was seen, else what the journal told. `None`: not known.
    fn share(&self, segment: &SegmentName) -> Option<Percent> {
        let told = || self.told.values().filter_map(|state| state.confirmed(segment)).max();
        self.seen.get(segment).copied().or_else(told)
    }

    /// Brings everything up to date that follows from what is known.
    fn settle(&mut self, at: Timestamp) {
        self.revision += 1;
        let shares: Vec<(SegmentName, Option<Percent>)> =
            self.rollout.segments.iter().map(|s| (s.name.clone(), self.share(&s.name))).collect();
        let is_any = shares.iter().any(|(_, share)| share.is_some_and(|share| !share.is_zero()));
        self.exposed_since = if is_any { self.exposed_since.or(Some(at)) } else { None };
        let is_paused = !self.paused.is_empty();
        let end = self.end_now(&shares);
        let Some(attempt) = &mut self.current else { return };
        for (name, share) in shares {
            let Some(share) = share.filter(|share| !share.is_zero()) else { continue };
            let peak = attempt.peaks.entry(name).or_default();
            *peak = share.max(*peak);
        }
        match (is_paused && end.is_none(), attempt.paused_since) {
            (true, None) => attempt.paused_since = Some(at),
            (false, Some(since)) => {
                attempt.paused += at.since(since);
                attempt.paused_since = None;
            }
            _ => {}
        }
        let stays = matches!((attempt.end, end), (Some((_, was)), Some(is)) if was == is);
        if !stays {
            attempt.end = end.map(|ending| (at, ending));
        }
    }

    /// How the present rollout has ended. `None`: it goes on.
    fn end_now(&self, shares: &[(SegmentName, Option<Percent>)]) -> Option<Ending> {
        let attempt = self.current.as_ref()?;
        let was_exposed = !attempt.peaks.is_empty();
        let last = attempt.stops.last().map(|stop| (stop.verb, stop.at));
        let completed = attempt.end.filter(|(_, ending)| *ending == Ending::Complete);
        if !attempt.open.is_empty() || shares.is_empty() {
            return None;
        }
        // A flag that somebody takes away after it was complete was a success.
        if let Some((at, ending)) = completed
            && last.is_none_or(|(_, stopped)| stopped <= at)
        {
            return Some(ending);
        }
        let is_top = |name: &SegmentName, share: Percent| {
            let ladder = self.rollout.segment(name).map(|segment| &segment.ladder);
            !share.is_zero() && ladder.is_some_and(|ladder| ladder.next_after(share).is_none())
        };
        let known: Option<Vec<(&SegmentName, Percent)>> =
            shares.iter().map(|(name, share)| Some((name, (*share)?))).collect();
        let known = known?;
        let is_off = |name: &SegmentName, share: Percent| share.is_zero() && self.killed.contains(name);
        if known.iter().all(|(name, share)| is_top(name, *share)) {
            return Some(Ending::Complete);
        }
        if was_exposed && known.iter().all(|(_, share)| share.is_zero()) {
            return Some(match last.map(|(verb, _)| verb) {
                Some(Verb::Kill) => Ending::Killed,
                Some(_) => Ending::RolledBack,
                None => Ending::Abandoned,
            });
        }
        let is_over = known.iter().all(|(name, share)| is_top(name, *share) || is_off(name, *share));
        is_over.then_some(Ending::Killed)
    }
}

impl Attempt {
    const fn new(first: EffectId, started: Timestamp, no_gos: u64) -> Self {
        Self {
            first,
            started,
            open: BTreeMap::new(),
            known: BTreeSet::new(),
            kills: Vec::new(),
            unproven: BTreeMap::new(),
            stops: Vec::new(),
            roll_backs: 0,
            no_gos,
            paused: Duration::ZERO,
            paused_since: None,
            peaks: BTreeMap::new(),
            end: None,
        }
    }

    /// A stopping command: the first one of the act that it belongs to, which may be itself.
    fn stop(&mut self, at: Timestamp, command: &Command, scope: &Text) -> EffectId {
        let actor = Text::new(&command.actor.to_string());
        let is_same = |stop: &&mut Stop| {
            stop.verb == command.verb
                && stop.scope == *scope
                && stop.actor == actor
                && at.since(stop.at) <= ONE_ACT
                && !stop.platforms.contains(&command.platform)
        };
        if let Some(stop) = self.stops.iter_mut().rev().find(is_same) {
            stop.platforms.insert(command.platform.clone());
            return stop.first;
        }
        if self.stops.len() == MAX_KILLS {
            self.stops.remove(0);
        }
        let platforms = [command.platform.clone()].into();
        let (first, verb, scope) = (command.id, command.verb, scope.clone());
        self.stops.push(Stop { first, verb, at, actor, scope, platforms });
        command.id
    }
}

/// `everything`, `enterprise`, `eu, us`.
fn scope(command: &Command, touched: &[SegmentName]) -> Text {
    if command.change == Change::Off {
        return Text::new("everything");
    }
    let names: Vec<&str> = touched.iter().map(|name| name.as_str()).collect();
    Text::new(&names.join(", "))
}

#[cfg(test)]
mod tests;
