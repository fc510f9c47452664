//! One websocket connection that notices when the other side is gone.
//!
//! In: an address, [`Options`], texts to send. Out: a [`Socket`] that gives [`Frame`]s, or a
//! [`SocketError`] that says why it ended. It pings every few seconds, and when no frame of any kind
//! came for `dead_after`, pongs included, it calls the connection dead: a half-open one (the other
//! side lost power, a firewall forgot us) is noticed without waiting for TCP.
//!
//! It never reconnects, and never sends a token in the clear to another machine.
//!
//! Start reading at [`connect`].

mod error;
mod socket;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, client_async_tls_with_config};
use url::Url;

pub use self::error::SocketError;
pub use self::socket::{Frame, Socket};
use super::{USER_AGENT, address, tls};

/// What a connection allows itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Until the handshake is done, TCP and TLS included.
    pub handshake_timeout: Duration,
    /// The largest message in bytes, either way.
    pub max_message: usize,
    /// How often to ping.
    pub ping_every: Duration,
    /// How long without any frame until the connection is dead. Together with `ping_every` it must
    /// stay below 20 s.
    pub dead_after: Duration,
    /// Sent as `Authorization: Bearer`; `None`: nothing is sent.
    pub bearer: Option<SecretString>,
    /// A PEM file with a root certificate to trust beside the platform's.
    pub extra_root: Option<PathBuf>,
}

impl Default for Options {
    /// 5 s for the handshake, 1 MiB, a ping every 5 s, dead after 15 s.
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(5),
            max_message: 1024 * 1024,
            ping_every: Duration::from_secs(5),
            dead_after: Duration::from_secs(15),
            bearer: None,
            extra_root: None,
        }
    }
}

/// Connects to a `ws://` or `wss://` address.
///
/// # Errors
/// [`SocketError`] when the address cannot work, or the handshake fails or takes too long.
pub async fn connect(url: &Url, options: &Options) -> Result<Socket, SocketError> {
    let shown = || address::shown(url);
    let secure = url.scheme() == "wss";
    if !(secure || url.scheme() == "ws") || url.host().is_none() {
        return Err(SocketError::Address { url: shown() });
    }
    if options.bearer.is_some() && !secure && !address::is_loopback(url) {
        return Err(SocketError::Exposed { url: shown() });
    }
    let tls = if secure {
        let config = tls::client_config(options.extra_root.as_deref())
            .map_err(|error| SocketError::Setup { url: shown(), cause: error.to_string() })?;
        Connector::Rustls(config)
    } else {
        Connector::Plain
    };
    match timeout(options.handshake_timeout, handshake(url, options, tls)).await {
        Ok(connected) => connected,
        Err(_) => Err(SocketError::Handshake { url: shown(), after: options.handshake_timeout }),
    }
}

async fn handshake(url: &Url, options: &Options, tls: Connector) -> Result<Socket, SocketError> {
    let shown = address::shown(url);
    let setup = |cause: String| SocketError::Setup { url: shown.clone(), cause };
    let mut plain = url.clone();
    // User and password would otherwise stand in the request line of some proxies' logs.
    let _ = plain.set_username("").and_then(|()| plain.set_password(None));
    plain.set_fragment(None);
    let mut request = plain.as_str().into_client_request().map_err(|error| setup(error.to_string()))?;
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if let Some(token) = &options.bearer {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| setup("the token cannot be sent as a header".into()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    let port = url.port_or_known_default().unwrap_or(80);
    // `host_str` keeps the brackets of IPv6, which the resolver does not want.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port))
        .await
        .map_err(|error| SocketError::Connect { url: shown.clone(), cause: error.to_string() })?;
    // A kill is one small frame: it must not wait for a fuller packet.
    let _ = stream.set_nodelay(true);
    let mut limits = WebSocketConfig::default();
    limits.max_message_size = Some(options.max_message);
    limits.max_frame_size = Some(options.max_message);
    limits.write_buffer_size = 0;
    limits.max_write_buffer_size = 2 * options.max_message;
    let (stream, _) = client_async_tls_with_config(request, stream, Some(limits), Some(tls))
        .await
        .map_err(|error| SocketError::from_tungstenite(error, &shown))?;
    Ok(Socket::new(stream, shown, options))
}
