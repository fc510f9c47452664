//! The shop that Prometheus scrapes: says on `/metrics` whatever the test wants, or nothing.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// A shop on the port that Prometheus scrapes. The port is free again when the test's runtime ends.
pub struct Shop(Arc<Mutex<Option<String>>>);

impl Shop {
    /// Opens on `GONOGO_SHOP_PORT`.
    pub async fn open() -> Self {
        let port = std::env::var("GONOGO_SHOP_PORT")
            .expect("GONOGO_SHOP_PORT is not set: start this test with `.ci/servers run -- cargo test …`");
        let text = Arc::new(Mutex::new(Some(String::new())));
        let said = Arc::clone(&text);
        let answer = move || {
            let said = said.lock().expect("lock").clone();
            async move { said.ok_or(StatusCode::SERVICE_UNAVAILABLE) }
        };
        let listener =
            tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/metrics", get(answer))).await },
        );
        Self(text)
    }

    /// From now on this is what the next scrapes find.
    pub fn say(&self, metrics: String) {
        *self.0.lock().expect("lock") = Some(metrics);
    }

    /// From now on scrapes fail.
    pub fn close(&self) {
        *self.0.lock().expect("lock") = None;
    }
}
