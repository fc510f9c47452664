//! A flag service that speaks the feed protocol, as the conformance cases use it: the hub that the demo's world runs on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gonogo::backends::BackendSettings;
use gonogo::domain::{Actor, FlagKey, KillScope, Percent, SegmentName, Text, Timestamp, Version};
use gonogo::feed::message::{Set, State};
use gonogo::feed::{Access, FromServer, Hub, Log, OpaqueId};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::cases::Case;
use crate::proxy::{Mode, Proxy};
use crate::world::{Stored, World};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub struct Feed {
    way: Proxy,
    server: Mutex<Server>,
}

/// The service; what it has outlives its process, as it would with a database.
struct Server {
    address: SocketAddr,
    flags: BTreeMap<String, State>,
    running: Option<(Arc<Hub>, JoinHandle<()>)>,
    epochs: u32,
}

impl Feed {
    pub async fn find() -> Self {
        gonogo::net::tls::install_provider();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let server = Server { address, flags: BTreeMap::new(), running: None, epochs: 0 };
        let this = Self { way: Proxy::start(address).await, server: Mutex::new(server) };
        this.start().await;
        this
    }

    fn with<T>(&self, what: impl FnOnce(&mut Server) -> T) -> T {
        what(&mut self.server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// It is the same service with other flags: who reads it anew gets these.
    async fn again(&self, change: impl FnOnce(&mut BTreeMap<String, State>)) {
        self.stop().await;
        self.with(|server| change(&mut server.flags));
        self.start().await;
    }
}

fn key(flag: &str) -> FlagKey {
    FlagKey::new(flag).expect("a name")
}

fn share(percent: f64) -> Percent {
    Percent::new(percent).expect("a share")
}

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

fn state(flag: &str) -> State {
    State {
        flag: key(flag),
        version: Version(40),
        on: true,
        shares: [(segment("free"), share(10.0)), (segment("eu"), share(20.0))].into(),
        by: None,
        changed_at_ms: None,
        reason: None,
    }
}

impl World for Feed {
    const NAME: &'static str = "feed";

    async fn make(&self, case: &str) -> String {
        let flag = format!("{case}-{:08x}", rand::random::<u32>());
        self.with(|server| {
            let (hub, _) = server.running.as_ref().expect("it runs");
            hub.publish(|log| log.publish_state(state(&flag)));
            server.flags.insert(flag.clone(), state(&flag));
        });
        flag
    }

    fn settings(&self) -> BackendSettings {
        serde_json::from_value(json!({ "kind": "feed", "url": format!("ws://{}", self.way.address) }))
            .expect("settings")
    }

    async fn stored(&self, flag: &str) -> Option<Stored> {
        self.with(|server| {
            let kept = server.flags.get(flag).cloned();
            let running = server.running.as_ref();
            let state = running.map_or(kept, |(hub, _)| hub.publish(|log| log.state(&key(flag)).cloned()))?;
            let shares = state.shares.iter().map(|(name, share)| (name.as_str().to_owned(), share.as_f64()));
            Some(Stored { on: state.on, shares: shares.collect() })
        })
    }

    async fn edit(&self, flag: &str, name: &str, percent: f64) {
        self.with(|server| {
            let (hub, _) = server.running.as_ref().expect("it runs");
            hub.publish(|log| {
                let set = Set {
                    id: OpaqueId::new(&format!("{:08x}", rand::random::<u32>())).expect("an id"),
                    flag: key(flag),
                    shares: [(segment(name), share(percent))].into(),
                    on: Some(true),
                    expected_version: log.state(&key(flag)).map(|state| state.version),
                    actor: Actor::Person(Text::new("bob")),
                    reason: Text::new("meanwhile"),
                };
                let answer = log.apply(&set, NOW);
                assert!(matches!(answer, FromServer::Ack(_)), "{answer:?}");
            });
        });
    }

    async fn delete(&self, flag: &str) {
        self.again(|flags| drop(flags.remove(flag))).await;
    }

    async fn rename(&self, flag: &str, to: &str) {
        self.again(|flags| {
            let old = flags.remove(flag).expect("the flag");
            flags.insert(to.to_owned(), State { flag: key(to), ..old });
        })
        .await;
    }

    fn ways(&self) -> Vec<&Proxy> {
        vec![&self.way]
    }

    async fn break_writes(&self) {
        self.way.set(Mode::Cut { asked: &[], answered: &["\"ack\""] });
    }

    async fn stop(&self) {
        let running = self.with(|server| {
            let (hub, task) = server.running.take()?;
            for (flag, state) in &mut server.flags {
                if let Some(now) = hub.publish(|log| log.state(&key(flag)).cloned()) {
                    *state = now;
                }
            }
            Some(task)
        });
        if let Some(task) = running {
            task.abort();
            let _ = task.await;
        }
    }

    async fn start(&self) {
        if self.with(|server| server.running.is_some()) {
            return;
        }
        let (address, epoch, flags) = self.with(|server| {
            server.epochs += 1;
            (server.address, format!("epoch-{}", server.epochs), server.flags.clone())
        });
        let mut log = Log::new(OpaqueId::new(&epoch).expect("an id"), Text::new("test"), KillScope::Segment);
        flags.into_values().for_each(|state| log.publish_state(state));
        let hub = Arc::new(Hub::new(log, || NOW));
        let listener = TcpListener::bind(address).await.expect("the port of before");
        let serving = Arc::clone(&hub);
        let task = tokio::spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let hub = Arc::clone(&serving);
                clients.spawn(async move {
                    hub.serve(stream, &Access { token: None, may_set: true }).await;
                });
            }
        });
        self.with(|server| server.running = Some((hub, task)));
    }

    fn excuse(&self, _: Case) -> Option<&'static str> {
        None
    }
}
