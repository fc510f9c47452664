//! Why LaunchDarkly did not do what was asked, in words that help.
//!
//! In: [`HttpError`]s of the REST API. Out: a [`Fault`]: a sentence with a hint, and what follows from it. The codes
//! are those of the published OpenAPI file for `PATCH /api/v2/flags/{project}/{flag}`; a refusal's body was cut to an
//! excerpt by `net`, so its `message` is searched, not parsed.

use std::time::Duration;

use crate::backends::{BackendError, Target};
use crate::domain::{FlagState, Text};
use crate::net::HttpError;

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It said no: nothing was changed.
    Rejected,
    /// It said no, and will say so again until somebody changes the token, the flag or the settings.
    Hopeless,
    /// Somebody wrote at the same moment: nothing of ours was changed, and it may be tried again.
    Conflict,
    /// Too many requests: nothing was changed, and it may be tried again after a wait.
    Busy,
    /// No usable answer: a write may or may not have happened.
    Unsure,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What follows.
    pub kind: Kind,
    /// Why, with a hint where there is a remedy.
    pub cause: String,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
}

impl Fault {
    /// A failure of a kind.
    #[must_use]
    pub fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into(), wait: None }
    }

    /// The sentence: operation, target, cause, hint.
    #[must_use]
    pub fn text(&self, operation: &str, target: &Target) -> Text {
        sentence(operation, target, &self.cause)
    }

    /// As the caller of the adapter sees it.
    #[must_use]
    pub fn into_error(self, operation: &str, target: &Target, state: Option<FlagState>) -> BackendError {
        let cause = self.text(operation, target);
        match self.kind {
            Kind::Unsure | Kind::Busy => BackendError::Lost { cause },
            _ => BackendError::Refused { cause, state: state.map(Box::new) },
        }
    }
}

/// `cannot widen checkout-v2 at web: …`.
#[must_use]
pub fn sentence(operation: &str, target: &Target, cause: &str) -> Text {
    Text::new(&format!("cannot {operation} {} at {}: {cause}", target.flag, target.platform))
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Status { code, retry_after, body, .. } => {
                Self { wait: retry_after, ..refused(code, body.as_str(), retry_after) }
            }
            HttpError::Setup { .. } => Self::new(Kind::Hopeless, error.to_string()),
            HttpError::BadBody { .. } => Self::new(
                Kind::Unsure,
                format!(
                    "{error}. hint: is this LaunchDarkly's address, without /api, and not a login page before it?"
                ),
            ),
            _ => Self::new(Kind::Unsure, error.to_string()),
        }
    }
}

fn refused(code: u16, body: &str, wait: Option<Duration>) -> Fault {
    let said = message(body);
    match code {
        401 => Fault::new(
            Kind::Hopeless,
            "LaunchDarkly does not know the token (401). hint: is it an API access token, complete and not expired?",
        ),
        403 => Fault::new(
            Kind::Hopeless,
            format!(
                "the token may not do this (403): {said}. hint: give it a role that may update targeting in this environment"
            ),
        ),
        404 => Fault::new(
            Kind::Hopeless,
            format!(
                "LaunchDarkly does not have it (404): {said}. hint: check project, environment and flag in the rollout file"
            ),
        ),
        405 => Fault::new(
            Kind::Rejected,
            "approval is required for changes in this environment (405). hint: request it in LaunchDarkly, or use a token that may bypass approvals",
        ),
        400 if said.contains("conflict") || said.contains("scheduled") || said.contains("approval") => {
            Fault::new(
                Kind::Rejected,
                format!(
                    "a pending change or approval would fail (400): {said}. hint: look at the flag's pending changes"
                ),
            )
        }
        409 => Fault::new(Kind::Conflict, "somebody else changed it at the same moment (409)"),
        429 => {
            let wait =
                wait.map_or_else(String::new, |wait| format!(", for another {} s", wait.as_secs().max(1)));
            Fault::new(
                Kind::Busy,
                format!(
                    "LaunchDarkly takes no more requests of this account (429){wait}. hint: its tokens share one limit"
                ),
            )
        }
        300..=399 => Fault::new(
            Kind::Hopeless,
            format!(
                "it redirects to another server ({code}). hint: another api_url? a login page before it?"
            ),
        ),
        400..=499 => Fault::new(Kind::Rejected, format!("LaunchDarkly refuses it ({code}): {said}")),
        _ => Fault::new(Kind::Unsure, format!("LaunchDarkly failed ({code}): {said}")),
    }
}

/// The `message` of a JSON body that may be cut off; the whole body if it has none.
fn message(body: &str) -> String {
    let Some((_, rest)) = body.split_once(r#""message":"#) else { return body.to_owned() };
    let mut message = String::new();
    let mut escaped = false;
    for c in rest.trim_start().trim_start_matches('"').chars() {
        match c {
            'n' | 'r' | 't' if escaped => message.push(' '),
            _ if escaped => message.push(c),
            '\\' => {}
            '"' => break,
            _ => message.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    message
}
