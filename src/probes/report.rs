//! What a probe hands in: links, problems, and what is served.
//!
//! Only changes of the link are said. A problem has a key, so that "12 of 200 got no answer" and "13 of 200" are one
//! problem: its first words are handed in each time, to be counted, until it is over.

use std::collections::BTreeMap;

use crate::domain::{LinkState, PlatformName, Probed, SegmentName, Source, Text};
use crate::event::{Body, Sink};

/// Hands in for one platform.
pub struct Report<'a> {
    sink: &'a dyn Sink,
    platform: PlatformName,
    link: Option<LinkState>,
    problems: BTreeMap<Text, Text>,
}

impl<'a> Report<'a> {
    /// For a platform.
    pub fn new(sink: &'a dyn Sink, platform: &PlatformName) -> Self {
        Self { sink, platform: platform.clone(), link: None, problems: BTreeMap::new() }
    }

    /// The state of the link, if it is another one.
    pub async fn link(&mut self, state: LinkState) {
        if self.link.as_ref() != Some(&state) {
            let source = Source::of_probe(&self.platform);
            self.sink.fact(None, Body::Link { source, state: state.clone() }).await;
            self.link = Some(state);
        }
    }

    /// What was measured; an answer, too.
    pub async fn served(&mut self, served: BTreeMap<SegmentName, Probed>) {
        if !served.is_empty() {
            self.sink.fact(None, Body::Served { platform: self.platform.clone(), served }).await;
        }
    }

    /// An answer without news.
    pub async fn heard(&mut self) {
        self.sink.fact(None, Body::Heard(Source::of_probe(&self.platform))).await;
    }

    /// A problem happened, perhaps again.
    pub async fn problem(&mut self, key: &str, words: String) {
        let text = self.problems.entry(Text::new(key)).or_insert_with(|| Text::new(&words)).clone();
        self.sink.fact(None, Body::Problem { source: Source::of_probe(&self.platform), problem: text }).await;
    }

    /// A state that is a problem: said when it begins.
    pub async fn problem_once(&mut self, key: &str, words: String) {
        if !self.problems.contains_key(&Text::new(key)) {
            self.problem(key, words).await;
        }
    }

    /// A problem is over.
    pub fn is_over(&mut self, key: &str) {
        self.problems.remove(&Text::new(key));
    }
}
