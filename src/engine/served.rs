//! What the edges serve, beside what the backends have stored: the last step of a command, and the measured reach.
//!
//! In: what a probe answered for synthetic users ([`Probed`]). Out: the served exposure of each segment, when each
//! command was served ([`Tracked::served_at`](super::model::Tracked)), how long that took
//! ([`PlatformModel::reached`]), and a word when an edge serves something else than is stored.
//!
//! A switched-off flag is exact: served as off means that not one synthetic user had it. Any other share is measured with
//! as many users as there are, so it counts as served when it lies within the measurement's interval *and* somebody's
//! answer has changed since the command; a change too small to be seen with so few users is never called served.
//!
//! Start reading at [`served`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chronicle::record_moment;
use super::facts;
use super::model::{Model, Moment, MomentKind, PlatformModel, Tracked};
use crate::action::Verb;
use crate::domain::{
    Panel, Percent, PlatformName, Probed, SegmentName, Source, Span, Text, Timestamp, VariantShare,
};
use crate::effect::{Change, EffectId};

/// Reaches kept for each platform: a launch day's commands. The largest of them is what is told.
pub const MAX_REACHED: usize = 20;
/// How long an edge may serve something else than is stored, beyond its reach, before that is said.
const PATIENCE: Duration = Duration::from_secs(3);

/// What an edge served to a segment, and when it said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The newest answer for the whole panel. `None`: only a part was asked for so far.
    pub whole: Option<Probed>,
    /// Whether nobody had it when asked last, of those who had it before or of all.
    pub is_off: bool,
    /// When it was asked last.
    pub at: Timestamp,
    /// Since when nobody had it, without a break, by what was asked. `None`: somebody has it.
    #[serde(default)]
    pub off_since: Option<Timestamp>,
    /// Since when the whole panel has answered as it does now. `None`: only a part was asked for so far.
    #[serde(default)]
    pub whole_since: Option<Timestamp>,
}

/// How long one command took until the edge served it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Which.
    pub command: EffectId,
    /// From the request to the first answer that showed it.
    pub took: Span,
}

/// How long a change takes until everybody is served by it, and whether that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// How long: the slowest of the last commands, or what is assumed.
    pub span: Span,
    /// On how many commands it was measured; 0: it is assumed.
    pub measured: usize,
}

/// What a backend said to a change that was only tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The change.
    pub change: Change,
    /// What is to be known first, each a sentence; or why it would be refused.
    pub answer: Result<Vec<Text>, Text>,
    /// When it was said.
    pub at: Timestamp,
}

/// The measured share, between the ends of its interval. `None`: nothing was measured.
#[must_use]
pub fn interval(probed: &Probed) -> Option<(Percent, Percent, Percent)> {
    probed.interval()
}

/// An edge was probed.
pub fn served(model: &mut Model, platform: &PlatformName, served: &BTreeMap<SegmentName, Probed>) {
    facts::heard(model, &Source::of_probe(platform), None);
    let now = model.now;
    let Some(index) = model.platforms.iter().position(|known| known.name == *platform) else { return };
    let Some(known) = model.platforms.get_mut(index) else { return };
    let mut is_news = false;
    for (segment, probed) in served.iter().filter(|(_, probed)| probed.asked > 0) {
        if !model.segments.iter().any(|known| known.name == *segment) {
            continue;
        }
        let before = known.served.get(segment);
        let whole = match probed.panel {
            Panel::Whole => Some(probed.clone()),
            Panel::Treated => before.and_then(|before| before.whole.clone()),
        };
        let is_off = probed.treated == 0;
        let off_since = is_off.then(|| before.and_then(|before| before.off_since).unwrap_or(now));
        let is_as_before = before.is_some_and(|before| before.whole == whole);
        let whole_since = if is_as_before { before.and_then(|before| before.whole_since) } else { Some(now) };
        let whole_since = whole_since.filter(|_| whole.is_some());
        let new = Served { whole, is_off, at: now, off_since, whole_since };
        is_news |= before.is_none_or(|before| (&before.whole, before.is_off) != (&new.whole, new.is_off));
        known.served.insert(segment.clone(), new);
    }
    if is_news {
        model.revision += 1;
    }
    contradict(model, index);
    reach(model, index);
    drift(model, index);
}

/// What was called served as off and is served again to somebody, although it is stored as off still, was not.
fn contradict(model: &mut Model, index: usize) {
    let Some(platform) = model.platforms.get(index) else { return };
    let mut wrong = Vec::new();
    for tracked in &mut model.commands {
        let is_stop = matches!(tracked.command.verb, Verb::Kill | Verb::RollBack);
        let is_stored = platform.state.as_ref().is_some_and(|state| tracked.command.change.is_met_by(state));
        if is_stop
            && tracked.served_at.is_some()
            && tracked.command.platform == platform.name
            && is_stored
            && is_served_where_off(platform, &tracked.command.change)
        {
            tracked.served_at = None;
            wrong.push((tracked.command.id, tracked.what()));
        }
    }
    for (id, what) in wrong {
        let text =
            format!("{what}: its edge serves it again to somebody; it was not served as off everywhere");
        record_moment(model, Moment::new(model.now, MomentKind::Problem, text).of(id));
        model.revision += 1;
    }
}

