//! Bells: which of many sessions has news, without asking each.
//!
//! ```text
//! a sample of search-v3 arrives ─▶ its bell rings ─▶ its place is queued, once ─▶ the loop wakes, and asks only that one
//! ```
//!
//! In: rings, from any thread. Out: places in the order in which they rang. However many sessions there are, what rings
//! costs a place in a queue, and what does not ring costs nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use futures_util::task::AtomicWaker;

/// The bells of a number of sessions.
#[derive(Debug)]
pub struct Bells {
    shared: Arc<Shared>,
    wakers: Vec<Waker>,
}

#[derive(Debug)]
struct Shared {
    rung: Mutex<Rung>,
    /// The loop.
    listener: AtomicWaker,
}

#[derive(Debug)]
struct Rung {
    /// At most one entry for each session.
    queue: VecDeque<usize>,
    is_queued: Vec<bool>,
}

/// The bell of one session.
struct Bell {
    place: usize,
    shared: Arc<Shared>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.shared.rung().ring(self.place) {
            self.shared.listener.wake();
        }
    }
}

impl Shared {
    fn rung(&self) -> MutexGuard<'_, Rung> {
        // Whoever panicked has left a queue that is whole.
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rung {
    /// Returns whether it had not rung yet.
    fn ring(&mut self, place: usize) -> bool {
        let Some(is_queued) = self.is_queued.get_mut(place).filter(|is_queued| !**is_queued) else {
            return false;
        };
        *is_queued = true;
        self.queue.push_back(place);
        true
    }
}

impl Bells {
    /// A bell for each of so many sessions. All have rung: nobody has looked at them yet.
    pub fn new(sessions: usize) -> Self {
        let rung = Rung { queue: (0..sessions).collect(), is_queued: vec![true; sessions] };
        let shared = Arc::new(Shared { rung: Mutex::new(rung), listener: AtomicWaker::new() });
        let bell = |place| Waker::from(Arc::new(Bell { place, shared: Arc::clone(&shared) }));
        let wakers = (0..sessions).map(bell).collect();
        Self { shared, wakers }
    }

    /// Whoever this is will be woken by the next ring.
    pub fn listen(&self, listener: &Waker) {
        self.shared.listener.register(listener);
    }

    /// The bell of the session at that place. `None`: there is no such place.
    pub fn bell(&self, place: usize) -> Option<&Waker> {
        self.wakers.get(place)
    }

    /// Rings the bell of a session oneself.
    pub fn ring(&self, place: usize) {
        self.shared.rung().ring(place);
    }

    /// The one that rang first and was not asked since.
    pub fn next(&self) -> Option<usize> {
        let mut rung = self.shared.rung();
        let place = rung.queue.pop_front()?;
        if let Some(is_queued) = rung.is_queued.get_mut(place) {
            *is_queued = false;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_that_rings_often_is_queued_once_and_in_its_turn() {
        let bells = Bells::new(3);
        assert_eq!(
            [bells.next(), bells.next(), bells.next(), bells.next()],
            [Some(0), Some(1), Some(2), None]
        );
        for place in [2, 0, 2, 2, 0] {
            bells.bell(place).unwrap().wake_by_ref();
        }
        bells.ring(9);
        assert_eq!([bells.next(), bells.next(), bells.next()], [Some(2), Some(0), None]);
        bells.ring(0);
        assert_eq!(bells.next(), Some(0));
    }
}
