//! What lies ahead, for the screen: the slowest possible kill and the coach's advice, computed once for each state.
//!
//! In: the model as it is. Out: the same as [`slowest_kill`] and [`advice`] tell, which cost more than drawing a frame does.
//! It is computed when somebody first looks, and forgotten with the next event. It is no truth of its own: two models in
//! the same state have the same outlook, looked at or not.

use super::coach::{Advice, advice};
use super::forecast::{Forecast, slowest_kill};
use super::model::Model;

/// What lies ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The slowest kill among exposed segments, and how many of them have no forecast. `None`: none has one.
    pub slowest_kill: Option<(Forecast, usize)>,
    /// What to do now, the most urgent first.
    pub advice: Vec<Advice>,
}

impl Model {
    /// What lies ahead of this state.
    #[must_use]
    pub fn outlook(&self) -> &Outlook {
        self.outlook.get_or_init(|| Outlook { slowest_kill: slowest_kill(self), advice: advice(self) })
    }
}
