//! The model: everything that is known, and nothing else.
//!
//! The screen, the verbs' output and the journal are read off it. Only `engine::update` changes it.
//! It holds no clock: [`Model::now`] is the time of the newest event.
//!
//! Collections are bounded; the constants below say why they have their size.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use super::autopilot::Autopilot;
use super::decision::Decision;
use super::health::Split;
use super::people::Approval;
use super::series::Series;
use super::served::{Reached, Rehearsal, Served};
pub use super::tracked::Tracked;
pub(super) use super::tracked::Undo;
use super::watch::Watch;
use crate::action::{Scope, Verb};
use crate::domain::{
    Actor, Evidence, Exposure, Feedback, FlagState, GuardrailName, LinkState, MetricName, Percent, Phase,
    PlatformName, Response, Rollout, SegmentName, Source, Station, Text, Timestamp, Verdict,
};
use crate::effect::EffectId;

/// Moments kept for the timeline: a long launch day; older ones are in the journal.
pub const MAX_MOMENTS: usize = 500;
/// Comments kept for the feedback pane: several screens; all are counted.
pub const MAX_COMMENTS: usize = 200;
/// Commands kept: those in flight, and the last ones for their outcome.
pub const MAX_COMMANDS: usize = 64;
/// Most open commands that stop: one for each segment at several platforms; a damaged journal has no end of them.
pub const MAX_OPEN: usize = 1024;
/// Different problems kept; a source that invents a new text each time cannot fill the memory.
pub const MAX_PROBLEMS: usize = 100;
/// How far a source's clock may be from ours without a word: more than any scrape or poll is old.
pub const MAX_SKEW: Duration = Duration::from_secs(30);
/// Ids of feedback kept to see duplicates: a reconnect's worth.
pub const MAX_FEEDBACK_IDS: usize = 4096;

/// Everything that is known about one rollout.
#[derive(Debug, Clone)]
pub struct Model {
    /// What is released.
    pub rollout: Arc<Rollout>,
    /// The time of the newest event.
    pub now: Timestamp,
    /// Grows whenever something that can be shown has changed.
    pub revision: u64,
    /// How much the autopilot may do.
    pub autopilot: Autopilot,
    /// Whether actions can be carried out at all.
    pub read_only: bool,
    /// Each platform, in the order of the rollout file.
    pub platforms: Vec<PlatformModel>,
    /// Each segment, in the order of the rollout file.
    pub segments: Vec<SegmentModel>,
    /// Each link by source.
    pub links: BTreeMap<Source, Link>,
    /// Commands, oldest first.
    pub commands: VecDeque<Tracked>,
    /// What happened, oldest first.
    pub timeline: VecDeque<Moment>,
    /// All moments so far, also those that the timeline has no room for any more: the number of its last line.
    pub moments_seen: u64,
    /// What customers said, oldest first.
    pub comments: VecDeque<Comment>,
    /// All feedback so far: pieces, pieces with a score, sum of the scores.
    pub feedback_totals: FeedbackTotals,
    /// Unusable input: how often each was seen.
    pub problems: BTreeMap<(Source, Text), u64>,
    /// All unusable input, also what [`MAX_PROBLEMS`] had no room for.
    pub problems_seen: u64,
    /// Readings that were not taken into account.
    pub traffic: Traffic,
    /// The last request that was refused, for the person who made it.
    pub refusal: Option<Refusal>,
    /// What the newest event brought about, in order: at most a few for each segment, and its effects.
    pub decided: Vec<Decision>,
    pub(super) feedback_ids: (VecDeque<Text>, BTreeSet<Text>),
    pub(super) next_effect: u64,
    /// What lies ahead, once somebody has looked. Forgotten with each event.
    pub(super) outlook: OnceLock<super::Outlook>,
    /// The rollout in brief, once somebody has looked. Forgotten with each event.
    pub(super) brief: OnceLock<super::Brief>,
    /// The time of the first event.
    pub(super) began: Option<Timestamp>,
    /// What an autopilot that only speaks has said and need not say again; at most two for each segment.
    pub(super) advised: BTreeMap<(Verb, Scope), Option<Percent>>,
}

