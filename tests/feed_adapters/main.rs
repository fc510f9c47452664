//! The three feed adapters against real websocket servers: the demo's world, and a feed server whose
//! connections can be cut one by one.

mod flags;
mod readings;
mod seen;
mod server;
mod world;

type Failure = Box<dyn std::error::Error>;