/// Whether somebody has a segment at the edge that a change takes from everybody.
fn is_served_where_off(platform: &PlatformModel, change: &Change) -> bool {
    platform.served.iter().any(|(name, served)| {
        let is_off = match change {
            Change::Off => true,
            Change::Shares(shares) => shares.get(name).is_some_and(|share| share.is_zero()),
            Change::On(_) | Change::Freeze(_) | Change::Weights(_) => false,
        };
        is_off && !served.is_off
    })
}

/// What is stored has changed, or was confirmed: the edge may have served it before we could read it back.
pub fn stored(model: &mut Model) {
    for index in 0..model.platforms.len() {
        reach(model, index);
    }
}

/// When an edge was first seen to show a change that it shows now: after the command, and not before every segment did.
fn shown_at(platform: &PlatformModel, tracked: &Tracked) -> Option<Timestamp> {
    let change = &tracked.command.change;
    let touched = platform.served.iter().filter(|(name, _)| change.touches(name));
    let first = |(_, served): (&SegmentName, &Served)| {
        let since = if served.is_off { served.off_since } else { served.whole_since };
        // What was so already is shown by what was said since.
        since.filter(|since| *since > tracked.requested_at).unwrap_or(served.at)
    };
    touched.map(first).max()
}

/// Looks which commands the edge serves now.
fn reach(model: &mut Model, index: usize) {
    let Some(platform) = model.platforms.get_mut(index) else { return };
    let mut arrived = Vec::new();
    for tracked in &mut model.commands {
        let command = &tracked.command;
        let is_open = tracked.served_at.is_none() && !tracked.restored && command.platform == platform.name;
        // What a later change has replaced is never served.
        let is_stored = platform.state.as_ref().is_some_and(|state| command.change.is_met_by(state));
        if !is_open || !is_stored || !shows(platform, tracked) {
            continue;
        }
        let Some(at) = shown_at(platform, tracked) else { continue };
        tracked.served_at = Some(at);
        let took = Span(at.since(tracked.requested_at));
        if is_seen(platform, tracked) {
            platform.reached.push_back(Reached { command: command.id, took });
            if platform.reached.len() > MAX_REACHED {
                platform.reached.pop_front();
            }
        }
        arrived.push((command.id, took));
    }
    for (id, took) in arrived {
        if let Some(moment) = model.timeline.iter_mut().rev().find(|moment| moment.effect == Some(id)) {
            moment.text = Text::new(&format!("{}; served after {took}", moment.text));
        }
        model.revision += 1;
    }
}

/// What the edge has said of a segment since a command was asked for.
fn since<'a>(platform: &'a PlatformModel, tracked: &Tracked, segment: &SegmentName) -> Option<&'a Served> {
    platform.served.get(segment).filter(|served| served.at > tracked.requested_at)
}

/// Whether all that the edge has said since a command shows it.
fn shows(platform: &PlatformModel, tracked: &Tracked) -> bool {
    let share_shows = |name: &SegmentName, share: Percent| match since(platform, tracked, name) {
        Some(served) if share.is_zero() => served.is_off,
        Some(served) => served.whole.as_ref().is_some_and(|whole| {
            let before = tracked.served_before.get(name);
            whole.may_be(share, whole.treated) && before.is_some_and(|before| before.treated != whole.treated)
        }),
        None => false,
    };
    match &tracked.command.change {
        Change::Off => {
            let mut probed = platform.served.keys().peekable();
            probed.peek().is_some() && probed.all(|name| share_shows(name, Percent::ZERO))
        }
        Change::Shares(shares) | Change::On(shares) => {
            let mut probed = shares.iter().filter(|(name, _)| platform.served.contains_key(*name)).peekable();
            probed.peek().is_some() && probed.all(|(name, share)| share_shows(name, *share))
        }
        // Nobody's answer changes by that.
        Change::Freeze(_) => false,
        Change::Weights(weights) => weights.iter().all(|(name, weights)| {
            let before = tracked.served_before.get(name);
            since(platform, tracked, name).and_then(|served| served.whole.as_ref()).is_some_and(|whole| {
                before.is_some_and(|before| before.variants != whole.variants) && weighs(whole, weights)
            })
        }),
    }
}

fn weighs(whole: &Probed, weights: &[VariantShare]) -> bool {
    weights.iter().all(|weight| {
        let counted = whole.variants.get(&weight.name).copied().unwrap_or_default();
        whole.may_be(weight.share, counted)
    })
}

