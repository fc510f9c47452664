//! The network, without knowing anybody on it.
//!
//! HTTP and websocket clients that are safe to point at a sick server: every wait has a time-out,
//! every body a size limit, every secret stays out of every text. Adapters build on this and add
//! only what their provider speaks.
//!
//! ```text
//!  settings ─▶ secret ─┐
//!              address ┼─▶ http::Client ────▶ Response | HttpError
//!              tls ────┼─▶ websocket::connect ▶ Socket ─▶ Frame | SocketError
//!                      ├─▶ sse::Subscription ─▶ Incoming (event, link, sign of life, problem), for ever
//!                      └─  backoff: how long to wait before the next attempt (pure)
//! ```
//!
//! In: addresses, secrets, requests, frames. Out: responses, frames, and errors that name the
//! operation, the target and the cause.
//!
//! What it must never do: know a provider, retry by itself (the adapter owns the retry timer; only an event stream
//! comes back, as its standard says, when it is asked for the next event), show a credential, follow a redirect to
//! another host, or send a token over an open line that leaves this machine through a websocket.
//!
//! Proxies: HTTP honours the proxies of the environment, except for loopback targets, which are
//! always reached directly. Websockets are always direct.
//!
//! Start reading at [`http`], then [`websocket`] and [`sse`].

pub mod address;
pub mod backoff;
pub mod http;
pub mod secret;
pub mod sse;
pub mod tls;
pub mod websocket;

pub use backoff::Backoff;
pub use http::{Client, HttpError};
pub use secret::{SecretError, SecretSource};

/// How we introduce ourselves to servers.
pub const USER_AGENT: &str = concat!("gonogo/", env!("CARGO_PKG_VERSION"));

/// The longest excerpt of a server's answer that stands in an error, in bytes: a line or two.
pub(crate) const MAX_EXCERPT: usize = 300;
