//! The loop with a screen on a recording.
//!
//! ```text
//! keys ─▶ View ─▶ Wish ─▶ Deck ─▶ Player ─▶ Model ─▶ ui::draw_replay
//!                          ▲ playing timer, slices of work
//! ```
//!
//! Biased like the live one: signals, keys, the terminal, the playing timer, then a slice of work. A slice is so short
//! that a key never waits for it. Frames are paced as in the live cockpit; a recording that stands draws nothing.
//!
//! There is no session here, no runner, no inbox and no adapter, and so no way to hand a request to anybody: a view of
//! a recording cannot make one, and this loop would have nowhere to put it. No network is opened.
//!
//! Start reading at [`run`], then [`Deck`].

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::live::Ending;
use super::pacer::Pacer;
use super::wardrobe::Wardrobe;
use crate::keys::Input;
use crate::recording::RecordingError;
use crate::term::{Drawn, Inputs, Signal, Signals, TermError, Terminal};
use crate::ui::{self, Intent, View};

mod bookmarks;
mod deck;
mod speed;
#[cfg(test)]
mod tests;

pub use bookmarks::Bookmarks;
pub use deck::{Deck, Order};
pub use speed::{FASTEST, OF_DAYS, Speed, SpeedError};

/// How often time goes on while it plays: well within the least time between two frames.
const TICK: Duration = Duration::from_millis(100);

/// Why a replay ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The terminal.
    #[error(transparent)]
    Term(#[from] TermError),
    /// The file.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Standard output, or the thread that writes it.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// Plays a recording on the screen until somebody leaves, or until it is over if the order says so.
///
/// # Errors
/// [`ReplayError`] when the terminal cannot be had or is lost, or the file cannot be read any more. The terminal is
/// given back on every way out.
pub async fn run(deck: &mut Deck, view: &mut View, wardrobe: &mut Wardrobe) -> Result<Ending, ReplayError> {
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    let mut inputs = Inputs::open()?;
    let output = terminal.output();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pacer = Pacer::new();
    let size = terminal.size()?;
    view.handle(&Input::Resize { columns: size.width, rows: size.height }, &[]);
    loop {
        if let Some(said) = deck.take_said() {
            view.say(said);
            pacer.ask();
        }
        if pacer.is_due(look(deck, view)) {
            let transport = deck.transport();
            match terminal
                .draw(|frame| ui::draw_replay(frame, deck.model(), view, wardrobe.theme(), &transport))?
            {
                Drawn::Sent | Drawn::Unchanged => pacer.drawn(look(deck, view)),
                Drawn::Busy => pacer.wait(),
            }
        }
        if deck.is_to_leave() {
            return Ok(Ending::TimeUp);
        }
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::Hangup | Signal::Terminate => return Ok(Ending::Ended),
                Signal::Interrupt => return Ok(Ending::Interrupted),
                Signal::Stop => {
                    terminal.suspend()?;
                    pacer.ask();
                }
                Signal::Continue => {
                    terminal.resume()?;
                    pacer.ask();
                }
            },
            input = inputs.next() => {
                // The terminal is gone.
                let Some(input) = input else { return Ok(Ending::Ended) };
                pacer.ask();
                if let Input::Resize { .. } = input {
                    // There and back between two frames: the size is as before, but the terminal has cut its cells.
                    terminal.force_redraw();
                }
                for intent in view.handle(&input, &[deck.model()]) {
                    match intent {
                        Intent::Replay(wish) => deck.obey(wish, Instant::now())?,
                        Intent::Quit => return Ok(Ending::Quit),
                        Intent::Suspend => drop(terminal.suspend()?),
                        Intent::Redraw => terminal.force_redraw(),
                        // A view of a recording has nobody to ask in whose name; nor is there anybody here to be asked.
                        Intent::Ask(..) | Intent::Rehearse(..) => {}
                        Intent::Paint(repaint) => view.say(wardrobe.repaint(repaint)),
                        // Nothing asks for these yet.
                        Intent::Copy(_) | Intent::Mouse(_) => {}
                    }
                }
                // What a key asks for is mostly there within a slice: one frame then, not two.
                if deck.is_seeking() {
                    deck.work()?;
                }
            }
            said = wardrobe.changed() => {
                view.say(said);
                pacer.ask();
            }
            () = output.idle(), if pacer.is_waiting() => pacer.go_on(),
            () = sleep_until(pacer.due()), if pacer.has_news(look(deck, view)) => {}
            _ = ticks.tick(), if deck.is_playing() => deck.advance(Instant::now()),
            // Yields first, so that signals and keys are noticed between two slices.
            () = tokio::task::yield_now(), if deck.has_work() => if deck.work()? { pacer.ask() },
        }
    }
}

/// What a frame was drawn from. A frame that looks the same is not written.
fn look(deck: &Deck, view: &View) -> (u64, u64, i64, u64) {
    let (position, second, revision) = deck.look();
    (position, view.revision(), second, revision)
}
