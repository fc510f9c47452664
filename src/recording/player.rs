//! The player: the model as it was at any moment of a recording.
//!
//! ```text
//! seek(Target) ─▶ run(budget), run(budget), …  ─▶ Progress::Arrived     model(), position(), now()
//!     │ nearest state that is known: where it stands, one that was kept on the way, a keyframe of the file, the beginning
//!     └ from there event by event through the engine
//! ```
//!
//! In: a recording. Out: a [`Model`] that is, bit for bit, what it was then. The decisions of the recording are not
//! used for it: they are compared by [`verify`](super::verify()).
//!
//! States are kept on the way forward, so that a step back is as quick as one ahead. They are bounded in number and by
//! the room that their charts take; when they are too many, every second one goes.
//!
//! The player acts on nobody: what the engine asks for is dropped, and there is nobody here who could carry it out.
//!
//! Start reading at [`Player::seek`] and [`Player::run`].

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use super::reel::Reel;
use super::{Archive, Damage, Extent, Header, Kind, Mark, RecordingError, Taken};
use crate::domain::{Rollout, Timestamp};
use crate::engine::{self, Model};

/// The most states that are kept.
const MAX_KEPT: usize = 24;
/// The most room that the charts of all kept states take, in bytes: a small part of a cockpit's 60 MB.
const MAX_KEPT_BYTES: usize = 12 * 1024 * 1024;
/// Events between two kept states at first: replayed in about the time of a frame.
const SPACING: u64 = 2048;
/// The most marks of a recording that does not hold them, as many as one that does: about 100 bytes each.
const MAX_MARKS: usize = 20_000;
/// So many events are sooner replayed than a state is read from the file.
const MIN_JUMP: u64 = 1_024;
/// States that are tried before an earlier place is taken.
const MAX_THAWS: usize = 3;
/// About as many events as a block has, for how much is looked through at once.
const EVENTS_OF_A_BLOCK: usize = 4_096;

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// So many events taken, from 0 to all of them.
    Event(u64),
    /// All events up to this time, those of the same moment included.
    Time(Timestamp),
}

/// How far a seek has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// The model is as it was at the target.
    Arrived,
    /// It is on its way: a share from 0 to 1 of the events that were between, as far as that is known.
    Working {
        /// From 0 to 1.
        share: f64,
    },
}

/// A state on the way.
struct Kept {
    position: u64,
    model: Model,
}

/// The model as it was at any moment of a recording.
pub struct Player {
    reel: Reel,
    rollout: Arc<Rollout>,
    model: Model,
    position: u64,
    kept: VecDeque<Kept>,
    spacing: u64,
    target: Option<Target>,
    /// Where the seek that is under way began.
    began_at: u64,
    /// Decides anew what a recording of version 1 does not say, so that there are marks.
    scout: Option<Box<Scout>>,
    /// Whether there was nothing after the newest event when it was looked for.
    is_at_end: bool,
}

/// Runs ahead through a recording that does not say what was decided.
struct Scout {
    reel: Reel,
    model: Model,
    marks: Vec<Mark>,
    left_out: u64,
    is_done: bool,
}

