//! Cues: the runtime tells a probe that something is about to change at its edge.
//!
//! In: commands sent and ended, states read. Out: the newest [`Cue`]; older ones are forgotten, as only the present
//! matters. Bounded by nature: one value.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::{Percent, SegmentName};

/// What is known of a platform, as far as its probe needs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cue {
    /// How many commands were sent so far: when it grows, the edge is about to change.
    pub commands: u64,
    /// How often what is stored has changed so far.
    pub changes: u64,
    /// Whether a command is under way whose end is not known.
    pub is_pending: bool,
    /// What is stored for each segment. `None`: not read yet.
    pub stored: Option<Arc<BTreeMap<SegmentName, Percent>>>,
}

/// The runtime's end.
#[derive(Debug)]
pub struct Cuer(watch::Sender<Cue>);

/// The probe's end.
#[derive(Debug, Clone)]
pub struct Cues(watch::Receiver<Cue>);

/// Both ends.
#[must_use]
pub fn cues() -> (Cuer, Cues) {
    let (sender, receiver) = watch::channel(Cue::default());
    (Cuer(sender), Cues(receiver))
}

impl Cuer {
    /// A command is on its way.
    pub fn sent(&self) {
        self.0.send_modify(|cue| {
            cue.commands += 1;
            cue.is_pending = true;
        });
    }

    /// Every command has ended, one way or the other.
    pub fn ended(&self) {
        self.0.send_if_modified(|cue| std::mem::take(&mut cue.is_pending));
    }

    /// What is stored has changed, by whoever's hand.
    pub fn stored(&self, shares: BTreeMap<SegmentName, Percent>) {
        self.0.send_modify(|cue| {
            cue.changes += 1;
            cue.stored = Some(Arc::new(shares));
        });
    }
}

impl Cues {
    /// The newest cue, without waiting; it counts as seen.
    pub fn newest(&mut self) -> Cue {
        self.0.borrow_and_update().clone()
    }

    /// Waits for a cue that was not seen. Nobody there to cue any more: waits for ever.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until more commands have been sent than `commands`.
    pub async fn command_after(&mut self, commands: u64) {
        if self.0.wait_for(|cue| cue.commands > commands).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
