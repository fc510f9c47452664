//! One step of a recording: an event as it was taken, and what was decided on it.

use crate::engine::Decision;
use crate::event::Event;

/// An event as the engine took it, with its place in the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its number, from 0: so many events were taken before it, missing ones included.
    pub number: u64,
    /// The event.
    pub event: Event,
    /// What was decided on it, in order. `None`: the recording does not say (version 1).
    pub decided: Option<Vec<Decision>>,
    /// Events that are missing right before this one, because the disk did not keep up.
    pub missing: u64,
}