/// Readings that were not taken into account. All are cumulative: a later one makes up for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// Taken before the newest one of their series, and left out.
    pub late: u64,
    /// Without a place in the inbox, because there were too many series.
    pub refused: u64,
    /// Replaced by a newer one before they were read. That is how it is meant to be.
    pub coalesced: u64,
}

/// One platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlatformModel {
    /// Its name.
    pub name: PlatformName,
    /// What was read last. `None`: not read since the start.
    pub state: Option<FlagState>,
    /// What the journal says that an earlier run read last. It is no reading: nothing is shown or decided on it,
    /// but it tells what was exposed before a kill, and what somebody changed meanwhile.
    pub remembered: Option<FlagState>,
    /// Since when the journal says that each segment has had its share here, until a reading says otherwise.
    pub(super) remembered_since: BTreeMap<SegmentName, (Percent, Timestamp)>,
    /// When it was last confirmed to be so, by our clock.
    pub read_at: Option<Timestamp>,
    /// What we asked for, segment by segment.
    pub desired: BTreeMap<SegmentName, Percent>,
    /// What was exposed before a kill, for `resume`.
    pub before_kill: BTreeMap<SegmentName, Percent>,
    /// Whether the whole flag was killed, here or elsewhere, and by whom.
    pub killed: Option<Hold>,
    /// When what is stored was last seen to change, by our clock.
    #[serde(default)]
    pub changed_at: Option<Timestamp>,
    /// What its edge served when it was probed last, by segment.
    #[serde(default)]
    pub served: BTreeMap<SegmentName, Served>,
    /// Segments whose edge serves something else than is stored.
    #[serde(default)]
    pub drifting: BTreeSet<SegmentName>,
    /// How long the last commands took until its edge served them, oldest first.
    #[serde(default)]
    pub reached: VecDeque<Reached>,
    /// What it said to the last change that was only tried.
    #[serde(default)]
    pub rehearsal: Option<Rehearsal>,
}

/// Somebody holds something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who.
    pub by: Actor,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: Option<Text>,
}

/// One segment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SegmentModel {
    /// Its name.
    pub name: SegmentName,
    /// The four numbers.
    pub exposure: Exposure,
    /// Where it stands.
    pub phase: Phase,
    /// Held by a pause.
    pub paused: Option<Hold>,
    /// When somebody last lifted a pause: whoever did that knew what was missing then.
    pub(super) resumed_at: Option<Timestamp>,
    /// Killed on its own.
    pub killed: Option<Hold>,
    /// Taken back by somebody: the autopilot does not climb again until a person widens or resumes.
    pub lowered: Option<Hold>,
    /// The goes of roles that hold, one for each stage at most.
    pub approvals: Vec<Approval>,
    /// When the present confirmed exposure was reached, by all platforms; by the journal, if an earlier run reached it.
    pub stage_since: Option<Timestamp>,
    /// Whether all platforms have stored the same share.
    pub(super) is_even: bool,
    /// The worst of its stations.
    pub verdict: Verdict,
    /// Each station that has something to say.
    pub board: BTreeMap<Station, Cell>,
    /// NO-GOs that nobody has cleared, oldest first; one for each guardrail at most.
    pub latches: Vec<Latch>,
    /// What was measured, for charts and numbers.
    pub series: BTreeMap<MetricName, Series>,
    pub(super) watches: Vec<Watch>,
    /// The test of the users' split in the present stage. `None`: nothing was counted yet.
    pub(super) split: Option<Split>,
}

/// What a station says about a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The verdict.
    pub verdict: Verdict,
    /// What it is made of.
    pub evidence: Evidence,
    /// Since when it says so.
    pub since: Timestamp,
}

/// A NO-GO that stays until a person clears it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latch {
    /// At which station.
    pub station: Station,
    /// Which guardrail.
    pub guardrail: GuardrailName,
    /// On what grounds.
    pub evidence: Evidence,
    /// Since when.
    pub at: Timestamp,
    /// What shall be done about it.
    pub response: Response,
    /// Whether anybody has acted on it: the autopilot asked, or a command or a pause since then was about its segment.
    pub answered: bool,
}

