//! Acts: what each action would do, and whether it may.
//!
//! [`plan`] answers both questions for a request, without doing anything. The screen asks it for the
//! reason why a key is disabled and for the blast radius in the confirmation; the engine asks it again
//! when the request arrives, and carries out exactly that. There is one file for each action.
//!
//! Danger has a direction. What stops is never refused for a stale screen, an open command or a
//! pause; what exposes more needs a fresh view, the version that was seen, and a reason past a
//! verdict that is not GO.

mod approve;
mod clear;
mod kill;
mod note;
mod pause;
mod resume;
mod roll_back;
mod widen;

use std::collections::BTreeMap;

use super::commands::{self, Order};
use super::model::{Model, PlatformModel, SegmentModel};
use super::people;
use crate::action::{Danger, Request, Verb};
use crate::domain::{Actor, Percent, PlatformName, SegmentName, Source, Station, Text, Verdict, Version};
use crate::effect::{Change, Command, EffectId, Record};

/// One exposure that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where.
    pub platform: PlatformName,
    /// Whose.
    pub segment: SegmentName,
    /// From. `None`: not known.
    pub from: Option<Percent>,
    /// To.
    pub to: Percent,
}

/// What an action would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The exposures that would change: the blast radius.
    pub moves: Vec<Move>,
    /// The changes to send, one for each platform, with the version each expects.
    pub changes: Vec<(PlatformName, Change, Option<Version>)>,
    /// Lines for the journal, for what needs no backend.
    pub records: Vec<Record>,
    /// Why a typed reason is needed first. `None`: it is not.
    pub needs_reason: Option<Text>,
    /// Whether the rollout's name must be typed first.
    pub needs_name: bool,
    /// What speaks for and against it, as one sentence.
    pub evidence: Option<String>,
}

/// What a request would do.
///
/// # Errors
/// Why it cannot be done now, in words for the person who asks.
pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let is_view = request.verb.spec().danger == Danger::View;
    if model.read_only && request.verb != Verb::Note && !is_view {
        return Err(Text::new("this cockpit is read-only"));
    }
    consider(model, request)
}

/// The same, whether or not this cockpit may do it: a read-only autopilot says what it would do.
pub(super) fn consider(model: &Model, request: &Request) -> Result<Plan, Text> {
    let spec = request.verb.spec();
    if spec.danger == Danger::View {
        return Err(Text::new(&format!("{} changes the view only", spec.name)));
    }
    if let Some(name) = request.scope.segment.as_ref().filter(|name| model.segment(name).is_none()) {
        return Err(Text::new(&format!(
            "there is no segment {name}; there are {}",
            list(model.segments.iter().map(|s| &s.name))
        )));
    }
    if let Some(name) = request.scope.platform.as_ref().filter(|name| model.platform(name).is_none()) {
        return Err(Text::new(&format!(
            "there is no platform {name}; there are {}",
            list(model.platforms.iter().map(|p| &p.name))
        )));
    }
    match request.verb {
        Verb::Widen => widen::plan(model, request),
        Verb::Pause => pause::plan(model, request),
        Verb::Resume => resume::plan(model, request),
        Verb::RollBack => roll_back::plan(model, request),
        Verb::Kill => kill::plan(model, request),
        Verb::Clear => clear::plan(model, request),
        Verb::Approve => approve::plan(model, request),
        Verb::Note => note::plan(request),
        // All others only change what is looked at: a test sees to it that none that acts is forgotten here.
        _ => Err(Text::new("not an action on the rollout")),
    }
}

/// The commands that a request would send, with its reason or without: to be tried where a backend can do that. They
/// have no id, and must not be sent.
#[must_use]
pub fn drafts(model: &Model, request: &Request) -> Vec<Command> {
    let Ok(plan) = plan(model, request) else { return Vec::new() };
    let evidence = plan.evidence;
    let draft = |(platform, change, expected)| {
        let order = Order { request, evidence: evidence.clone(), part_of: None };
        commands::draft(EffectId(0), order, platform, change, expected)
    };
    plan.changes.into_iter().map(draft).collect()
}

/// Whether a request brings what its plan needs: a reason, the rollout's name.
///
/// # Errors
/// What is missing.
pub(super) fn check(model: &Model, request: &Request, plan: Plan) -> Result<Plan, Text> {
    if let Some(why) = plan.needs_reason.as_ref().filter(|_| request.actor == Actor::Autopilot) {
        return Err(Text::new(&format!("{why}: the autopilot does not go past that")));
    }
    if let Some(why) = plan.needs_reason.as_ref().filter(|_| request.reason.is_none()) {
        return Err(Text::new(&format!("{why}: give a reason to go on all the same")));
    }
    let name = model.rollout.name.as_str();
    if plan.needs_name && request.typed_name.as_ref().is_none_or(|typed| typed.as_str() != name) {
        return Err(Text::new(&format!(
            "what was killed comes back only when the rollout's name is given: {name}"
        )));
    }
    Ok(plan)
}

