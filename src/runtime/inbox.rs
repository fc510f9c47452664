//! The inbox: where adapters hand in what they see.
//!
//! Two lanes. **Facts** go through a bounded queue: whoever hands one in waits while it is full, and
//! nothing is lost. **Samples** are cumulative, so there is one place for each series, and a newer one
//! replaces an older one that nobody has read yet; that costs nothing but a count.
//!
//! The loop takes facts first, then samples, at most a budget at a time, so that keys are never behind a
//! flood.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::clock::Clock;
use crate::domain::{MetricName, Sample, SegmentName, Timestamp};
use crate::engine::model::Traffic;
use crate::event::{Body, Event, Promise, Sink, is_late};

/// Facts that may wait: several seconds of a busy launch; then the sources wait.
pub const FACTS: usize = 4096;
/// Series that may wait: far more than a rollout has; a source that invents segments cannot fill the memory.
pub const SERIES: usize = 20_000;

/// Least time between two drains of the samples' lane. In a flood the loop would otherwise do nothing but take the
/// same series again and again; a sample that waits so long is still new to everybody.
const REST: Duration = Duration::from_millis(10);

type Series = (MetricName, SegmentName);

#[derive(Debug, Default)]
struct Shared {
    samples: Mutex<BTreeMap<Series, Event>>,
    /// The loop, once it has found nothing.
    waiting: AtomicWaker,
    coalesced: AtomicU64,
    refused: AtomicU64,
}

/// The side of the adapters. Copies lead to the same inbox.
#[derive(Debug, Clone)]
pub struct Entrance {
    facts: mpsc::Sender<Event>,
    shared: Arc<Shared>,
    clock: Clock,
}

/// The side of the loop.
#[derive(Debug)]
pub struct Inbox {
    facts: mpsc::Receiver<Event>,
    shared: Arc<Shared>,
    /// Samples that were taken over but did not fit into a budget.
    taken: VecDeque<Event>,
    /// When samples may be taken over again.
    rested: Instant,
}

/// Makes an inbox and its entrance.
#[must_use]
pub fn open(clock: Clock) -> (Entrance, Inbox) {
    let (sender, facts) = mpsc::channel(FACTS);
    let shared = Arc::new(Shared::default());
    let inbox = Inbox { facts, shared: Arc::clone(&shared), taken: VecDeque::new(), rested: Instant::now() };
    (Entrance { facts: sender, shared, clock }, inbox)
}

impl Sink for Entrance {
    fn fact(&self, source_at: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        Box::pin(async move {
            // Waiting for a place comes before the stamp: `at` is when it reached us. A closed inbox means
            // that the session ends; nobody is left to tell.
            if let Ok(place) = self.facts.reserve().await {
                place.send(Event { at: self.clock.now(), source_at, body });
            }
        })
    }

