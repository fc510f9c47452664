//! Feedback sources: what customers say, as it is said.
//!
//! In: settings from the rollout file. Out: [`Feedback`](crate::domain::Feedback) events with the
//! words stripped, lossless. A source never judges; it sees neither the engine nor another source.
//!
//! A new source is one file here, one variant of [`SourceSettings`] and one arm of [`build`].

pub mod feed;

use serde::Deserialize;

use crate::domain::Text;
use crate::event::{Promise, Sink};

/// One source of feedback.
pub trait FeedbackSource: Send + Sync {
    /// Watches for ever, with its own retry timer.
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()>;

    /// Connects once, for `check`: what works, in words, or why not.
    fn probe(&self) -> Promise<'_, Result<Text, Text>>;
}

/// Why a source cannot be constructed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub Text);

/// The `source = { kind = …, … }` of `[[feedback]]`: the list of all adapters.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SourceSettings {
    /// A server that speaks the feed protocol.
    Feed(crate::feed::Settings),
}

/// Constructs the adapter.
///
/// # Errors
/// [`SourceError`] when the settings cannot work, before anything is connected.
pub fn build(name: &str, settings: &SourceSettings) -> Result<Box<dyn FeedbackSource>, SourceError> {
    match settings {
        SourceSettings::Feed(settings) => {
            Ok(Box::new(feed::Feed::new(name, settings, crate::feed::Timing::default())?))
        }
    }
}