impl SegmentModel {
    /// The largest usual rate, 0 to 1, that treatment is held against where there is no control group, by the guardrail's
    /// place in the rollout. `None`: there is a control group, or too little was seen before.
    #[must_use]
    pub fn usual_rate(&self, guardrail: usize) -> Option<f64> {
        self.watches.get(guardrail)?.standing()?.usual
    }

    /// Adds a NO-GO, or puts it in place of a weaker one of the same guardrail.
    pub(super) fn latch(&mut self, latch: Latch) {
        match self.latches.iter_mut().find(|known| known.guardrail == latch.guardrail) {
            Some(known) if known.response < latch.response => *known = latch,
            Some(_) => {}
            None => self.latches.push(latch),
        }
    }

    /// Somebody acted on the segment: what was latched until then is answered.
    pub(super) fn answer_latches(&mut self, at: Timestamp) {
        for latch in self.latches.iter_mut().filter(|latch| latch.at <= at) {
            latch.answered = true;
        }
    }
}

/// One link to the outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// As its task reports it.
    pub state: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// When something was last heard of it.
    pub heard_at: Option<Timestamp>,
    /// How often something is expected.
    pub interval: Duration,
    /// How far the source's clock is ahead of ours in milliseconds, as last seen. `None`: it sends no times.
    pub skew_ms: Option<i64>,
    /// How often its clock was more than [`MAX_SKEW`] away from ours.
    pub skewed: u64,
}

impl Link {
    /// How old the newest word from it is. `None`: never heard.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.heard_at.map(|at| now.since(at))
    }

    /// Whether its data must not be trusted as current: not live, never heard, or silent for more than
    /// twice its interval.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.state != LinkState::Live || self.age(now).is_none_or(|age| age > self.interval.saturating_mul(2))
    }
}

/// What kind of moment, for glyph and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MomentKind {
    /// Somebody acted.
    Act,
    /// A verdict changed.
    Verdict,
    /// A link changed.
    Link,
    /// Input could not be used.
    Problem,
    /// A person's words.
    Note,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: MomentKind,
    /// The verdict it brought, for verdict moments.
    pub verdict: Option<Verdict>,
    /// Where, if in one segment.
    pub segment: Option<SegmentName>,
    /// Who, if somebody did it.
    pub actor: Option<Actor>,
    /// What, in words.
    pub text: Text,
    /// The command it belongs to: a later outcome extends this line.
    pub effect: Option<EffectId>,
}

impl Moment {
    /// A moment with its words; foreign ones are stripped.
    #[must_use]
    pub fn new(at: Timestamp, kind: MomentKind, text: impl AsRef<str>) -> Self {
        let text = Text::new(text.as_ref());
        Self { at, kind, verdict: None, segment: None, actor: None, text, effect: None }
    }

    /// The same, in a segment.
    #[must_use]
    pub fn in_segment(self, segment: &SegmentName) -> Self {
        Self { segment: Some(segment.clone()), ..self }
    }

    /// The same, done by somebody.
    #[must_use]
    pub fn by(self, actor: &Actor) -> Self {
        Self { actor: Some(actor.clone()), ..self }
    }

    /// The same, belonging to a command.
    #[must_use]
    pub fn of(self, effect: EffectId) -> Self {
        Self { effect: Some(effect), ..self }
    }
}

/// One comment with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// When it was made, or reached us.
    pub at: Timestamp,
    /// What.
    pub feedback: Feedback,
}

/// Feedback in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedbackTotals {
    /// Pieces.
    pub pieces: u64,
    /// Pieces that were seen before and not counted again.
    pub duplicates: u64,
    /// Pieces with a score.
    pub scored: u64,
    /// Sum of their scores.
    pub score_sum: u64,
}

/// A request that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// What was asked for.
    pub verb: Verb,
    /// Why not, with a hint.
    pub cause: Text,
}

impl Model {
    /// The segment of that name.
    #[must_use]
    pub fn segment(&self, name: &SegmentName) -> Option<&SegmentModel> {
        self.segments.iter().find(|segment| segment.name == *name)
    }

