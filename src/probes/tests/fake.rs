//! An edge in memory: a share of each segment, faults on demand, a count of what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::super::edge::{Answer, Edge, Look, Remedy, Trouble, User};
use super::super::{Asked, Context, Cuer, Panelist, Probe, Size, Subject, cues};
use crate::domain::{
    FlagKey, LinkState, Panel, Percent, PlatformName, Probed, Sample, SegmentName, Text, Timestamp,
};
use crate::event::{Body, Promise, Sink};

/// How long an answer takes.
const TAKES: Duration = Duration::from_millis(1);

#[derive(Default)]
struct State {
    segments: Vec<SegmentName>,
    /// The users of each segment with a number up to this have the feature.
    share: Vec<u32>,
    split: Option<usize>,
    fails: Option<(u32, usize)>,
    pause: Option<Duration>,
    is_unknown: bool,
    asked: Vec<Instant>,
    looks: usize,
}

#[derive(Clone, Default)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    hint: Arc<Notify>,
}

impl Fake {
    pub fn new(segments: &[(&str, u32)]) -> Self {
        let fake = Self::default();
        let name = |name: &str| SegmentName::new(name).expect("a name");
        fake.state().segments = segments.iter().map(|(segment, _)| name(segment)).collect();
        fake.state().share = segments.iter().map(|(_, share)| *share).collect();
        fake
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, segment: &str) -> usize {
        self.state().segments.iter().position(|name| name.as_str() == segment).expect("a segment")
    }

    pub fn serve(&self, segment: &str, share: u32) {
        let place = self.place(segment);
        self.state().share[place] = share;
    }

    pub fn split(&self, segment: &str) {
        let place = self.place(segment);
        self.state().split = Some(place);
    }

    pub fn fail_every(&self, every: u32, segment: &str) {
        let place = self.place(segment);
        self.state().fails = (every > 0).then_some((every, place));
    }

    pub fn pause(&self, pause: Option<Duration>) {
        self.state().pause = pause;
    }

    pub fn forget_flag(&self) {
        self.state().is_unknown = true;
    }

    pub fn hint(&self) {
        self.hint.notify_one();
    }

    pub fn forget(&self) {
        let mut state = self.state();
        (state.asked, state.looks) = (Vec::new(), 0);
    }

    /// Questions, canaries, and the most questions within one second.
    pub fn load(&self) -> (usize, usize, usize) {
        let state = self.state();
        let within = |from: &Instant| {
            state.asked.iter().filter(|at| *at >= from && **at < *from + Duration::from_secs(1)).count()
        };
        (state.asked.len(), state.looks, state.asked.iter().map(within).max().unwrap_or_default())
    }

    fn answer(&self, user: &User) -> Result<Answer, Trouble> {
        let state = self.state();
        let number: u32 = user.key.rsplit('-').next().and_then(|n| n.parse().ok()).expect("a number");
        if let Some(pause) = state.pause {
            return Err(Trouble { cause: Text::new("answered 429"), remedy: Remedy::Pause(pause) });
        }
        if state.fails.is_some_and(|(every, place)| place == user.segment && number.is_multiple_of(every)) {
            return Err(Trouble { cause: Text::new("answered 500"), remedy: Remedy::Again });
        }
        let has_it = !state.is_unknown && number <= state.share[user.segment];
        let name = match (has_it, state.split == Some(user.segment)) {
            (false, _) => "off",
            (true, true) if number.is_multiple_of(2) => "a",
            (true, true) => "b",
            (true, false) => "on",
        };
        Ok(Answer { has_it, variant: Some(Text::new(name)), is_unknown: state.is_unknown })
    }
}

impl Edge for Fake {
    fn ask<'a>(&'a self, user: &'a User) -> Promise<'a, Result<Answer, Trouble>> {
        Box::pin(async move {
            self.state().asked.push(Instant::now());
            sleep(TAKES).await;
            self.answer(user)
        })
    }

    fn look<'a>(&'a self, user: &'a User, _: Option<&'a str>) -> Promise<'a, Result<Look, Trouble>> {
        Box::pin(async move {
            self.state().looks += 1;
            sleep(TAKES).await;
            self.answer(user).map(|answer| Look::Seen { answer: Some(answer), mark: None })
        })
    }

    fn hint(&self) -> Promise<'_, ()> {
        Box::pin(self.hint.notified())
    }
}

/// What was handed in, and when.
#[derive(Default)]
struct Seen {
    bodies: Mutex<Vec<(Instant, Body)>>,
    arrived: Notify,
}

impl Sink for Seen {
    fn fact(&self, _: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), body));
        self.arrived.notify_waiters();
        Box::pin(std::future::ready(()))
    }

    fn sample(&self, _: Option<Timestamp>, _: Sample) {}
}

