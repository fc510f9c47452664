//! Looks at Unleash every second, as an SDK does. In: the client API with ETags. Out: the newest [`Seen`].
//!
//! When Unleash is away, the last flag seen stays in force (that is what SDKs do, and what an on-call must know); the
//! problem and its age are shown. It never ends, never queues: a slow answer delays the next look.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _};
use reqwest::{Method, StatusCode};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::client::{Client, body, refused};
use crate::flag::{Features, Flag};

/// Warnings told about unknown operators and strategies; after so many different ones, nobody reads the next.
const WARNING_LIMIT: usize = 100;

/// What is known about the flag.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The flag; `None` before the first answer, or if Unleash knows no such flag. Nobody gets the feature then.
    pub flag: Option<Flag>,
    /// Version that Unleash gave to all its flags.
    pub etag: Option<String>,
    /// When Unleash last answered; `None` if never.
    pub checked: Option<Instant>,
    /// When the flag last became different.
    pub changed: Option<Instant>,
    /// Why the last look failed; `None` if it did not.
    pub problem: Option<String>,
}

/// Starts to watch; the receiver always holds the newest state.
pub fn watch(client: Client, flag: String, refresh: Duration) -> watch::Receiver<Seen> {
    let (sender, receiver) = watch::channel(Seen::default());
    tokio::spawn(async move {
        let mut warned = BTreeSet::new();
        let mut tick = tokio::time::interval(refresh);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !sender.is_closed() {
            tick.tick().await;
            let etag = sender.borrow().etag.clone();
            let looked = look(&client, etag.as_deref()).await;
            if let Err(error) = &looked
                && sender.borrow().problem.is_none()
            {
                warn(&format!("{error:#}; the last known flag stays in force"));
            }
            sender.send_modify(|seen| seen.take(looked, &flag, Instant::now()));
            let unknown = sender.borrow().flag.as_ref().map(Flag::unknown).unwrap_or_default();
            for what in unknown {
                if warned.len() < WARNING_LIMIT && warned.insert(what.clone()) {
                    warn(&format!("{what} is unknown here: it matches nobody"));
                }
            }
        }
    });
    receiver
}

fn warn(text: &str) {
    // Standard error may be closed; the shop goes on.
    let _ = writeln!(std::io::stderr(), "shop: warning: {text}");
}

/// New flags with their version, or `None` if nothing changed.
type Looked = Option<(Features, Option<String>)>;

async fn look(client: &Client, etag: Option<&str>) -> Result<Looked> {
    let mut request = client.request(Method::GET, &["api", "client", "features"])?;
    if let Some(etag) = etag {
        request = request.header("If-None-Match", etag);
    }
    let response = client.send(request).await?;
    match response.status() {
        StatusCode::NOT_MODIFIED => Ok(None),
        StatusCode::OK => {
            let etag = response.headers().get("etag").and_then(|v| v.to_str().ok()).map(str::to_owned);
            let features = serde_json::from_slice(&body(response).await?)
                .wrap_err("cannot read the flags of Unleash")?;
            Ok(Some((features, etag)))
        }
        _ => Err(refused("read flags", response).await),
    }
}

impl Seen {
    fn take(&mut self, looked: Result<Looked>, name: &str, now: Instant) {
        match looked {
            Ok(news) => {
                if let Some((features, etag)) = news {
                    let flag = features.features.into_iter().find(|flag| flag.name == name);
                    if flag != self.flag || self.changed.is_none() {
                        self.changed = Some(now);
                    }
                    self.flag = flag;
                    self.etag = etag;
                }
                self.checked = Some(now);
                self.problem = None;
            }
            Err(error) => self.problem = Some(format!("{error:#}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(enabled: bool) -> Result<Looked> {
        let json = serde_json::json!({ "features": [{ "name": "f", "enabled": enabled }, { "name": "g", "enabled": true }] });
        Ok(Some((serde_json::from_value(json)?, Some(format!("v-{enabled}")))))
    }

    #[test]
    fn a_lost_server_leaves_the_last_flag_in_force_and_is_told() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        seen.take(features(true), "f", start);
        seen.take(Err(color_eyre::eyre::eyre!("gone")), "f", start + Duration::from_secs(1));
        assert!(seen.flag.as_ref().is_some_and(|f| f.enabled));
        assert_eq!((seen.checked, seen.problem.as_deref()), (Some(start), Some("gone")));

        let later = start + Duration::from_secs(2);
        seen.take(Ok(None), "f", later);
        assert_eq!((seen.checked, seen.changed, seen.problem), (Some(later), Some(start), None));
    }

    #[test]
    fn a_flag_that_vanishes_is_off() {
        let (mut seen, now) = (Seen::default(), Instant::now());
        seen.take(features(true), "f", now);
        seen.take(Ok(Some((Features { features: vec![] }, None))), "f", now);
        assert!(seen.flag.is_none());
    }
}
