//! A feed server that does what a test tells it, mistakes included.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::domain::FlagKey;
use crate::feed::codec::read_client;
use crate::feed::message::{ClientHello, Set};
use crate::feed::{Endpoint, FromClient, Incoming, Link, Settings, Timing, Want};
use crate::net::Backoff;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Fake {
    listener: TcpListener,
    pub(super) endpoint: Endpoint,
}

pub(super) struct Peer(WebSocketStream<TcpStream>);

/// Times for tests: attempts follow each other at once, everything else is patient.
pub(super) fn timing() -> Timing {
    let ms = Duration::from_millis(1);
    Timing {
        handshake: PATIENCE,
        snapshot: PATIENCE,
        answer: PATIENCE,
        backoff: Backoff::new(ms, ms, PATIENCE),
        ..Timing::default()
    }
}

pub(super) fn flag() -> FlagKey {
    FlagKey::new("f").expect("name")
}

impl Fake {
    pub(super) async fn start(timing: Timing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let url = format!("ws://{}/feed", listener.local_addr().expect("address"));
        let settings = Settings { url: url.parse().expect("url"), token: None, ca_file: None };
        Self { listener, endpoint: Endpoint::new(settings, timing).expect("endpoint") }
    }

    pub(super) fn link(&self) -> Link {
        Link::new(self.endpoint.clone(), Want::flag(flag()))
    }

    pub(super) async fn tcp(&self) -> TcpStream {
        timeout(PATIENCE, self.listener.accept()).await.expect("a client in time").expect("accept").0
    }

    pub(super) async fn accept(&self) -> Peer {
        Peer(accept_async(self.tcp().await).await.expect("handshake"))
    }

    /// Accepts a client and exchanges hellos.
    pub(super) async fn greet(&self, epoch: &str) -> (Peer, ClientHello) {
        let mut peer = self.accept().await;
        let FromClient::Hello(hello) = peer.hear().await else { panic!("the first message is a hello") };
        let capabilities = r#"{"set":true,"kill":"segment"}"#;
        peer.say(&format!(
            r#"{{"kind":"hello","protocol":1,"server":"fake","epoch":"{epoch}","capabilities":{capabilities},"time_ms":0}}"#
        ))
        .await;
        (peer, hello)
    }
}

impl Peer {
    pub(super) async fn say(&mut self, frame: &str) {
        self.raw(Message::text(frame)).await;
    }

    pub(super) async fn raw(&mut self, message: Message) {
        // The client may have hung up meanwhile; what it saw is for the test to judge.
        let _ = self.0.send(message).await;
    }

    pub(super) async fn flag(&mut self, seq: u64, version: u64) {
        self.say(&flag_frame(seq, version)).await;
    }

    /// A snapshot of the flag.
    pub(super) async fn snapshot(&mut self, seq: u64, version: u64) {
        self.say(r#"{"kind":"snapshot","streams":["flag/f"]}"#).await;
        self.flag(seq, version).await;
        self.say(&format!(r#"{{"kind":"snapshot-end","seq":{{"flag/f":{seq}}}}}"#)).await;
    }

    /// The next message of the client, answering pings on the way.
    pub(super) async fn hear(&mut self) -> FromClient {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return read_client(&text).expect("a message").message,
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn hear_set(&mut self) -> Set {
        match self.hear().await {
            FromClient::Set(set) => set,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn ack(&mut self, set: &Set) {
        let flag = r#"{"flag":"f","version":9,"on":false,"shares":{}}"#;
        self.say(&format!(r#"{{"kind":"ack","id":"{}","flag":{flag}}}"#, set.id)).await;
    }

    /// Keeps the connection alive until the client is gone.
    pub(super) async fn linger(mut self) {
        while let Ok(Some(Ok(_))) = timeout(PATIENCE, self.0.next()).await {}
    }
}

pub(super) fn flag_frame(seq: u64, version: u64) -> String {
    format!(r#"{{"kind":"flag","seq":{seq},"flag":"f","version":{version},"on":true,"shares":{{"eu":5}}}}"#)
}

/// The next thing that is not merely a sign of life, as a short text.
pub(super) async fn next(link: &mut Link) -> String {
    loop {
        match timeout(PATIENCE, link.next()).await.expect("something in time") {
            Some(Incoming::Heard) => {}
            None => return "end".into(),
            Some(Incoming::Hello(hello)) => return format!("hello {}", hello.epoch),
            Some(Incoming::Message(message)) => {
                let state = match message {
                    crate::feed::FromServer::Flag(flag) => flag.into_state(),
                    other => panic!("{other:?}"),
                };
                return format!("flag {}", state.version);
            }
            Some(Incoming::Resynced(streams)) => return format!("resynced {}", streams.len()),
            Some(Incoming::Problem(problem)) => {
                return format!("problem {}: {}", problem.count, problem.what);
            }
            Some(Incoming::Link(state)) => return format!("{state:?}"),
        }
    }
}

/// Reads on until something begins with `start`, and returns all of it.
pub(super) async fn until(link: &mut Link, start: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        seen.push(next(link).await);
        let last = seen.last().map(String::as_str).unwrap_or_default();
        if last.starts_with(start) {
            return seen;
        }
        assert!(last != "end" && seen.len() < 100, "no {start:?} in {seen:?}");
    }
}
