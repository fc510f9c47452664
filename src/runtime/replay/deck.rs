//! The deck: a player with a clock. It plays at a speed, obeys wishes, and works in slices.
//!
//! In: [`Wish`]es, the time that went by, and slices of work from the loop. Out: the model where it stands, and what the
//! transport bar shows. It reads no clock but to end a slice: the loop tells it the time.
//!
//! Playing moves a target time on, by the speed times what really went by, and lets the player run there. Where the
//! computer does not keep up, the target waits for it: nothing is skipped. A jump is a seek; what depends on a part of
//! the recording that was not looked through yet waits until it was.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::{Bookmarks, Speed};
use crate::domain::{Timestamp, When};
use crate::engine::Model;
use crate::recording::{Extent, Kind, Player, Progress, RecordingError, Target};
use crate::ui::transport::{Course, Motion};
use crate::ui::{Transport, Wish};

/// The longest slice: half of what a key may take until it is seen.
const SLICE: Duration = Duration::from_millis(12);
/// Events between two looks at the clock: a few milliseconds where the engine is slowest.
const BATCH: usize = 64;
/// Jumps that may wait for a seek: a held key is obeyed, and stops soon after it is let go.
const MOST_WAITING: usize = 8;

/// How a replay begins and ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order {
    /// Where it begins. `None`: at the beginning. What is earlier than nothing is earlier than the end.
    pub from: Option<When>,
    /// Where it stops playing. `None`: at the end. What is later is later than `from`.
    pub until: Option<When>,
    /// How fast it plays.
    pub speed: Speed,
    /// Whether to leave where it stops playing.
    pub exit_when_done: bool,
}

impl Order {
    /// Where it begins in a recording and where it stops, and what is to be said of it.
    #[must_use]
    pub fn bounds(&self, extent: Extent) -> (Timestamp, Option<Timestamp>, Option<String>) {
        let moment = |when: When, base: Timestamp| {
            let here = if matches!(when, When::Earlier(_)) { extent.to } else { base };
            when.moment(extent.from, extent.to, here).max(extent.from).min(extent.to)
        };
        let from = self.from.map_or(extent.from, |when| moment(when, extent.from));
        match self.until.map(|when| moment(when, from)) {
            Some(until) if until < from => {
                (from, None, Some("--until lies before --from, and is left out".to_owned()))
            }
            until => (from, until, None),
        }
    }
}

/// A player with a clock.
pub struct Deck {
    player: Player,
    course: Course,
    bookmarks: Bookmarks,
    order: Order,
    /// `from` and `until` are still to be found.
    is_opening: bool,
    until: Option<Timestamp>,
    is_playing: bool,
    is_behind: bool,
    speed: Speed,
    /// The time of the recording that it stands at: in a gap that is later than the newest event.
    at: Timestamp,
    /// When [`Deck::at`] was right, in real time.
    wound: Instant,
    /// The jump that is under way; playing is none.
    jump: Option<Target>,
    share: f64,
    waiting: VecDeque<Wish>,
    /// The marks of the newest event.
    here: Range<usize>,
    said: Option<String>,
    is_done: bool,
    revision: u64,
}

impl Deck {
    /// Begins to play.
    #[must_use]
    pub fn new(mut player: Player, bookmarks: Bookmarks, order: Order, now: Instant) -> Self {
        // The first frame shows the first moment.
        player.seek(Target::Time(player.now()));
        let mut course = Course::of(&player.header().rollout);
        // A recording with an index is known as a whole before any work is done.
        course.follow(player.marks());
        Self {
            at: player.now(),
            player,
            course,
            bookmarks,
            order,
            is_opening: order.from.is_some() || order.until.is_some(),
            until: None,
            is_playing: true,
            is_behind: false,
            speed: order.speed,
            wound: now,
            jump: None,
            share: 0.0,
            waiting: VecDeque::new(),
            here: 0..0,
            said: None,
            is_done: false,
            revision: 0,
        }
    }

    /// The model where it stands.
    #[must_use]
    pub const fn model(&self) -> &Model {
        self.player.model()
    }

    /// Whether time goes on.
    #[must_use]
    pub const fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Whether a jump is under way.
    #[must_use]
    pub const fn is_seeking(&self) -> bool {
        self.jump.is_some()
    }

