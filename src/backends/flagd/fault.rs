//! Why flagd or its file did not do what was asked, in words that help.
//!
//! In: gRPC statuses, file errors and our own findings. Out: a [`Fault`]: a sentence with a hint, and what follows from
//! it: whether it is no fault at all, whether trying again can help.

use tonic::{Code, Status};

use super::wire::MAX_MESSAGE;
use crate::backends::store::file::FileError;
use crate::backends::{BackendError, Target};
use crate::domain::{FlagState, Text};

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The stream came to its planned end: nothing is wrong.
    Ended,
    /// It may pass.
    Away,
    /// It will be so until somebody changes the settings, the flag or flagd.
    Hopeless,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What follows.
    pub kind: Kind,
    /// Why, with a hint where there is a remedy.
    pub cause: String,
}

impl Fault {
    /// A failure that may pass.
    #[must_use]
    pub fn away(cause: impl Into<String>) -> Self {
        Self { kind: Kind::Away, cause: cause.into() }
    }

    /// A failure that only somebody else can mend.
    #[must_use]
    pub fn hopeless(cause: impl Into<String>) -> Self {
        Self { kind: Kind::Hopeless, cause: cause.into() }
    }

    /// The sentence: operation, target, cause, hint.
    #[must_use]
    pub fn text(&self, operation: &str, target: &Target) -> Text {
        sentence(operation, target, &self.cause)
    }

    /// As the caller of the adapter sees it, when nothing was written.
    #[must_use]
    pub fn into_error(self, operation: &str, target: &Target, state: Option<FlagState>) -> BackendError {
        let cause = self.text(operation, target);
        match self.kind {
            Kind::Hopeless => BackendError::Refused { cause, state: state.map(Box::new) },
            Kind::Ended | Kind::Away => BackendError::Lost { cause },
        }
    }
}

/// `cannot widen checkout-v2 at web: …`.
#[must_use]
pub fn sentence(operation: &str, target: &Target, cause: &str) -> Text {
    Text::new(&format!("cannot {operation} {} at {}: {cause}", target.flag, target.platform))
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let kind = if error.may_pass() { Kind::Away } else { Kind::Hopeless };
        Self { kind, cause: error.to_string() }
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        let said = status.message();
        match status.code() {
            // flagd --stream-deadline.
            Code::DeadlineExceeded => {
                Self { kind: Kind::Ended, cause: "the stream came to its deadline".into() }
            }
            Code::Unimplemented => Self::hopeless(format!(
                "there is no sync service of flagd ({said}). hint: url is the sync port of flagd, 8015 unless set otherwise"
            )),
            Code::InvalidArgument => Self::hopeless(format!(
                "flagd does not take the selector: {said}. hint: flagSetId=… or source=…"
            )),
            Code::OutOfRange | Code::ResourceExhausted => Self::hopeless(format!(
                "its flags are more than {} MiB: {said}. hint: set a selector",
                MAX_MESSAGE / 1024 / 1024
            )),
            Code::Unauthenticated | Code::PermissionDenied => Self::hopeless(format!(
                "something before flagd forbids it: {said}. hint: flagd itself asks for no token"
            )),
            code => Self::away(format!(
                "flagd does not answer ({code:?}): {}. hint: does it run? url is the sync port of flagd, 8015 unless set otherwise, with https:// if it has a certificate",
                reason(&status)
            )),
        }
    }
}

/// The innermost cause: tonic itself says "transport error" for all of them.
fn reason(status: &Status) -> String {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(status);
    let mut words = status.message().to_owned();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_no_fault_and_a_wrong_port_is_named() {
        assert_eq!(Fault::from(Status::deadline_exceeded("x")).kind, Kind::Ended);
        assert_eq!(Fault::from(Status::unavailable("x")).kind, Kind::Away);
        let wrong = Fault::from(Status::unimplemented("unknown service"));
        assert_eq!(wrong.kind, Kind::Hopeless);
        assert!(wrong.cause.contains("hint: url is the sync port"), "{}", wrong.cause);
    }
}
