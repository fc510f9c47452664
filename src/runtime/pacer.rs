//! The pacer: when the next frame is due.
//!
//! In: what a frame would be drawn from, as a small value that is equal when the frame would look the same, and that a
//! key was pressed. Out: whether to draw now, and until when to wait. What a key did is shown at once; data is drawn
//! four times a second at most, which is as fast as a person reads and cheap over SSH. What looks the same is not drawn.

use std::time::Duration;

use tokio::time::Instant;

/// Least time between two frames that only show new data.
const FRAME: Duration = Duration::from_millis(250);
/// Least time between two frames after keys: 60 a second.
const KEY_FRAME: Duration = Duration::from_millis(16);

/// Says when the next frame is due. `L` is what a frame is drawn from.
pub(super) struct Pacer<L> {
    shown: Option<L>,
    due: Instant,
    last: Instant,
    is_asked: bool,
    is_waiting: bool,
}

impl<L: PartialEq> Pacer<L> {
    /// The first frame is due at once.
    pub fn new() -> Self {
        let now = Instant::now();
        Self { shown: None, due: now, last: now, is_asked: true, is_waiting: false }
    }

    /// Whether there is something to draw, now or later.
    pub fn has_news(&self, look: L) -> bool {
        !self.is_waiting && (self.is_asked || self.shown != Some(look))
    }

    /// Whether to draw now.
    pub fn is_due(&self, look: L) -> bool {
        self.has_news(look) && Instant::now() >= self.due
    }

    /// The earliest time of the next frame.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Somebody pressed a key or the screen was lost: the next frame is due at once.
    pub fn ask(&mut self) {
        self.is_asked = true;
        self.due = self.due.min(self.last + KEY_FRAME);
    }

    /// The terminal has not taken the frame before: nothing is due until [`Pacer::go_on`].
    pub const fn wait(&mut self) {
        self.is_waiting = true;
    }

    /// Whether the terminal is waited for.
    pub const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// The terminal has caught up.
    pub const fn go_on(&mut self) {
        self.is_waiting = false;
    }

    /// A frame was drawn from that.
    pub fn drawn(&mut self, look: L) {
        self.last = Instant::now();
        self.due = self.last + FRAME;
        self.is_asked = false;
        self.shown = Some(look);
    }
}
