//! The lines of a recording: events, and what is no event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::engine::Decision;
use crate::event::Event;

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line<'a> {
    /// What was decided on the event before it.
    Decided(Cow<'a, [Decision]>),
    /// So many events are missing here, because the disk did not keep up.
    Missing(u64),
}

/// Any line below the first.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Either {
    Event(Event),
    Line(Line<'static>),
}

/// Reads any line below the first.
pub(super) fn parse(line: &[u8]) -> serde_json::Result<Either> {
    if line.starts_with(b"{\"decided\"") || line.starts_with(b"{\"missing\"") {
        return serde_json::from_slice(line).map(Either::Line);
    }
    serde_json::from_slice(line).map(Either::Event)
}
