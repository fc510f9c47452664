//! How well each source was heard.
//!
//! In: the model before each event, and changes of links. Out: [`SourceQuality`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::retrospective::SourceQuality;
use crate::domain::{LinkState, Source, Timestamp};
use crate::engine::Model;

/// How often links are looked at, by the time of the events; a change of a link is looked at when it comes.
const EVERY: Duration = Duration::from_millis(500);

/// How well each source was heard so far.
#[derive(Debug, Clone, Default)]
pub struct Links {
    looked_at: Option<Timestamp>,
    heard: BTreeMap<Source, Heard>,
}

#[derive(Debug, Clone, Default)]
struct Heard {
    was_live: bool,
    is_lost: bool,
    losses: u64,
    lost: Duration,
    stale: Duration,
    last_cause: Option<String>,
}

impl Links {
    /// Time went on until `now`, with the links as they are in the model. `is_due`: whatever the time.
    pub fn pass(&mut self, model: &Model, now: Timestamp, is_due: bool) {
        let from = *self.looked_at.get_or_insert(now);
        if !(is_due || now.since(from) >= EVERY) {
            return;
        }
        self.looked_at = Some(now);
        for (source, link) in &model.links {
            let Some(heard) = self.heard.get_mut(source).filter(|heard| heard.was_live) else { continue };
            let passed = now.since(from);
            if link.state != LinkState::Live {
                heard.lost += passed;
                heard.stale += passed;
            } else if let Some(at) = link.heard_at {
                let stale_from = at.plus(link.interval.saturating_mul(2));
                heard.stale += now.since(stale_from.max(from));
            }
        }
    }

    /// A link is in another state.
    pub fn change(&mut self, source: &Source, state: &LinkState) {
        let heard = self.heard.entry(source.clone()).or_default();
        match state {
            LinkState::Live => (heard.was_live, heard.is_lost) = (true, false),
            LinkState::Connecting => {}
            LinkState::Retrying { cause, .. } | LinkState::Failed { cause } => {
                // A link that tries again and again is lost once.
                heard.losses += u64::from(heard.was_live && !heard.is_lost);
                heard.is_lost = true;
                heard.last_cause = Some(cause.to_string());
            }
        }
    }

    /// All sources, by kind and name.
    #[must_use]
    pub fn finish(self) -> Vec<SourceQuality> {
        let quality = |(source, heard): (Source, Heard)| SourceQuality {
            source: source.to_string(),
            losses: heard.losses,
            lost_s: heard.lost.as_secs_f64(),
            stale_s: heard.stale.as_secs_f64(),
            last_cause: heard.last_cause,
        };
        self.heard.into_iter().map(quality).collect()
    }
}
