//! The feed protocol: how any in-house flag service can be driven by gonogo over one websocket.
//!
//! `docs/feed.md` is the contract; this room is its only implementation in the house and is shared
//! by the three feed adapters (flags, metrics, feedback) and by the demo's server.
//!
//! ```text
//!  server ─frames─▶ net::websocket ─▶ codec ─▶ Sequence ─▶ Link::next ─▶ an adapter
//!  server ◀─hello, resync─────────────────────────────────── Link
//!  server ◀─set, ─ack or refused─▶ Control::request          (a connection of its own)
//!  demo:  Log ─▶ Session ─▶ Hub::serve ─frames─▶ clients
//! ```
//!
//! Each adapter opens its own [`Link`]: flags, metrics and feedback have a socket each. Changing flags has
//! one more ([`Control`]), so a kill never queues behind samples, nor behind an inbox that is full.
//! A flag adapter polls [`Control::run`] beside its link; then a kill is one frame on a standing connection.
//!
//! In: frames, and [`Set`](message::Set) requests. Out: typed messages in order and without
//! duplicates, the state of the link, and counted problems.
//!
//! What it must never do: trust a frame (every number is checked, every text is a
//! [`Text`](crate::domain::Text)), grow without a bound, or let a malformed message end a
//! connection. Only a protocol version that we do not speak, a refused token, or settings that cannot
//! work are final.
//!
//! Start reading at [`message`], then [`codec`], [`sequence`] and [`Link`].

pub mod codec;
mod control;
mod greeting;
mod link;
mod log;
mod look;
pub mod message;
mod problems;
pub mod sequence;
mod server;
mod session;
mod settings;
mod standing;
pub mod stream;
#[cfg(test)]
mod tests;

pub use codec::Malformed;
pub use control::{Answer, Control};
pub use greeting::{Lost, Want};
pub use link::{Incoming, Link};
pub use log::{Line, Log};
pub use look::{View, look};
pub use message::{FromClient, FromServer};
pub use problems::{Fault, Problem, Problems};
pub use server::{Access, Hub};
pub use session::Session;
pub use settings::{Endpoint, Settings, SettingsError, Timing};
pub use standing::Standing;
pub use stream::{OpaqueId, Stream, Topic};

/// The protocol version that this room speaks. A server with another one is not understood.
pub const PROTOCOL: u32 = 1;

/// The largest frame in bytes, both ways: a full snapshot is sent as many small messages, so a
/// frame of this size is a mistake or an attack.
pub const MAX_FRAME: usize = 1024 * 1024;
