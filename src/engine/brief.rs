//! A rollout in brief: what a list of many rollouts says of each, and above all whether it needs somebody.
//!
//! In: the model as it is. Out: a [`Brief`]: the [`Need`], what it is about, the exposure of all segments taken together, how
//! far they have climbed, how old the oldest number is. It is computed in one pass over the segments when somebody first
//! looks, and forgotten with the next event, so that a list of hundreds costs no more than what has changed.
//!
//! It decides nothing: verdicts, phases and what may be done are read off the model. It is no truth of its own either: two
//! models in the same state have the same brief, looked at or not.
//!
//! Start reading at [`Need`].

use std::time::Duration;

use super::coach;
use super::model::{Autopilot, Latch, Link, Model, SegmentModel, Tracked};
use crate::action::Verb;
use crate::domain::{
    Actor, LinkState, Percent, Phase, Response, Segment, Source, SourceKind, Station, Timestamp, Verdict,
};
use crate::effect::Outcome;

/// How long a kill after a NO-GO stays among what needs a look: long enough for a night's shift to see it, and the morning's.
const RECENT: Duration = Duration::from_hours(12);

/// Whether a rollout needs a person, and for what: the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// What was to stop is not known to have stopped, or is still served.
    Unconfirmed,
    /// A NO-GO that nobody has acted on.
    Unanswered,
    /// A NO-GO that was acted on and stands.
    NoGo,
    /// Something else is stored or served than was asked for.
    Drift,
    /// A backend, or the source of a guardrail's metric, is out of reach or silent.
    Lost,
    /// Something warns, the data cannot be believed, or the autopilot has paused it.
    Hold,
    /// A stage waits for the go of a role, and for nothing else.
    Approval,
    /// A segment can be widened, and nobody does it by itself.
    Ready,
    /// There is not enough evidence yet, or nothing was read yet.
    Wait,
    /// It goes well.
    Well,
    /// A person has paused it.
    Paused,
    /// Everybody has it, or nobody has any more.
    Over,
}

impl Need {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 12] = [
        Self::Unconfirmed,
        Self::Unanswered,
        Self::NoGo,
        Self::Drift,
        Self::Lost,
        Self::Hold,
        Self::Approval,
        Self::Ready,
        Self::Wait,
        Self::Well,
        Self::Paused,
        Self::Over,
    ];

    /// Whether something is wrong that a person must look at now.
    #[must_use]
    pub fn is_call(self) -> bool {
        self <= Self::Hold
    }

    /// Whether it goes on as soon as a person says so.
    #[must_use]
    pub const fn is_chance(self) -> bool {
        matches!(self, Self::Approval | Self::Ready)
    }

    /// In a word or two.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unconfirmed => "NOT CONFIRMED",
            Self::Unanswered => "NO-GO unanswered",
            Self::NoGo => "NO-GO",
            Self::Drift => "drift",
            Self::Lost => "no contact",
            Self::Hold => "HOLD",
            Self::Approval => "waits for a go",
            Self::Ready => "ready to widen",
            Self::Wait => "WAIT",
            Self::Well => "GO",
            Self::Paused => "paused",
            Self::Over => "over",
        }
    }
}

/// How many customers of all segments together have the feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposed {
    /// Their share, weighed by size if the sizes of all segments are known. `None`: no segment's share is known.
    pub share: Option<Percent>,
    /// Whether the share of some segment is not known and counts as nobody: it is at least that much.
    pub is_least: bool,
    /// Whether all segments count alike, because the size of some is not known.
    pub is_rough: bool,
}

/// How old the oldest number is that is judged or shown: of flags and metrics. While some are stale, of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oldest {
    /// When it came. `None`: some source was never heard of.
    pub heard_at: Option<Timestamp>,
    /// Whether it is too old to be called current.
    pub is_stale: bool,
    /// No number is older than this while none is stale: twice the longest interval.
    pub bound: Duration,
}

/// One rollout in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    /// Whether it needs somebody.
    pub need: Need,
    /// The segment that this is about, by its place in the model. `None`: all of them, or none.
    pub segment: Option<usize>,
    /// The worst verdict.
    pub verdict: Verdict,
    /// Which station says so, and in which segment, by its place. `None`: all is GO, or no station speaks yet.
    pub worst: Option<(Station, usize)>,
    /// How many segments have the worst verdict.
    pub alike: usize,
    /// Where it stands.
    pub phase: Phase,
    /// How many customers have it.
    pub exposed: Exposed,
    /// The segment that climbs: the one whose share changed last, of those between nobody and the top. By its place.
    pub moving: Option<usize>,
    /// How many segments have reached the top of their ladders.
    pub topped: usize,
    /// Whether a command is under way.
    pub is_acting: bool,
    /// The oldest number.
    pub oldest: Oldest,
}

