//! Taking the terminal and giving it back, exactly once, whoever asks first.
//!
//! In: the output of the one cockpit that has the terminal. Out: raw mode, the alternate screen, a hidden
//! cursor, bracketed paste and focus reports; all undone by [`give_back`]. `ratatui::restore` would leave
//! paste and focus reports on.
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

use super::{TermError, contain::is_contained, output::Output};

/// Longest wait for a stalled terminal on the way out. An orphan must be gone within a second.
const PARTING_PATIENCE: Duration = Duration::from_millis(250);

/// The output of the cockpit that has the terminal; `None` while nobody has it.
static TAKEN: Mutex<Option<Arc<Output>>> = Mutex::new(None);

fn taken() -> MutexGuard<'static, Option<Arc<Output>>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the terminal.
///
/// # Errors
/// If another cockpit of this process has it, or raw mode is refused; nothing is changed then.
pub(super) fn take(output: &Arc<Output>) -> Result<(), TermError> {
    install_panic_hook();
    let mut taken = taken();
    if taken.is_some() {
        return Err(TermError::Taken);
    }
    let words = opening().map_err(TermError::during("prepare the terminal"))?;
    enable_raw_mode().map_err(TermError::during("switch the terminal to raw mode"))?;
    output.open(&words);
    *taken = Some(Arc::clone(output));
    Ok(())
}

/// Takes the terminal again after a stop that we did not see coming (SIGSTOP), in which the shell may have
/// changed its modes.
///
/// # Errors
/// If nobody has the terminal, or raw mode is refused.
pub(super) fn take_again() -> Result<(), TermError> {
    let taken = taken();
    let output = taken.as_ref().ok_or(TermError::GivenBack)?;
    let words = opening().map_err(TermError::during("prepare the terminal"))?;
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
    let Some(output) = taken.take() else { return Ok(()) };
    // The words first: they must reach the terminal before the shell writes its prompt.
    output.seal(&closing().unwrap_or_default(), PARTING_PATIENCE);
    disable_raw_mode()
}

/// The words that take the terminal.
fn opening() -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    queue!(
        words,
        EnterAlternateScreen,
        Clear(ClearType::All),
        Hide,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    Ok(words)
}

/// The words that give the terminal back, also when a frame was cut in the middle.
fn closing() -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    queue!(
        words,
        EndSynchronizedUpdate,
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
