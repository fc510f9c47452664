//! Tests of the screen: pictures of it, every size, and what keys do.
//!
//! Models are made the way the program makes them: by events through the engine ([`world`]).

mod anything;
mod apart;
mod charts;
mod finding;
mod fleet;
mod keys;
mod mouse;
mod others;
pub(crate) mod pictures;
mod platforms;
mod replay;
mod screens;
mod sizes;
mod sources;
mod states;
mod status;
mod streams;
pub(crate) mod world;
