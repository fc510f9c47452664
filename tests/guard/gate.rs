//! A gate before the service: it lets everything through, or swallows what changes flags, or the answers to that.
//!
//! In: the address of a world. Out: an address that a rollout file can name. The connections stay open all the while,
//! as those to a service that hangs.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

use super::world::World;

/// What does not get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swallows {
    /// Nothing.
    Nothing,
    /// What is asked for: it never happens.
    Sets,
    /// The answers: it happens, and whoever asked does not hear of it.
    Answers,
}

/// A gate before a world. It closes when this is dropped.
pub struct Gate {
    swallows: Arc<watch::Sender<Swallows>>,
    _runtime: Runtime,
}

impl Gate {
    /// Puts a gate before the service of a world, and its address into the world's rollout file.
    pub fn before(world: &World) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let path = world.path("rollout.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let address = text.split_once("ws://").unwrap().1.split('"').next().unwrap().to_owned();
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let mine = listener.local_addr().unwrap().to_string();
        std::fs::write(&path, text.replace(&address, &mine)).unwrap();
        let swallows = Arc::new(watch::Sender::new(Swallows::Nothing));
        let now = Arc::clone(&swallows);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, format!("ws://{address}"), Arc::clone(&now)));
            }
        });
        Self { swallows, _runtime: runtime }
    }

    /// From now on this does not get through.
    pub fn swallow(&self, what: Swallows) {
        self.swallows.send_replace(what);
    }
}

/// Carries one connection until either side ends it.
async fn carry(client: TcpStream, service: String, swallows: Arc<watch::Sender<Swallows>>) {
    let (Ok(client), Ok((service, _))) = tokio::join!(accept_async(client), connect_async(&service)) else {
        return;
    };
    let (mut to_client, mut from_client) = client.split();
    let (mut to_service, mut from_service) = service.split();
    let is_kind = |message: &Message, kind: &str| matches!(message, Message::Text(text) if text.starts_with(&format!("{{\"kind\":\"{kind}\"")));
    loop {
        tokio::select! {
            Some(Ok(message)) = from_client.next() => {
                let is_lost = is_kind(&message, "set") && *swallows.borrow() == Swallows::Sets;
                if !is_lost && to_service.send(message).await.is_err() {
                    return;
                }
            }
            Some(Ok(message)) = from_service.next() => {
                let is_answer = is_kind(&message, "ack") || is_kind(&message, "refused");
                let is_lost = is_answer && *swallows.borrow() == Swallows::Answers;
                if !is_lost && to_client.send(message).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}
