//! Event streams (OFREP 0.3.0, ADR-0008): an edge that says by itself when flags have changed.
//!
//! In: the `eventStreams` of bulk replies. Out: a hint for each `refetchEvaluation`. A stream is a hint and nothing more:
//! while it is away the canary goes on, so its troubles are not ours, and nobody is told of them.
//!
//! Its address is secret, path and query: it is neither shown nor logged, and has no Debug form. It is believed only from
//! the edge itself, and never gets the probe's own credentials, as it may lead to somebody else's host.
//! Shown with a fake only: neither the relay proxy 1.55 nor flagd 0.16 offers streams.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::net::sse::{self, Incoming, Options, Subscription};

/// Streams that are followed at once: an edge offers one, or two while it moves.
const MAX_STREAMS: usize = 2;

/// The least time between two hints of the same edge: a stream in a frenzy must not become a load on the edge.
const LEAST: Duration = Duration::from_millis(200);

/// Where the newest offer is kept, and who follows it.
pub struct Hints {
    offer: watch::Sender<Vec<Url>>,
    /// Followed by whoever waits; kept here, so that a wait that is dropped loses neither stream nor event.
    following: Mutex<Following>,
}

struct Following {
    offer: watch::Receiver<Vec<Url>>,
    streams: Vec<Subscription>,
    /// When the last hint is handed on, if it was not yet.
    due: Option<Instant>,
}

/// One entry of `eventStreams`; what is needed of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stream {
    r#type: String,
    url: Option<Url>,
    endpoint: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    origin: Option<Url>,
    request_uri: String,
}

/// The data of an event.
#[derive(Deserialize)]
struct Data {
    r#type: String,
}

impl Hints {
    /// Nothing was offered yet.
    pub fn new() -> Self {
        let (offer, receiver) = watch::channel(Vec::new());
        Self { offer, following: Mutex::new(Following { offer: receiver, streams: Vec::new(), due: None }) }
    }

    /// Takes what a bulk reply of the edge at `base` offers; what cannot be read is no offer.
    pub fn take(&self, entries: &[Value], base: &Url) {
        let urls = entries.iter().filter_map(|entry| address(entry, base)).take(MAX_STREAMS);
        let urls: Vec<Url> = urls.collect();
        self.offer.send_if_modified(|known| {
            let is_new = *known != urls;
            *known = urls;
            is_new
        });
    }

    /// Waits for the next hint. May be dropped and called again at any time.
    pub async fn next(&self) {
        let mut following = self.following.lock().await;
        loop {
            let Following { offer, streams, due } = &mut *following;
            if let Some(at) = *due {
                sleep_until(at).await;
                *due = None;
                return;
            }
            let said = tokio::select! {
                biased;
                changed = offer.changed() => {
                    if changed.is_err() {
                        std::future::pending::<()>().await;
                    }
                    *streams = offer.borrow_and_update().iter().filter_map(subscribe).collect();
                    continue;
                }
                said = any(streams) => said,
            };
            if is_hint(&said) {
                *due = Some(Instant::now() + LEAST);
            }
        }
    }
}

fn subscribe(url: &Url) -> Option<Subscription> {
    let options = Options { hide_path: true, ..Options::default() };
    Subscription::new(url, options).ok()
}

/// The next word of any stream; without one, waits for ever.
async fn any(streams: &mut [Subscription]) -> Incoming {
    match streams {
        [] => std::future::pending().await,
        [one] => one.next().await,
        [one, other, ..] => tokio::select! {
            said = one.next() => said,
            said = other.next() => said,
        },
    }
}

fn is_hint(said: &Incoming) -> bool {
    let Incoming::Event(sse::Event { data, .. }) = said else { return false };
    serde_json::from_str::<Data>(data).is_ok_and(|data| data.r#type == "refetchEvaluation")
}

/// The address of an entry; `None` for other types than `sse`, and for what cannot be read.
fn address(entry: &Value, base: &Url) -> Option<Url> {
    let Stream { r#type, url, endpoint } = Stream::deserialize(entry).ok()?;
    let address = match (url, endpoint) {
        (Some(url), None) => url,
        (None, Some(Endpoint { origin, request_uri })) if request_uri.starts_with('/') => {
            let origin = origin.unwrap_or_else(|| base.clone());
            Url::parse(&format!("{}{request_uri}", origin.origin().ascii_serialization())).ok()?
        }
        _ => return None,
    };
    (r#type == "sse" && matches!(address.scheme(), "http" | "https")).then_some(address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_offer_is_an_address_or_its_parts_and_anything_else_is_ignored() {
        let base = Url::parse("https://edge.example:8443/flags").expect("a URL");
        let found = |entry| address(&entry, &base).map(String::from);
        let full = "https://sse.example/s?channel=1";
        assert_eq!(found(json!({ "type": "sse", "url": full })).as_deref(), Some(full));
        let parts = json!({ "type": "sse", "endpoint": { "origin": "https://sse.example", "requestUri": "/s?channel=1" } });
        assert_eq!(found(parts).as_deref(), Some(full));
        let ours =
            json!({ "type": "sse", "endpoint": { "requestUri": "/events" }, "inactivityDelaySec": 120 });
        assert_eq!(found(ours).as_deref(), Some("https://edge.example:8443/events"));
        for other in [
            json!({ "type": "websocket", "url": full }),
            json!({ "type": "sse" }),
            json!({ "type": "sse", "url": full, "endpoint": { "requestUri": "/events" } }),
            json!({ "type": "sse", "endpoint": { "requestUri": "@evil.example/" } }),
            json!({ "type": "sse", "url": "file:///etc/passwd" }),
            json!(7),
        ] {
            assert_eq!(found(other.clone()), None, "{other}");
        }
    }
}
