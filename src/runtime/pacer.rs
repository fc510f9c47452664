//! The pacer: when the next frame is due.
//!
//! In: what a frame would be drawn from, as a small value that is equal when the frame would look the same; that a key
//! was pressed; how long the terminal took for the last frame. Out: whether to draw now, and until when to wait.
//!
//! - What a key did is shown at once, data ten times a second, over SSH four times: as fast as a person reads, and cheap.
//! - A terminal that needs long for a frame gets several times as long to rest, so that it can show other things and
//!   keys are not stuck behind frames. It gets faster again by itself.
//! - A frame is never queued: while one is on its way none is drawn, and the next shows the newest state.
//! - What looks the same is not drawn. A frame after which only time has gone by is looked at each second while ages on the
//!   screen grow, and every other second while nothing does.

use std::time::Duration;

use tokio::time::Instant;

/// Least time between two frames that only show new data, on a terminal of this machine.
const LOCAL_FRAME: Duration = Duration::from_millis(100);
/// The same over SSH: four times a second.
const REMOTE_FRAME: Duration = Duration::from_millis(250);
/// The greatest time that a slow terminal is given: a cockpit must not look dead.
const SLOWEST_FRAME: Duration = Duration::from_secs(2);
/// Least time between two frames that only show that time has gone by, after one that did not even show that.
const STILL_FRAME: Duration = Duration::from_secs(2);
/// Least time between two frames after keys: 60 a second.
const KEY_FRAME: Duration = Duration::from_millis(16);
/// How many times as long as it took for a frame a terminal has until the next: it is busy a quarter of the time.
const REST: u32 = 4;

/// What a frame is drawn from: it looks the same while this is equal.
pub(super) trait Look: PartialEq + Copy {
    /// Whether nothing lies between the two but time: a frame may look the same all the same.
    fn is_later_only(&self, _than: &Self) -> bool {
        false
    }
}

/// Says when the next frame is due. `L` is what a frame is drawn from.
pub(super) struct Pacer<L> {
    shown: Option<L>,
    /// Whether the last frame was the same as the one before.
    is_still: bool,
    /// The least interval, on a terminal that keeps up.
    least: Duration,
    /// The interval in force.
    interval: Duration,
    /// The last frame whose time was looked at.
    measured: u64,
    /// When the last frame was drawn.
    last: Instant,
    is_asked: bool,
    is_waiting: bool,
}

impl<L: Look> Pacer<L> {
    /// The first frame is due at once. `is_remote`: the terminal is at the other end of SSH.
    pub fn new(is_remote: bool) -> Self {
        let least = if is_remote { REMOTE_FRAME } else { LOCAL_FRAME };
        Self {
            shown: None,
            is_still: false,
            least,
            interval: least,
            measured: 0,
            last: Instant::now(),
            is_asked: true,
            is_waiting: false,
        }
    }

    /// Whether there is something to draw, now or later.
    pub fn has_news(&self, look: L) -> bool {
        !self.is_waiting && (self.is_asked || self.shown != Some(look))
    }

    /// Whether to draw now.
    pub fn is_due(&self, look: L) -> bool {
        self.has_news(look) && Instant::now() >= self.due(look)
    }

    /// The earliest time of the next frame, if it is drawn from that.
    pub fn due(&self, look: L) -> Instant {
        match (&self.shown, self.is_asked) {
            (None, _) => self.last,
            (Some(_), true) => self.last + KEY_FRAME,
            (Some(shown), false) if self.is_still && look.is_later_only(shown) => {
                self.last + self.interval.max(STILL_FRAME)
            }
            (Some(_), false) => self.last + self.interval,
        }
    }

    /// The time between two frames of data in force.
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// So many frames were written, and the last of them took that long. A slow one stretches the interval at once;
    /// each one after it that was quick halves it.
    pub fn measure(&mut self, frames: u64, took: Duration) {
        if frames == self.measured {
            return;
        }
        self.measured = frames;
        let wanted = took.saturating_mul(REST).max(self.interval / 2);
        self.interval = wanted.clamp(self.least, SLOWEST_FRAME);
    }