impl Player {
    /// Opens a file.
    ///
    /// # Errors
    /// [`RecordingError`] when it cannot be read, is no recording, or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::new(|| Archive::open(path))
    }

    /// Opens a recording that was compiled in; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`Player::open`].
    pub fn of(name: &str, bytes: &'static [u8]) -> Result<Self, RecordingError> {
        Self::new(|| Archive::of(name, bytes))
    }

    fn new(open: impl Fn() -> Result<Archive, RecordingError>) -> Result<Self, RecordingError> {
        let mut archive = open()?;
        // The first time is known from the first block.
        archive.look(1)?;
        let rollout = Arc::new(archive.header().rollout.clone());
        let model = first_model(archive.header(), &rollout);
        let scout = if archive.header().version == 1 {
            let reel = Reel::new(open()?);
            let model = model.clone();
            Some(Box::new(Scout { reel, model, marks: Vec::new(), left_out: 0, is_done: false }))
        } else {
            None
        };
        Ok(Self {
            reel: Reel::new(archive),
            rollout,
            model,
            position: 0,
            kept: VecDeque::new(),
            spacing: SPACING,
            target: None,
            began_at: 0,
            scout,
            is_at_end: false,
        })
    }

    /// What the recording says about itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        self.reel.archive.header()
    }

    /// The model after [`Player::position`] events.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// How many events are taken, missing ones included.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The time of the newest event that is taken; before the first one, that of the first.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        if self.position == 0 { self.extent().from } else { self.model.now }
    }

    /// What can be read of the recording, as far as it was looked through.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let is_whole = self.scout.as_ref().is_none_or(|scout| scout.is_done);
        let extent = self.reel.archive.extent();
        Extent { is_whole: extent.is_whole && is_whole, ..extent }
    }

    /// The moments that one jumps to, in order, as far as the recording was looked through.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        self.scout.as_ref().map_or_else(|| self.reel.archive.marks(), |scout| &scout.marks)
    }

    /// Marks that found no place in memory: jumps pass over them.
    #[must_use]
    pub fn marks_left_out(&self) -> u64 {
        self.scout.as_ref().map_or_else(|| self.reel.archive.marks_left_out(), |scout| scout.left_out)
    }

    /// Where the recording is damaged or cut. `None`: nowhere, or not yet met.
    #[must_use]
    pub const fn damage(&self) -> Option<&Damage> {
        self.reel.archive.damage()
    }

    /// The position right after the next mark of a kind. `None`: there is none that is known.
    #[must_use]
    pub fn next_mark(&self, kind: Kind) -> Option<u64> {
        let from = self.marks().partition_point(|mark| mark.event < self.position);
        self.marks().get(from..)?.iter().find(|mark| mark.is(kind)).map(|mark| mark.event.saturating_add(1))
    }

    /// The position right after the mark of a kind that lies before the one where the player stands.
    #[must_use]
    pub fn previous_mark(&self, kind: Kind) -> Option<u64> {
        // Whoever stands right after a mark means the one before it.
        let to = self.marks().partition_point(|mark| mark.event.saturating_add(1) < self.position);
        self.marks()
            .get(..to)?
            .iter()
            .rev()
            .find(|mark| mark.is(kind))
            .map(|mark| mark.event.saturating_add(1))
    }

    /// Whether it stands at the end of what can be read; events that are missing there are passed.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Where the player is going, if it has not arrived.
    #[must_use]
    pub const fn target(&self) -> Option<Target> {
        self.target
    }

    /// Sets out for a target; [`Player::run`] goes there.
    pub fn seek(&mut self, to: Target) {
        self.target = Some(to);
        self.is_at_end = false;
        let is_behind = |position: u64, now: Timestamp| match to {
            Target::Event(event) => position <= event,
            Target::Time(time) => position == 0 || now <= time,
        };
        let here = is_behind(self.position, self.model.now).then_some(self.position);
        let kept = self.kept.iter().rev().find(|kept| is_behind(kept.position, kept.model.now));
        let best = here.max(kept.map(|kept| kept.position)).unwrap_or(0);
        if let Some((position, model)) = self.thaw(to, best.saturating_add(MIN_JUMP)) {
            (self.position, self.model) = (position, model);
        } else if here != Some(best) {
            (self.position, self.model) = match kept {
                Some(kept) => (kept.position, kept.model.clone()),
                None => (0, first_model(self.reel.archive.header(), &self.rollout)),
            };
        }
        self.began_at = self.position;
    }

    /// The newest state in the file that lies before a target, if it is worth reading: it lies at `least` or later, and
    /// this engine wrote it.
    fn thaw(&self, to: Target, least: u64) -> Option<(u64, Model)> {
        let archive = &self.reel.archive;
        let blocks = archive.blocks();
        let end = blocks.partition_point(|block| match to {
            Target::Event(event) => block.first <= event,
            // Whatever lies before a block is not later than its first event.
            Target::Time(time) => block.from <= time,
        });
        let candidates = blocks.get(..end)?.iter().enumerate().rev();
        let candidates = candidates.take_while(|(_, block)| block.first >= least);
        candidates.filter(|(_, block)| block.has_keyframe).take(MAX_THAWS).find_map(|(number, block)| {
            // One that cannot be read is a pity, and no more: an earlier one does as well.
            let keyframe = archive.keyframe(number).ok()??;
            let model = keyframe.thaw(&self.rollout)?;
            // A block without events has no time of its own.
            let is_early = !matches!(to, Target::Time(time) if model.now > time);
            is_early.then_some((block.first, model))
        })
    }

    /// Goes on towards the target, at most `budget` events.
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read any more. The model stays as far as it came.
    pub fn run(&mut self, budget: usize) -> Result<Progress, RecordingError> {
        let Some(target) = self.target else { return Ok(Progress::Arrived) };
        self.reel.go_to(self.position)?;
        for _ in 0..budget {
            if matches!(target, Target::Event(event) if self.position >= event) {
                self.target = None;
                return Ok(Progress::Arrived);
            }
            let Some(taken) = self.reel.next()? else {
                self.arrive_at_the_end();
                return Ok(Progress::Arrived);
            };
            let is_beyond = match target {
                Target::Event(event) => taken.number >= event,
                Target::Time(time) => taken.event.at > time,
            };
            if is_beyond {
                self.reel.put_back(taken);
                self.target = None;
                return Ok(Progress::Arrived);
            }
            self.take(&taken);
        }
        Ok(Progress::Working { share: self.share(target) })
    }

    /// Takes the next event, whatever its number: some before it may be missing. Gives up the target, if there is one.
    /// Returns whether there was an event.
    ///
    /// # Errors
    /// As [`Player::run`].
    pub fn step(&mut self) -> Result<bool, RecordingError> {
        self.target = None;
        self.reel.go_to(self.position)?;
        let Some(taken) = self.reel.next()? else {
            self.arrive_at_the_end();
            return Ok(false);
        };
        self.take(&taken);
        Ok(true)
    }

    /// There is nothing after the newest event. What was known of events after damage is given up.
    fn arrive_at_the_end(&mut self) {
        self.target = None;
        self.is_at_end = true;
        if let Some(damage) = self.reel.archive.damage() {
            let readable = damage.events;
            self.kept.retain(|kept| kept.position <= readable);
        }
    }

    fn take(&mut self, taken: &Taken) {
        self.is_at_end = false;
        engine::update(&mut self.model, &taken.event);
        self.position = taken.number.saturating_add(1);
        let last = self.kept.back().map_or(0, |kept| kept.position);
        if self.position >= last.saturating_add(self.spacing) {
            self.keep();
        }
    }

    /// Keeps the state where the player stands.
    fn keep(&mut self) {
        let bytes = self.model.chart_bytes();
        if bytes > MAX_KEPT_BYTES {
            // One alone would be too large: every step back goes by a keyframe, or from the beginning.
            self.spacing = u64::MAX;
            return;
        }
        self.kept.push_back(Kept { position: self.position, model: self.model.clone() });
        let has_room = |kept: &VecDeque<Kept>| {
            kept.len() <= MAX_KEPT && kept.len().saturating_mul(bytes) <= MAX_KEPT_BYTES
        };
        while !has_room(&self.kept) && !self.kept.is_empty() {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
    }

    fn share(&self, target: Target) -> f64 {
        let (done, all) = match target {
            Target::Event(event) => (self.position - self.began_at, event.saturating_sub(self.began_at)),
            Target::Time(_) => {
                (self.position - self.began_at, self.extent().events.saturating_sub(self.began_at))
            }
        };
        if all == 0 { 1.0 } else { (done as f64 / all as f64).clamp(0.0, 1.0) }
    }

    /// Looks through the recording, at most about `budget` events of it: what is known of its length and its marks
    /// grows. Returns whether there is more to look through. It never moves the model.
    ///
    /// # Errors
    /// As [`Player::run`].
    pub fn look_through(&mut self, budget: usize) -> Result<bool, RecordingError> {
        let is_known = self.reel.archive.look(budget.div_ceil(EVENTS_OF_A_BLOCK))?;
        let Some(scout) = &mut self.scout else { return Ok(!is_known) };
        for _ in 0..budget {
            let Some(taken) = scout.reel.next()? else {
                scout.is_done = true;
                return Ok(!is_known);
            };
            engine::update(&mut scout.model, &taken.event);
            let decided = scout.model.decided.iter();
            for mark in decided.filter_map(|what| Mark::of(taken.number, taken.event.at, what)) {
                if scout.marks.len() < MAX_MARKS {
                    scout.marks.push(mark);
                } else {
                    scout.left_out += 1;
                }
            }
        }
        Ok(true)
    }
}

/// The model before anything has happened.
pub(super) fn first_model(header: &Header, rollout: &Arc<Rollout>) -> Model {
    Model::new(Arc::clone(rollout), header.autopilot, header.read_only)
}