/// The runtime's end, as a test uses it.
pub struct Prompt(Cuer);

impl Prompt {
    pub fn sent(&self) {
        self.0.sent();
    }

    pub fn ended(&self) {
        self.0.ended();
    }

    pub fn stored<const N: usize>(&mut self, shares: [(&str, u32); N]) {
        let share = |(name, percent): (&str, u32)| {
            (SegmentName::new(name).expect("a name"), Percent::from_ppm(percent * 10_000))
        };
        self.0.stored(shares.into_iter().map(share).collect());
    }
}

/// A probe at work on a fake edge.
pub struct World {
    seen: Arc<Seen>,
    pub cuer: Prompt,
    task: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn panelist(edge: &Fake, size: Size) -> Panelist {
    let segments = edge.state().segments.iter().map(|name| (name.clone(), Context::new())).collect();
    let platform = PlatformName::new("web").expect("a name");
    let subject = Subject { platform, flag: FlagKey::new("checkout").expect("a key"), segments };
    Panelist::new(edge.clone(), &subject, size)
}

impl World {
    pub fn start(edge: &Fake, size: Size) -> Self {
        let (seen, (cuer, cues)) = (Arc::<Seen>::default(), cues());
        let (probe, sink) = (panelist(edge, size), Arc::clone(&seen));
        let task = tokio::spawn(async move { probe.watch(&*sink, cues).await });
        Self { seen, cuer: Prompt(cuer), task }
    }

    pub async fn ask(edge: &Fake, size: Size) -> Result<Asked, Text> {
        panelist(edge, size).ask().await
    }

    fn all(&self) -> Vec<(Instant, Body)> {
        self.seen.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first of what is handed in from now on that is looked for.
    async fn next<T>(&self, find: impl Fn(&Body) -> Option<T>) -> T {
        let from = self.all().len();
        self.after(from, find).await
    }

    async fn after<T>(&self, from: usize, find: impl Fn(&Body) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let arrived = self.seen.arrived.notified();
                tokio::pin!(arrived);
                arrived.as_mut().enable();
                if let Some(found) = self.all().iter().skip(from).find_map(|(_, body)| find(body)) {
                    return found;
                }
                arrived.await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(120), waiting).await;
        found.unwrap_or_else(|_| panic!("not seen: {:#?}", self.all()))
    }

    /// The next report.
    pub async fn served(&self) -> BTreeMap<String, Probed> {
        self.next(|body| match body {
            Body::Served { served, .. } => Some(by_name(served)),
            _ => None,
        })
        .await
    }

    /// The next report of a whole panel.
    pub async fn whole(&self) -> BTreeMap<String, Probed> {
        self.next(whole).await
    }

    /// The next whole panel of a segment.
    pub async fn whole_of(&self, segment: &str) -> Probed {
        self.next(|body| whole(body).and_then(|mut served| served.remove(segment))).await
    }

    /// The link, once it is so; or it is already.
    pub async fn link(&self, is: impl Fn(&LinkState) -> bool) {
        let link = |body: &Body| match body {
            Body::Link { state, .. } => Some(state.clone()),
            _ => None,
        };
        if !self.all().iter().rev().find_map(|(_, body)| link(body)).is_some_and(|state| is(&state)) {
            self.next(|body| link(body).filter(&is)).await;
        }
    }

    pub async fn problem(&self, words: &str) -> String {
        self.after(0, |body| problem(body).filter(|text| text.contains(words))).await
    }

    pub fn problems(&self, words: &str) -> usize {
        self.all().iter().filter_map(|(_, body)| problem(body)).filter(|text| text.contains(words)).count()
    }

    pub fn served_since(&self, since: Instant) -> usize {
        self.all().iter().filter(|(at, body)| *at > since && matches!(body, Body::Served { .. })).count()
    }

    /// Whether anybody was ever told that nobody of a segment has the feature.
    pub fn is_off(&self, segment: &str) -> bool {
        self.all().iter().any(|(_, body)| match body {
            Body::Served { served, .. } => {
                by_name(served).get(segment).is_some_and(|probed| probed.treated == 0)
            }
            _ => false,
        })
    }
}

fn by_name(served: &BTreeMap<SegmentName, Probed>) -> BTreeMap<String, Probed> {
    served.iter().map(|(name, probed)| (name.to_string(), probed.clone())).collect()
}

fn whole(body: &Body) -> Option<BTreeMap<String, Probed>> {
    let Body::Served { served, .. } = body else { return None };
    served.values().all(|probed| probed.panel == Panel::Whole).then(|| by_name(served))
}

fn problem(body: &Body) -> Option<String> {
    if let Body::Problem { problem, .. } = body { Some(problem.to_string()) } else { None }
}
