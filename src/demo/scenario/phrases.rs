//! What customers say about the feature of a scenario: its own phrases instead of the usual ones about a checkout.

use serde::Deserialize;

/// The most phrases of a list: a crowd says everything often.
const MAX_PHRASES: usize = 100;
/// The longest phrase, in bytes: a line or two on a screen.
const MAX_PHRASE: usize = 200;

/// Phrases by occasion; an empty list keeps the usual ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Phrases {
    /// Content, with the feature.
    pub likes: Vec<String>,
    /// Content, without it.
    pub likes_old: Vec<String>,
    /// Met an error.
    pub failed: Vec<String>,
    /// Waited long.
    pub slow: Vec<String>,
    /// Does not like the feature.
    pub dislikes: Vec<String>,
    /// Grumbles about things as they are.
    pub dislikes_old: Vec<String>,
}

impl Phrases {
    /// What is wrong, in words.
    pub(super) fn check(&self) -> Result<(), String> {
        let lists =
            [&self.likes, &self.likes_old, &self.failed, &self.slow, &self.dislikes, &self.dislikes_old];
        if lists.iter().any(|list| list.len() > MAX_PHRASES) {
            return Err(format!("phrases: at most {MAX_PHRASES} for an occasion"));
        }
        match lists.into_iter().flatten().find(|words| words.is_empty() || words.len() > MAX_PHRASE) {
            Some(words) => Err(format!("phrases: {words:?} must have 1 to {MAX_PHRASE} bytes")),
            None => Ok(()),
        }
    }
}
