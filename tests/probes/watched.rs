//! A probe at work: what it hands in, and the cues that it is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use gonogo::domain::{Panel, Percent, Probed, SegmentName};
use gonogo::event::Body;
use gonogo::probes::{Cuer, Probe, cues};
use tokio::task::JoinHandle;

use super::Failure;
use super::edge::segment;
use super::seen::Seen;

pub struct Watched {
    pub seen: Arc<Seen>,
    pub cuer: Cuer,
    task: JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    pub fn start(probe: Box<dyn Probe>) -> Self {
        let (seen, (cuer, cues)) = (Arc::<Seen>::default(), cues());
        let sink = Arc::clone(&seen);
        let task = tokio::spawn(async move { probe.watch(&*sink, cues).await });
        Self { seen, cuer, task }
    }

    /// How much was handed in so far.
    pub fn so_far(&self) -> usize {
        self.seen.all().len()
    }

    /// The next report of everybody, past what was handed in before, of which something is true.
    pub async fn whole(
        &self,
        skip: usize,
        is: impl Fn(&BTreeMap<SegmentName, Probed>) -> bool,
    ) -> Result<BTreeMap<SegmentName, Probed>, Failure> {
        let whole = |body: &Body| match body {
            Body::Served { served, .. } if served.values().all(|p| p.panel == Panel::Whole) => {
                Some(served.clone()).filter(&is)
            }
            _ => None,
        };
        self.seen.wait_after(skip, whole).await
    }

    /// Waits for a report that nobody has it, in both segments, by whomever was asked.
    pub async fn off(&self, skip: usize) -> Result<Panel, Failure> {
        self.seen
            .wait_after(skip, |body| match body {
                Body::Served { served, .. }
                    if served.len() == 2 && served.values().all(|p| p.treated == 0) =>
                {
                    served.values().map(|probed| probed.panel).next()
                }
                _ => None,
            })
            .await
    }

    /// Tells what is stored.
    pub fn stored(&self, (enterprise, free): (u32, u32)) {
        let share = |percent: u32| Percent::from_ppm(percent * 10_000);
        self.cuer.stored([(segment("enterprise"), share(enterprise)), (segment("free"), share(free))].into());
    }
}
