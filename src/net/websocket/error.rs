//! Why a websocket could not be opened, or ended.
//!
//! In: tungstenite's errors. Out: a [`SocketError`] that a reconnect loop can decide on. No variant
//! holds a credential.

use std::time::Duration;

use tokio_tungstenite::tungstenite::{Error, error::CapacityError};

use crate::domain::Text;

/// Why there is no connection (any more).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// The address is no websocket address.
    #[error("cannot connect to {url}: not a websocket address\nhint: it must begin with wss:// or ws://")]
    Address {
        /// The target.
        url: String,
    },
    /// A token would leave this machine in the clear.
    #[error("will not send a token to {url} over an open line\nhint: use wss://")]
    Exposed {
        /// The target.
        url: String,
    },
    /// The connection cannot be set up: an unreadable root certificate, an unusable token.
    #[error("cannot set up a connection to {url}: {cause}")]
    Setup {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
    /// No TCP connection.
    #[error("cannot reach {url}: {cause}")]
    Connect {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
    /// The handshake took too long.
    #[error("no websocket handshake with {url} within {} ms", after.as_millis())]
    Handshake {
        /// The target.
        url: String,
        /// The time that was allowed.
        after: Duration,
    },
    /// The certificate is not trusted, or TLS failed otherwise.
    #[error(
        "no secure connection to {url}: {cause}\nhint: is its certificate authority known to this machine?"
    )]
    Tls {
        /// The target.
        url: String,
        /// Why.
        cause: String,
    },
    /// The server answered the handshake with a status instead of a websocket.
    #[error(
        "{url} answered {code} instead of opening a websocket\nhint: is that its address, with its path?"
    )]
    Status {
        /// The target.
        url: String,
        /// The status code.
        code: u16,
    },
    /// A message above the limit; what follows it cannot be read.
    #[error("{url} sent a message of {size} bytes; the limit is {limit}")]
    TooLarge {
        /// The target.
        url: String,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Nothing was heard for too long: half open, or the other side hangs.
    #[error("{url} was silent for {} ms, pings unanswered", after.as_millis())]
    Silent {
        /// The target.
        url: String,
        /// The time that was allowed.
        after: Duration,
    },
    /// The connection ended, in order or not.
    #[error("{url} closed the connection: {cause}")]
    Closed {
        /// The target.
        url: String,
        /// Why.
        cause: Text,
    },
}

impl SocketError {
    pub(super) fn from_tungstenite(error: Error, url: &str) -> Self {
        let url = url.to_owned();
        match error {
            Error::Http(response) => Self::Status { url, code: response.status().as_u16() },
            Error::Tls(error) => Self::Tls { url, cause: error.to_string() },
            Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
                Self::Tls { url, cause: error.to_string() }
            }
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::TooLarge { url, size, limit: max_size }
            }
            other => Self::Closed { url, cause: Text::new(&other.to_string()) },
        }
    }

    /// Whether trying again cannot mend it: a bad address, an exposed token, refused credentials.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Address { .. }
                | Self::Exposed { .. }
                | Self::Setup { .. }
                | Self::Status { code: 401 | 403, .. }
        )
    }
}
