//! The lines of a recording that are no event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::engine::Decision;

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line<'a> {
    /// What was decided on the event before it.
    Decided(Cow<'a, [Decision]>),
    /// So many events are missing here, because the disk did not keep up.
    Missing(u64),
}
