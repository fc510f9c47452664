//! The Unix signals that a cockpit answers, as one stream.
//!
//! In: signals from the system. Out: [`Signal`]s to the live loop, which ends, or suspends and resumes the
//! terminal. Listen before the terminal is taken: until then a signal ends the program where it stands.

use std::future::pending;

use rustix::process::Signal as Number;
use tokio::signal::unix::{self, SignalKind, signal};

use super::{TermError, stop};

/// What somebody asked of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The terminal went away (SIGHUP): end at once.
    Hangup,
    /// Somebody wants the program to end (SIGTERM, and whatever else would end it where it stands: SIGQUIT, SIGALRM,
    /// SIGUSR1, SIGUSR2).
    Terminate,
    /// The same from outside the raw terminal (SIGINT); Ctrl-C at the terminal is a key.
    Interrupt,
    /// Stop (SIGTSTP): suspend the terminal.
    Stop,
    /// Go on (SIGCONT): take the terminal again.
    Continue,
}

/// The stream of [`Signal`]s. Signals of one kind that come together count as one.
#[derive(Debug)]
pub struct Signals {
    /// `None`: whoever started us wants hang-ups to be ignored (`nohup`).
    hangup: Option<unix::Signal>,
    terminate: unix::Signal,
    /// Nothing of ours sends these; but they would leave the terminal raw.
    deadly: [unix::Signal; 4],
    interrupt: unix::Signal,
    stop: unix::Signal,
    go_on: unix::Signal,
}

impl Signals {
    /// Starts listening; from now on none of these signals ends or stops the program by itself.
    ///
    /// # Errors
    /// If the system refuses.
    ///
    /// # Panics
    /// Outside a tokio runtime with signals enabled.
    pub fn listen() -> Result<Self, TermError> {
        let open = |kind| signal(kind).map_err(TermError::during("listen for signals"));
        Ok(Self {
            hangup: if ignores_hangups() { None } else { Some(open(SignalKind::hangup())?) },
            terminate: open(SignalKind::terminate())?,
            deadly: [
                open(SignalKind::quit())?,
                open(SignalKind::alarm())?,
                open(SignalKind::user_defined1())?,
                open(SignalKind::user_defined2())?,
            ],
            interrupt: open(SignalKind::interrupt())?,
            stop: open(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            go_on: open(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// Stops the process as Ctrl-Z does, where somebody can continue it. For who has not taken the terminal; who has
    /// asks [`Terminal::suspend`](super::Terminal::suspend).
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop() -> Result<(), TermError> {
        if stop::can_be_continued() { stop::stop().map_err(TermError::during("stop")) } else { Ok(()) }
    }

    /// Waits for the next signal; those that end the program come first. Can be dropped and asked again.
    pub async fn next(&mut self) -> Signal {
        let [quit, alarm, user1, user2] = &mut self.deadly;
        tokio::select! {
            biased;
            _ = hangup(&mut self.hangup) => Signal::Hangup,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = quit.recv() => Signal::Terminate,
            _ = alarm.recv() => Signal::Terminate,
            _ = user1.recv() => Signal::Terminate,
            _ = user2.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.go_on.recv() => Signal::Continue,
        }
    }
}

/// Waits for a hang-up; for ever if they are ignored.
async fn hangup(signal: &mut Option<unix::Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => pending().await,
    }
}

/// Whether hang-ups are ignored. Listening to them would undo that. Only Linux tells it without `unsafe`; elsewhere, `no`.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (Number::HUP.as_raw() - 1)) != 0
}
