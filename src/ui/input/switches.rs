//! What is switched while looking: the rollout, the order of the fleet, the mouse.
//!
//! In: keys. Out: view state; for the mouse also the wish that the terminal reports it.

use crate::ui::rollouts::Rollouts;
use crate::ui::{Intent, View};

impl View {
    /// Looks at the next rollout or the one before, in the order in which they were given, round and round.
    pub(super) fn turn(&mut self, forward: bool, rollouts: &Rollouts<'_>) {
        let count = rollouts.all.len();
        let open = &rollouts.open.rollout.name;
        let at = rollouts.all.iter().position(|model| model.rollout.name == *open).unwrap_or(0);
        if count < 2 {
            self.said = Some(format!("there is no other rollout here than {open}"));
            return;
        }
        let next = (at + if forward { 1 } else { count - 1 }) % count;
        if let Some(model) = rollouts.all.get(next) {
            self.look_at(model.rollout.name.as_str(), rollouts);
        }
    }

    /// Sorts the fleet by the next order.
    pub(super) fn sort(&mut self) {
        self.order = self.order.next();
        self.said = Some(format!("the fleet is sorted: {}", self.order.word()));
    }

    /// Listens to the mouse, or no longer.
    pub(super) fn switch_mouse(&mut self) -> Intent {
        self.has_mouse = !self.has_mouse;
        let what = if self.has_mouse {
            "the mouse focuses, scrolls and zooms; hold shift to mark text"
        } else {
            "the mouse is off: marking text is the terminal's business again"
        };
        self.said = Some(what.to_owned());
        Intent::Mouse(self.has_mouse)
    }
}