fn list<T: std::fmt::Display>(names: impl Iterator<Item = T>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

/// The segments in a request's scope.
fn segments<'a>(model: &'a Model, request: &'a Request) -> impl Iterator<Item = &'a SegmentModel> {
    let scope = request.scope.segment.as_ref();
    model.segments.iter().filter(move |segment| scope.is_none_or(|name| *name == segment.name))
}

/// The platforms in a request's scope.
fn platforms<'a>(model: &'a Model, request: &'a Request) -> impl Iterator<Item = &'a PlatformModel> {
    let scope = request.scope.platform.as_ref();
    model.platforms.iter().filter(move |platform| scope.is_none_or(|name| *name == platform.name))
}

/// What a platform must be like before more people are exposed there: read, live, at the version that was
/// seen, with nothing of ours under way.
fn may_grow(model: &Model, request: &Request, platform: &PlatformModel) -> Result<Version, Text> {
    let (name, verb) = (&platform.name, request.verb.spec().name);
    let refuse = |cause: String| Err(Text::new(&format!("cannot {verb} at {name}: {cause}")));
    let Some(state) = &platform.state else { return refuse("its flag has not been read yet".into()) };
    if model.links.get(&Source::of_platform(name)).is_none_or(|link| link.is_stale(model.now)) {
        return refuse("its link is lost or silent, so the view may be old".into());
    }
    if let Some(seen) = request.seen.get(name).filter(|seen| **seen != state.version) {
        let by = state.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        return refuse(format!(
            "version {}{by} is newer than {seen}, which you saw; look again",
            state.version
        ));
    }
    if let Some(doubt) = state.doubts.first() {
        return refuse(format!("{doubt}; mend that at the backend first"));
    }
    if model.commands.iter().any(|tracked| tracked.is_open() && tracked.command.platform == *name) {
        return refuse("another command is still under way".into());
    }
    Ok(state.version)
}

/// Why a segment needs a typed reason before it goes to that exposure. `None`: all is GO, and who must give their go
/// has given it.
fn doubt(model: &Model, segment: &SegmentModel, to: Percent) -> Option<Text> {
    let is_exposed = segment.exposure.confirmed.is_some_and(|share| !share.is_zero());
    // Whose go is needed depends on where it goes, and is asked for also where nobody is exposed yet.
    let cells = segment.board.iter().filter(|(station, _)| **station != Station::People);
    let cell = cells.max_by_key(|(_, cell)| cell.verdict).filter(|(_, cell)| {
        // Before the first stage there is nothing to judge but the data.
        cell.verdict > if is_exposed { Verdict::Go } else { Verdict::Wait }
    });
    if let Some((station, cell)) = cell {
        return Some(Text::new(&format!(
            "{} is {} on {station}: {}",
            segment.name, cell.verdict, cell.evidence.sentence
        )));
    }
    if let Some((exposure, role)) = people::missing(model, segment, to) {
        let text = format!("{} at {exposure} needs {role}'s go, which was not given", segment.name);
        return Some(Text::new(&text));
    }
    let left = model.bake_left(segment)?;
    Some(Text::new(&format!("{} still bakes for {}", segment.name, crate::domain::Span(left))))
}

/// Share changes by platform, as changes to send.
fn shares(
    moves: &[Move],
    version: &BTreeMap<PlatformName, Version>,
) -> Vec<(PlatformName, Change, Option<Version>)> {
    let mut by_platform: BTreeMap<&PlatformName, BTreeMap<SegmentName, Percent>> = BTreeMap::new();
    for change in moves {
        by_platform.entry(&change.platform).or_default().insert(change.segment.clone(), change.to);
    }
    let send = |(name, shares): (&PlatformName, _)| {
        (name.clone(), Change::Shares(shares), version.get(name).copied())
    };
    by_platform.into_iter().map(send).collect()
}

/// The same for what exposes more: a flag that is off as a whole is switched on with exactly these shares, and with
/// 0 % for all its other segments.
fn exposures(
    model: &Model,
    moves: &[Move],
    version: &BTreeMap<PlatformName, Version>,
) -> Vec<(PlatformName, Change, Option<Version>)> {
    let mut changes = shares(moves, version);
    for (name, change, _) in &mut changes {
        let state = model.platform(name).and_then(|platform| platform.state.as_ref());
        if let (Some(state), Change::Shares(wanted)) = (state.filter(|state| !state.on), &mut *change) {
            let mut all: BTreeMap<_, _> =
                state.shares.keys().map(|name| (name.clone(), Percent::ZERO)).collect();
            all.append(wanted);
            *change = Change::On(all);
        }
    }
    changes
}
