//! Why the relay did not do what was asked, in words that help.
//!
//! In: errors of HTTP, of sockets, of stores. Out: a [`Fault`]: a sentence with a hint, and whether trying again can
//! mend it.

use std::time::Duration;

use crate::backends::store::StoreError;
use crate::backends::{BackendError, Target};
use crate::domain::{FlagState, Span, Text};
use crate::net::HttpError;
use crate::net::websocket::SocketError;

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Why, with a hint where there is a remedy.
    pub cause: String,
    /// It said no, and will say so again until somebody changes something.
    pub is_final: bool,
    /// The HTTP status, if it was one.
    pub status: Option<u16>,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
}

impl Fault {
    /// A failure that only somebody else can mend.
    pub(super) fn hopeless(cause: String) -> Self {
        Self { cause, is_final: true, status: None, wait: None }
    }

    /// A failure that may pass.
    pub(super) fn passing(cause: String) -> Self {
        Self { cause, is_final: false, status: None, wait: None }
    }

    /// The flag is not there.
    pub(super) fn gone(target: &Target) -> Self {
        Self::hopeless(format!(
            "the relay has no flag {}: everybody gets the code's default. hint: was it deleted or renamed, is it in another flagset? The relay also drops a flag that is not valid, and says so in its log",
            target.flag
        ))
    }

    /// The sentence: operation, target, cause, hint.
    pub(super) fn text(&self, operation: &str, target: &Target) -> Text {
        sentence(operation, target, &self.cause)
    }

    /// As the caller of the adapter sees it, where nothing was sent that could have changed something.
    pub(super) fn into_error(
        self,
        operation: &str,
        target: &Target,
        state: Option<FlagState>,
    ) -> BackendError {
        let cause = self.text(operation, target);
        if self.is_final {
            BackendError::Refused { cause, state: state.map(Box::new) }
        } else {
            BackendError::Lost { cause }
        }
    }
}

/// `cannot widen checkout-v2 at web: …`.
pub(super) fn sentence(operation: &str, target: &Target, cause: &str) -> Text {
    Text::new(&format!("cannot {operation} {} at {}: {cause}", target.flag, target.platform))
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Status { code, retry_after, body, .. } => {
                let mut fault = Self { wait: retry_after, ..refused(code, body.as_str()) };
                if let Some(wait) = retry_after {
                    fault.cause = format!("{}; it wants to be left alone for {}", fault.cause, Span(wait));
                }
                fault
            }
            HttpError::Setup { .. } => Self::hopeless(error.to_string()),
            HttpError::BadBody { .. } => Self::passing(format!(
                "{error}. hint: is this the address of a GO Feature Flag relay, and not of a login page before it?"
            )),
            _ => Self::passing(error.to_string()),
        }
    }
}

fn refused(code: u16, body: &str) -> Fault {
    let fault = |is_final, cause: String| Fault { cause, is_final, status: Some(code), wait: None };
    match code {
        401 | 403 => fault(
            true,
            format!(
                "the relay does not accept the key ({code}). hint: is it in the relay's authorizedKeys.evaluation, or in its flagset's apiKeys?"
            ),
        ),
        404 => fault(
            true,
            "the relay does not know this address (404). hint: `url` is the relay's own, without /v1".into(),
        ),
        400 => fault(
            true,
            format!("the relay refuses it (400): {body}. hint: with flagsets, the key chooses the flagset"),
        ),
        429 => fault(
            false,
            "the relay is asked too often (429). hint: raise the interval in the rollout file".into(),
        ),
        300..=399 => fault(
            true,
            format!(
                "it redirects to another server ({code}). hint: a login page before the relay? use the address behind it"
            ),
        ),
        402..=499 => fault(true, format!("the relay refuses it ({code}): {body}")),
        _ => fault(false, format!("the relay failed ({code}): {body}")),
    }
}

impl From<SocketError> for Fault {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::Status { code, .. } => refused(code, "no websocket"),
            _ => Self { is_final: error.is_final(), ..Self::passing(error.to_string()) },
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(cause) => Self::hopeless(cause),
            StoreError::Lost(cause) => Self::passing(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_and_whether_trying_again_can_help() {
        for (code, is_final, hint) in [
            (400, true, "flagset"),
            (401, true, "authorizedKeys"),
            (404, true, "without /v1"),
            (302, true, "login page"),
            (429, false, "interval"),
            (500, false, "failed (500): oh"),
        ] {
            let fault = refused(code, "oh");
            assert_eq!((fault.is_final, fault.cause.contains(hint)), (is_final, true), "{fault:?}");
        }
    }
}
