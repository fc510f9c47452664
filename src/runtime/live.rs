//! The loop with a screen.
//!
//! Biased: signals, keys, outcomes, the inbox, the timer. What is queued is taken within a budget, then at most one
//! frame is drawn, and only when something that can be seen has changed. A key and the outcome of what it asked for
//! are shown at once; how often data is drawn says the pacer. What belongs to the terminal is in `console`.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::console::Console;
use super::fleet::Fleet;
use super::wardrobe::Wardrobe;
use crate::term::{Inputs, Signal, Signals, TermError};
use crate::ui::{self, Intent, View};

pub use super::console::Manners;

/// How often time is told to the engine: ages and bake times show whole seconds, and an idle cockpit costs nothing.
const TICK: Duration = Duration::from_millis(500);

/// How a cockpit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A person left.
    Quit,
    /// The terminal went away, or somebody asked the process to end.
    Ended,
    /// Interrupted from outside.
    Interrupted,
    /// The set time was over, or the recording.
    TimeUp,
}

/// How a cockpit was left.
#[derive(Debug)]
pub struct Left {
    /// How it ended.
    pub ending: Ending,
    /// What the terminal cost, in one sentence. `None`: nobody asked.
    pub costs: Option<String>,
}

/// Runs the cockpit until somebody leaves, at most `limit` if there is one.
///
/// # Errors
/// [`TermError`] when the terminal cannot be had or is lost. It is given back on every way out.
pub async fn run(
    fleet: &mut Fleet,
    view: &mut View,
    wardrobe: &mut Wardrobe,
    manners: Manners,
    limit: Option<Duration>,
) -> Result<Left, TermError> {
    let mut signals = Signals::listen()?;
    let mut console = Console::enter(manners, view)?;
    let mut inputs = Inputs::open()?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = limit.map(|limit| Instant::now() + limit);
    let ending = 'shown: loop {
        let theme = wardrobe.theme();
        let look = fleet.look(view);
        console.draw(look, theme, |frame| ui::draw(frame, &fleet.models(), view, theme))?;
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
                for intent in view.handle(&input, &fleet.models()) {
                    match intent {
                        Intent::Ask(rollout, request) => fleet.ask(&rollout, request),
                        Intent::Rehearse(rollout, request) => fleet.rehearse(&rollout, &request),
                        Intent::Copy(text) => console.copy(&text, view),
                        Intent::Mouse(is_on) => console.set_mouse(is_on)?,
                        Intent::Paint(repaint) => view.say(wardrobe.repaint(repaint)),
                        Intent::Quit => break 'shown Ending::Quit,
                        Intent::Suspend => console.suspend()?,
                        Intent::Redraw => console.redraw(),
                        // Only the view of a recording asks for it.
                        Intent::Replay(_) => {}
                    }
                }
            }
            // Somebody waits for the outcome of what they asked for.
            is_outcome = fleet.take_news() => if is_outcome { console.ask() },
            said = wardrobe.changed() => {
                view.say(said);
                console.ask();
            }
            () = console.caught_up(), if console.is_waiting() => console.go_on(),
            () = sleep_until(console.due(look)), if console.has_news(look) => {}
            _ = ticks.tick() => {
                fleet.tick();
                console.ring(&fleet.models());
            }
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break 'shown Ending::TimeUp,
        }
    };
    Ok(Left { ending, costs: console.leave() })
}
