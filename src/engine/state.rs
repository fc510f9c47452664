//! A whole model as bytes, and back: what a recording keeps now and then, so that a seek need not begin at the start.
//!
//! ```text
//! write(&Model) ─▶ bytes ─▶ read(rollout, bytes) ─▶ the same Model, bit for bit
//! ```
//!
//! The bytes are CBOR (self-describing, with NaN, infinities and keys that are no strings), the charts in it byte strings
//! of their own ([`packed`](super::series)). Not in them: the rollout, which a recording has in its header; what the
//! newest event brought about ([`Model::decided`]); and what follows from the rest ([`Model::outlook`], [`Model::brief`]).
//!
//! Whoever goes on with a model that was read gets the same effects and decisions as with the one that was written. That
//! holds for the same engine only: bytes of another [`FINGERPRINT`] must not be read.
//!
//! Bytes may come from anywhere. Reading checks them against the rollout and the engine's own bounds; what does not fit is
//! an error, and what is read never makes the engine panic. It does not prove that such a state was ever reached.
//!
//! Start reading at `State`, then [`read`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::Autopilot;
use super::model::{
    Comment, FeedbackTotals, Link, MAX_COMMENTS, MAX_FEEDBACK_IDS, MAX_MOMENTS, MAX_OPEN, MAX_PROBLEMS,
    Model, Moment, PlatformModel, Refusal, SegmentModel, Tracked, Traffic,
};
use super::watch::Watch;
use crate::action::{ACTIONS, Scope, Verb};
use crate::domain::{Percent, Rollout, Source, Text, Timestamp};

/// The engine that this is: an FNV-1a sum over the sources that decide what a state means, made by `build.rs`. Two builds
/// with the same one read each other's states; a state of another one is of no use. Never 0.
pub const FINGERPRINT: u64 = match u64::from_str_radix(env!("GONOGO_ENGINE_FINGERPRINT"), 16) {
    Ok(fingerprint) => fingerprint,
    Err(_) => 0,
};

/// The longest state that is read, in bytes: ten times that of 50 segments with 10 full charts each.
pub const MAX_BYTES: usize = 256 << 20;
/// More links than any rollout has sources; the engine makes one for each source that it hears of.
const MAX_LINKS: usize = 4096;
/// No counter of ours gets here in a lifetime, and from here on there is room to count.
const MAX_COUNT: u64 = 1 << 62;

/// Why a state cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It is not what was written.
    #[error("cannot read a state of the engine: {0}\nhint: read the recording from an earlier place")]
    Damaged(Text),
    /// It is none of this rollout, or larger than any that the engine makes.
    #[error(
        "cannot read a state of the engine: {0} not fit the rollout\nhint: read the recording from an earlier place"
    )]
    Unfit(&'static str),
    /// It could not be put into bytes.
    #[error("cannot write the state of the engine: {0}\nhint: the recording is whole without it")]
    Unwritten(Text),
}

/// What is written of a [`Model`]. Borrowed when it is written, owned when it was read.
#[derive(Serialize, Deserialize)]
struct State<'a> {
    now: Timestamp,
    began: Option<Timestamp>,
    revision: u64,
    autopilot: Autopilot,
    read_only: bool,
    platforms: Cow<'a, [PlatformModel]>,
    segments: Cow<'a, [SegmentModel]>,
    links: Cow<'a, BTreeMap<Source, Link>>,
    commands: Cow<'a, VecDeque<Tracked>>,
    timeline: Cow<'a, VecDeque<Moment>>,
    moments_seen: u64,
    comments: Cow<'a, VecDeque<Comment>>,
    feedback_totals: FeedbackTotals,
    /// In the order in which they came; the set is made of it.
    feedback_ids: Cow<'a, VecDeque<Text>>,
    problems: Cow<'a, BTreeMap<(Source, Text), u64>>,
    problems_seen: u64,
    traffic: Traffic,
    refusal: Option<Refusal>,
    next_effect: u64,
    advised: Cow<'a, BTreeMap<(Verb, Scope), Option<Percent>>>,
}

impl<'a> From<&'a Model> for State<'a> {
    fn from(model: &'a Model) -> Self {
        // Each field by name: a new one is a decision, here too.
        let Model {
            rollout: _,
            decided: _,
            outlook: _,
            brief: _,
            now,
            began,
            revision,
            autopilot,
            read_only,
            platforms,
            segments,
            links,
            commands,
            timeline,
            moments_seen,
            comments,
            feedback_totals,
            feedback_ids: (feedback_ids, _),
            problems,
            problems_seen,
            traffic,
            refusal,
            next_effect,
            advised,
        } = model;
        Self {
            now: *now,
            began: *began,
            revision: *revision,
            autopilot: *autopilot,
            read_only: *read_only,
            platforms: Cow::Borrowed(platforms),
            segments: Cow::Borrowed(segments),
            links: Cow::Borrowed(links),
            commands: Cow::Borrowed(commands),
            timeline: Cow::Borrowed(timeline),
            moments_seen: *moments_seen,
            comments: Cow::Borrowed(comments),
            feedback_totals: *feedback_totals,
            feedback_ids: Cow::Borrowed(feedback_ids),
            problems: Cow::Borrowed(problems),
            problems_seen: *problems_seen,
            traffic: *traffic,
            refusal: refusal.clone(),
            next_effect: *next_effect,
            advised: Cow::Borrowed(advised),
        }
    }
}

