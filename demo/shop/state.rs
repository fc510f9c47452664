//! What the shop serves right now, for people and for tests that must see that it stopped. In: the shop at a moment.
//! Out: [`State`], the answer of `GET /state`.
//!
//! It changes nothing. Two views stand side by side: what arrivals of the last second really got, and what the flag
//! would give to the next ones.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::people::{Arm, SEGMENTS, Segment};
use crate::shop::{Shop, arm};
use crate::watcher::Seen;

/// What "right now" means in [`State`].
pub const WINDOW: Duration = Duration::from_secs(1);
/// Users of a segment for whom the flag is evaluated to tell the share: ±1 % at worst.
const PANEL: u32 = 2_000;

/// Answer of `GET /state`.
#[derive(Debug, Serialize)]
pub struct State {
    flag: FlagState,
    faults: BTreeMap<&'static str, FaultState>,
    segments: BTreeMap<&'static str, SegmentState>,
}

#[derive(Debug, Serialize)]
struct FlagState {
    name: String,
    /// Whether Unleash knows the flag, and whether its environment is on.
    found: bool,
    enabled: bool,
    etag: Option<String>,
    checked_ms_ago: Option<u64>,
    changed_ms_ago: Option<u64>,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct FaultState {
    rate: f64,
    slow_ms: f64,
}

#[derive(Debug, Serialize)]
struct SegmentState {
    /// Arrivals within the last second, and those of them who got the treatment.
    users_last_second: u64,
    treatment_last_second: u64,
    /// Share of a panel of users for whom the flag is on, 0 to 1: what the next arrivals get.
    evaluated_share: f64,
    users_total: u64,
    treatment_total: u64,
    /// Since somebody last got the treatment; null if nobody ever did.
    last_treatment_ms_ago: Option<u64>,
}

impl Shop {
    /// What is served now.
    pub fn state(&self, now: Instant) -> State {
        let seen = self.seen.borrow().clone();
        let ago =
            |at: Instant| u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
        let floor = self.floor();
        let segment_state = |segment: Segment| {
            let fresh = floor
                .recent
                .iter()
                .filter(|(at, s, _)| *s == segment && now.saturating_duration_since(*at) < WINDOW);
            let arms: Vec<Arm> = fresh.map(|(.., arm)| *arm).collect();
            let treatment_total = floor.ledger.users(segment, Arm::Treatment);
            SegmentState {
                users_last_second: arms.len() as u64,
                treatment_last_second: arms.iter().filter(|arm| **arm == Arm::Treatment).count() as u64,
                evaluated_share: share(&seen, segment),
                users_total: treatment_total + floor.ledger.users(segment, Arm::Control),
                treatment_total,
                last_treatment_ms_ago: floor.last_treatment.get(&segment).copied().map(ago),
            }
        };
        State {
            faults: floor
                .faults
                .iter()
                .map(|(segment, fault)| {
                    (segment.name, FaultState { rate: fault.rate, slow_ms: fault.slow_ms })
                })
                .collect(),
            segments: SEGMENTS.into_iter().map(|segment| (segment.name, segment_state(segment))).collect(),
            flag: FlagState {
                name: self.flag.clone(),
                found: seen.flag.is_some(),
                enabled: seen.flag.as_ref().is_some_and(|flag| flag.enabled),
                etag: seen.etag,
                checked_ms_ago: seen.checked.map(ago),
                changed_ms_ago: seen.changed.map(ago),
                problem: seen.problem,
            },
        }
    }
}

fn share(seen: &Seen, segment: Segment) -> f64 {
    let on = (0..PANEL).filter(|n| arm(seen, &format!("panel-{n}"), segment) == Arm::Treatment).count();
    on as f64 / f64::from(PANEL)
}
