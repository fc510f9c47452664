//! A sink that remembers everything, and lets a test wait for what it expects.

use std::future::ready;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gonogo::domain::{LinkState, Sample, Source, Timestamp};
use gonogo::event::{Body, Promise, Sink};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Failure;

/// No wait is longer; all end as soon as what they wait for is there.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What was handed in, in order.
#[derive(Default)]
pub struct Seen {
    bodies: Mutex<Vec<Body>>,
    arrived: Notify,
}

impl Seen {
    /// Everything so far.
    pub fn all(&self) -> Vec<Body> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, body: Body) {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        self.arrived.notify_waiters();
    }

    /// Waits for the first thing that is looked for.
    pub async fn wait<T>(&self, find: impl Fn(&Body) -> Option<T>) -> Result<T, Failure> {
        self.wait_after(0, find).await
    }

    /// The same, past the first `skip` things.
    pub async fn wait_after<T>(&self, skip: usize, find: impl Fn(&Body) -> Option<T>) -> Result<T, Failure> {
        let waiting = async {
            loop {
                let arrived = self.arrived.notified();
                tokio::pin!(arrived);
                // Registered before looking, so that nothing slips through between the two.
                arrived.as_mut().enable();
                if let Some(found) = self.all().iter().skip(skip).find_map(&find) {
                    return found;
                }
                arrived.await;
            }
        };
        match timeout(DEADLINE, waiting).await {
            Ok(found) => Ok(found),
            Err(_) => Err(format!("not seen in time: {:#?}", self.all()).into()),
        }
    }

    /// Waits until a source is live, past the first `skip` things.
    pub async fn live(&self, skip: usize, source: &Source) -> Result<(), Failure> {
        let is =
            |body: &Body| matches!(body, Body::Link { source: s, state: LinkState::Live } if s == source);
        self.wait_after(skip, |body| is(body).then_some(())).await
    }

    /// Waits until a source is lost, past the first `skip` things.
    pub async fn lost(&self, skip: usize, source: &Source) -> Result<(), Failure> {
        let is = |body: &Body| matches!(body, Body::Link { source: s, state: LinkState::Retrying { .. } } if s == source);
        self.wait_after(skip, |body| is(body).then_some(())).await
    }

    /// All samples so far.
    pub fn samples(&self) -> Vec<Sample> {
        let sample = |body| if let Body::Sample(sample) = body { Some(sample) } else { None };
        self.all().into_iter().filter_map(sample).collect()
    }
}

impl Sink for Seen {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.take(body);
        Box::pin(ready(()))
    }

    fn sample(&self, _: Option<Timestamp>, sample: Sample) {
        self.take(Body::Sample(sample));
    }
}
