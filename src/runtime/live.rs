//! The loop with a screen.
//!
//! Biased: signals, keys, outcomes, the inbox, the timer. What is queued is taken within a budget, then at most one
//! frame is drawn, and only when something that can be seen has changed. A key and the outcome of what it asked for
//! are shown at once; data is drawn four times a second at most, which is as fast as a person reads and cheap over SSH.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::fleet::Fleet;
use super::pacer::Pacer;
use super::wardrobe::Wardrobe;
use crate::keys::Input;
use crate::term::{Drawn, Inputs, Signal, Signals, TermError, Terminal};
use crate::ui::{self, Intent, View};

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

/// Runs the cockpit until somebody leaves, at most `limit` if there is one.
///
/// # Errors
/// [`TermError`] when the terminal cannot be had or is lost. It is given back on every way out.
pub async fn run(
    fleet: &mut Fleet,
    view: &mut View,
    wardrobe: &mut Wardrobe,
    limit: Option<Duration>,
) -> Result<Ending, TermError> {
    let mut signals = Signals::listen()?;
    let mut terminal = Terminal::enter()?;
    let mut inputs = Inputs::open()?;
    let output = terminal.output();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = limit.map(|limit| Instant::now() + limit);
    let mut pacer = Pacer::new();
    let size = terminal.size()?;
    view.handle(&Input::Resize { columns: size.width, rows: size.height }, &[]);
    loop {
        if pacer.is_due(fleet.look(view)) {
            match terminal.draw(|frame| ui::draw(frame, &fleet.models(), view, wardrobe.theme()))? {
                Drawn::Sent | Drawn::Unchanged => pacer.drawn(fleet.look(view)),
                Drawn::Busy => pacer.wait(),
            }
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
                for intent in view.handle(&input, &fleet.models()) {
                    match intent {
                        Intent::Ask(rollout, request) => fleet.ask(&rollout, request),
                        Intent::Rehearse(rollout, request) => fleet.rehearse(&rollout, &request),
                        Intent::Paint(repaint) => view.say(wardrobe.repaint(repaint)),
                        // Nothing asks for these yet.
                        Intent::Copy(_) | Intent::Mouse(_) => {}
                        Intent::Quit => return Ok(Ending::Quit),
                        Intent::Suspend => drop(terminal.suspend()?),
                        Intent::Redraw => terminal.force_redraw(),
                        // Only the view of a recording asks for it.
                        Intent::Replay(_) => {}
                    }
                }
            }
            // Somebody waits for the outcome of what they asked for.
            is_outcome = fleet.take_news() => if is_outcome { pacer.ask() },
            said = wardrobe.changed() => {
                view.say(said);
                pacer.ask();
            }
            () = output.idle(), if pacer.is_waiting() => pacer.go_on(),
            () = sleep_until(pacer.due()), if pacer.has_news(fleet.look(view)) => {}
            _ = ticks.tick() => fleet.tick(),
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => return Ok(Ending::TimeUp),
        }
    }
}
