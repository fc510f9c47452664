//! A faulty network: stands between an adapter and its real server, and does what a test asks for.
//!
//! In: connections of the adapter. Out: the same bytes to the server and back, or what a [`Mode`] says. It knows no
//! backend; HTTP/1.1 only as far as it must to answer in the server's place. A change of the mode holds for connections
//! that are open already.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What happens to what comes by.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// Nothing.
    Pass,
    /// Each piece of an answer comes so much later.
    Slow(Duration),
    /// Everything is taken, nothing is answered.
    Hang,
    /// Nobody is there: connections break, and new ones are not taken.
    Gone,
    /// The request is answered with this status, and the server never sees it.
    Status(u16),
    /// The request is answered with nonsense, and the server never sees it.
    Garbage,
    /// The request passes, and the connection breaks when the answer is due.
    Cut {
        /// To a request with one of these in it.
        asked: &'static [&'static str],
        /// Or to any, when the answer has one of these in it.
        answered: &'static [&'static str],
    },
}

/// One address of a server, with faults.
pub struct Proxy {
    /// What the adapter is given.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    server: watch::Sender<SocketAddr>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// In front of `server`, which need not be up.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (mode, seen) = watch::channel(Mode::Pass);
        let (server, there) = watch::channel(server);
        let accepting = tokio::spawn(async move {
            // Ends with us.
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = *there.borrow();
                connections.spawn(carry(client, server, seen.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, mode, server, accepting }
    }

    /// New connections go to this server.
    pub fn lead_to(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    /// From now on.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

/// The address of `http://127.0.0.1:PORT/...`, `postgres://...@127.0.0.1:PORT/...`, or `127.0.0.1:PORT`.
pub fn address_of(url: &str) -> SocketAddr {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().expect("a host");
    let host = host.rsplit('@').next().expect("a host");
    host.parse().unwrap_or_else(|e| panic!("{url}: {e}"))
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut mode: watch::Receiver<Mode>) {
    if matches!(*mode.borrow_and_update(), Mode::Gone) {
        return;
    }
    let mut upstream = TcpStream::connect(server).await.ok();
    // Where the server is gone, the client is told so, unless somebody else answers.
    if upstream.is_none() && !matches!(*mode.borrow(), Mode::Status(_) | Mode::Garbage | Mode::Hang) {
        return;
    }
    let (mut asked, mut armed) = (Vec::new(), false);
    let (mut from_client, mut from_server) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            Ok(()) = mode.changed() => if matches!(*mode.borrow_and_update(), Mode::Gone) { return },
            read = client.read(&mut from_client) => {
                let Ok(count @ 1..) = read else { return };
                let piece = &from_client[..count];
                let now = *mode.borrow();
                match now {
                    Mode::Hang | Mode::Gone => {}
                    Mode::Status(_) | Mode::Garbage => {
                        asked.extend_from_slice(piece);
                        if is_whole(&asked) {
                            let _ = client.write_all(answer(now).as_bytes()).await;
                            let _ = client.shutdown().await;
                            return;
                        }
                    }
                    Mode::Pass | Mode::Slow(_) | Mode::Cut { .. } => {
                        if let Mode::Cut { asked, .. } = now { armed |= has(piece, asked); }
                        let Some(upstream) = &mut upstream else { return };
                        if upstream.write_all(piece).await.is_err() { return }
                    }
                }
            }
            read = read(&mut upstream, &mut from_server) => {
                let Ok(count @ 1..) = read else { return };
                let piece = &from_server[..count];
                let now = *mode.borrow();
                match now {
                    Mode::Hang | Mode::Gone | Mode::Status(_) | Mode::Garbage => continue,
                    Mode::Cut { answered, .. } if armed || has(piece, answered) => return,
                    Mode::Slow(delay) => tokio::time::sleep(delay).await,
                    Mode::Pass | Mode::Cut { .. } => {}
                }
                if client.write_all(piece).await.is_err() { return }
            }
        }
    }
}

async fn read(upstream: &mut Option<TcpStream>, buffer: &mut [u8]) -> std::io::Result<usize> {
    match upstream {
        Some(upstream) => upstream.read(buffer).await,
        None => std::future::pending().await,
    }
}

fn has(piece: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| piece.windows(word.len()).any(|window| window == word.as_bytes()))
}

/// Whether an HTTP request has come to its end. What is none is taken as it is.
fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    if !text.contains(" HTTP/1.1\r\n") {
        return true;
    }
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    match length {
        Some(length) => body.len() >= length,
        None => {
            !head.to_ascii_lowercase().contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n")
        }
    }
}

fn answer(mode: Mode) -> String {
    let (status, extra, body) = match mode {
        Mode::Status(status) => {
            let extra = if status == 429 { "retry-after: 1\r\n" } else { "" };
            (format!("{status} Injected"), extra, r#"{"message":"injected by the test"}"#)
        }
        _ => ("200 OK".to_owned(), "", "{\"flags\":[1,{\"\u{1b}[31m\":\"\0"),
    };
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{extra}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
