//! The network between the world and its clients, and how it misbehaves.
//!
//! In: faults from the script, and the future that serves a client. Out: the same future, cut off or
//! left hanging when a fault says so. A half-open connection is a future that nobody polls any more:
//! the socket stays open, and nothing is read from it or written to it, not even a pong.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::demo::world::{Fault, Happening};

/// The most clients at a time, silent ones included: three connections for each of some twenty cockpits.
pub(super) const MAX_CLIENTS: usize = 64;

/// How long a connection that fell silent is kept open: longer than any client's patience.
const SILENCE: Duration = Duration::from_secs(60);

/// The state of the network.
#[derive(Debug, Default)]
pub(super) struct Network {
    weather: watch::Sender<Weather>,
    /// Dropped by each connection when it ends; only counted.
    carried: watch::Sender<()>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// How often all connections were cut.
    drops: u32,
    /// How often all connections were left hanging.
    freezes: u32,
    /// Until when new connections are closed at once.
    refuse_until: Option<Instant>,
}

impl Network {
    /// Lets a fault of the script come over the network.
    pub(super) fn suffer(&self, happening: &Happening) {
        let Happening::Fault(fault) = happening else { return };
        self.weather.send_modify(|weather| match fault {
            Fault::Drop => weather.drops += 1,
            Fault::HalfOpen => weather.freezes += 1,
            Fault::Refuse(lasts) => weather.refuse_until = Instant::now().checked_add(*lasts),
        });
    }

    /// Whether new connections are closed at once.
    pub(super) fn refuses(&self) -> bool {
        self.weather.borrow().refuse_until.is_some_and(|until| Instant::now() < until)
    }

    /// How many connections are carried now, silent ones included.
    pub(super) fn clients(&self) -> usize {
        self.carried.receiver_count()
    }

    /// Carries a connection until it ends by itself or by a fault.
    pub(super) async fn carry(&self, connection: impl Future<Output = ()>) {
        let _counted = self.carried.subscribe();
        let mut weather = self.weather.subscribe();
        let came = *weather.borrow_and_update();
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            _ = weather.wait_for(|now| now.drops > came.drops) => return,
            _ = frozen(self.weather.subscribe(), came) => {}
            () = &mut connection => return,
        }
        // The connection is still there, and nobody polls it.
        tokio::select! {
            _ = weather.wait_for(|now| now.drops > came.drops) => {}
            () = sleep(SILENCE) => {}
        }
    }
}

async fn frozen(mut weather: watch::Receiver<Weather>, came: Weather) {
    // An error would mean that the network is gone, and with it this connection.
    let _ = weather.wait_for(|now| now.freezes > came.freezes).await;
}
