//! Opening a connection: websocket, our `hello`, their `hello`.
//!
//! In: an [`Endpoint`] and what is wanted. Out: an open socket and the server's `hello`, or
//! [`Lost`], which says whether trying again can help. What comes before the server's `hello` is
//! counted as a problem and skipped.

use std::collections::BTreeSet;

use tokio::time::timeout;

use super::message::{ClientHello, FailureCode, FromClient, FromServer, Resume, ServerHello};
use super::problems::{Fault, Problems};
use super::settings::Endpoint;
use super::stream::{Stream, Topic};
use super::{PROTOCOL, codec};
use crate::domain::{FlagKey, Text};
use crate::net::websocket::{self, Frame, Socket, SocketError};

/// What a subscription is about; empty for a connection that only sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// The flags whose state is wanted.
    pub flags: BTreeSet<FlagKey>,
    /// Whether counters and histograms are wanted.
    pub samples: bool,
    /// Whether feedback is wanted.
    pub feedback: bool,
}

impl Want {
    /// The states of one flag.
    #[must_use]
    pub fn flag(key: FlagKey) -> Self {
        Self { flags: [key].into(), ..Self::default() }
    }

    /// All counters and histograms.
    #[must_use]
    pub fn samples() -> Self {
        Self { samples: true, ..Self::default() }
    }

    /// All feedback.
    #[must_use]
    pub fn feedback() -> Self {
        Self { feedback: true, ..Self::default() }
    }

    /// The streams that are wanted.
    pub fn streams(&self) -> impl Iterator<Item = Stream> + '_ {
        let flags = self.flags.iter().cloned().map(Stream::Flag);
        flags.chain(self.samples.then_some(Stream::Samples)).chain(self.feedback.then_some(Stream::Feedback))
    }

    fn topics(&self) -> Vec<Topic> {
        let topics: BTreeSet<_> = self.streams().map(|stream| stream.topic()).collect();
        topics.into_iter().collect()
    }
}

/// Why a connection could not be opened, or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Lost {
    /// Why, with a hint where there is a remedy.
    pub cause: Text,
    /// Whether trying again cannot mend it.
    pub is_final: bool,
    /// Whether a frame was too large: the next connection must not ask for it again.
    pub(super) too_large: bool,
}

impl Lost {
    pub(super) fn again(cause: &str) -> Self {
        Self { cause: Text::new(cause), is_final: false, too_large: false }
    }

    fn for_good(cause: &str) -> Self {
        Self { is_final: true, ..Self::again(cause) }
    }
}

impl From<SocketError> for Lost {
    fn from(error: SocketError) -> Self {
        let too_large = matches!(error, SocketError::TooLarge { .. });
        let hint = match error {
            SocketError::Status { code: 401 | 403, .. } => "\nhint: check the token of this feed",
            _ => "",
        };
        Self { is_final: error.is_final(), too_large, ..Self::again(&format!("{error}{hint}")) }
    }
}

/// Opens a connection and exchanges `hello`s.
pub(super) async fn greet(
    endpoint: &Endpoint,
    want: &Want,
    resume: Option<Resume>,
    problems: &mut Problems,
) -> Result<(Socket, ServerHello), Lost> {
    let options = endpoint.options().map_err(|error| Lost::for_good(&error.to_string()))?;
    let mut socket = websocket::connect(endpoint.url(), &options).await?;
    let hello = ClientHello {
        protocol: PROTOCOL,
        client: Text::new(crate::net::USER_AGENT),
        want: want.topics(),
        flags: want.flags.iter().cloned().collect(),
        resume,
        token: None,
    };
    socket.send(codec::write(&FromClient::Hello(hello))).await?;
    match timeout(endpoint.timing.handshake, await_hello(&mut socket, problems)).await {
        Ok(hello) => hello.map(|hello| (socket, hello)),
        Err(_) => Err(Lost::again(&format!("{} did not answer our hello", endpoint.shown()))),
    }
}

async fn await_hello(socket: &mut Socket, problems: &mut Problems) -> Result<ServerHello, Lost> {
    loop {
        let Frame::Text(frame) = socket.receive().await? else { continue };
        if let Some(theirs) = codec::version_of(&frame)
            && theirs != PROTOCOL
        {
            return Err(wrong_version(socket.url(), theirs));
        }
        match codec::read_server(&frame) {
            Ok(read) => match read.message {
                FromServer::Hello(hello) => return Ok(hello),
                FromServer::Error(failure) if failure.code.is_final() => {
                    return Err(complaint(socket.url(), failure.code, &failure.message));
                }
                FromServer::Error(failure) => {
                    problems.note(Fault::Complaint(failure.code), || failure.message.to_string());
                }
                FromServer::Bye(bye) => return Err(goodbye(socket.url(), &bye.reason)),
                _ => {
                    problems.note(Fault::Unwanted, || "a message before the hello".into());
                }
            },
            Err(malformed) => {
                problems.note(Fault::from(&malformed), || malformed.to_string());
            }
        }
    }
}

fn wrong_version(url: &str, theirs: u32) -> Lost {
    Lost::for_good(&format!(
        "{url} speaks feed protocol {theirs}, we speak {PROTOCOL}; hint: update the older of the two"
    ))
}

/// A complaint that ends the connection.
pub(super) fn complaint(url: &str, code: FailureCode, message: &Text) -> Lost {
    let hint = match code {
        FailureCode::Unauthorized => "; hint: check the token of this feed",
        FailureCode::UnsupportedProtocol => "; hint: update the older of the two",
        _ => "",
    };
    Lost { is_final: code.is_final(), ..Lost::again(&format!("{url} says: {message}{hint}")) }
}

/// A `bye`.
pub(super) fn goodbye(url: &str, reason: &Text) -> Lost {
    Lost::again(&format!("{url} said bye: {reason}"))
}
