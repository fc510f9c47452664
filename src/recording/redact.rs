//! Redaction: customers' words and ids are replaced by stand-ins, so that a recording can be shared.
//!
//! ```text
//! "the pay button jumps" ─▶ "#482109371234567890 ~40"     an id ─▶ "#093712345678901234"
//! ```
//!
//! The same text always gives the same stand-in within a file, so that what was said twice is still seen to be said
//! twice, and `~40` says how long it was: up to so many characters. The stand-in is a hash with a random key that is
//! thrown away with the [`Redactor`]: nobody can find out what was said by trying texts, and two files cannot be
//! compared.
//!
//! Replaced is all that customers or a feedback source say: id and text of feedback, and the words of the problems and
//! broken links of feedback sources, which may quote what could not be read. No verdict is made of them, so a redacted
//! recording verifies as the original does. What the operators' side says stays: names of rollouts, segments and
//! flags, reasons, notes, actors, problems of flags and metrics (`docs/recording.md`).

mod copy;

use std::fmt;

use sha2::{Digest, Sha256};

use crate::domain::{Feedback, LinkState, SourceKind, Text};
use crate::event::{Body, Event};

pub use copy::{Redacted, redact};

/// The longest text of each class of length, in characters: a word or two, a sentence, a few, all that is kept.
const CLASSES: [usize; 4] = [20, 80, 200, crate::domain::text::MAX_TEXT + 1];
/// The largest number of a stand-in, 18 digits: two of a billion different texts are the same once in two files.
const NUMBERS: u64 = 1_000_000_000_000_000_000;

/// Replaces customers' words and ids, for one file.
#[derive(Clone)]
pub struct Redactor {
    key: [u8; 16],
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key would give the words away.
        f.write_str("Redactor")
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// A redactor with a key that nobody knows.
    #[must_use]
    pub fn new() -> Self {
        Self::with_key(rand::random())
    }

    /// A redactor with a known key: for tests, whose files are the same each time.
    #[must_use]
    pub const fn with_key(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The event without customers' words. `None`: it holds none.
    #[must_use]
    pub fn event(&self, event: &Event) -> Option<Event> {
        let body = match &event.body {
            Body::Feedback(feedback) => {
                let (id, text) = (self.id(&feedback.id), self.text(&feedback.text));
                Body::Feedback(Feedback { id, text, ..feedback.clone() })
            }
            // A feed may send feedback to whoever listens for flags, and what is wrong with it is said in its own words.
            Body::Problem { source, problem }
                if source.kind == SourceKind::Feedback || problem.as_str().contains("\"feedback\"") =>
            {
                Body::Problem { source: source.clone(), problem: self.text(problem) }
            }
            Body::Link { source, state } if source.kind == SourceKind::Feedback => {
                let state = match state {
                    LinkState::Retrying { cause, wait } => {
                        LinkState::Retrying { cause: self.text(cause), wait: *wait }
                    }
                    LinkState::Failed { cause } => LinkState::Failed { cause: self.text(cause) },
                    LinkState::Connecting | LinkState::Live => return None,
                };
                Body::Link { source: source.clone(), state }
            }
            // Flags, metrics, operators and the journal: nobody of them is a customer. A new kind must be thought about
            // here.
            Body::Problem { .. }
            | Body::Link { .. }
            | Body::Tick
            | Body::Flag { .. }
            | Body::Served { .. }
            | Body::Rehearsed { .. }
            | Body::Heard(_)
            | Body::Sample(_)
            | Body::Traffic { .. }
            | Body::Leaving
            | Body::Asked(_)
            | Body::Effect { .. }
            | Body::Restored { .. } => return None,
        };
        Some(Event { at: event.at, source_at: event.source_at, body })
    }

    /// The stand-in of an id.
    #[must_use]
    pub fn id(&self, id: &Text) -> Text {
        Text::new(&self.number(b"id", id))
    }

    /// The stand-in of a text. Nothing said stays nothing said.
    #[must_use]
    pub fn text(&self, text: &Text) -> Text {
        let length = text.as_str().chars().count();
        if length == 0 {
            return text.clone();
        }
        let class = CLASSES.into_iter().find(|most| length <= *most).unwrap_or(length);
        Text::new(&format!("{} ~{class}", self.number(b"text", text)))
    }

    fn number(&self, kind: &[u8], text: &Text) -> String {
        let mut hash = Sha256::new();
        for part in [&self.key, kind, &[0], text.as_str().as_bytes()] {
            hash.update(part);
        }
        let number = hash.finalize().iter().take(8).fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte));
        format!("#{:018}", number % NUMBERS)
    }
}

#[cfg(test)]
mod tests;
