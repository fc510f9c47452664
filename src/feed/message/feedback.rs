//! `feedback`: what a customer said.
//!
//! In: nothing. Out: [`Comment`]. The words are foreign text and are stripped while they are read.

use serde::{Deserialize, Serialize};

use crate::domain::{Arm, Feedback, SegmentName, Text, Timestamp};

/// `feedback`: one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The number in the stream `feedback`.
    pub seq: u64,
    /// When it was said, by the server's clock.
    pub at_ms: Timestamp,
    /// The server's id of this piece; two with the same id are one.
    pub id: Text,
    /// The customer's segment.
    pub segment: SegmentName,
    /// Whether the customer has the feature. `None`: not known.
    pub arm: Option<Arm>,
    /// Stars, 1 (bad) to 5 (good). `None`: words only.
    pub score: Option<u8>,
    /// The customer's words.
    pub text: Text,
}

impl Comment {
    /// The piece without number and time.
    #[must_use]
    pub fn into_feedback(self) -> Feedback {
        let Self { id, segment, arm, score, text, .. } = self;
        Feedback { id, segment, arm, score, text }
    }

    pub(in crate::feed) fn check(&self) -> Result<(), String> {
        match self.score {
            Some(score) if !(1..=5).contains(&score) => Err(format!("{score} is not 1 to 5 stars")),
            _ => Ok(()),
        }
    }
}
