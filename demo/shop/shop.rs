//! The shop itself: lets people in, asks the flag, counts, and can be broken. In: time, the flag last seen, faults.
//! Out: the ledger and comments; `state` tells what is served right now.
//!
//! One lock guards everything that changes; it is held for microseconds and never across an await.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::flag::Visitor;
use crate::ledger::Ledger;
use crate::people::{Arm, Fault, People, SEGMENTS, Segment};
use crate::state::WINDOW;
use crate::watcher::Seen;

/// After a long pause (a suspended machine) at most so much of it is made up for.
const CATCH_UP: Duration = Duration::from_secs(1);
/// Comments that are kept: some minutes of the default traffic.
const COMMENT_LIMIT: usize = 500;

/// The running shop.
pub struct Shop {
    /// Key of the flag.
    pub flag: String,
    /// What Unleash last said about it.
    pub seen: watch::Receiver<Seen>,
    users_per_second: f64,
    floor: Mutex<Floor>,
}

/// What changes while the shop is open.
pub struct Floor {
    people: People,
    /// All that was counted.
    pub ledger: Ledger,
    /// What is broken.
    pub faults: BTreeMap<Segment, Fault>,
    last_tick: Option<Instant>,
    /// Part of a user who has not arrived yet.
    due: f64,
    /// Arrivals within the last [`WINDOW`].
    pub recent: VecDeque<(Instant, Segment, Arm)>,
    /// When a segment last got the treatment; absent if never.
    pub last_treatment: BTreeMap<Segment, Instant>,
    comments: VecDeque<Comment>,
    comments_ever: u64,
}

/// One piece of feedback.
#[derive(Debug, Clone, Serialize)]
pub struct Comment {
    /// 1, 2, 3… since the start.
    pub id: u64,
    /// Seconds since 1970.
    pub at: f64,
    segment: &'static str,
    arm: &'static str,
    stars: u8,
    text: &'static str,
}

impl Shop {
    /// A shop that opens with its first [`Shop::serve`].
    pub fn new(flag: String, seen: watch::Receiver<Seen>, seed: u64, users_per_second: f64) -> Self {
        let floor = Floor {
            people: People::new(seed),
            ledger: Ledger::new(),
            faults: BTreeMap::new(),
            last_tick: None,
            due: 0.0,
            recent: VecDeque::new(),
            last_treatment: BTreeMap::new(),
            comments: VecDeque::new(),
            comments_ever: 0,
        };
        Self { flag, seen, users_per_second, floor: Mutex::new(floor) }
    }

    /// Lets in everybody who arrived since the last call.
    pub fn serve(&self, now: Instant) {
        let seen = self.seen.borrow().clone();
        let mut floor = self.floor();
        let elapsed = floor.last_tick.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        floor.last_tick = Some(now);
        floor.due += elapsed.min(CATCH_UP).as_secs_f64() * self.users_per_second;
        while floor.due >= 1.0 {
            floor.due -= 1.0;
            floor.serve_one(&seen, now);
        }
        while floor.recent.front().is_some_and(|(at, ..)| now.saturating_duration_since(*at) >= WINDOW) {
            floor.recent.pop_front();
        }
    }

    /// Makes the new checkout bad, in one segment or in all.
    pub fn break_checkout(&self, segment: Option<Segment>, fault: Fault) {
        let mut floor = self.floor();
        for broken in SEGMENTS.into_iter().filter(|s| segment.is_none_or(|only| only == *s)) {
            floor.faults.insert(broken, fault);
        }
    }

    /// Undoes every fault.
    pub fn mend(&self) {
        self.floor().faults.clear();
    }

    /// All counters as Prometheus text.
    pub fn metrics(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        self.floor().ledger.expose(&mut text)?;
        Ok(text)
    }

    /// Comments with an id above `after`, oldest first.
    pub fn comments(&self, after: u64) -> Vec<Comment> {
        self.floor().comments.iter().filter(|comment| comment.id > after).cloned().collect()
    }

    /// All that changes, locked.
    pub fn floor(&self) -> MutexGuard<'_, Floor> {
        // Counters that a panic left half-written are still counters.
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Floor {
    fn serve_one(&mut self, seen: &Seen, now: Instant) {
        let visit = self.people.next();
        let segment = visit.segment;
        let arm = arm(seen, &visit.user_id, segment);
        let outcome = visit.outcome(arm, self.faults.get(&segment).copied().unwrap_or_default());
        self.ledger.add(segment, arm, outcome);
        self.recent.push_back((now, segment, arm));
        if arm == Arm::Treatment {
            self.last_treatment.insert(segment, now);
        }
        if let Some(stars) = outcome.stars {
            self.comments_ever += 1;
            let comment = Comment {
                id: self.comments_ever,
                at: wall_clock(),
                segment: segment.name,
                arm: arm.name(),
                stars,
                text: words(stars, outcome.failed),
            };
            self.comments.push_back(comment);
            if self.comments.len() > COMMENT_LIMIT {
                self.comments.pop_front();
            }
        }
    }
}

/// The arm in which a user of a segment lands; without a flag it is control.
pub fn arm(seen: &Seen, user_id: &str, segment: Segment) -> Arm {
    let on =
        seen.flag.as_ref().is_some_and(|flag| flag.is_on_for(Visitor { user_id, segment: segment.name }));
    if on { Arm::Treatment } else { Arm::Control }
}

fn words(stars: u8, failed: bool) -> &'static str {
    match stars {
        1 => "payment failed, I gave up",
        2 if failed => "had to try twice, the pay button did nothing",
        2 => "slow and confusing",
        3 => "okay, a bit slow",
        4 => "works well",
        _ => "quick and easy, thank you",
    }
}

/// Seconds since 1970: a simulated service stamps its own comments.
fn wall_clock() -> f64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
#[path = "shop_tests.rs"]
mod tests;
