//! The panel: which synthetic users are asked, and what their answers come to. Pure.
//!
//! In: a [`Subject`] and answers. Out: [`Probed`] for each segment; whom a quick round asks. It remembers the newest
//! answer of each user, so that a round can tell at once whether anything is different.
//!
//! Users stand in the order 1st of each segment, 2nd of each segment, …: any beginning of the list is a fair part of all
//! segments. Start at [`Panel::new`], then [`Panel::whole`] and [`Panel::sentinels`].

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use super::edge::{Answer, User};
use crate::domain::{self, Percent, Probed, SegmentName, Text};

/// Users of a quick round who had the feature, over all segments: enough that each of a dozen segments has one.
pub const SENTINELS: usize = 16;

/// Further users of a quick round, the next ones in turn: at 50 rounds a second everybody of five segments was asked
/// again after 2.5 s, so that also a small growth is seen.
pub const SWEEP: usize = 8;

/// Names of variants that are counted for each segment; the others count in sum only. A flag has a handful.
pub const MAX_VARIANTS: usize = 16;

/// What a whole panel came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Of each segment whose users all answered.
    pub served: BTreeMap<SegmentName, Probed>,
    /// Of each other segment, how many users got no answer, and how many there are.
    pub missing: BTreeMap<SegmentName, (u32, u32)>,
    /// Whether the edge does not know the flag.
    pub is_unknown: bool,
}

/// The synthetic users of a platform, and what they answered last.
#[derive(Debug)]
pub struct Panel {
    segments: Vec<SegmentName>,
    users: Vec<User>,
    had: Vec<Option<Answer>>,
    /// Segments with more than two variants, or more than one that has the feature: seen once, counted for good, or the
    /// winner of a test would have no number when it has everybody.
    split: BTreeSet<usize>,
    /// Who is next in turn.
    turn: usize,
    /// The last whole panel of each segment.
    whole: BTreeMap<SegmentName, Probed>,
}

/// The users of a subject, `keys` of each segment.
#[must_use]
pub fn users(subject: &Subject, keys: u32) -> Vec<User> {
    let of = |n: u32| {
        let platform = &subject.platform;
        subject.segments.iter().enumerate().map(move |(segment, (name, _))| User {
            key: format!("gonogo-probe-{platform}-{name}-{n}"),
            segment,
        })
    };
    (1..=keys).flat_map(of).collect()
}

impl Panel {
    /// The panel of a subject; nobody was asked yet.
    #[must_use]
    pub fn new(subject: &Subject, keys: u32) -> Self {
        let users = users(subject, keys);
        Self {
            segments: subject.segments.iter().map(|(name, _)| name.clone()).collect(),
            had: vec![None; users.len()],
            users,
            split: BTreeSet::new(),
            turn: 0,
            whole: BTreeMap::new(),
        }
    }

    /// Remembers an answer; returns whether it is different from the one before. The first one is not.
    pub fn take(&mut self, user: usize, answer: &Answer) -> bool {
        let Some(had) = self.had.get_mut(user) else { return false };
        let is_different = had.as_ref().is_some_and(|had| had != answer);
        *had = Some(answer.clone());
        is_different
    }

    /// Whether a user's answer would be different from the last one. Only whether they have the feature counts.
    #[must_use]
    pub fn differs(&self, user: usize, answer: &Answer) -> bool {
        let had = self.had.get(user).and_then(Option::as_ref);
        had.is_some_and(|had| had.has_it != answer.has_it)
    }

    /// Takes the answers to a whole panel.
    pub fn whole(&mut self, answers: &BTreeMap<usize, Answer>) -> Whole {
        for (user, answer) in answers {
            self.take(*user, answer);
        }
        let mut found = Whole { is_unknown: answers.values().any(|a| a.is_unknown), ..Whole::default() };
        for (segment, name) in self.segments.iter().enumerate() {
            let of = |(user, _): &(usize, &User)| answers.get(user);
            let users = || self.users.iter().enumerate().filter(move |(_, user)| user.segment == segment);
            let all = count(users());
            let given: Vec<&Answer> = users().filter_map(|user| of(&user)).collect();
            if given.len() != all as usize {
                found.missing.insert(name.clone(), (all - count(given.iter()), all));
                continue;
            }
            if is_split(&given) {
                self.split.insert(segment);
            }
            let probed = tally(domain::Panel::Whole, &given, self.split.contains(&segment));
            self.whole.insert(name.clone(), probed.clone());
            found.served.insert(name.clone(), probed);
        }
        found
    }

