//! Acts: what each action would do, and whether it may.
//!
//! [`plan`] answers both questions for a request, without doing anything. The screen asks it for the
//! reason why a key is disabled and for the blast radius in the confirmation; the engine asks it again
//! when the request arrives, and carries out exactly that. There is one file for each action.

use crate::action::Request;
use crate::domain::{Percent, PlatformName, SegmentName, Text, Version};
use crate::effect::{Change, Record};
use crate::engine::Model;

/// One exposure that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where.
    pub platform: PlatformName,
    /// Whose.
    pub segment: SegmentName,
    /// From. `None`: not known.
    pub from: Option<Percent>,
    /// To.
    pub to: Percent,
}

/// What an action would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The exposures that would change: the blast radius.
    pub moves: Vec<Move>,
    /// The changes to send, one for each platform, with the version each expects.
    pub changes: Vec<(PlatformName, Change, Option<Version>)>,
    /// Lines for the journal, for what needs no backend.
    pub records: Vec<Record>,
    /// Why a typed reason is needed first. `None`: it is not.
    pub needs_reason: Option<Text>,
    /// Whether the rollout's name must be typed first.
    pub needs_name: bool,
    /// What speaks for and against it, as one sentence.
    pub evidence: Option<String>,
}

/// What a request would do.
///
/// # Errors
/// Why it cannot be done now, in words for the person who asks.
pub fn plan(model: &Model, request: &Request) -> Result<Plan, Text> {
    let _ = (model, request);
    Err(Text::new("not yet"))
}