/// Whether somebody's answer has changed by a command: only then did we see how long it took.
fn is_seen(platform: &PlatformModel, tracked: &Tracked) -> bool {
    tracked.served_before.iter().any(|(name, before)| {
        let is_touched = tracked.command.change.touches(name);
        let changed = |served: &Served| {
            served.whole.as_ref().is_some_and(|whole| whole.treated != before.treated)
                || (served.is_off && before.treated > 0)
        };
        is_touched && platform.served.get(name).is_some_and(changed)
    })
}

/// Says when an edge serves something else than is stored, and when it no longer does. Looked at with each tick, too:
/// an edge that is stuck says the same again and again.
pub fn drift(model: &mut Model, index: usize) {
    let now = model.now;
    let Some(platform) = model.platforms.get_mut(index) else { return };
    let Some(state) = &platform.state else { return };
    let reach = platform.reach(&model.rollout).span.0.saturating_add(PATIENCE);
    let settled_at = platform.changed_at.map(|at| at.plus(reach));
    let mut lines = Vec::new();
    for (segment, served) in &platform.served {
        let (Some(whole), Some(stored)) = (&served.whole, state.confirmed(segment)) else { continue };
        let Some((low, share, high)) = interval(whole) else { continue };
        let is_moving = state.on && state.ramps.contains_key(segment);
        let is_settled = settled_at.is_none_or(|at| served.at >= at);
        let differs =
            !is_moving && if stored.is_zero() { whole.treated > 0 } else { !(low..=high).contains(&stored) };
        if differs && is_settled && platform.drifting.insert(segment.clone()) {
            let text = format!(
                "the edge of {} serves {segment} to {share} ({low} to {high}), but {stored} is stored",
                platform.name
            );
            lines.push(Moment::new(now, MomentKind::Problem, text).in_segment(segment));
        }
        if !differs && platform.drifting.remove(segment) {
            let text = format!("the edge of {} serves {segment} as stored again: {stored}", platform.name);
            lines.push(Moment::new(now, MomentKind::Link, text).in_segment(segment));
        }
    }
    if !lines.is_empty() {
        model.revision += 1;
    }
    for line in lines {
        record_moment(model, line);
    }
}

/// What each segment of a platform was served to before a command: what there is to see of it is measured against that.
pub(super) fn before(model: &Model, platform: &PlatformName) -> BTreeMap<SegmentName, Probed> {
    let served = model.platform(platform).map(|platform| &platform.served);
    let whole = served.into_iter().flatten().filter_map(|(n, s)| Some((n.clone(), s.whole.clone()?)));
    whole.collect()
}

/// A backend said what a change would do.
pub fn rehearsed(
    model: &mut Model,
    platform: &PlatformName,
    change: &Change,
    answer: &Result<Vec<Text>, Text>,
) {
    let at = model.now;
    if let Some(known) = model.platforms.iter_mut().find(|known| known.name == *platform) {
        known.rehearsal = Some(Rehearsal { change: change.clone(), answer: answer.clone(), at });
        model.revision += 1;
    }
}

impl PlatformModel {
    /// How long a change takes here until everybody is served by it: the slowest of the last commands whose effect a
    /// probe saw, else what is assumed.
    #[must_use]
    pub fn reach(&self, rollout: &crate::domain::Rollout) -> Reach {
        let measured = self.reached.iter().map(|reached| reached.took).max();
        let assumed = || rollout.platforms.iter().find(|p| p.name == self.name).map(|p| p.reach);
        Reach { span: measured.or_else(assumed).unwrap_or_default(), measured: self.reached.len() }
    }

    /// What an edge serves to a segment. `None`: it was not measured.
    #[must_use]
    pub fn served_share(&self, segment: &SegmentName) -> Option<Percent> {
        let served = self.served.get(segment)?;
        if served.is_off { Some(Percent::ZERO) } else { served.whole.as_ref()?.share() }
    }
}

impl Model {
    /// How long the slowest platform takes until everybody is served, and whether that was measured there.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let all = self.platforms.iter().map(|platform| platform.reach(&self.rollout));
        all.max_by_key(|reach| reach.span).unwrap_or(Reach { span: Span::default(), measured: 0 })
    }

    /// Commands that stop, stored as asked for, whose effect a probed edge does not show although its reach is over.
    pub fn unserved(&self) -> impl Iterator<Item = &Tracked> {
        self.commands.iter().filter(|tracked| {
            let Some(platform) = self.platform(&tracked.command.platform) else { return false };
            let waited = tracked.confirmed_at.map(|at| self.now.since(at));
            let patience = platform.reach(&self.rollout).span.0.saturating_add(PATIENCE);
            let is_current =
                platform.state.as_ref().is_some_and(|state| tracked.command.change.is_met_by(state));
            matches!(tracked.command.verb, Verb::Kill | Verb::RollBack)
                && tracked.served_at.is_none()
                && !platform.served.is_empty()
                && is_current
                // A command of an earlier run has no time of its own; what is served now is what counts.
                && !shows(platform, tracked)
                && waited.is_some_and(|waited| waited > patience)
        })
    }
}
