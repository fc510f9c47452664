//! What stops: sent at once, repeated until it is read back, loudly.

use std::sync::Arc;
use std::time::Duration;

use super::{Desk, cause_of};
use crate::backends::{Backend, BackendError};
use crate::effect::{Command, Outcome, Record};
use crate::net::backoff::Backoff;

/// How long one attempt may take before the next one starts.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long a kill waits for its line in the journal.
const JOURNAL: Duration = Duration::from_millis(50);
/// First and longest wait between two attempts. Short: somebody is being hurt meanwhile.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long after a kill that overtook something a late request is looked for, and how often.
const AFTERCARE: (Duration, u32) = (Duration::from_millis(500), 4);

/// Carries a stopping command out, until it is read back. `overtook`: a growing command was given up for it, whose
/// request may still reach the backend; then it is looked after for a moment, and sent again if need be.
pub(super) async fn carry_out(desk: Desk, backend: Arc<dyn Backend>, command: Command, overtook: bool) {
    let line = desk.scribe.write(desk.clock.now(), Record::Commanded { command: command.clone() });
    match tokio::time::timeout(JOURNAL, line).await {
        Ok(Ok(())) => {}
        Ok(Err(cause)) => desk.complain(cause).await,
        Err(_) => {
            desk.complain("the journal is slow: a kill was sent before its line was on the disk".into()).await
        }
    }
    if !repeat(&desk, &*backend, &command).await || !overtook {
        return;
    }
    for _ in 0..AFTERCARE.1 {
        tokio::time::sleep(AFTERCARE.0).await;
        let read = tokio::time::timeout(ATTEMPT, backend.read()).await;
        if let (Ok(Ok(state)), Some(control)) = (read, backend.control())
            && !command.change.is_met_by(&state)
        {
            desk.complain("a request that was given up arrived after the kill; killing again".into()).await;
            // The outcome is known already; what is read back reaches the model through the watch.
            let _ = tokio::time::timeout(ATTEMPT, control.apply(&command)).await;
        }
    }
}

/// Sends until the command is read back (`true`) or refused for good (`false`).
async fn repeat(desk: &Desk, backend: &dyn Backend, command: &Command) -> bool {
    let Some(control) = backend.control() else { return false };
    let mut backoff = Backoff::new(WAITS.0, WAITS.1, Duration::MAX);
    let mut attempts = 0;
    loop {
        attempts += 1;
        if attempts == 1 {
            desk.report(command.id, Outcome::Sent).await;
        }
        let cause = match tokio::time::timeout(ATTEMPT, control.apply(command)).await {
            Ok(Ok(applied)) => {
                let outcome = Outcome::Confirmed { state: applied.state, overwrote: applied.overwrote };
                desk.report(command.id, outcome).await;
                return true;
            }
            Ok(Err(BackendError::Refused { cause, state })) => {
                let outcome = Outcome::Refused { cause, state: state.map(|state| *state) };
                desk.report(command.id, outcome).await;
                return false;
            }
            Ok(Err(error)) => cause_of(&error),
            Err(_) => format!("no answer within {} s", ATTEMPT.as_secs()).as_str().into(),
        };
        desk.report(command.id, Outcome::Unknown { cause, attempts }).await;
        tokio::time::sleep(backoff.next(rand::random())).await;
    }
}
