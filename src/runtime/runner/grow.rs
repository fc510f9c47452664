//! What exposes more: written down first, sent once, and if the answer is lost, only read.

use std::sync::Arc;
use std::time::Duration;

use super::{Desk, cause_of};
use crate::backends::{Backend, BackendError};
use crate::effect::{Command, Outcome, Record};
use crate::net::backoff::Backoff;

/// How long one attempt may take: a slow server over a slow link.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How long a server may take until it has what is stored: GO Feature Flag's relay looks once in a minute unless it is told
/// otherwise, and may be told up to some minutes.
const TAKEN_UP: Duration = Duration::from_secs(300);
/// First and longest wait between two reads after a lost answer.
const READ_WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// Carries a growing command out, to its end.
pub(super) async fn carry_out(desk: Desk, backend: Arc<dyn Backend>, command: Command) {
    let id = command.id;
    if let Err(cause) =
        desk.scribe.write(desk.clock.now(), Record::Commanded { command: command.clone() }).await
    {
        desk.complain(cause.clone()).await;
        desk.report(id, Outcome::Refused { cause, state: None }).await;
        return;
    }
    let Some(control) = backend.control() else { return };
    desk.report(id, Outcome::Sent).await;
    let outcome = match tokio::time::timeout(ATTEMPT, control.apply(&command)).await {
        Ok(Ok(applied)) => Outcome::Confirmed { state: applied.state, overwrote: applied.overwrote },
        Ok(Err(BackendError::Refused { ref cause, ref state })) => {
            Outcome::Refused { cause: cause.clone(), state: state.as_deref().cloned() }
        }
        Ok(Err(error @ BackendError::Settings { .. })) => {
            Outcome::Refused { cause: cause_of(&error), state: None }
        }
        Ok(Err(BackendError::NotMet { cause, state })) => Outcome::Refused { cause, state: Some(*state) },
        Ok(Err(error @ BackendError::Lost { .. })) => {
            find_out(&desk, &*backend, &command, cause_of(&error), Duration::ZERO).await
        }
        Ok(Err(BackendError::Stored { cause })) => {
            find_out(&desk, &*backend, &command, cause, TAKEN_UP).await
        }
        Err(_) => {
            let cause = format!("no answer within {ATTEMPT:?}");
            find_out(&desk, &*backend, &command, cause.as_str().into(), Duration::ZERO).await
        }
    };
    desk.report(id, outcome).await;
}

/// The answer was lost, or the server has not taken up what is stored, for which it has `patience`. Reads until it is known whether the command is in effect; never sends it again.
async fn find_out(
    desk: &Desk,
    backend: &dyn Backend,
    command: &Command,
    cause: crate::domain::Text,
    patience: Duration,
) -> Outcome {
    let until = tokio::time::Instant::now() + patience;
    let mut backoff = Backoff::new(READ_WAITS.0, READ_WAITS.1, Duration::MAX);
    let mut attempts = 1;
    let mut cause = cause;
    loop {
        desk.report(command.id, Outcome::Unknown { cause: cause.clone(), attempts }).await;
        tokio::time::sleep(backoff.next(rand::random())).await;
        attempts = attempts.saturating_add(1);
        match tokio::time::timeout(ATTEMPT, backend.read()).await {
            Ok(Ok(state)) if command.change.is_met_by(&state) => {
                return Outcome::Confirmed { state, overwrote: None };
            }
            Ok(Ok(_)) if tokio::time::Instant::now() < until => {}
            Ok(Ok(state)) => {
                let cause = format!("{cause}; read back, it is not in effect");
                return Outcome::Refused { cause: cause.as_str().into(), state: Some(state) };
            }
            Ok(Err(error)) => cause = cause_of(&error),
            Err(_) => cause = "no answer when reading back".into(),
        }
    }
}
