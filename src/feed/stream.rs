//! Streams: what is numbered, and by what a client resumes.
//!
//! A server numbers its data messages per stream, not per connection and not over all of them: a
//! client that wants only some streams would otherwise see gaps where nothing is missing. There is
//! one stream per flag, one for all samples and one for all feedback.
//!
//! In: texts from the wire. Out: [`Topic`], [`Stream`] and [`OpaqueId`]. Nothing here keeps state;
//! the counting is done in `sequence`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::FlagKey;

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// The state of flags, for the flags that are named in the `hello`.
    Flag,
    /// Counters and histograms.
    Samples,
    /// What customers say.
    Feedback,
}

/// One numbered sequence of messages. On the wire: `flag/<key>`, `samples` or `feedback`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Stream {
    /// The states of one flag.
    Flag(FlagKey),
    // The order is the order in which a server sends: a flood of samples holds up nothing else.
    /// All feedback.
    Feedback,
    /// All counters and histograms.
    Samples,
}

/// The number of the newest message of each stream; numbers start at 1.
pub type Positions = BTreeMap<Stream, u64>;

impl Stream {
    /// The topic that the stream belongs to.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Flag(_) => Topic::Flag,
            Self::Samples => Topic::Samples,
            Self::Feedback => Topic::Feedback,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "flag/{key}"),
            Self::Samples => f.pad("samples"),
            Self::Feedback => f.pad("feedback"),
        }
    }
}

impl From<Stream> for String {
    fn from(stream: Stream) -> Self {
        stream.to_string()
    }
}

impl TryFrom<String> for Stream {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "samples" => Ok(Self::Samples),
            "feedback" => Ok(Self::Feedback),
            other => match other.strip_prefix("flag/") {
                Some(key) => FlagKey::new(key).map(Self::Flag).map_err(|error| error.to_string()),
                None => Err("a stream is \"flag/<key>\", \"samples\" or \"feedback\"".into()),
            },
        }
    }
}

/// The longest [`OpaqueId`] in characters: room for two UUIDs.
pub const MAX_ID: usize = 80;

/// An id that only its maker understands: an epoch, or the idempotency key of a `set`.
///
/// It has 1 to [`MAX_ID`] visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpaqueId(Arc<str>);

impl OpaqueId {
    /// Checks the text and makes it an id.
    ///
    /// # Errors
    /// A sentence when the text is empty, too long or has a character that is not visible ASCII.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_ID || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("an id has 1 to {MAX_ID} visible ASCII characters"));
        }
        Ok(Self(Arc::from(text)))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OpaqueId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl From<OpaqueId> for String {
    fn from(id: OpaqueId) -> Self {
        id.0.to_string()
    }
}

impl fmt::Display for OpaqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_reads_as_it_is_written() -> Result<(), Box<dyn std::error::Error>> {
        let flag = Stream::Flag(FlagKey::new("team/checkout-v2")?);
        for stream in [flag, Stream::Samples, Stream::Feedback] {
            assert_eq!(Stream::try_from(stream.to_string()), Ok(stream));
        }
        for bad in ["", "flag", "flag/", "flag/a b", "metrics"] {
            assert!(Stream::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn an_id_can_stand_in_a_log_line() {
        assert!(OpaqueId::new("01J-abc:7").is_ok());
        for bad in ["", "a b", "a\n", "é", &"x".repeat(MAX_ID + 1)] {
            assert!(OpaqueId::new(bad).is_err(), "{bad:?}");
        }
    }
}