    /// Somebody pressed a key or the screen was lost: the next frame is due at once.
    pub const fn ask(&mut self) {
        self.is_asked = true;
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

    /// A frame was drawn from that. `is_same`: there was nothing to write, it is as the one before.
    pub fn drawn(&mut self, look: L, is_same: bool) {
        self.is_still = is_same;
        self.last = Instant::now();
        self.is_asked = false;
        self.shown = Some(look);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    impl Look for u64 {}

    /// A number of changes, and a second.
    impl Look for (u64, i64) {
        fn is_later_only(&self, than: &Self) -> bool {
            self.0 == than.0
        }
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How long after now a frame of something new is due, in milliseconds.
    async fn wait_for_data<L: Look>(pacer: &Pacer<L>, look: L) -> u64 {
        let start = Instant::now();
        while !pacer.is_due(look) {
            advance(ms(1)).await;
        }
        u64::try_from(start.elapsed().as_millis()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_frame_is_due_at_once_and_what_looks_the_same_never() {
        let mut pacer = Pacer::new(false);
        assert!(pacer.is_due(0));
        pacer.drawn(0, false);
        advance(ms(10_000)).await;
        assert!(!pacer.is_due(0) && !pacer.has_news(0));
        assert!(pacer.is_due(1));
    }

    #[tokio::test(start_paused = true)]
    async fn data_waits_100_ms_here_and_250_ms_over_ssh() {
        for (is_remote, interval) in [(false, 100), (true, 250)] {
            let mut pacer = Pacer::new(is_remote);
            pacer.drawn(0, false);
            assert_eq!(wait_for_data(&pacer, 1).await, interval);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_shown_at_once_whatever_the_interval_is() {
        let mut pacer = Pacer::new(true);
        pacer.drawn(0, false);
        pacer.measure(1, ms(10_000));
        advance(ms(16)).await;
        pacer.ask();
        assert!(pacer.is_due(0), "what a key did may look the same to us");
        pacer.drawn(0, false);
        pacer.ask();
        assert_eq!(wait_for_data(&pacer, 0).await, 16, "and no faster than a screen shows it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_terminal_gets_time_within_bounds_and_recovers_by_itself() {
        let mut pacer = Pacer::new(false);
        pacer.drawn(0, false);
        pacer.measure(1, ms(150));
        assert_eq!(wait_for_data(&pacer, 1).await, 600, "four times as long as it needs");
        pacer.drawn(1, false);
        pacer.measure(2, ms(60_000));
        assert_eq!(wait_for_data(&pacer, 2).await, 2000, "and two seconds at most");
        let mut intervals = Vec::new();
        for frame in 3..10 {
            pacer.drawn(frame, false);
            pacer.measure(frame, ms(0));
            intervals.push(wait_for_data(&pacer, frame + 1).await);
        }
        assert_eq!(intervals, [1000, 500, 250, 125, 100, 100, 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_is_measured_once_however_often_it_is_looked_at() {
        let mut pacer = Pacer::<u64>::new(false);
        pacer.measure(1, ms(300));
        for _ in 0..10 {
            pacer.measure(1, ms(300));
        }
        assert_eq!(pacer.interval(), ms(1200));
        pacer.measure(2, ms(10));
        pacer.measure(2, ms(10));
        assert_eq!(pacer.interval(), ms(600));
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_frame_is_on_its_way_nothing_is_due_and_then_only_the_newest() {
        let mut pacer = Pacer::new(false);
        pacer.drawn(0, false);
        advance(ms(100)).await;
        assert!(pacer.is_due(1));
        pacer.wait();
        pacer.ask();
        advance(ms(5000)).await;
        assert!(!pacer.is_due(2) && !pacer.has_news(2), "neither data nor a key queues a frame");
        pacer.go_on();
        assert!(pacer.is_due(3));
        pacer.drawn(3, false);
        assert!(!pacer.has_news(3));
    }

    #[tokio::test(start_paused = true)]
    async fn time_alone_is_looked_at_half_as_often_while_nothing_on_the_screen_moves() {
        let mut pacer = Pacer::new(false);
        pacer.drawn((0, 0), false);
        assert_eq!(wait_for_data(&pacer, (0, 1)).await, 100, "an age may grow each second");
        pacer.drawn((0, 1), true);
        assert_eq!(wait_for_data(&pacer, (0, 2)).await, 2000, "none does");
        pacer.drawn((0, 2), true);
        assert_eq!(wait_for_data(&pacer, (1, 2)).await, 100, "data is never late");
        pacer.drawn((1, 2), true);
        advance(ms(16)).await;
        pacer.ask();
        assert!(pacer.is_due((1, 3)), "nor is a key");
        pacer.drawn((1, 3), false);
        assert_eq!(wait_for_data(&pacer, (1, 4)).await, 100, "and ages go on as soon as one is seen");
    }
}
