//! Unleash's event log, as far as one flag in one environment is concerned.
//!
//! In: pages of events, newest first. Out: whether there is news, the version that stands for it
//! (the newest event id), who made the last change, and which events somebody has not seen yet.
//!
//! Ids come from a sequence of the database and are given out before a change is visible, so within
//! a burst 57 can appear after 58. Therefore a set of seen ids is kept; comparing with the largest
//! one would miss 57 for ever.

use std::collections::VecDeque;

use super::mapping::Stamp;
use super::wire::Event;
use crate::domain::{Actor, Text, Timestamp, Version};

/// How many events are asked for at once. More changes of one flag between two polls would only
/// merge into one piece of news; the flag itself is read whole.
pub const PAGE: usize = 50;

/// How many seen ids are kept: four pages. The page holds the newest 50, so that an id is only
/// forgotten after 200 later ones, when it cannot be on the page any more. If it were, it would be
/// read once more, which does no harm.
const SEEN: usize = 4 * PAGE;

/// What was seen of the log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    seen: VecDeque<u64>,
    newest: Stamp,
}

impl Log {
    /// Takes a page in. `true` if something on it concerns the environment and was not seen before.
    pub fn take(&mut self, page: &[Event], environment: &str) -> bool {
        let mut news = false;
        for event in page.iter().rev().filter(|event| event.concerns(environment)) {
            if self.has_seen(event.id) {
                continue;
            }
            news = true;
            self.seen.push_back(event.id);
            if self.seen.len() > SEEN {
                self.seen.pop_front();
            }
            if event.id > self.newest.version.0 {
                self.newest = Stamp {
                    version: Version(event.id),
                    by: (!event.by.is_empty()).then(|| Actor::Other(Text::new(&event.by))),
                    at: Timestamp::parse_rfc3339(&event.at),
                };
            }
        }
        news
    }

    /// The newest event that was seen. Its version never goes back.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.newest.clone()
    }

    /// Whether an event was on a page that was taken in.
    #[must_use]
    pub fn has_seen(&self, id: u64) -> bool {
        self.seen.contains(&id)
    }

    /// The events of a page that somebody who saw `expected` has not seen, newest first: later ones,
    /// and earlier ones that appeared only now.
    #[must_use]
    pub fn unseen<'p>(&self, page: &'p [Event], environment: &str, expected: Version) -> Vec<&'p Event> {
        // What is older than all that we remember was forgotten, or was there before we came.
        let oldest = self.seen.iter().min().copied().unwrap_or(u64::MAX);
        let late = |id: u64| id > oldest && !self.has_seen(id);
        let mut unseen: Vec<_> = page
            .iter()
            .filter(|event| event.concerns(environment) && (event.id > expected.0 || late(event.id)))
            .collect();
        unseen.sort_by_key(|event| std::cmp::Reverse(event.id));
        unseen
    }
}

#[cfg(test)]
mod tests;
