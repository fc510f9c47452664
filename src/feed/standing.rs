//! A subscription that does not end, not even by what trying again cannot mend.
//!
//! In: an [`Endpoint`] and a [`Want`]. Out: [`Incoming`], for ever. A refused token or a protocol that
//! we do not speak is told as `Failed`, once, and then tried again quietly every [`AGAIN`]: tokens are
//! exchanged and servers are updated while a guard runs for weeks.
//!
//! It never says `Connecting` again after a failure: nothing is better until it is `Live`.

use std::time::Duration;

use tokio::time::sleep;

use super::{Endpoint, Incoming, Link, Want};
use crate::domain::LinkState;

/// How long to wait after a refusal that only somebody else can mend.
const AGAIN: Duration = Duration::from_secs(30);

/// A subscription for ever.
#[derive(Debug)]
pub struct Standing {
    endpoint: Endpoint,
    want: Want,
    link: Link,
    /// What was told when the last link gave up; `None` once there was a sign of life.
    failed: Option<LinkState>,
}

impl Standing {
    /// A subscription; connects at the first [`Standing::next`].
    #[must_use]
    pub fn new(endpoint: Endpoint, want: Want) -> Self {
        let link = Link::new(endpoint.clone(), want.clone());
        Self { endpoint, want, link, failed: None }
    }

    /// Waits for the next thing. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Incoming {
        loop {
            match self.link.next().await {
                Some(Incoming::Link(LinkState::Connecting)) if self.failed.is_some() => {}
                Some(Incoming::Link(state)) => {
                    let failed = matches!(state, LinkState::Failed { .. }).then(|| state.clone());
                    let is_known = failed.is_some() && failed == self.failed;
                    self.failed = failed;
                    if !is_known {
                        return Incoming::Link(state);
                    }
                }
                Some(incoming) => return incoming,
                None => {
                    sleep(AGAIN).await;
                    self.link = Link::new(self.endpoint.clone(), self.want.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::feed::{Settings, Timing};

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_mended_is_told_once_and_found_again_when_somebody_mended_it() {
        let folder = tempfile::tempdir().expect("folder");
        let token = folder.path().join("token");
        let write = || {
            std::fs::write(&token, "t").expect("write");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&token, private).expect("permissions");
        };
        write();
        let settings = format!("url = \"ws://127.0.0.1:1\"\ntoken = {{ file = {token:?} }}");
        let settings: Settings = toml::from_str(&settings).expect("settings");
        let endpoint = Endpoint::new(settings, Timing::default()).expect("endpoint");
        std::fs::remove_file(&token).expect("remove");

        let mut standing = Standing::new(endpoint, Want::feedback());
        assert_eq!(standing.next().await, Incoming::Link(LinkState::Connecting));
        assert!(matches!(standing.next().await, Incoming::Link(LinkState::Failed { .. })));
        let quiet = timeout(AGAIN * 10, standing.next()).await;
        assert!(quiet.is_err(), "said again: {quiet:?}");

        write();
        let since = Instant::now();
        // Nobody listens there, but the token is no longer the trouble.
        assert!(matches!(standing.next().await, Incoming::Link(LinkState::Retrying { .. })));
        assert!(since.elapsed() <= AGAIN * 2, "{:?}", since.elapsed());
    }
}
