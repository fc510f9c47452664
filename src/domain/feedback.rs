//! What a customer said.

use serde::{Deserialize, Serialize};

use super::{Arm, SegmentName, Text};

/// One piece of feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The sender's id of this piece; two with the same id are one.
    pub id: Text,
    /// The customer's segment.
    pub segment: SegmentName,
    /// Whether the customer has the feature. `None`: the source does not say.
    pub arm: Option<Arm>,
    /// Stars, 1 (bad) to 5 (good). `None`: words only.
    pub score: Option<u8>,
    /// The customer's words, stripped.
    pub text: Text,
}
