//! What lies ahead, for the screen: the slowest possible kill, the coach's advice and when all will be done, computed once
//! for each state.
//!
//! In: the model as it is. Out: the same as [`slowest_kill`], [`advice`] and [`completion::of`] tell, which cost more than
//! drawing a frame does. Each is computed when somebody first looks, and forgotten with the next event. It is no truth of its
//! own: two models in the same state have the same outlook, looked at or not.

use std::sync::OnceLock;

use super::coach::{Advice, advice, all_advice};
use super::forecast::completion::{self, Completion};
use super::forecast::{Forecast, slowest_kill};
use super::model::Model;

/// What lies ahead.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The slowest kill among exposed segments, and how many of them have no forecast. `None`: none has one.
    pub slowest_kill: Option<(Forecast, usize)>,
    /// What to do now, the most urgent first.
    pub advice: Vec<Advice>,
    completion: OnceLock<Completion>,
    all_advice: OnceLock<Vec<Advice>>,
}

impl PartialEq for Outlook {
    /// What was only looked at in one of them makes no difference.
    fn eq(&self, other: &Self) -> bool {
        (&self.slowest_kill, &self.advice) == (&other.slowest_kill, &other.advice)
    }
}

impl Model {
    /// What lies ahead of this state.
    #[must_use]
    pub fn outlook(&self) -> &Outlook {
        self.outlook.get_or_init(|| Outlook {
            slowest_kill: slowest_kill(self),
            advice: advice(self),
            completion: OnceLock::new(),
            all_advice: OnceLock::new(),
        })
    }

    /// When the rollout will be done, as things stand.
    #[must_use]
    pub fn completion(&self) -> &Completion {
        self.outlook().completion.get_or_init(|| completion::of(self))
    }

    /// Everything that the coach has to say, the most urgent first.
    #[must_use]
    pub fn all_advice(&self) -> &[Advice] {
        self.outlook().all_advice.get_or_init(|| all_advice(self))
    }
}
