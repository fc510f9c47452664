//! The two `hello` messages: who is there, what is wanted, and where to go on.
//!
//! In: nothing. Out: [`ClientHello`] and [`ServerHello`]. A token in a `hello` is a secret: it has no
//! Debug form and is written out only into the frame itself.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::domain::{FlagKey, KillScope, Text, Timestamp};
use crate::feed::stream::{OpaqueId, Positions, Topic};

/// `hello` of the client; must be its first message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientHello {
    /// The protocol version that the client speaks.
    pub protocol: u32,
    /// Name and version of the client, for the server's log.
    pub client: Text,
    /// The topics that it wants; empty for a connection that only sets.
    pub want: Vec<Topic>,
    /// The flags whose state it wants with the topic `flag`.
    #[serde(default)]
    pub flags: Vec<FlagKey>,
    /// Where it wants to go on. `None`: from a snapshot.
    pub resume: Option<Resume>,
    /// The token of a client that cannot send an `Authorization` header. Ours always sends the header.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "write_token")]
    pub token: Option<SecretString>,
}

/// What a client has seen of an earlier connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The epoch that the numbers belong to.
    pub epoch: OpaqueId,
    /// The last number that was seen of each stream.
    pub seq: Positions,
}

/// `hello` of the server, its first message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHello {
    /// The protocol version that the server speaks.
    pub protocol: u32,
    /// Name and version of the server.
    pub server: Text,
    /// Changes whenever the server's numbering starts again, for example with each start.
    pub epoch: OpaqueId,
    /// The newest number of each stream that this client wants.
    #[serde(default)]
    pub seq: Positions,
    /// What the server is able to do for this client.
    pub capabilities: Can,
    /// The server's clock.
    pub time_ms: Timestamp,
}

/// What a server is able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Can {
    /// Whether this client may send `set`.
    pub set: bool,
    /// The smallest thing that can be switched off.
    pub kill: KillScope,
}

fn write_token<S: Serializer>(token: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(|secret| secret.expose_secret()).serialize(serializer)
}
