//! The flag service's own storage: one flag, its version, and the rules of `set`.
//!
//! In: [`Set`]s. Out: an [`Ack`] with the state after it, or a [`Refused`] with the present one.
//! A change is stored as a whole or not at all. An id that was stored before is answered again and not
//! stored again. What makes an exposure larger must name the version that its author saw.

use std::collections::{BTreeMap, VecDeque};

use crate::demo::scenario::Scenario;
use crate::domain::{Actor, Percent, SegmentName, Text, Timestamp, Version};
use crate::feed::message::{Ack, Code, Refused, Set, State};

/// How many answers are kept for retries: more than a cockpit sends in an hour.
const REMEMBERED: usize = 256;

/// One flag as a service stores it.
#[derive(Debug, Clone, PartialEq)]
pub struct FlagBook {
    state: State,
    answered: VecDeque<Ack>,
}

impl FlagBook {
    /// The flag at the start of a scenario: on, at version 1, with the scenario's first shares.
    #[must_use]
    pub fn new(scenario: &Scenario, start: Timestamp) -> Self {
        let shares = scenario.segments.iter().map(|crowd| (crowd.name.clone(), crowd.share)).collect();
        let state = State {
            flag: scenario.flag.clone(),
            version: Version(1),
            on: true,
            shares,
            by: None,
            changed_at_ms: Some(start),
            reason: None,
        };
        Self { state, answered: VecDeque::new() }
    }

    /// The stored state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The share of a segment's users who get the feature now.
    #[must_use]
    pub fn serves(&self, segment: &SegmentName) -> Percent {
        if self.state.on {
            self.state.shares.get(segment).copied().unwrap_or_default()
        } else {
            Percent::ZERO
        }
    }

    /// Stores a change that came over the wire.
    ///
    /// # Errors
    /// [`Refused`] with the present state; nothing was changed.
    pub fn apply(&mut self, set: &Set, now: Timestamp) -> Result<Ack, Box<Refused>> {
        if let Some(ack) = self.answered.iter().find(|ack| ack.id == set.id) {
            return Ok(ack.clone());
        }
        self.check(set).map_err(|(code, message)| {
            let flag = (code != Code::UnknownFlag).then(|| self.state.clone());
            Box::new(Refused { id: set.id.clone(), code, message: Text::new(&message), flag })
        })?;
        self.store(&set.shares, set.on, set.actor.clone(), &set.reason, now);
        let ack = Ack { id: set.id.clone(), flag: self.state.clone() };
        if self.answered.len() >= REMEMBERED {
            self.answered.pop_front();
        }
        self.answered.push_back(ack.clone());
        Ok(ack)
    }

    /// Stores a change of the service's own making. Segments that it does not know are skipped.
    pub(super) fn store(
        &mut self,
        shares: &BTreeMap<SegmentName, Percent>,
        on: Option<bool>,
        actor: Actor,
        reason: &Text,
        now: Timestamp,
    ) {
        for (segment, share) in shares {
            if let Some(stored) = self.state.shares.get_mut(segment) {
                *stored = *share;
            }
        }
        self.state.on = on.unwrap_or(self.state.on);
        self.state.version.0 += 1;
        self.state.by = Some(actor);
        self.state.changed_at_ms = Some(now);
        self.state.reason = (!reason.as_str().is_empty()).then(|| reason.clone());
    }