    fn sample(&self, source_at: Option<Timestamp>, sample: Sample) {
        let series = (sample.metric.clone(), sample.segment.clone());
        let event = Event { at: self.clock.now(), source_at, body: Body::Sample(sample) };
        let mut samples = self.shared.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = samples.len() < SERIES;
        match samples.entry(series) {
            Entry::Occupied(mut known) => {
                // Of two readings the one that was taken last stays, whichever came last.
                let is_late = is_late(source_at, known.get().source_at);
                let dropped = if is_late { event } else { known.insert(event) };
                drop(samples);
                drop(dropped);
                self.shared.coalesced.fetch_add(1, Ordering::Relaxed);
            }
            Entry::Vacant(place) if has_room => {
                place.insert(event);
                drop(samples);
                self.shared.waiting.wake();
            }
            Entry::Vacant(_) => _ = self.shared.refused.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Inbox {
    /// Waits until something is there, then takes at most `budget` events: facts first, then samples.
    ///
    /// Nothing is lost when the future is dropped half-way.
    pub async fn take(&mut self, budget: usize) -> Vec<Event> {
        loop {
            let rested = self.rested;
            let news = poll_fn(|cx| self.poll_take(cx, budget));
            tokio::select! {
                biased;
                batch = news => return batch,
                // Samples may be there already.
                () = sleep_until(rested), if Instant::now() < rested => {}
            }
        }
    }

    /// Takes what is there, at most `budget` events: facts first, then samples. When there is nothing, whoever polls is
    /// woken by what comes next, also when they look elsewhere meanwhile; but samples that come before
    /// [`Inbox::rests_until`] are only there after it.
    pub fn poll_take(&mut self, cx: &mut Context<'_>, budget: usize) -> Poll<Vec<Event>> {
        // Before looking, or what comes in between would wake nobody.
        self.shared.waiting.register(cx.waker());
        let is_rested = Instant::now() >= self.rested;
        let batch = self.collect(budget, is_rested);
        if !batch.is_empty() {
            return Poll::Ready(batch);
        }
        match self.facts.poll_recv(cx) {
            Poll::Ready(Some(fact)) => Poll::Ready(vec![fact]),
            // Without adapters there is nothing but the samples that they left.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Until when samples are left to gather. `None`: they are taken as they come.
    #[must_use]
    pub fn rests_until(&self) -> Option<Instant> {
        Some(self.rested).filter(|rested| Instant::now() < *rested)
    }

    /// Takes what is there, at most `budget` events.
    pub fn take_now(&mut self, budget: usize) -> Vec<Event> {
        self.collect(budget, true)
    }

    fn collect(&mut self, budget: usize, with_samples: bool) -> Vec<Event> {
        let mut batch = Vec::new();
        while batch.len() < budget {
            match self.facts.try_recv() {
                Ok(fact) => batch.push(fact),
                Err(_) => break,
            }
        }
        if with_samples && batch.len() < budget && self.taken.is_empty() {
            let mut samples = self.shared.samples.lock().unwrap_or_else(PoisonError::into_inner);
            self.taken = std::mem::take(&mut *samples).into_values().collect();
            if !self.taken.is_empty() {
                self.rested = Instant::now() + REST;
            }
        }
        let rest = (budget - batch.len()).min(self.taken.len());
        batch.extend(self.taken.drain(..rest));
        batch
    }

    /// What was left out so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            late: 0,
            coalesced: self.shared.coalesced.load(Ordering::Relaxed),
            refused: self.shared.refused.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ByArm, Counts, SampleValue};

    fn sample(segment: &str, units: f64) -> Sample {
        let value = SampleValue::Counts(ByArm { treatment: Some(Counts { units, bad: 0. }), control: None });
        Sample { metric: "errors".parse().expect("name"), segment: segment.parse().expect("name"), value }
    }

    #[tokio::test(start_paused = true)]
    async fn facts_come_first_and_all_of_them_samples_only_the_newest() {
        let (entrance, mut inbox) = open(Clock::starting_at(Timestamp(0)));
        for n in 0..1000 {
            entrance.sample(None, sample("free", f64::from(n)));
            entrance.sample(None, sample("beta", f64::from(n)));
        }
        for _ in 0..10 {
            entrance.fact(None, Body::Tick).await;
        }
        let first = inbox.take(5).await;
        assert!(first.len() == 5 && first.iter().all(|event| event.body == Body::Tick));
        let rest = inbox.take(100).await;
        let newest = rest.iter().filter(|e| e.body == Body::Sample(sample("free", 999.))).count();
        assert_eq!((rest.len(), newest), (7, 1));
        assert_eq!(inbox.traffic(), Traffic { coalesced: 1998, refused: 0, late: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_arrives_late_does_not_replace_the_newer_one() {
        let (entrance, mut inbox) = open(Clock::starting_at(Timestamp(0)));
        entrance.sample(Some(Timestamp(2000)), sample("free", 20.));
        entrance.sample(Some(Timestamp(1000)), sample("free", 10.));
        let bodies: Vec<_> = inbox.take(10).await.into_iter().map(|event| event.body).collect();
        assert_eq!(bodies, [Body::Sample(sample("free", 20.))]);
        assert_eq!(inbox.traffic().coalesced, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_flood_samples_wait_a_moment_for_each_other_and_facts_for_nothing() {
        let (entrance, mut inbox) = open(Clock::starting_at(Timestamp(0)));
        let start = Instant::now();
        entrance.sample(None, sample("free", 1.));
        assert_eq!((inbox.take(100).await.len(), start.elapsed()), (1, Duration::ZERO));
        entrance.sample(None, sample("free", 2.));
        entrance.fact(None, Body::Tick).await;
        let fact = inbox.take(100).await;
        assert!(matches!(&fact[..], [Event { body: Body::Tick, .. }]) && start.elapsed().is_zero());
        // Whoever stops waiting loses nothing.
        assert!(tokio::time::timeout(REST / 2, inbox.take(100)).await.is_err());
        entrance.sample(None, sample("free", 3.));
        assert_eq!((inbox.take(100).await.len(), start.elapsed()), (1, REST));
        // Also when nobody is left to hand in more.
        entrance.sample(None, sample("free", 4.));
        drop(entrance);
        assert_eq!((inbox.take(100).await.len(), start.elapsed()), (1, REST * 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_inbox_makes_facts_wait_and_loses_none() {
        let (entrance, mut inbox) = open(Clock::starting_at(Timestamp(0)));
        let sender = tokio::spawn(async move {
            for _ in 0..FACTS + 100 {
                entrance.fact(None, Body::Tick).await;
            }
        });
        let mut seen = 0;
        while seen < FACTS + 100 {
            seen += inbox.take(64).await.len();
        }
        sender.await.expect("the sender ends");
        assert_eq!(seen, FACTS + 100);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_series_are_refused_and_counted() {
        let (entrance, mut inbox) = open(Clock::starting_at(Timestamp(0)));
        for n in 0..SERIES + 7 {
            entrance.sample(None, sample(&format!("s{n}"), 1.));
        }
        assert_eq!(inbox.take(usize::MAX).await.len(), SERIES);
        assert_eq!(inbox.traffic().refused, 7);
    }
}
