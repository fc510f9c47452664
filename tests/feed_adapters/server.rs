//! A feed server for tests: it can refuse new connections, cut single ones, and come back as another.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gonogo::domain::{FlagKey, KillScope, Percent, SegmentName, Text, Timestamp, Version};
use gonogo::feed::message::State;
use gonogo::feed::{Access, Hub, Log, OpaqueId, Settings, Timing};
use gonogo::net::Backoff;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, duplex, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::Failure;
use super::seen::DEADLINE;

/// One client, as the server sees it.
struct Client {
    sent: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

/// A server on loopback; all its connections end when it is dropped.
pub struct Server {
    pub hub: Arc<Hub>,
    pub address: SocketAddr,
    refuses: Arc<AtomicBool>,
    clients: Arc<Mutex<Vec<Client>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves one flag `f` with `eu` at 10 % and `tier-0` at 20 %, at this version.
    pub async fn start(
        address: SocketAddr,
        epoch: &str,
        version: u64,
        may_set: bool,
    ) -> Result<Self, Failure> {
        let mut log = Log::new(OpaqueId::new(epoch)?, Text::new("test server"), KillScope::Segment);
        log.publish_state(State {
            flag: FlagKey::new("f")?,
            version: Version(version),
            on: true,
            shares: [
                (SegmentName::new("eu")?, Percent::new(10.0)?),
                (SegmentName::new("tier-0")?, Percent::new(20.0)?),
            ]
            .into(),
            by: None,
            changed_at_ms: None,
            reason: None,
        });
        let hub = Arc::new(Hub::new(log, || Timestamp(1_700_000_000_000)));
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let refuses = Arc::new(AtomicBool::new(false));
        let clients = Arc::new(Mutex::new(Vec::new()));
        let accepting = tokio::spawn({
            let (hub, refuses, clients) = (Arc::clone(&hub), Arc::clone(&refuses), Arc::clone(&clients));
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    if refuses.load(Ordering::SeqCst) {
                        continue;
                    }
                    let sent = Arc::new(AtomicU64::new(0));
                    let task = tokio::spawn(carry(Arc::clone(&hub), stream, Arc::clone(&sent), may_set));
                    lock(&clients).push(Client { sent, task });
                }
            }
        });
        Ok(Self { hub, address, refuses, clients, accepting })
    }

    pub fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings { url: format!("ws://{}", self.address).parse()?, token: None, ca_file: None })
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        lock(&self.clients).iter().filter(|client| !client.task.is_finished()).count()
    }

    pub async fn until_open(&self, count: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + DEADLINE;
        while self.open() != count {
            if Instant::now() > deadline {
                return Err(format!("{} connections, not {count}", self.open()).into());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Refuses new connections from now on, and cuts the one that was sent the most: with a flag's
    /// states on it, that is the subscription and not the socket that only sets.
    pub fn cut_the_subscription(&self) {
        self.refuses.store(true, Ordering::SeqCst);
        let clients = lock(&self.clients);
        let open = clients.iter().filter(|client| !client.task.is_finished());
        if let Some(busiest) = open.max_by_key(|client| client.sent.load(Ordering::SeqCst)) {
            busiest.task.abort();
        }
    }

    /// Cuts all connections, and takes new ones.
    pub fn cut_and_take_back(&self) {
        lock(&self.clients).iter().for_each(|client| client.task.abort());
    }

    /// Ends the server and all connections; returns when its port is free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        let clients = std::mem::take(&mut *lock(&self.clients));
        for client in clients {
            client.task.abort();
            let _ = client.task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        lock(&self.clients).iter().for_each(|client| client.task.abort());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one client, counting what it is sent.
async fn carry(hub: Arc<Hub>, mut stream: TcpStream, sent: Arc<AtomicU64>, may_set: bool) {
    let (ours, theirs) = duplex(64 * 1024);
    let (mut from_hub, mut to_hub) = split(ours);
    let (mut from_client, mut to_client) = stream.split();
    let down = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from_hub.read(&mut buffer).await {
            sent.fetch_add(count as u64, Ordering::SeqCst);
            if to_client.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
                return;
            }
        }
    };
    let access = Access { token: None, may_set };
    tokio::select! {
        () = hub.serve(theirs, &access) => {}
        () = down => {}
        _ = copy(&mut from_client, &mut to_hub) => {}
    }
}

/// Times that keep a test short.
pub fn fast() -> Timing {
    Timing {
        handshake: Duration::from_secs(2),
        ping_every: Duration::from_millis(100),
        dead_after: Duration::from_secs(2),
        snapshot: Duration::from_secs(5),
        answer: Duration::from_secs(1),
        backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(100), Duration::from_secs(1)),
    }
}
