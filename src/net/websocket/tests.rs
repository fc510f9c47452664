//! Websockets against servers on loopback: TLS, tokens, limits, silence.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{accept_async, accept_hdr_async};
use url::Url;

use super::{Frame, Options, SocketError, connect};
use crate::net::{http, tls};

const SECRET: &str = "s3cret-token";

async fn listen(scheme: &str) -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let url = format!("{scheme}://{}/x", listener.local_addr().expect("address"));
    (listener, Url::parse(&url).expect("url"))
}

/// A certificate for 127.0.0.1, and the file with the root that vouches for it.
struct Certified {
    acceptor: TlsAcceptor,
    root: tempfile::NamedTempFile,
}

fn certified() -> Certified {
    tls::install_provider();
    let mut root = CertificateParams::new(Vec::new()).expect("parameters");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key")).expect("a root");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &root).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![leaf.der().clone()], key).expect("a configuration");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), root.pem()).expect("written");
    Certified { acceptor: TlsAcceptor::from(Arc::new(config)), root: file }
}

impl Certified {
    async fn accept(&self, listener: &TcpListener) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = listener.accept().await?;
        self.acceptor.accept(stream).await
    }
}

#[tokio::test]
async fn a_secure_connection_needs_a_root_that_is_trusted() {
    let (listener, url) = listen("wss").await;
    let certified = certified();
    let server = async {
        assert!(certified.accept(&listener).await.is_err(), "a stranger's certificate");
        let mut socket =
            accept_async(certified.accept(&listener).await.expect("TLS")).await.expect("websocket");
        socket.send(Message::text("hello")).await.expect("sent");
        socket
    };
    let client = async {
        let distrusted = connect(&url, &Options::default()).await;
        assert!(matches!(distrusted, Err(SocketError::Tls { .. })), "{distrusted:?}");
        let trusting = Options { extra_root: Some(certified.root.path().to_owned()), ..Options::default() };
        let mut socket = connect(&url, &trusting).await.expect("a connection");
        assert_eq!(socket.receive().await, Ok(Frame::Text("hello".into())));
        socket
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn http_trusts_the_same_extra_root() {
    let (listener, url) = listen("https").await;
    let certified = certified();
    let server = async {
        assert!(certified.accept(&listener).await.is_err(), "a stranger's certificate");
        let mut stream = certified.accept(&listener).await.expect("TLS");
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.expect("a request") > 0);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
        stream.write_all(answer).await.expect("answered");
        let _ = stream.shutdown().await;
    };
    let client = async {
        let client =
            |extra_root| http::Client::new(url.clone(), http::Options { extra_root, ..Default::default() });
        let distrusted = client(None).expect("client").get([]).send().await;
        assert!(matches!(distrusted, Err(http::HttpError::Tls { .. })), "{distrusted:?}");
        let answer = client(Some(certified.root.path().to_owned())).expect("client").get([]).send().await;
        assert_eq!(answer.map(|answer| answer.body), Ok(b"ok".to_vec()));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_token_is_a_bearer_header_and_stands_in_no_text() {
    let (listener, mut url) = listen("ws").await;
    let options = Options { bearer: Some(SecretString::from(SECRET)), ..Options::default() };
    assert!(!format!("{options:?}").contains(SECRET));
    let server = async {
        let (stream, _) = listener.accept().await.expect("accept");
        #[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
        let check = |request: &Request, response: Response| {
            let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            assert_eq!(header, Some(format!("Bearer {SECRET}").as_str()));
            Ok(response)
        };
        drop(accept_hdr_async(stream, check).await.expect("handshake"));
    };
    let client = async {
        let mut socket = connect(&url, &options).await.expect("a connection");
        let end = socket.receive().await;
        assert!(matches!(end, Err(SocketError::Closed { .. })), "{end:?}");
    };
    tokio::join!(server, client);
    drop(listener);
    url.set_password(Some(SECRET)).expect("password");
    let gone = connect(&url, &options).await.expect_err("nobody there");
    assert!(matches!(gone, SocketError::Connect { .. }), "{gone:?}");
    assert!(!format!("{gone} {gone:?}").contains(SECRET), "{gone:?}");
}

#[tokio::test]
async fn a_token_never_leaves_this_machine_in_the_clear() {
    let options = Options { bearer: Some(SecretString::from(SECRET)), ..Options::default() };
    // A documentation address: nothing may be sent there, so nothing is waited for.
    let refused = connect(&Url::parse("ws://192.0.2.1/").expect("url"), &options).await;
    assert!(matches!(refused, Err(SocketError::Exposed { .. })), "{refused:?}");
    for url in ["http://127.0.0.1/", "file:///x"] {
        let refused = connect(&Url::parse(url).expect("url"), &Options::default()).await;
        assert!(matches!(refused, Err(SocketError::Address { .. })), "{url}");
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_in_time_and_a_refusal_has_its_code() {
    let (listener, url) = listen("ws").await;
    let short = Options { handshake_timeout: Duration::from_millis(80), ..Options::default() };
    let hung = connect(&url, &short).await;
    assert!(matches!(hung, Err(SocketError::Handshake { .. })), "{hung:?}");
    let server = async {
        drop(listener.accept().await.expect("the one that hung"));
        let (mut stream, _) = listener.accept().await.expect("accept");
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.expect("a request") > 0);
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.expect("answered");
    };
    let patient = Options::default();
    let (refused, ()) = tokio::join!(connect(&url, &patient), server);
    assert!(
        matches!(&refused, Err(error @ SocketError::Status { code: 403, .. }) if error.is_final()),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_noticed_while_we_send() {
    let (listener, url) = listen("ws").await;
    let short = Options {
        ping_every: Duration::from_millis(50),
        dead_after: Duration::from_millis(200),
        max_message: 1 << 20,
        ..Options::default()
    };
    let server = async { accept_async(listener.accept().await.expect("accept").0).await.expect("handshake") };
    let (socket, held) = tokio::join!(connect(&url, &short), server);
    let mut socket = socket.expect("a connection");
    // More than the buffers of both sides hold.
    let end = loop {
        if let Err(end) = socket.send("x".repeat(1 << 19)).await {
            break end;
        }
    };
    assert!(matches!(end, SocketError::Silent { .. }), "{end:?}");
    drop(held);
}

#[tokio::test]
async fn a_message_above_the_limit_is_told_from_other_ends() {
    let (listener, url) = listen("ws").await;
    let small = Options { max_message: 1000, ..Options::default() };
    let server = async {
        let mut socket = accept_async(listener.accept().await.expect("accept").0).await.expect("handshake");
        for size in [1000, 1001] {
            socket.send(Message::text("x".repeat(size))).await.expect("sent");
        }
        while let Some(Ok(_)) = socket.next().await {}
    };
    let client = async {
        let mut socket = connect(&url, &small).await.expect("a connection");
        assert!(matches!(socket.receive().await, Ok(Frame::Text(text)) if text.len() == 1000));
        let end = socket.receive().await;
        assert!(matches!(end, Err(SocketError::TooLarge { size: 1001, limit: 1000, .. })), "{end:?}");
    };
    tokio::join!(server, client);
}
