//! A flagd of the test's own, with other options than the shared one: TLS, streams that end, the wrong port.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gonogo::backends::flagd::{Flagd, Settings};
use gonogo::backends::{Backend, BackendError, Rights};
use gonogo::domain::LinkState;
use gonogo::event::Body;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;

use crate::server::{Watched, document, kill, put, rule, target, variable};

/// A flagd that ends with the test.
struct Own {
    child: Child,
    folder: tempfile::TempDir,
    sync: u16,
    ofrep: u16,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that are free now.
fn ports() -> [u16; 4] {
    let held = [(); 4].map(|()| std::net::TcpListener::bind("127.0.0.1:0").expect("a port"));
    held.map(|listener| listener.local_addr().expect("an address").port())
}

impl Own {
    /// Starts the program that serves the other tests.
    fn start(options: impl Fn(&Path) -> Vec<String>) -> Self {
        let pid = Command::new(variable("FLAGD_CTL")).arg("pid").output().expect("the script runs").stdout;
        let pid = String::from_utf8(pid).expect("a number");
        let program = std::fs::read_link(format!("/proc/{}/exe", pid.trim())).expect("flagd runs");
        let folder = tempfile::tempdir().expect("a folder");
        put(&folder.path().join("flags.json"), &document(&rule(5, 1)));
        let [sync, rpc, ofrep, management] = ports();
        let child = Command::new(program)
            .args(["start", "--uri", &format!("file:{}", folder.path().join("flags.json").display())])
            .args(["--sync-port", &sync.to_string(), "--port", &rpc.to_string()])
            .args(["--ofrep-port", &ofrep.to_string(), "--management-port", &management.to_string()])
            .args(options(folder.path()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        Self { child, folder, sync, ofrep }
    }

    fn adapter(&self, url: &str, more: &[(&str, serde_json::Value)]) -> Flagd {
        let mut settings = json!({ "url": url, "file": self.folder.path().join("flags.json") });
        for (key, value) in more {
            settings[*key] = value.clone();
        }
        let settings: Settings = serde_json::from_value(settings).expect("settings");
        Flagd::new(&settings, target(), Rights::ReadWrite).expect("an adapter")
    }
}

fn live(body: &Body) -> Option<()> {
    matches!(body, Body::Link { state: LinkState::Live, .. }).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_ends_at_its_deadline_is_opened_again_without_a_word() {
    gonogo::net::tls::install_provider();
    let own = Own::start(|_| vec!["--stream-deadline".into(), "2s".into()]);
    let adapter = Arc::new(own.adapter(&format!("http://127.0.0.1:{}", own.sync), &[]));
    let mut watched = Watched::start(Arc::clone(&adapter));
    watched.until(live).await;
    // Some deadlines later.
    let mut since = tokio::time::Instant::now() + Duration::from_secs(7);
    while tokio::time::Instant::now() < since {
        watched
            .until(|body| match body {
                Body::Heard(_) => Some(()),
                Body::Link { .. } | Body::Problem { .. } => panic!("{body:?}"),
                _ => None,
            })
            .await;
    }
    since += Duration::from_secs(3);
    assert!(kill(&adapter).await.expect("killed").state.is_off());
    watched.state(|state| state.is_off()).await;
    assert!(tokio::time::Instant::now() < since);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_the_certificate_is_checked() {
    gonogo::net::tls::install_provider();
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .expect("names")
        .self_signed(&key)
        .expect("signed");
    let own = Own::start(|folder| {
        std::fs::write(folder.join("cert.pem"), certificate.pem()).expect("written");
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
        let path = |name: &str| folder.join(name).display().to_string();
        vec!["--server-cert-path".into(), path("cert.pem"), "--server-key-path".into(), path("key.pem")]
    });
    let url = format!("https://localhost:{}", own.sync);
    let trusting = Arc::new(own.adapter(&url, &[("ca_file", json!(own.folder.path().join("cert.pem")))]));
    let mut watched = Watched::start(Arc::clone(&trusting));
    watched.until(live).await;
    assert!(kill(&trusting).await.expect("killed").state.is_off());
    match own.adapter(&url, &[]).read().await {
        Err(BackendError::Lost { cause }) => assert!(cause.as_str().contains("certificate"), "{cause}"),
        other => panic!("{other:?}"),
    }
    // Without TLS nothing comes back.
    let plain = own.adapter(&format!("http://localhost:{}", own.sync), &[]).read().await;
    assert!(matches!(plain, Err(BackendError::Lost { .. })), "{plain:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wrong_port_is_told_with_what_to_do() {
    gonogo::net::tls::install_provider();
    let own = Own::start(|_| vec![]);
    let right = Arc::new(own.adapter(&format!("http://127.0.0.1:{}", own.sync), &[]));
    let mut watched = Watched::start(Arc::clone(&right));
    watched.until(live).await;
    let error = own
        .adapter(&format!("http://127.0.0.1:{}", own.ofrep), &[])
        .read()
        .await
        .expect_err("no sync service there");
    assert!(error.to_string().starts_with("cannot read checkout-v2 at web: "), "{error}");
    assert!(error.to_string().contains("url is the sync port of flagd, 8015"), "{error}");
}
