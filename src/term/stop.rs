//! Stopping as Ctrl-Z does.
//!
//! In: nothing. Out: a stopped process group, until somebody continues it. The group, because whoever started us
//! (`cargo run`, `make`, a script) must stop as well before the shell gets its prompt. In raw mode the
//! terminal does not do it for us, and our own handler has replaced what the stop signal would do.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};

/// Step of waiting for the stop to take effect.
const STEP: Duration = Duration::from_millis(1);

/// Most steps waited: a stop takes effect within microseconds of running time.
const MOST_STEPS: u32 = 1000;

/// Whether a shell with job control is there to continue us. If our group is the one that leads the session, as
/// in a terminal window or an SSH command that runs nothing but us, a stop would be forever.
pub(super) fn can_be_continued() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops this process and its group; returns when continued.
///
/// # Errors
/// If the system refuses.
pub(super) fn stop() -> io::Result<()> {
    let continued = Arc::new(AtomicBool::new(false));
    let registered = signal_hook::flag::register(Signal::CONT.as_raw(), Arc::clone(&continued))?;
    let sent = kill_current_process_group(Signal::STOP);
    // Another thread may take the signal while this one still runs. Taking the terminal again before the
    // stop would leave it raw in front of the shell, so wait for the sign that the stop is over.
    for _ in 0..MOST_STEPS {
        if sent.is_err() || continued.load(Ordering::SeqCst) {
            break;
        }
        thread::sleep(STEP);
    }
    signal_hook::low_level::unregister(registered);
    Ok(sent?)
}