    /// Who of each segment had the feature when asked last, taking turns between the segments; and one user of each
    /// segment where nobody had it.
    #[must_use]
    pub fn sentinels(&self) -> Vec<usize> {
        let mut treated: Vec<Vec<usize>> = vec![Vec::new(); self.segments.len()];
        let mut first: Vec<Option<usize>> = vec![None; self.segments.len()];
        for (index, (user, had)) in self.users.iter().zip(&self.had).enumerate() {
            let (Some(treated), Some(first)) = (treated.get_mut(user.segment), first.get_mut(user.segment))
            else {
                continue;
            };
            first.get_or_insert(index);
            if had.as_ref().is_some_and(|had| had.has_it) && treated.len() < SENTINELS {
                treated.push(index);
            }
        }
        let turns =
            (0..SENTINELS).flat_map(|n| treated.iter().filter_map(move |users| users.get(n)).copied());
        let mut chosen: Vec<usize> = turns.take(SENTINELS).collect();
        let nobody = treated.iter().zip(first).filter(|(treated, _)| treated.is_empty());
        chosen.extend(nobody.filter_map(|(_, first)| first).take(SENTINELS));
        chosen
    }

    /// The next users in turn, so that after some rounds everybody was asked.
    pub fn sweep(&mut self) -> Vec<usize> {
        let all = self.users.len();
        let next = (0..SWEEP.min(all)).map(|n| (self.turn + n) % all.max(1)).collect();
        self.turn = (self.turn + SWEEP) % all.max(1);
        next
    }

    /// What the answers of a part of the users come to, for each segment of which all that were asked have answered.
    #[must_use]
    pub fn part(&self, asked: &[usize], answers: &BTreeMap<usize, Answer>) -> BTreeMap<SegmentName, Probed> {
        let mut found = BTreeMap::new();
        for (segment, name) in self.segments.iter().enumerate() {
            let is_of = |user: &&usize| self.users.get(**user).is_some_and(|user| user.segment == segment);
            let all: Option<Vec<&Answer>> =
                asked.iter().filter(is_of).map(|user| answers.get(user)).collect();
            if let Some(all) = all.filter(|all| !all.is_empty()) {
                found.insert(name.clone(), tally(domain::Panel::Treated, &all, false));
            }
        }
        found
    }

    /// Whether the last whole panel may be what is stored: every measured share lies in its interval. False while
    /// somebody was not measured.
    #[must_use]
    pub fn agrees(&self, stored: &BTreeMap<SegmentName, Percent>) -> bool {
        self.segments.iter().all(|name| {
            let Some(stored) = stored.get(name) else { return true };
            self.whole.get(name).is_some_and(|probed| probed.may_be(*stored, probed.treated))
        })
    }

    /// Whether everybody was asked at least once.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.whole.len() == self.segments.len()
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// Whether there is more to say than who has the feature and who does not.
fn is_split(answers: &[&Answer]) -> bool {
    let names: BTreeSet<(&Option<Text>, bool)> = answers.iter().map(|a| (&a.variant, a.has_it)).collect();
    names.len() > 2 || names.iter().filter(|(_, has_it)| *has_it).count() > 1
}

fn tally(panel: domain::Panel, answers: &[&Answer], is_split: bool) -> Probed {
    let mut variants: BTreeMap<Text, u32> = BTreeMap::new();
    for name in answers.iter().filter_map(|answer| answer.variant.as_ref()).filter(|_| is_split) {
        if let Some(counted) = variants.get_mut(name) {
            *counted += 1;
        } else if variants.len() < MAX_VARIANTS {
            variants.insert(name.clone(), 1);
        }
    }
    let treated = count(answers.iter().filter(|answer| answer.has_it));
    Probed { panel, asked: count(answers.iter()), treated, variants }
}
