//! The rollouts of a cockpit, and the one that is looked at.
//!
//! In: their models, in the order in which they were given. Out: the same with the open one picked by its name, so that
//! rows may move and the screen still shows the rollout that the person opened.

use crate::domain::RolloutName;
use crate::engine::Model;

/// All rollouts, and the one that is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Rollouts<'a> {
    /// The one that is looked at; every key but those of the fleet is about it.
    pub open: &'a Model,
    /// All of them.
    pub all: &'a [&'a Model],
}

impl<'a> Rollouts<'a> {
    /// Opens the one of that name, else the first. `None`: there are none.
    pub fn open(all: &'a [&'a Model], name: Option<&RolloutName>) -> Option<Self> {
        let open = all.iter().find(|model| Some(&model.rollout.name) == name).or_else(|| all.first())?;
        Some(Self { open, all })
    }
}
