//! The flag service of the simulated world: a real websocket server that speaks the feed protocol.
//!
//! ```text
//!  every 100 ms: World::step ─▶ feed::Log ─▶ feed::Hub ─▶ one connection per cockpit (and fault)
//!                    ▲ obeys       ▲ set, answered at once ◀──────┘
//! ```
//!
//! In: an address, a [`Scenario`], a seed, a start time and perhaps a token. Out: a [`Served`]
//! world. Several cockpits may attach. The world goes on in steps of [`STEP`]; flags and feedback are
//! pushed as they change, samples every [`SAMPLE_EVERY`]. A `set` does not wait for the next step.
//! The protocol is the feed room's business; here are the address, the time, and the faults of the network.
//!
//! It must never listen beyond this machine without a token, or hold up the world for a client: a
//! client is a place in the log, and one that is too slow gets a snapshot.
//!
//! Start reading at [`serve`], then `network` for the faults.

mod network;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::network::{MAX_CLIENTS, Network};
use super::scenario::Scenario;
use super::world::{Getting, Happening, World};
use crate::domain::{SegmentName, Timestamp};
use crate::feed::message::State;
use crate::feed::{Access, Hub, OpaqueId};

/// One step of the world: fine enough that a kill is felt at once, coarse enough to cost nothing.
pub const STEP: Duration = Duration::from_millis(100);

/// How often samples are sent: a tenth of the ten seconds that a kill may take would be too coarse.
pub const SAMPLE_EVERY: Duration = Duration::from_millis(500);

/// The environment variable that holds the token of a world that others may reach.
pub const TOKEN_ENV: &str = "GONOGO_FEED_TOKEN";

/// The most steps that are made up for at once after the machine slept, so that clients are served meanwhile.
const CATCH_UP: usize = 50;

/// Why a world cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Anybody on the network could steer it.
    #[error(
        "cannot serve the world at {address}: others than this machine could reach it, and no token is set\n\
         hint: put a token into {TOKEN_ENV} here and at the cockpits, which send it only over a tunnel or a \
         TLS proxy; or serve at 127.0.0.1"
    )]
    Exposed {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be had.
    #[error("cannot serve the world at {address}: {cause}\nhint: port 0 takes any free port")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
}

/// A world that is being served. It stops when this is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    shared: Arc<Shared>,
    network: Arc<Network>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What a world looks like from inside, for tests and for the curious.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// How long the world has been going on.
    pub elapsed: Duration,
    /// The flag as it is stored; always there.
    pub stored: Option<State>,
    /// What users really get.
    pub getting: BTreeMap<SegmentName, Getting>,
    /// How many clients are attached.
    pub clients: usize,
}

impl Served {
    /// The address with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for a rollout file: `ws://127.0.0.1:1234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The world as it is now.
    #[must_use]
    pub fn state(&self) -> Snapshot {
        let world = self.shared.world();
        Snapshot {
            elapsed: world.elapsed(),
            stored: self.shared.hub.with(|log| log.state(world.flag()).cloned()),
            getting: world.getting().map(|(name, getting)| (name.clone(), getting)).collect(),
            clients: self.network.clients(),
        }
    }

    /// Cuts all connections and gives the port back; done when that is done.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        // A panic inside has been reported by the panic hook; here it only means that it is over.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Serves the world of a scenario. `listen` may have port 0; `start` is the world's first moment.
///
/// # Errors
/// [`ServeError`] when the address is not of this machine alone and there is no token, or cannot be had.
pub async fn serve(
    listen: SocketAddr,
    scenario: &Scenario,
    seed: u64,
    token: Option<SecretString>,
    start: Timestamp,
) -> Result<Served, ServeError> {
    if !listen.ip().is_loopback() && token.is_none() {
        return Err(ServeError::Exposed { address: listen });
    }
    let bind = |cause| ServeError::Bind { address: listen, cause };
    let listener = TcpListener::bind(listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let epoch = OpaqueId::new(&format!("{:x}-{}", start.0, address.port()));
    let epoch = epoch.map_err(|cause| bind(io::Error::other(cause)))?;
    let world = World::new(scenario, seed, start);
    let log = world.open_log(epoch);
    let since = Instant::now();
    let hub = Hub::new(log, move || start.plus(since.elapsed()));
    let shared =
        Arc::new(Shared { world: Mutex::new(world), hub, access: Access { token, may_set: true }, since });
    let network = Arc::new(Network::default());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(run(listener, Arc::clone(&shared), Arc::clone(&network), stopped));
    Ok(Served { address, shared, network, stop, task })
}

/// What the stepping and the connections share.
#[derive(Debug)]
struct Shared {
    /// Locked for one step at a time, never across an await; always before the hub's log.
    world: Mutex<World>,
    hub: Hub,
    access: Access,
    since: Instant,
}

impl Shared {
    /// A panic of another holder leaves a world that is still worth showing.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the world take one step if the time has come; `None` if it is up to date.
    fn step(&self) -> Option<Vec<Happening>> {
        let mut world = self.world();
        if world.elapsed() + STEP > self.since.elapsed() {
            return None;
        }
        let happened = self.hub.publish(|log| {
            let happened = world.step(STEP, log);
            if world.elapsed().as_millis().is_multiple_of(SAMPLE_EVERY.as_millis()) {
                world.publish_samples(log);
            }
            happened
        });
        Some(happened)
    }
}

async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    network: Arc<Network>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut clients = JoinSet::new();
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = clients.join_next() => {}
            _ = ticks.tick() => {
                for happened in std::iter::from_fn(|| shared.step()).take(CATCH_UP) {
                    happened.iter().for_each(|happening| network.suffer(happening));
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if clients.len() < MAX_CLIENTS && !network.refuses() => {
                    let (shared, network) = (Arc::clone(&shared), Arc::clone(&network));
                    clients.spawn(async move {
                        network.carry(shared.hub.serve(stream, &shared.access)).await;
                    });
                }
                // Refused, or gone before it was taken: dropping the stream closes it.
                Ok(_) | Err(_) => {}
            },
        }
    }
    // Dropping the listener and the clients closes all sockets.
    clients.shutdown().await;
}
