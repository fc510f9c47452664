//! Taking the terminal and giving it back, exactly once, whoever asks first.
//!
//! In: the output of the one cockpit that has the terminal. Out: raw mode, the alternate screen, a hidden
//! cursor, bracketed paste, focus reports, and the mouse if it was asked for; all undone by [`give_back`].
//! `ratatui::restore` would leave paste, focus and mouse reports on.
//!
//! The output is held in a static because the panic hook, which has no other way to reach it, must be able
//! to throw the unfinished frame away and say the last words.

use std::{
    io,
    panic::{self, PanicHookInfo},
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange},
    queue,
    style::{Attribute, SetAttribute},
    terminal::{
        Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};

use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

use super::{TermError, contain::is_contained, output::Output};

/// Longest wait for a stalled terminal on the way out. An orphan must be gone within a second.
const PARTING_PATIENCE: Duration = Duration::from_millis(250);

/// Attempts to make room for the last words on a terminal that does not read: the rest of a large frame may fill it again.
const CLEARINGS: usize = 4;

/// How long each of them waits.
const CLEARING_PATIENCE: Duration = Duration::from_millis(60);

/// Presses, releases, drags and the wheel, in the report that has no limit of columns. Not what crossterm switches on:
/// that includes every movement without a button, a report for each cell.
const MOUSE_ON: &[u8] = b"\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l";

/// Who has the terminal.
struct Taken {
    output: Arc<Output>,
    has_mouse: bool,
}

/// The cockpit that has the terminal; `None` while nobody has it.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

fn taken() -> MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the terminal, with the mouse or without it.
///
/// # Errors
/// If another cockpit of this process has it, or raw mode is refused; nothing is changed then.
pub(super) fn take(output: &Arc<Output>, has_mouse: bool) -> Result<(), TermError> {
    install_panic_hook();
    let mut taken = taken();
    if taken.is_some() {
        return Err(TermError::Taken);
    }
    let words = opening(has_mouse).map_err(TermError::during("prepare the terminal"))?;
    enable_raw_mode().map_err(TermError::during("switch the terminal to raw mode"))?;
    output.open(&words);
    *taken = Some(Taken { output: Arc::clone(output), has_mouse });
    Ok(())
}

/// Asks the terminal to report the mouse, or no longer to.
///
/// # Errors
/// If nobody has the terminal.
pub(super) fn set_mouse(is_on: bool) -> Result<(), TermError> {
    let mut taken = taken();
    let taken = taken.as_mut().ok_or(TermError::GivenBack)?;
    if taken.has_mouse != is_on {
        // Words that are too many to wait are lost; then the mouse stays as it is, and the next wish is another try.
        if taken.output.say(if is_on { MOUSE_ON } else { MOUSE_OFF }) {
            taken.has_mouse = is_on;
        }
    }
    Ok(())
}

/// Takes the terminal again after a stop that we did not see coming (SIGSTOP), in which the shell may have
/// changed its modes.
///
/// # Errors
/// If nobody has the terminal, or raw mode is refused.
pub(super) fn take_again() -> Result<(), TermError> {
    let taken = taken();
    let Taken { output, has_mouse } = taken.as_ref().ok_or(TermError::GivenBack)?;
    let words = opening(*has_mouse).map_err(TermError::during("prepare the terminal"))?;
    // crossterm believes that raw mode is on; only off and on again really sets it.
    disable_raw_mode().map_err(TermError::during("reset the terminal"))?;
    enable_raw_mode().map_err(TermError::during("switch the terminal to raw mode"))?;
    output.open(&words);
    Ok(())
}

/// Gives the terminal back; does nothing if nobody has it. Waits a moment at most for a stalled terminal.
///
/// # Errors
/// If the terminal's modes could not be reset, which is so when the terminal has gone away.
pub fn give_back() -> io::Result<()> {
    let mut taken = taken();
    let Some(Taken { output, has_mouse }) = taken.take() else { return Ok(()) };
    // The words first: they must reach the terminal before the shell writes its prompt.
    let mut is_said = output.seal(&closing(has_mouse).unwrap_or_default(), PARTING_PATIENCE);
    for _ in 0..CLEARINGS {
        if is_said || clear().is_err() {
            break;
        }
        is_said = output.seal(&[], CLEARING_PATIENCE);
    }
    disable_raw_mode()
}

/// Throws away what the terminal has not read, which is in the way of the last words: it may read again when we are gone.
///
/// # Errors
/// When the terminal has gone away.
fn clear() -> rustix::io::Result<()> {
    let tty = io::stdout();
    tcflush(&tty, QueueSelector::OFlush)?;
    // Throwing away wakes no writer; setting the modes does (Linux, n_tty_set_termios).
    tcsetattr(&tty, OptionalActions::Now, &tcgetattr(&tty)?)
}

/// The words that take the terminal.
fn opening(has_mouse: bool) -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    queue!(
        words,
        EnterAlternateScreen,
        Clear(ClearType::All),
        Hide,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if has_mouse {
        words.extend_from_slice(MOUSE_ON);
    }
    Ok(words)
}

/// The words that give the terminal back, also when a frame was cut in the middle.
fn closing(has_mouse: bool) -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    queue!(words, EndSynchronizedUpdate)?;
    if has_mouse {
        words.extend_from_slice(MOUSE_OFF);
    }
    queue!(
        words,
        SetAttribute(Attribute::Reset),
        DisableFocusChange,
        DisableBracketedPaste,
        Show,
        LeaveAlternateScreen
    )?;
    Ok(words)
}

/// Puts a hook in front of the present one: first the terminal, then the message.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous: Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if is_contained() {
                return;
            }
            // A terminal that has gone away cannot be given back; the message matters more.
            let _ = give_back();
            previous(info);
        }));
    });
}
