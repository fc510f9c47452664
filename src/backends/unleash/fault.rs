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
            None => fault(Kind::Hopeless, format!("Unleash forbids it (403): {said}")),
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
mod tests {
    use super::*;

    fn fault(code: u16, body: &str) -> Fault {
        HttpError::Status {
            url: "http://h/x".into(),
            code,
            retry_after: Some(Duration::from_secs(7)),
            body: Text::new(&body.chars().take(300).collect::<String>()),
        }
        .into()
    }

    #[test]
    fn each_refusal_of_a_live_server_says_what_to_do() {
        // Bodies verbatim from 7.4.1.
        for (code, body, kind, part) in [
            (
                401,
                r#"{"id":"8a46","name":"UnauthorizedError","message":"You must log in to use Unleash."}"#,
                Kind::Hopeless,
                "does not know the token",
            ),
            (
                403,
                r#"{"message":"invalid token: expected a different token type for this endpoint"}"#,
                Kind::Hopeless,
                "personal access token",
            ),
            (
                403,
                r#"{"id":"0ec2e7bb-a0be-4508-9cee-dae5bc7a7b82","name":"PermissionError","message":"You don't have the required permissions to perform this operation. To perform this action, you need the \"UPDATE_FEATURE_ENVIRONMENT\" permission.","details":[{"message":"You don't"#,
                Kind::Hopeless,
                "lacks the permission UPDATE_FEATURE_ENVIRONMENT",
            ),
            (
                404,
                r#"{"name":"NotFoundError","message":"Could not find environment nope for feature: x1","details":[]}"#,
                Kind::Hopeless,
                "Could not find environment nope",
            ),
            (
                400,
                r#"{"name":"ArchivedFeatureError","message":"Cannot perform this operation on archived features"}"#,
                Kind::Hopeless,
                "archived",
            ),
            (
                400,
                r#"{"name":"BadDataError","message":"Request validation failed"}"#,
                Kind::Rejected,
                "Request validation failed",
            ),
            (
                500,
                r#"{"name":"UnknownError","message":"Test operation failed\nname: TEST_OPERATION_FAILED"}"#,
                Kind::Conflict,
                "somebody else",
            ),
            (503, "<html>upstream</html>", Kind::Unsure, "upstream"),
            (429, "", Kind::Unsure, "too often"),
            (302, "", Kind::Hopeless, "login page"),
        ] {
            let fault = fault(code, body);
            assert_eq!(fault.kind, kind, "{body}");
            assert!(fault.cause.contains(part), "{}", fault.cause);
            assert_eq!(fault.wait, Some(Duration::from_secs(7)));
        }
    }

    #[test]
    fn a_message_that_is_cut_off_is_still_read() {
        assert_eq!(message(r#"{"message":"There's no \"x"#), "There's no \"x");
        assert_eq!(message(r#"{"message":"a\\b\nc","details":"#), "a\\b c");
        assert_eq!(message("gateway"), "gateway");
    }
}