    fn check(&self, set: &Set) -> Result<(), (Code, String)> {
        let State { flag, version, shares, on, .. } = &self.state;
        if set.flag != *flag {
            return Err((Code::UnknownFlag, format!("there is no flag {}", set.flag)));
        }
        if let Some(segment) = set.shares.keys().find(|segment| !shares.contains_key(segment)) {
            return Err((Code::UnknownSegment, format!("{flag} has no segment {segment}")));
        }
        if set.shares.is_empty() && set.on.is_none() {
            return Err((Code::BadShare, "neither a share nor the switch is set".into()));
        }
        match set.expected_version {
            Some(seen) if seen == *version => Ok(()),
            Some(seen) => {
                Err((Code::StaleVersion, format!("{flag} is at version {version}; you saw {seen}")))
            }
            None => {
                let wider =
                    set.shares.iter().any(|(name, share)| shares.get(name).is_none_or(|old| share > old));
                let switched_on = set.on == Some(true) && !on;
                match wider || switched_on {
                    true => Err((
                        Code::StaleVersion,
                        format!(
                            "a change that exposes more must name the version it saw; {flag} is at {version}"
                        ),
                    )),
                    false => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::OpaqueId;

    fn book() -> FlagBook {
        FlagBook::new(&crate::demo::scenario::find("calm").expect("calm"), Timestamp(0))
    }

    fn set(id: &str, segment: &str, percent: u32, seen: Option<u64>) -> Set {
        Set {
            id: OpaqueId::new(id).expect("id"),
            flag: book().state.flag,
            shares: [(SegmentName::new(segment).expect("name"), Percent::from_ppm(percent * 10_000))].into(),
            on: None,
            expected_version: seen.map(Version),
            actor: Actor::Person(Text::new("me@here")),
            reason: Text::new(""),
        }
    }

    fn code(answer: Result<Ack, Box<Refused>>) -> Code {
        answer.expect_err("refused").code
    }

    #[test]
    fn an_old_version_is_refused_with_the_present_state() {
        let mut book = book();
        assert!(book.apply(&set("a", "beta", 25, Some(1)), Timestamp(5)).is_ok());
        let refused = book.apply(&set("b", "beta", 50, Some(1)), Timestamp(6)).expect_err("stale");
        assert_eq!(refused.code, Code::StaleVersion);
        assert_eq!(refused.flag.as_ref(), Some(book.state()));
        assert_eq!(book.state().version, Version(2));
    }

    #[test]
    fn the_same_id_is_answered_again_and_stored_once() {
        let mut book = book();
        let first = book.apply(&set("a", "beta", 25, Some(1)), Timestamp(5));
        let again = book.apply(&set("a", "beta", 25, Some(1)), Timestamp(9));
        assert_eq!(first, again);
        assert_eq!(book.state().version, Version(2));
    }

    #[test]
    fn without_a_version_only_what_stops_is_stored() {
        let mut book = book();
        assert_eq!(code(book.apply(&set("a", "beta", 25, None), Timestamp(1))), Code::StaleVersion);
        assert!(book.apply(&set("b", "beta", 50, Some(1)), Timestamp(1)).is_ok());
        assert!(book.apply(&set("c", "beta", 10, None), Timestamp(1)).is_ok());
        let off = Set { on: Some(false), shares: BTreeMap::new(), ..set("d", "beta", 0, None) };
        assert!(book.apply(&off, Timestamp(1)).is_ok());
        assert_eq!(book.serves(&SegmentName::new("beta").expect("name")), Percent::ZERO);
        let on = Set { id: OpaqueId::new("e").expect("id"), on: Some(true), ..off };
        assert_eq!(code(book.apply(&on, Timestamp(1))), Code::StaleVersion);
    }

    #[test]
    fn a_change_is_stored_as_a_whole_or_not_at_all() {
        let mut book = book();
        let before = book.clone();
        let mut both = set("a", "beta", 25, Some(1));
        both.shares.extend(set("x", "nobody", 5, None).shares);
        assert_eq!(code(book.apply(&both, Timestamp(1))), Code::UnknownSegment);
        let nothing = Set { shares: BTreeMap::new(), ..set("b", "beta", 1, Some(1)) };
        assert_eq!(code(book.apply(&nothing, Timestamp(1))), Code::BadShare);
        assert_eq!(book, before);
    }

    #[test]
    fn the_memory_for_ids_is_bounded() {
        let mut book = book();
        for i in 0..REMEMBERED + 50 {
            assert!(book.apply(&set(&format!("id{i}"), "beta", 0, None), Timestamp(1)).is_ok());
        }
        assert_eq!(book.answered.len(), REMEMBERED);
    }
}