impl Model {
    /// This rollout in brief.
    #[must_use]
    pub fn brief(&self) -> &Brief {
        self.brief.get_or_init(|| of(self))
    }
}

fn of(model: &Model) -> Brief {
    let verdict = model.verdict();
    let alike = || model.segments.iter().enumerate().filter(|(_, segment)| segment.verdict == verdict);
    let worst = (verdict > Verdict::Go).then(|| alike().find_map(|(place, s)| Some((station(s)?, place))));
    let worst = worst.flatten();
    let phase = model.phase();
    let (need, segment) = need(model, phase, verdict, worst);
    let (exposed, moving, topped) = climb(model);
    let is_acting = model.commands.iter().any(Tracked::is_open);
    let oldest = oldest(model);
    let alike = alike().count();
    Brief { need, segment, verdict, worst, alike, phase, exposed, moving, topped, is_acting, oldest }
}

/// The station that gives a segment its verdict.
fn station(segment: &SegmentModel) -> Option<Station> {
    segment.board.iter().find(|(_, cell)| cell.verdict == segment.verdict).map(|(station, _)| *station)
}

fn need(
    model: &Model,
    phase: Phase,
    verdict: Verdict,
    worst: Option<(Station, usize)>,
) -> (Need, Option<usize>) {
    let place = |is: &dyn Fn(&SegmentModel) -> bool| model.segments.iter().position(is);
    let there = worst.map(|(_, place)| place);
    if let Some(tracked) = unstopped(model) {
        let only = tracked.command.change.only_segment();
        return (Need::Unconfirmed, only.and_then(|name| place(&|segment| segment.name == *name)));
    }
    if let Some(at) = place(&|segment| is_unanswered(model, segment)) {
        return (Need::Unanswered, Some(at));
    }
    let is_killed = phase == Phase::Killed;
    if verdict == Verdict::NoGo && !(is_killed && is_old(model)) {
        return (Need::NoGo, there);
    }
    if let Some(at) = drift(model) {
        return (Need::Drift, Some(at));
    }
    if is_lost(model, is_killed) {
        return (Need::Lost, None);
    }
    if is_killed {
        return (Need::Over, None);
    }
    if verdict >= Verdict::Hold {
        return (Need::Hold, there);
    }
    let by_autopilot =
        |segment: &SegmentModel| segment.paused.as_ref().is_some_and(|hold| hold.by == Actor::Autopilot);
    if let Some(at) = place(&by_autopilot) {
        return (Need::Hold, Some(at));
    }
    match phase {
        Phase::Paused => return (Need::Paused, None),
        Phase::Complete => return (Need::Over, None),
        _ => {}
    }
    if let Some(at) = place(&|segment| coach::wants_go(model, segment)) {
        return (Need::Approval, Some(at));
    }
    // The autopilot widens by itself then.
    let is_self = model.autopilot == Autopilot::Full && !model.read_only;
    if !is_self && let Some(at) = place(&|segment| coach::is_ready(model, segment)) {
        return (Need::Ready, Some(at));
    }
    if verdict == Verdict::Wait { (Need::Wait, there) } else { (Need::Well, None) }
}

/// Whether a NO-GO calls for a pause or a kill, and nobody has stopped anything there since: an autopilot that only speaks
/// answers it for itself, not for the customers, and what was paused before kept those who have it exposed.
#[must_use]
pub fn is_unanswered(model: &Model, segment: &SegmentModel) -> bool {
    let is_stopping = || {
        let mut open =
            model.commands.iter().filter(|tracked| tracked.is_open() && tracked.command.is_urgent());
        open.any(|tracked| tracked.command.change.touches(&segment.name))
    };
    // A roll-back that was refused has lowered nothing.
    let lowered = segment.lowered.as_ref().filter(|_| !is_roll_back_refused(model, segment));
    let is_stopped = |latch: &Latch| {
        let mut holds = segment.paused.iter().chain(lowered);
        let is_paused = segment.paused.is_some() && latch.response == Response::Pause;
        is_paused || holds.any(|hold| hold.since >= latch.at)
    };
    segment.latches.iter().any(|latch| latch.response != Response::Warn && !is_stopped(latch))
        && segment.exposure.confirmed.is_none_or(|share| !share.is_zero())
        && !is_stopping()
}

/// Whether the newest roll-back of a segment was refused, at any platform.
fn is_roll_back_refused(model: &Model, segment: &SegmentModel) -> bool {
    let back = || {
        let all = model.commands.iter().filter(|tracked| tracked.command.verb == Verb::RollBack);
        all.filter(|tracked| tracked.command.change.touches(&segment.name))
    };
    let newest = back().map(|tracked| tracked.requested_at).max();
    back().any(|tracked| {
        Some(tracked.requested_at) == newest && matches!(tracked.outcome, Some(Outcome::Refused { .. }))
    })
}

