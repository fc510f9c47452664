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

use super::console::{Console, Manners};
use super::live::{Ending, Left};
use super::pacer::Look;
use super::wardrobe::Wardrobe;
use crate::recording::RecordingError;
use crate::term::{Inputs, Signal, Signals, TermError};
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
const TICK: Duration = Duration::from_millis(50);

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
pub async fn run(
    deck: &mut Deck,
    view: &mut View,
    wardrobe: &mut Wardrobe,
    manners: Manners,
) -> Result<Left, ReplayError> {
    let mut signals = Signals::listen()?;
    let mut console = Console::enter(manners, view)?;
    let mut inputs = Inputs::open()?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ending = 'shown: loop {
        if let Some(said) = deck.take_said() {
            view.say(said);
            console.ask();
        }
        let (transport, theme) = (deck.transport(), wardrobe.theme());
        let seen = look(deck, view);
        console.draw(seen, theme, |frame| {
            ui::draw_replay(frame, deck.model(), view, theme, &transport);
        })?;
        if deck.is_to_leave() {
            break 'shown Ending::TimeUp;
        }
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::Hangup | Signal::Terminate => break 'shown Ending::Ended,
                Signal::Interrupt => break 'shown Ending::Interrupted,
                Signal::Stop => console.suspend()?,
                Signal::Continue => console.resume()?,
            },
            input = inputs.next() => {
                // The terminal is gone.
                let Some(input) = input else { break 'shown Ending::Ended };
                if !console.notice(&input) {
                    continue;
                }
                for intent in view.handle(&input, &[deck.model()]) {
                    match intent {
                        Intent::Replay(wish) => deck.obey(wish, Instant::now())?,
                        Intent::Quit => break 'shown Ending::Quit,
                        Intent::Suspend => console.suspend()?,
                        Intent::Redraw => console.redraw(),
                        Intent::Copy(text) => console.copy(&text, view),
                        // A view of a recording has nobody to ask in whose name; nor is there anybody here to be asked.
                        Intent::Ask(..) | Intent::Rehearse(..) => {}
                        Intent::Mouse(is_on) => console.set_mouse(is_on)?,
                        Intent::Paint(repaint) => view.say(wardrobe.repaint(repaint)),
                    }
                }
                // What a key asks for is mostly there within a slice: one frame then, not two.
                if deck.is_seeking() {
                    deck.work()?;
                }
            }
            said = wardrobe.changed() => {
                view.say(said);
                console.ask();
            }
            () = console.caught_up(), if console.is_waiting() => console.go_on(),
            () = sleep_until(console.due(seen)), if console.has_news(seen) => {}
            _ = ticks.tick(), if deck.is_playing() => deck.advance(Instant::now()),
            // Yields first, so that signals and keys are noticed between two slices.
            () = tokio::task::yield_now(), if deck.has_work() => if deck.work()? { console.ask() },
        }
    };
    Ok(Left { ending, costs: console.leave() })
}

impl Look for (u64, u64, i64, u64) {}

/// What a frame was drawn from. A frame that looks the same is not written.
fn look(deck: &Deck, view: &View) -> (u64, u64, i64, u64) {
    let (position, second, revision) = deck.look();
    (position, view.revision(), second, revision)
}
