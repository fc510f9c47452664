//! The gauge: what the terminal costs, for `--stats`.
//!
//! In: what was written so far, and when. Out: [`Stats`] for the last line, and one sentence for the end.
//!
//! Looking must not change what is looked at: the figures on the screen change only with a frame that shows something
//! else anyway. Without that, each new figure would be a frame, which is a new figure; an idle cockpit would draw for ever.

use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use tokio::time::Instant;

use crate::term::Written;
use crate::ui::Stats;

/// What "now" means for a rate, in seconds: long enough for several frames over SSH, short enough to see a change.
const WINDOW: u64 = 5;

/// Watches what is written.
#[derive(Debug)]
pub(super) struct Gauge {
    began: Instant,
    is_remote: bool,
    /// What had been written when a second began in which something was looked at; the last seconds only.
    seconds: VecDeque<(u64, Written)>,
    /// A sum over the cells of the last frame, without our figures, and the figures that it shows.
    shown: Option<(u64, Stats)>,
}

impl Gauge {
    pub fn new(is_remote: bool) -> Self {
        Self { began: Instant::now(), is_remote, seconds: VecDeque::new(), shown: None }
    }

    /// The figures for a frame that is otherwise complete: new ones if it shows something new, else those before.
    pub fn figures(&mut self, frame: &Buffer, written: Written, interval: Duration) -> Stats {
        let sum = BuildHasherDefault::<DefaultHasher>::default().hash_one(frame);
        match self.shown {
            Some((before, stats)) if before == sum => stats,
            _ => {
                let stats = self.measure(written, interval);
                self.shown = Some((sum, stats));
                stats
            }
        }
    }

    fn measure(&mut self, written: Written, interval: Duration) -> Stats {
        let now = self.began.elapsed();
        let second = now.as_secs();
        // The newest that is old enough is kept: the window begins there.
        while self.seconds.get(1).is_some_and(|(at, _)| at + WINDOW <= second) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|(at, _)| *at < second) {
            self.seconds.push_back((second, written));
        }
        let (since, before) = self.seconds.front().copied().unwrap_or((second, written));
        // At the very beginning a second has not passed: the first frame must not look like a rate.
        let span = (now.as_secs_f64() - since as f64).max(1.0);
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / span;
        Stats {
            bytes: written.bytes,
            bytes_a_second: rate(written.bytes, before.bytes),
            frames_a_second: rate(written.frames, before.frames),
            interval,
            is_remote: self.is_remote,
        }
    }

    /// What it was in all, as a sentence.
    pub fn report(&self, written: Written) -> String {
        let Written { bytes, frames, largest, .. } = written;
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { bytes as f64 / seconds } else { 0.0 };
        let link = if self.is_remote { "ssh" } else { "local" };
        format!(
            "{bytes} bytes to the terminal ({link}) in {frames} frames over {seconds:.0} s: {rate:.0} bytes/s, \
             largest frame {largest} bytes"
        )
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use tokio::time::advance;

    use super::*;

    const INTERVAL: Duration = Duration::from_millis(250);

    fn written(bytes: u64, frames: u64) -> Written {
        Written { bytes, frames, largest: 3_000, took: Duration::ZERO }
    }

    fn cells(text: &str) -> Buffer {
        let mut cells = Buffer::empty(Rect::new(0, 0, 40, 2));
        cells.set_string(0, 0, text, ratatui::style::Style::new());
        cells
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_shows_nothing_new_keeps_its_figures() {
        let mut gauge = Gauge::new(true);
        let first = gauge.figures(&cells("GO"), written(3_000, 1), INTERVAL);
        advance(Duration::from_secs(60)).await;
        assert_eq!(gauge.figures(&cells("GO"), written(9_000, 5), INTERVAL), first);
        let next = gauge.figures(&cells("NO-GO"), written(9_000, 5), INTERVAL);
        assert_eq!(next.bytes, 9_000);
        assert_ne!(next, first);
    }

    #[tokio::test(start_paused = true)]
    async fn rates_are_those_of_the_last_seconds_and_soon_forget_the_first_frame() {
        let mut gauge = Gauge::new(false);
        // 9,000 bytes for the first frame, then four frames of 500 bytes a second.
        let mut last = None;
        for quarter in 0..80_u64 {
            let now = written(if quarter == 0 { 0 } else { 8_500 + 500 * quarter }, quarter);
            last = Some(gauge.figures(&cells(&quarter.to_string()), now, INTERVAL));
            advance(INTERVAL).await;
            assert!(gauge.seconds.len() <= usize::try_from(WINDOW).unwrap() + 2, "it is bounded");
        }
        let stats = last.unwrap();
        assert!((1_900.0..2_100.0).contains(&stats.bytes_a_second), "{stats:?}");
        assert!((3.8..4.2).contains(&stats.frames_a_second), "{stats:?}");
        assert!(!stats.is_remote);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_one_sentence() {
        let gauge = Gauge::new(true);
        advance(Duration::from_secs(100)).await;
        assert_eq!(
            gauge.report(written(250_000, 400)),
            "250000 bytes to the terminal (ssh) in 400 frames over 100 s: 2500 bytes/s, largest frame 3000 bytes"
        );
    }
}
