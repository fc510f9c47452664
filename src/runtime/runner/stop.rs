//! What stops: sent at once, repeated until it is read back, loudly.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;

use super::{Desk, cause_of};
use crate::backends::{Backend, BackendError};
use crate::domain::Version;
use crate::effect::{Command, Outcome, Record};
use crate::net::backoff::Backoff;

/// How long one attempt may take before the next one starts.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long a kill waits for its line in the journal.
const JOURNAL: Duration = Duration::from_millis(50);
/// First and longest wait between two attempts. Short: somebody is being hurt meanwhile.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How often in a row a refusal is heard before it is believed: a file that is being written, somebody who writes at the
/// same moment, are over after a blink, and a kill that is given up is not.
const BELIEVED: u32 = 3;
/// How long after a kill that overtook something a late request is looked for, and how often.
const AFTERCARE: (Duration, u32) = (Duration::from_millis(500), 4);

/// A stopping command to carry out.
pub(super) struct Stop {
    pub command: Command,
    /// Another command was given up for it, whose request may still reach the backend: after its end it is looked
    /// after for a moment, and sent again if need be.
    pub overtook: bool,
    /// Whether it is still to be written down. The rest of a narrowed command is not new.
    pub is_new: bool,
}

/// What the runner and the task of a stopping command tell each other.
#[derive(Debug, Default)]
pub(super) struct Care {
    is_done: AtomicBool,
    is_pointless: AtomicBool,
}

impl Care {
    /// Whether the command's end was reported: what goes on is the look after it.
    pub fn is_done(&self) -> bool {
        self.is_done.load(Ordering::SeqCst)
    }

    /// Drops the look after the command, never the command. Returns whether the look had begun.
    pub fn is_pointless_now(&self) -> bool {
        self.is_pointless.store(true, Ordering::SeqCst);
        self.is_done()
    }

    /// The end was reported. Returns whether it is still worth looking after it.
    fn begin(&self) -> bool {
        self.is_done.store(true, Ordering::SeqCst);
        !self.is_pointless.load(Ordering::SeqCst)
    }
}

/// Carries a stopping command out, until it is read back.
pub(super) async fn carry_out(desk: Desk, backend: Arc<dyn Backend>, stop: Stop, care: Arc<Care>) {
    let Stop { command, overtook, is_new } = stop;
    if is_new {
        let line = desk.scribe.write(desk.clock.now(), Record::Commanded { command: command.clone() });
        match tokio::time::timeout(JOURNAL, line).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => desk.complain(cause).await,
            Err(_) => {
                let slow = "the journal is slow: a kill was sent before its line was on the disk";
                desk.complain(slow.into()).await;
            }
        }
        desk.report(command.id, Outcome::Sent).await;
    }
    let read_back = repeat(&desk, &*backend, &command).await;
    let (true, Some(version), true) = (care.begin(), read_back, overtook) else { return };
    for _ in 0..AFTERCARE.1 {
        tokio::time::sleep(AFTERCARE.0).await;
        let read = tokio::time::timeout(ATTEMPT, backend.read()).await;
        if let (Ok(Ok(state)), Some(control)) = (read, backend.control())
            && state.version >= version
            && !command.change.is_stopped_in(&state)
        {
            desk.complain("a request that was given up arrived after the kill; killing again".into()).await;
            // The outcome is known already; what is read back reaches the model through the watch.
            let _ = tokio::time::timeout(ATTEMPT, control.apply(&command)).await;
        }
    }
}

/// Sends until the command is read back (in this version), or refused for good (`None`).
async fn repeat(desk: &Desk, backend: &dyn Backend, command: &Command) -> Option<Version> {
    let control = backend.control()?;
    let mut refusals = 0;
    let mut backoff = Backoff::new(WAITS.0, WAITS.1, Duration::MAX);
    let mut attempts: u32 = 0;
    loop {
        attempts = attempts.saturating_add(1);
        // Not even a bug in an adapter ends the repetition.
        let attempt = AssertUnwindSafe(control.apply(command)).catch_unwind();
        let cause = match tokio::time::timeout(ATTEMPT, attempt).await {
            Ok(Ok(Ok(applied))) => {
                let version = applied.state.version;
                let outcome = Outcome::Confirmed { state: applied.state, overwrote: applied.overwrote };
                desk.report(command.id, outcome).await;
                return Some(version);
            }
            Ok(Ok(Err(BackendError::Refused { cause, state }))) => {
                refusals += 1;
                if refusals < BELIEVED {
                    tokio::time::sleep(backoff.next(rand::random())).await;
                    continue;
                }
                let outcome = Outcome::Refused { cause, state: state.map(|state| *state) };
                desk.report(command.id, outcome).await;
                return None;
            }
            Ok(Ok(Err(error))) => {
                refusals = 0;
                cause_of(&error)
            }
            Ok(Err(_)) => "the adapter panicked; this is a bug".into(),
            Err(_) => format!("no answer within {} s", ATTEMPT.as_secs()).as_str().into(),
        };
        desk.report(command.id, Outcome::Unknown { cause, attempts }).await;
        tokio::time::sleep(backoff.next(rand::random())).await;
    }
}
