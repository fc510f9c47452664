//! Damage: where a recording cannot be read any further, and why.

use std::fmt;

use crate::domain::Text;
use crate::domain::text::thousands;

/// Where a recording cannot be read any further, and why. All before it is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The first byte of the file that is not read, from 0.
    pub byte: u64,
    /// The block that it lies in, from 0. `None` in a recording of lines.
    pub block: Option<u32>,
    /// The number of the first event that is not read.
    pub events: u64,
    /// Whether the file ends there, as after a crash or a full disk.
    pub is_cut: bool,
    /// What is wrong.
    pub cause: Text,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", if self.is_cut { "cut off" } else { "damaged" }, thousands(self.byte))?;
        if let Some(block) = self.block {
            write!(f, ", block {block}")?;
        }
        write!(f, ": {}; it is read up to event {}", self.cause, thousands(self.events))
    }
}