/// The first command that stops and is not known to have stopped, or whose effect an edge does not show.
fn unstopped(model: &Model) -> Option<&Tracked> {
    let is_unknown = |tracked: &&Tracked| {
        matches!(tracked.outcome, Some(Outcome::Unknown { .. })) && tracked.command.is_urgent()
    };
    model.commands.iter().find(is_unknown).or_else(|| model.unserved().next())
}

/// Whether what was killed was killed so long ago that everybody knows.
fn is_old(model: &Model) -> bool {
    let everywhere = model.platforms.iter().filter_map(|platform| platform.killed.as_ref());
    let here = model.segments.iter().filter_map(|segment| segment.killed.as_ref());
    let newest = everywhere.chain(here).map(|hold| hold.since).max();
    newest.is_some_and(|since| model.now.since(since) > RECENT)
}

/// A segment that is served or stored otherwise than it should be, while nothing is on its way.
fn drift(model: &Model) -> Option<usize> {
    let is_served_otherwise =
        |segment: &SegmentModel| model.platforms.iter().any(|p| p.drifting.contains(&segment.name));
    let is_stored_otherwise =
        |segment: &SegmentModel| match (segment.exposure.desired, segment.exposure.confirmed) {
            (Some(desired), Some(confirmed)) => desired != confirmed,
            _ => false,
        };
    let is_moving = model.commands.iter().any(Tracked::is_open);
    let is_drifting =
        |segment: &SegmentModel| is_served_otherwise(segment) || (!is_moving && is_stored_otherwise(segment));
    model.segments.iter().position(is_drifting)
}

/// Whether a backend, or the source of a metric that is judged, was lost or has fallen silent. Of a rollout that is off
/// only the backends count.
fn is_lost(model: &Model, is_off: bool) -> bool {
    let is_gone = |link: &Link| match link.state {
        LinkState::Retrying { .. } | LinkState::Failed { .. } => true,
        LinkState::Connecting => false,
        LinkState::Live => link.heard_at.is_some() && link.is_stale(model.now),
    };
    let is_judged = |source: &Source| {
        let mut judged = model.rollout.guardrails.iter().map(|guardrail| guardrail.metric.as_str());
        judged.any(|metric| metric == source.name.as_str())
    };
    model.links.iter().any(|(source, link)| {
        is_gone(link)
            && match source.kind {
                SourceKind::Flags => true,
                SourceKind::Metrics => !is_off && is_judged(source),
                SourceKind::Feedback | SourceKind::Probes => false,
            }
    })
}

/// The exposure of all segments together, the one that moves, and how many are at the top.
fn climb(model: &Model) -> (Exposed, Option<usize>, usize) {
    let planned = |place: usize, segment: &SegmentModel| {
        let same: Option<&Segment> = model.rollout.segments.get(place);
        same.filter(|planned| planned.name == segment.name).or_else(|| model.rollout.segment(&segment.name))
    };
    let is_rough = model.rollout.segments.iter().any(|segment| segment.size.is_none());
    let (mut whole, mut part, mut known, mut topped) = (0.0, 0.0, 0, 0);
    let mut moving: Option<(usize, Option<Timestamp>)> = None;
    for (place, segment) in model.segments.iter().enumerate() {
        let planned = planned(place, segment);
        let size = planned.and_then(|planned| planned.size).filter(|_| !is_rough);
        let weight = size.map_or(1.0, |size| size as f64);
        whole += weight;
        let Some(share) = segment.exposure.confirmed else { continue };
        known += 1;
        part += weight * share.as_f64();
        let is_top =
            segment.is_even && planned.is_some_and(|planned| planned.ladder.next_after(share).is_none());
        if is_top {
            topped += 1;
        } else if !share.is_zero() && moving.is_none_or(|(_, since)| segment.stage_since > since) {
            moving = Some((place, segment.stage_since));
        }
    }
    let share = if whole > 0.0 { Percent::new(part / whole).ok() } else { None };
    let share = share.filter(|_| known > 0);
    let is_least = share.is_some() && known < model.segments.len();
    (Exposed { share, is_least, is_rough }, moving.map(|(place, _)| place), topped)
}

fn oldest(model: &Model) -> Oldest {
    let shown = || {
        let kinds = [SourceKind::Flags, SourceKind::Metrics];
        model.links.iter().filter(move |(source, _)| kinds.contains(&source.kind)).map(|(_, link)| link)
    };
    let is_stale = shown().any(|link| link.is_stale(model.now));
    // A slow source that is current may have older numbers than a quick one that is stale: that one is meant then.
    let counted = shown().filter(|link| link.is_stale(model.now) == is_stale);
    let heard_at = counted.map(|link| link.heard_at).min().flatten();
    let bound = shown().map(|link| link.interval).max().unwrap_or_default().saturating_mul(2);
    Oldest { heard_at, is_stale, bound }
}
