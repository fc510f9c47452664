//! How many cockpits may run at once, so that measured times mean something.

use std::sync::{Condvar, Mutex};

/// Cockpits that may run at once.
const SEATS: usize = 3;

static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// The right to run a cockpit, given back when dropped.
pub struct Seat;

impl Seat {
    /// Waits until one is free.
    pub fn take() -> Self {
        let mut taken = TAKEN.1.wait_while(TAKEN.0.lock().unwrap(), |taken| *taken >= SEATS).unwrap();
        *taken += 1;
        Self
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *TAKEN.0.lock().unwrap() -= 1;
        TAKEN.1.notify_one();
    }
}