impl State<'_> {
    fn into_model(self, rollout: Arc<Rollout>) -> Model {
        let mut segments = self.segments.into_owned();
        segments.iter_mut().flat_map(|segment| &mut segment.watches).for_each(Watch::stand);
        let known: BTreeSet<Text> = self.feedback_ids.iter().cloned().collect();
        Model {
            rollout,
            decided: Vec::new(),
            outlook: OnceLock::new(),
            brief: OnceLock::new(),
            now: self.now,
            began: self.began,
            revision: self.revision,
            autopilot: self.autopilot,
            read_only: self.read_only,
            platforms: self.platforms.into_owned(),
            segments,
            links: self.links.into_owned(),
            commands: self.commands.into_owned(),
            timeline: self.timeline.into_owned(),
            moments_seen: self.moments_seen,
            comments: self.comments.into_owned(),
            feedback_totals: self.feedback_totals,
            feedback_ids: (self.feedback_ids.into_owned(), known),
            problems: self.problems.into_owned(),
            problems_seen: self.problems_seen,
            traffic: self.traffic,
            refusal: self.refusal,
            next_effect: self.next_effect,
            advised: self.advised.into_owned(),
        }
    }
}

/// The state of a model as bytes, for [`read`]. The same state gives the same bytes.
///
/// # Errors
/// [`StateError::Unwritten`], for which there is no known cause.
pub fn write(model: &Model) -> Result<Vec<u8>, StateError> {
    let mut bytes = Vec::new();
    match ciborium::into_writer(&State::from(model), &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StateError::Unwritten(Text::new(&error.to_string()))),
    }
}

/// The model of which [`write()`] made these bytes, on its way through this rollout.
///
/// # Errors
/// [`StateError`] when they are damaged, or do not fit the rollout or the bounds of the engine.
pub fn read(rollout: Arc<Rollout>, bytes: &[u8]) -> Result<Model, StateError> {
    if bytes.len() > MAX_BYTES {
        return Err(StateError::Damaged(Text::new("it is too long to be one")));
    }
    let mut rest = bytes;
    let state: State<'static> = ciborium::from_reader(&mut rest).map_err(damaged)?;
    if !rest.is_empty() {
        return Err(StateError::Damaged(Text::new("there is more than one")));
    }
    let model = state.into_model(rollout);
    check(&model)?;
    Ok(model)
}

fn damaged(error: ciborium::de::Error<std::io::Error>) -> StateError {
    use ciborium::de::Error;
    let cause = match error {
        Error::Io(_) => "it ends too early".into(),
        Error::Syntax(at) => format!("its byte {at} has no meaning there"),
        Error::Semantic(_, cause) => cause,
        Error::RecursionLimitExceeded => "it is nested too deeply".into(),
    };
    StateError::Damaged(Text::new(&cause))
}

/// Refuses what the engine could not have made of this rollout, as far as anything relies on it.
fn check(model: &Model) -> Result<(), StateError> {
    let fresh = Model::new(model.rollout.clone(), model.autopilot, model.read_only);
    let platforms = model.platforms.iter().map(|platform| &platform.name);
    let segments = model.segments.iter().zip(&fresh.segments);
    let scopes = (model.segments.len() + 1) * (model.platforms.len() + 1);
    let (order, known) = &model.feedback_ids;
    let totals = &model.feedback_totals;
    let counters = [
        model.revision,
        model.moments_seen,
        model.problems_seen,
        model.traffic.late,
        totals.pieces,
        totals.duplicates,
        totals.scored,
        totals.score_sum,
    ];
    let rules = [
        (platforms.eq(fresh.platforms.iter().map(|platform| &platform.name)), "its platforms do"),
        (model.segments.len() == fresh.segments.len(), "its segments do"),
        (segments.clone().all(|(read, fresh)| is_of(read, fresh)), "a segment of it does"),
        (segments.clone().all(|(read, _)| read.approvals.len() <= stages(model, read)), "its goes do"),
        (model.commands.len() <= MAX_OPEN, "its commands do"),
        (
            model.commands.iter().all(|t| t.undo.segments.len() <= model.segments.len()),
            "a command of it does",
        ),
        (model.timeline.len() <= MAX_MOMENTS, "its timeline does"),
        (model.comments.len() <= MAX_COMMENTS, "its comments do"),
        (order.len() <= MAX_FEEDBACK_IDS && order.len() == known.len(), "its ids of feedback do"),
        (model.problems.len() <= MAX_PROBLEMS, "its problems do"),
        (model.links.len() <= MAX_LINKS, "its links do"),
        (model.advised.len() <= ACTIONS.len() * scopes, "what it advised does"),
        (
            counters.iter().chain(model.problems.values()).all(|count| *count < MAX_COUNT),
            "a counter of it does",
        ),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(StateError::Unfit(what)),
        None => Ok(()),
    }
}

/// Whether this can be the state of a segment that began as `fresh`.
fn is_of(read: &SegmentModel, fresh: &SegmentModel) -> bool {
    read.name == fresh.name
        && read.series.keys().eq(fresh.series.keys())
        && read.series.values().all(|series| series.resets < MAX_COUNT)
        && read.watches.len() == fresh.watches.len()
        && read.watches.iter().zip(&fresh.watches).all(|(read, fresh)| read.fits(fresh))
}

/// Stages of a segment's ladder: each asks for one go at most.
fn stages(model: &Model, segment: &SegmentModel) -> usize {
    model.rollout.segment(&segment.name).map_or(0, |segment| segment.ladder.stages().len())
}