    /// Whether there is something to do for [`Deck::work`].
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.player.target().is_some() || !self.player.extent().is_whole
    }

    /// Whether it has played to its end and is to leave then.
    #[must_use]
    pub const fn is_to_leave(&self) -> bool {
        self.is_done && self.order.exit_when_done
    }

    /// Why the last wish did nothing, once.
    pub fn take_said(&mut self) -> Option<String> {
        self.said.take()
    }

    /// Says something, as if a wish had led to it.
    pub fn say(&mut self, said: Option<String>) {
        self.said = said.or(self.said.take());
    }

    /// Position, second and a number that grows with all else: two frames with the same look the same.
    #[must_use]
    pub fn look(&self) -> (u64, i64, u64) {
        (self.player.position(), self.at.0.div_euclid(1000), self.revision)
    }

    /// What the bar shows.
    #[must_use]
    pub fn transport(&self) -> Transport<'_> {
        let extent = self.player.extent();
        let position = self.player.position();
        Transport {
            from: extent.from,
            to: extent.to,
            at: self.at,
            event: position,
            events: extent.events,
            missing: extent.missing,
            is_whole: extent.is_whole,
            motion: match (self.is_playing, self.is_behind) {
                (true, true) => Motion::Behind,
                (true, false) => Motion::Playing,
                (false, _) if self.is_over() => Motion::Over,
                (false, _) => Motion::Paused,
            },
            speed: self.speed.get(),
            seeking: self.jump.is_some().then_some(self.share),
            damage: self.player.damage().map(|damage| damage.to_string()),
            course: &self.course,
            bookmarks: self.bookmarks.times(),
            bookmark_here: self.bookmarks.at(position),
            here: self.player.marks().get(self.here.clone()).unwrap_or_default(),
        }
    }

    /// Whether there is nothing after it.
    fn is_over(&self) -> bool {
        let extent = self.player.extent();
        let is_past = self.player.is_at_end() || self.player.position() >= extent.events;
        extent.is_whole && is_past && self.at >= extent.to
    }

    /// Time has gone on.
    pub fn advance(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(std::mem::replace(&mut self.wound, now));
        if !self.is_playing || self.is_opening || self.jump.is_some() {
            return;
        }
        let extent = self.player.extent();
        // Nothing is skipped: whoever does not keep up plays slower.
        let is_behind = self.player.target().is_some() || (!extent.is_whole && self.at >= extent.to);
        if is_behind != self.is_behind {
            self.is_behind = is_behind;
            self.revision += 1;
        }
        if is_behind {
            return;
        }
        let end = self.until.unwrap_or(extent.to).min(extent.to);
        self.at = self.at.plus(gone.saturating_mul(self.speed.get())).min(end.max(self.at));
        self.player.seek(Target::Time(self.at));
    }

    /// Does as it is told; what cannot be done is said ([`Deck::take_said`]).
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read any more.
    pub fn obey(&mut self, wish: Wish, now: Instant) -> Result<(), RecordingError> {
        self.revision += 1;
        self.wound = now;
        match wish {
            Wish::PlayOrPause if self.is_playing => self.is_playing = false,
            Wish::PlayOrPause => self.play(),
            Wish::Faster => self.speed = self.speed.faster(),
            Wish::Slower => self.speed = self.speed.slower(),
            Wish::Bookmark => {
                self.said = self.bookmarks.toggle(self.player.position(), self.at).err();
            }
            Wish::GoTo(_) | Wish::Start | Wish::End => {
                self.waiting.clear();
                self.jump = None;
                self.is_opening = false;
                self.waiting.push_back(wish);
            }
            _ if self.waiting.len() >= MOST_WAITING => {}
            _ => self.waiting.push_back(wish),
        }
        self.settle()
    }

    fn play(&mut self) {
        self.is_playing = true;
        self.is_done = false;
        // Whoever goes on past it has seen it.
        self.until = self.until.filter(|until| self.at < *until);
        if self.is_over() {
            self.leap(Target::Event(0));
        }
    }

    /// A slice of work. Returns whether a jump has arrived: somebody waits for that frame.
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read any more.
    pub fn work(&mut self) -> Result<bool, RecordingError> {
        let start = Instant::now();
        let was_jump = self.jump.is_some();
        while self.has_work() && start.elapsed() < SLICE {
            if self.player.target().is_some() {
                match self.player.run(BATCH)? {
                    Progress::Arrived => self.arrive(),
                    Progress::Working { share } => self.share = share,
                }
            } else {
                self.player.look_through(BATCH)?;
                let marks = self.player.marks();
                if marks.len() < self.course.marks() {
                    // What comes after damage was given up.
                    self.course = Course::of(&self.player.header().rollout);
                }
                self.course.follow(marks);
            }
            self.settle()?;
        }
        if self.jump.is_some() || !self.player.extent().is_whole {
            self.revision += 1;
        }
        Ok(was_jump && self.jump.is_none())
    }

    fn leap(&mut self, to: Target) {
        self.player.seek(to);
        self.jump = Some(to);
        self.share = 0.0;
        self.is_done = false;
    }

    fn arrive(&mut self) {
        match self.jump.take() {
            // In a gap it stands where it was sent to.
            Some(Target::Time(at)) => self.at = at.min(self.player.extent().to).max(self.player.now()),
            Some(Target::Event(_)) => self.at = self.player.now(),
            None => {}
        }
        let (marks, position) = (self.player.marks(), self.player.position());
        let first = marks.partition_point(|mark| mark.event.saturating_add(1) < position);
        let after = marks.partition_point(|mark| mark.event < position);
        self.here = first..after;
    }

    /// Does what waits and can be done by now; stops where the end of playing is reached.
    fn settle(&mut self) -> Result<(), RecordingError> {
        let extent = self.player.extent();
        if self.is_opening && extent.is_whole {
            self.open_at_order();
        }
        while self.jump.is_none()
            && let Some(wish) = self.waiting.front().copied()
        {
            if !self.try_wish(wish)? {
                break;
            }
            self.waiting.pop_front();
        }
        let is_at_rest = self.player.target().is_none() && !self.is_opening;
        let end = self.until.unwrap_or(extent.to);
        if self.is_playing && is_at_rest && extent.is_whole && self.at >= end.min(extent.to) {
            self.is_playing = false;
            self.is_done = true;
            self.revision += 1;
        }
        Ok(())
    }

    /// Goes where the order says that it begins.
    fn open_at_order(&mut self) {
        self.is_opening = false;
        let (from, until, said) = self.order.bounds(self.player.extent());
        self.until = until;
        self.say(said);
        self.leap(Target::Time(from));
    }

    /// Returns whether that is settled: done, or said why not. `false`: it has to wait.
    fn try_wish(&mut self, wish: Wish) -> Result<bool, RecordingError> {
        let extent = self.player.extent();
        let position = self.player.position();
        match wish {
            Wish::Step => self.step()?,
            Wish::StepBack => {
                self.is_playing = false;
                self.leap_or_say(position.checked_sub(1), || "this is the beginning".to_owned());
            }
            Wish::Next(kind) => match self.player.next_mark(kind) {
                None if !extent.is_whole => return Ok(false),
                place => self.leap_or_say(place, || format!("there is no {} after this", word(kind))),
            },
            Wish::Previous(kind) => {
                let place = self.player.previous_mark(kind);
                self.leap_or_say(place, || format!("there is no {} before this", word(kind)));
            }
            Wish::NextBookmark => {
                let place = self.bookmarks.after(position);
                self.leap_or_say(place, || "there is no bookmark after this: m sets one".to_owned());
            }
            Wish::PreviousBookmark => {
                let place = self.bookmarks.before(position);
                self.leap_or_say(place, || "there is no bookmark before this: m sets one".to_owned());
            }
            Wish::Start => self.leap(Target::Event(0)),
            Wish::End => {
                self.is_playing = false;
                self.leap(Target::Time(Timestamp(i64::MAX)));
            }
            Wish::GoTo(when) => {
                if !extent.is_whole {
                    return Ok(false);
                }
                let moment = when.moment(extent.from, extent.to, self.at);
                let inside = moment.max(extent.from).min(extent.to);
                if moment < extent.from {
                    let asked = moment.date_and_clock();
                    self.said = Some(format!("{asked} lies before the recording: this is its beginning"));
                } else if moment > extent.to {
                    self.said = Some(format!(
                        "{} lies after the recording: this is its end",
                        moment.date_and_clock()
                    ));
                }
                self.leap(Target::Time(inside));
            }
            Wish::PlayOrPause | Wish::Faster | Wish::Slower | Wish::Bookmark => {}
        }
        Ok(true)
    }

    fn leap_or_say(&mut self, place: Option<u64>, why: impl FnOnce() -> String) {
        match place {
            Some(place) => self.leap(Target::Event(place)),
            None => self.said = Some(why()),
        }
    }

    /// Takes the next event, whatever its number.
    fn step(&mut self) -> Result<(), RecordingError> {
        self.is_playing = false;
        if !self.player.step()? {
            self.said = Some("this is the end".to_owned());
        }
        self.at = self.player.now();
        self.arrive();
        Ok(())
    }
}

/// What one jumps to, in words.
const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "decision",
        Kind::Verdict => "change of a verdict",
        Kind::Stage => "change of an exposure",
        Kind::Action => "action",
    }
}
