//! The hand of the script: plays the acts of a scenario when they are due.
//!
//! In: the acts, the time, and word of every change by somebody else. Out: changes of the flag,
//! fortunes that turn, and network faults. It stands back for good once somebody else switched the flag off,
//! and leaves alone a segment that somebody else has changed.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::flag::FlagBook;
use super::fortune::Fortunes;
use super::{Fault, Happening};
use crate::demo::scenario::{Act, Deed};
use crate::domain::{Actor, SegmentName, Text, Timestamp};
use crate::feed::message::Set;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script {
    coming: VecDeque<Act>,
    taken_over: BTreeSet<SegmentName>,
    flag_taken_over: bool,
}

impl Script {
    pub(super) fn new(acts: &[Act]) -> Self {
        let mut coming: Vec<Act> = acts.to_vec();
        coming.sort_by_key(|act| act.at);
        Self { coming: coming.into(), taken_over: BTreeSet::new(), flag_taken_over: false }
    }

    /// Takes note that somebody else changed the flag.
    pub(super) fn notice(&mut self, set: &Set) {
        self.taken_over.extend(set.shares.keys().cloned());
        self.flag_taken_over |= set.on.is_some();
    }

    /// Plays what is due.
    pub(super) fn play(
        &mut self,
        elapsed: Duration,
        now: Timestamp,
        flag: &mut FlagBook,
        fortunes: &mut Fortunes,
    ) -> Vec<Happening> {
        let mut happened = Vec::new();
        while let Some(act) = self.coming.pop_front_if(|act| act.at.0 <= elapsed) {
            let until =
                |lasts: Option<crate::domain::Span>| lasts.map(|span| act.at.0.saturating_add(span.0));
            match act.deed {
                Deed::Set { actor, mut shares, reason } => {
                    let asked = shares.len();
                    shares.retain(|segment, _| !self.taken_over.contains(segment));
                    if self.flag_taken_over || shares.len() < asked {
                        let text = format!("{actor} stands back: somebody else is acting");
                        happened.push(Happening::StoodBack(Text::new(&text)));
                    }
                    if !self.flag_taken_over && !shares.is_empty() {
                        flag.store(&shares, None, Actor::Other(actor), &reason, now);
                        happened.push(Happening::Flag(flag.state().clone()));
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
}
