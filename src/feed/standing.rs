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
