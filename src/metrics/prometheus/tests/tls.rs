//! TLS with a private certificate authority, made for each test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::fixture::vector;
use super::{probed, source};

/// A TLS server for 127.0.0.1 that answers everything with a vector, and its authority as PEM.
async fn server() -> (std::net::SocketAddr, tempfile::NamedTempFile) {
    crate::net::tls::install_provider();
    let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &ca).expect("a certificate");

    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![certificate.der().clone()],
        PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
    );
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a configuration")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust us hangs up during the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let body = vector(&[("free", "treatment", "10"), ("free", "control", "20")]);
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), ca.pem()).expect("written");
    (address, file)
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_named() {
    let (address, ca) = server().await;
    let found = probed(&source(&format!("url = \"https://{address}\"\nca_file = {:?}", ca.path()))).await;
    assert!(found.starts_with("1 of 1 segments have data, both arms"), "{found}");
}

#[tokio::test]
async fn an_unknown_certificate_is_refused() {
    let (address, _) = server().await;
    let (_, other) = server().await;
    for settings in [
        format!("url = \"https://{address}\""),
        format!("url = \"https://{address}\"\nca_file = {:?}", other.path()),
    ] {
        let found = probed(&source(&settings)).await;
        assert!(found.contains("no secure connection to https://127.0.0.1"), "{found}");
    }
}
