//! Why Unleash did not do what was asked, in words that help.
//!
//! In: [`HttpError`]s. Out: a [`Fault`]: a sentence with a hint, and what follows from it: whether
//! something may have changed, and whether trying again can help.
//!
//! A refusal's body was cut to an excerpt by `net`, so it is searched, not parsed.

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
    /// The value that a write was tested against is no longer stored.
    Conflict,
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
    /// A failure that only somebody else can mend.
    #[must_use]
    pub fn hopeless(cause: String) -> Self {
        Self { kind: Kind::Hopeless, cause, wait: None }
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
            Kind::Unsure => BackendError::Lost { cause },
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
        let unsure = |cause: String| Self { kind: Kind::Unsure, cause, wait: None };
        match error {
            HttpError::Status { code, retry_after, body, .. } => {
                Self { wait: retry_after, ..refused(code, body.as_str()) }
            }
            HttpError::Setup { .. } => Self::hopeless(error.to_string()),
            HttpError::BadBody { .. } => unsure(format!(
                "{error}. hint: is this the address of an Unleash server, without /api, and not of a login page before it?"
            )),
            _ => unsure(error.to_string()),
        }
    }
}

fn refused(code: u16, body: &str) -> Fault {
    let said = message(body);
    let fault = |kind, cause: String| Fault { kind, cause, wait: None };
    match code {
        401 => fault(
            Kind::Hopeless,
            "Unleash does not know the token (401). hint: is it complete, not expired, and of this server?".into(),
        ),
        403 if body.contains("different token type") => fault(
            Kind::Hopeless,
            "a client or frontend token cannot use the admin API (403). hint: make a personal access token in Unleash, under profile, view profile settings".into(),
        ),
        403 => match permission(&said) {
            Some(permission) => fault(
                Kind::Hopeless,
                format!("the token lacks the permission {permission} (403). hint: ask an admin of Unleash for a role with it in this project and environment"),
            ),
            None => fault(Kind::Hopeless, format!("Unleash forbids it (403): {said}. hint: is the token's owner allowed to in this project and environment?")),
        },
        404 => fault(
            Kind::Hopeless,
            format!("{said} (404). hint: check project, environment and flag in the rollout file, and whether the flag is archived"),
        ),
        400 if body.contains("ArchivedFeatureError") => fault(
            Kind::Hopeless,
            "the flag is archived: SDKs no longer get it, so its users have the code's default. hint: revive it in Unleash".into(),
        ),
        429 => fault(Kind::Unsure, "Unleash is asked too often (429). hint: raise the interval in the rollout file".into()),
        500 if body.contains("Test operation failed") => fault(Kind::Conflict, "somebody else changed it at the same moment".into()),
        300..=399 => fault(
            Kind::Hopeless,
            format!("it redirects to another server ({code}). hint: a login page before Unleash? use the address behind it"),
        ),
        400..=499 => fault(Kind::Rejected, format!("Unleash refuses it ({code}): {said}")),
        _ => fault(Kind::Unsure, format!("Unleash failed ({code}): {said}")),
    }
}

/// The `message` of a JSON body that may be cut off; the whole body if it has none.
fn message(body: &str) -> String {
    let Some((_, rest)) = body.split_once(r#""message":""#) else { return body.to_owned() };
    let mut message = String::new();
    let mut escaped = false;
    for c in rest.chars() {
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

/// The first name in capitals between quotes: `UPDATE_FEATURE_ENVIRONMENT`.
fn permission(message: &str) -> Option<&str> {
    let is_name = |part: &&str| part.len() > 3 && part.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    message.split('"').find(is_name)
}

#[cfg(test)]
mod tests;
