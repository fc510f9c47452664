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

/// How content somebody is. It is shown, and nothing is decided on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sentiment {
    /// One or two stars.
    Negative,
    /// Three.
    Neutral,
    /// Four or five.
    Positive,
}

impl Sentiment {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];

    /// The word on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

impl Feedback {
    /// How content the customer is, by the score alone. `None`: there is no score. Words are not judged: lexicons of
    /// sentiment know no products ("refund please" is kind, "killer feature" is not) and no language but their own.
    #[must_use]
    pub const fn sentiment(&self) -> Option<Sentiment> {
        match self.score {
            None => None,
            Some(0..=2) => Some(Sentiment::Negative),
            Some(3) => Some(Sentiment::Neutral),
            Some(_) => Some(Sentiment::Positive),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentiment_comes_from_the_score_alone() -> Result<(), crate::domain::name::NameError> {
        let segment = SegmentName::new("free")?;
        let said = |score| Feedback {
            id: Text::new("1"),
            segment: segment.clone(),
            arm: None,
            score,
            text: Text::new("I love it"),
        };
        let of = |score| said(score).sentiment().map(Sentiment::word);
        assert_eq!(
            [1, 2, 3, 4, 5].map(|score| of(Some(score))),
            [Some("negative"), Some("negative"), Some("neutral"), Some("positive"), Some("positive")]
        );
        assert_eq!(of(None), None);
        Ok(())
    }
}
