//! The hand of the script: plays the acts of a scenario when they are due.
//!
//! In: the acts, the time, and the flag as it is stored. Out: the flag as a scripted hand wants it,
//! fortunes that turn, and network faults. It stands back for good once somebody else threw the
//! switch, and leaves alone a segment that somebody else has changed; it notices by comparing the
//! stored flag with the one that it left behind.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::fortune::Fortunes;
use super::{Fault, Happening};
use crate::demo::scenario::{Act, Deed};
use crate::domain::{Actor, SegmentName, Span, Text, Timestamp};
use crate::feed::message::State;

#[derive(Debug)]
pub(super) struct Script {
    coming: VecDeque<Act>,
    /// The flag as this hand left it.
    left: State,
    taken_over: BTreeSet<SegmentName>,
    switched: bool,
}

impl Script {
    pub(super) fn new(acts: &[Act], first: State) -> Self {
        let mut coming: Vec<Act> = acts.to_vec();
        coming.sort_by_key(|act| act.at);
        Self { coming: coming.into(), left: first, taken_over: BTreeSet::new(), switched: false }
    }

    /// Plays what is due.
    pub(super) fn play(
        &mut self,
        elapsed: Duration,
        now: Timestamp,
        stored: &State,
        fortunes: &mut Fortunes,
    ) -> Vec<Happening> {
        self.look_at(stored);
        let mut happened = Vec::new();
        while self.coming.front().is_some_and(|act| act.at.0 <= elapsed)
            && let Some(act) = self.coming.pop_front()
        {
            let until = |lasts: Option<Span>| lasts.map(|span| act.at.0.saturating_add(span.0));
            match act.deed {
                Deed::Set { actor, mut shares, reason } => {
                    let asked = shares.len();
                    shares.retain(|segment, _| !self.switched && !self.taken_over.contains(segment));
                    if shares.len() < asked {
                        let text = format!("{actor} stands back: somebody else is acting");
                        happened.push(Happening::StoodBack(Text::new(&text)));
                    }
                    if !shares.is_empty() {
                        self.left.shares.extend(shares);
                        self.left.version.0 += 1;
                        self.left.by = Some(Actor::Other(actor));
                        self.left.changed_at_ms = Some(now);
                        self.left.reason = Some(reason);
                        happened.push(Happening::Flag(self.left.clone()));
                    }
                }
                Deed::Worsen(worsen) => {
                    let until = until(worsen.lasts);
                    fortunes.turn(worsen, until);
                }
                Deed::Traffic { segment, times, lasts } => fortunes.crowd_in(segment, times, until(lasts)),
                Deed::Drop {} => happened.push(Happening::Fault(Fault::Drop)),
                Deed::Refuse { lasts } => happened.push(Happening::Fault(Fault::Refuse(lasts.0))),
                Deed::HalfOpen {} => happened.push(Happening::Fault(Fault::HalfOpen)),
            }
        }
        happened
    }

    /// Notes what somebody else has changed since.
    fn look_at(&mut self, stored: &State) {
        if stored.version == self.left.version {
            return;
        }
        let changed =
            |(segment, share)| (self.left.shares.get(segment) != Some(share)).then(|| segment.clone());
        self.taken_over.extend(stored.shares.iter().filter_map(changed).collect::<Vec<_>>());
        self.switched |= stored.on != self.left.on;
        self.left = stored.clone();
    }
}
