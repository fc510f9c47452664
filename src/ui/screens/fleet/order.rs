//! The order of the fleet: who stands first.
//!
//! In: models, each with its brief. Out: the same in order. Equals stand by name, so that no row moves without a reason.

use std::cmp::Reverse;

use crate::domain::{Phase, Timestamp};
use crate::engine::Model;

/// By what the fleet is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Who needs somebody first.
    #[default]
    Need,
    /// By name.
    Name,
    /// The worst verdict first.
    Verdict,
    /// What is being stopped or not known first, what is over last.
    Phase,
    /// The oldest numbers first; those that are current by name.
    Age,
}

impl Order {
    /// The next one; after the last comes the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Need => Self::Name,
            Self::Name => Self::Verdict,
            Self::Verdict => Self::Phase,
            Self::Phase => Self::Age,
            Self::Age => Self::Need,
        }
    }

    /// As a title says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Need => "who needs you first",
            Self::Name => "by name",
            Self::Verdict => "by verdict",
            Self::Phase => "by phase",
            Self::Age => "by age of the oldest number",
        }
    }

    /// Sorts.
    pub fn sort(self, models: &mut [&Model]) {
        fn name<'a>(model: &&'a Model) -> &'a str {
            model.rollout.name.as_str()
        }
        match self {
            Self::Need => models.sort_by(|a, b| (a.brief().need, name(a)).cmp(&(b.brief().need, name(b)))),
            Self::Name => models.sort_by(|a, b| name(a).cmp(name(b))),
            Self::Verdict => {
                let key = |model: &Model| Reverse(model.brief().verdict);
                models.sort_by(|a, b| (key(a), name(a)).cmp(&(key(b), name(b))));
            }
            Self::Phase => {
                let key = |model: &Model| urgency(model.brief().phase);
                models.sort_by(|a, b| (key(a), name(a)).cmp(&(key(b), name(b))));
            }
            Self::Age => models.sort_by(|a, b| (stale_since(a), name(a)).cmp(&(stale_since(b), name(b)))),
        }
    }
}

/// What is under way stands before what stands still.
const fn urgency(phase: Phase) -> u8 {
    match phase {
        Phase::Killing => 0,
        Phase::RollingBack => 1,
        Phase::Unknown => 2,
        Phase::Holding => 3,
        Phase::Paused => 4,
        Phase::Running => 5,
        Phase::Complete => 6,
        Phase::Killed => 7,
    }
}

/// Never heard of first, then the oldest; what is current comes last, whatever its age, or rows would never stand still.
fn stale_since(model: &Model) -> (bool, Option<Timestamp>) {
    let oldest = model.brief().oldest;
    (!oldest.is_stale, oldest.heard_at.filter(|_| oldest.is_stale))
}
