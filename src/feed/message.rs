//! Every message of the feed protocol as a type, in the order of `docs/feed.md`.
//!
//! In: nothing. Out: [`FromServer`] and [`FromClient`], which serialise to the wire form with
//! `kind` first. Reading goes through [`codec`](super::codec), because it also counts what it
//! does not know and checks ranges that a type cannot express.
//!
//! Types are strict (a text is never taken for a number), fields are tolerant: an unknown one is
//! skipped, an absent optional one is the same as `null`.

mod feedback;
mod flag;
mod hello;
mod sample;
mod set;

pub use feedback::Comment;
pub use flag::{Flag, State};
pub use hello::{Can, ClientHello, Resume, ServerHello};
pub use sample::{Counters, Distribution, MAX_BOUNDS};
pub use set::{Ack, Code, Refused, Set};

use serde::{Deserialize, Serialize};

use super::stream::{Positions, Stream};
use crate::domain::Text;

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FromServer {
    /// The first message of a connection.
    Hello(ServerHello),
    /// The full state of a flag.
    Flag(Flag),
    /// Cumulative counts of one metric in one segment.
    Counters(Counters),
    /// A cumulative distribution of one metric in one segment.
    Histogram(Distribution),
    /// What a customer said.
    Feedback(Comment),
    /// What follows, up to `snapshot-end`, is the present state of these streams.
    Snapshot(Snapshot),
    /// The snapshot is complete.
    SnapshotEnd(SnapshotEnd),
    /// A `set` was stored.
    Ack(Ack),
    /// A `set` was not stored.
    Refused(Refused),
    /// Something is wrong with what the client sent.
    Error(Failure),
    /// The server is about to close the connection.
    Bye(Bye),
}

/// A message from the client.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FromClient {
    /// The first message of a connection.
    Hello(ClientHello),
    /// A change of a flag.
    Set(Set),
    /// Asks for a snapshot, because something is missing.
    Resync(Resync),
}

impl FromServer {
    /// The stream and the number of a data message; `None` for all other kinds.
    #[must_use]
    pub fn position(&self) -> Option<(Stream, u64)> {
        match self {
            Self::Flag(flag) => Some((Stream::Flag(flag.flag.clone()), flag.seq)),
            Self::Counters(counters) => Some((Stream::Samples, counters.seq)),
            Self::Histogram(histogram) => Some((Stream::Samples, histogram.seq)),
            Self::Feedback(comment) => Some((Stream::Feedback, comment.seq)),
            _ => None,
        }
    }
}

/// `snapshot`: the streams whose present state follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The streams.
    pub streams: Vec<Stream>,
}

/// `snapshot-end`: from here on the streams are numbered without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotEnd {
    /// For each stream of the snapshot the number of its newest message, 0 if there was none yet.
    pub seq: Positions,
}

/// `resync`: the streams of which the client wants a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resync {
    /// The streams.
    pub streams: Vec<Stream>,
}

/// `error`: what the server did not like. It does not answer a `set`; that is `refused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of error.
    #[serde(default)]
    pub code: FailureCode,
    /// For a person.
    pub message: Text,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCode {
    /// The token is missing or wrong. Final.
    Unauthorized,
    /// The server does not speak the protocol version of the client. Final.
    UnsupportedProtocol,
    /// A wanted flag does not exist. The connection goes on.
    UnknownFlag,
    /// A frame could not be read. The connection goes on.
    BadMessage,
    /// Anything else, and any code that we do not know.
    #[default]
    #[serde(other)]
    Other,
}

impl FailureCode {
    /// Whether trying again cannot mend it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Unauthorized | Self::UnsupportedProtocol)
    }
}

/// `bye`: why the server closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// For a person.
    pub reason: Text,
}