    /// The platform of that name.
    #[must_use]
    pub fn platform(&self, name: &PlatformName) -> Option<&PlatformModel> {
        self.platforms.iter().find(|platform| platform.name == *name)
    }

    /// The commands of this run whose end is not known, oldest first.
    pub fn unfinished(&self) -> impl Iterator<Item = &Tracked> {
        self.commands.iter().filter(|tracked| tracked.is_open() && !tracked.restored)
    }

    /// The worst verdict of all segments that are exposed or wait to be.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.segments.iter().map(|segment| segment.verdict).max().unwrap_or(Verdict::Wait)
    }

    /// How long the present stage of a segment still has to bake. `None`: no stage, or baked.
    #[must_use]
    pub fn bake_left(&self, segment: &SegmentModel) -> Option<Duration> {
        let (_, stage) = self.rollout.segment(&segment.name)?.ladder.stage_at(segment.exposure.confirmed?)?;
        let baked = self.now.since(segment.stage_since?);
        stage.bake.0.checked_sub(baked).filter(|left| !left.is_zero())
    }

    /// The room that the charts take, in bytes: by far the largest part of a model.
    #[must_use]
    pub fn chart_bytes(&self) -> usize {
        self.segments.iter().flat_map(|segment| segment.series.values()).map(Series::chart_bytes).sum()
    }

    /// The versions of all platforms as they stand, to be frozen into a request.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<PlatformName, crate::domain::Version> {
        let version = |p: &PlatformModel| p.state.as_ref().map(|state| (p.name.clone(), state.version));
        self.platforms.iter().filter_map(version).collect()
    }
}

impl Model {
    /// A model that knows the rollout and nothing of the world yet.
    #[must_use]
    pub fn new(rollout: Arc<Rollout>, autopilot: Autopilot, read_only: bool) -> Self {
        let sizes: f64 = rollout.segments.iter().map(|s| s.size.map_or(1.0, |n| n.max(1) as f64)).sum();
        let platform = |p: &crate::domain::Platform| PlatformModel {
            name: p.name.clone(),
            state: None,
            remembered: None,
            remembered_since: BTreeMap::new(),
            read_at: None,
            desired: BTreeMap::new(),
            before_kill: BTreeMap::new(),
            killed: None,
            changed_at: None,
            served: BTreeMap::new(),
            drifting: BTreeSet::new(),
            reached: VecDeque::new(),
            rehearsal: None,
        };
        let segment = |s: &crate::domain::Segment| SegmentModel {
            name: s.name.clone(),
            exposure: Exposure::default(),
            phase: Phase::Unknown,
            paused: None,
            resumed_at: None,
            killed: None,
            lowered: None,
            approvals: Vec::new(),
            stage_since: None,
            is_even: true,
            verdict: Verdict::Wait,
            board: BTreeMap::new(),
            latches: Vec::new(),
            series: rollout.metrics.iter().map(|m| (m.name.clone(), Series::default())).collect(),
            // The tree of risk: guardrail → segments by size; the shares add up to the guardrail's risk.
            watches: rollout
                .guardrails
                .iter()
                .map(|g| Watch::new(g, s.size.map_or(1.0, |n| n.max(1) as f64) / sizes))
                .collect(),
            split: None,
        };
        Self {
            platforms: rollout.platforms.iter().map(platform).collect(),
            segments: rollout.segments.iter().map(segment).collect(),
            rollout,
            now: Timestamp::default(),
            revision: 0,
            autopilot,
            read_only,
            links: BTreeMap::new(),
            commands: VecDeque::new(),
            timeline: VecDeque::new(),
            moments_seen: 0,
            comments: VecDeque::new(),
            feedback_totals: FeedbackTotals::default(),
            problems: BTreeMap::new(),
            problems_seen: 0,
            traffic: Traffic::default(),
            refusal: None,
            decided: Vec::new(),
            feedback_ids: (VecDeque::new(), BTreeSet::new()),
            next_effect: 0,
            outlook: OnceLock::new(),
            brief: OnceLock::new(),
            began: None,
            advised: BTreeMap::new(),
        }
    }
}
