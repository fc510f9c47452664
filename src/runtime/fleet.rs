//! The fleet: the sessions of a cockpit, one for each rollout, in one loop.
//!
//! ```text
//! session of checkout-v2 ─bell┐               ┌▶ models, for the screen
//! session of search-v3   ─bell┼▶ take_news ───┼▶ whether somebody waits for what came
//!  …                          ┘   a turn      └▶ look: what a frame would be drawn from
//! ```
//!
//! In: sessions, or posts to open them at. Out: news of any of them, and their models for the screen. A request goes to the
//! session of the rollout that it names. Nothing is shared between two sessions: one that waits for its disk, or dies of a
//! bug, never holds or hurts another.
//!
//! - Only a session whose bell rang is asked for news; two hundred that are quiet cost nothing.
//! - A turn is short, whatever comes in: keys come first after each. Who had its turn goes to the end of the queue.
//! - Time is told to a few at once, for the same reason.
//!
//! It must never wait for a single session, and never decide anything: verdicts and acts are the engines'.
//!
//! Start reading at [`Fleet::take_news`].

mod bells;
mod member;

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use self::bells::Bells;
use self::member::{Fallen, Member};
use super::pacer;
use super::service::post::{Opened, Post};
use super::session::Session;
use crate::action::{Request, Verb};
use crate::domain::RolloutName;
use crate::engine::{Model, Need};
use crate::event::{Body, Event};
use crate::ui::View;

/// How long a turn may last: a key waits at most that long, and what one session has at once.
const TURN: Duration = Duration::from_millis(2);
/// How many sessions a turn takes news of, or tells the time: an upper bound that needs no clock.
const MOST: usize = 64;

/// The sessions of a cockpit.
pub struct Fleet {
    members: Vec<Member>,
    bells: Bells,
    /// Sessions that let samples gather, with the time until which they do, the first one first.
    resting: VecDeque<(Instant, usize)>,
    is_resting: Vec<bool>,
    alarm: Option<Pin<Box<Sleep>>>,
    /// The next one to be told the time. `None`: all were.
    ticking: Option<usize>,
    /// What each rollout needs, for the sign that another one needs somebody, and how often that has changed, or a session.
    needs: Vec<Need>,
    calls: u64,
    opening: JoinSet<(usize, Opened)>,
}

/// Where a rollout stands among the others, and which of its sessions is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Among the models.
    pub index: usize,
    /// Another number: its model was begun anew, after it died of a bug.
    pub life: u32,
}

/// What a frame is drawn from: it looks the same while this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    models: u64,
    second: i64,
    calls: u64,
    view: u64,
}

impl pacer::Look for Look {
    fn is_later_only(&self, than: &Self) -> bool {
        Self { second: than.second, ..*self } == *than
    }
}

impl Fleet {
    /// A fleet of these.
    #[must_use]
    pub fn new(sessions: Vec<Session>) -> Self {
        Self::of(sessions.into_iter().map(|session| Member::new(None, session)).collect())
    }

    /// A fleet of these posts; a session that dies of a bug is opened again. Returns warnings with it.
    ///
    /// # Errors
    /// Why sessions cannot be opened: all that cannot.
    pub fn open(posts: Vec<Post>) -> Result<(Self, Vec<String>), Vec<String>> {
        let (mut members, mut warnings, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let is_one = posts.len() == 1;
        for post in posts {
            match (post.open)() {
                Ok((session, said)) => {
                    let of = |said: String| if is_one { said } else { format!("{}: {said}", post.rollout) };
                    warnings.extend(said.into_iter().map(of));
                    members.push(Member::new(Some(post), session));
                }
                Err(cause) => faults.push(cause),
            }
        }
        if faults.is_empty() { Ok((Self::of(members), warnings)) } else { Err(faults) }
    }

    fn of(members: Vec<Member>) -> Self {
        let count = members.len();
        Self {
            bells: Bells::new(count),
            resting: VecDeque::new(),
            is_resting: vec![false; count],
            alarm: None,
            ticking: None,
            needs: vec![Need::Wait; count],
            calls: 0,
            opening: JoinSet::new(),
            members,
        }
    }

    /// What is known of each rollout, in the order in which they were given.
    #[must_use]
    pub fn models(&self) -> Vec<&Model> {
        self.members.iter().map(Member::model).collect()
    }

    /// Where each of them stands.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.members.iter().enumerate().map(|(index, member)| Place { index, life: member.life() })
    }

    /// The sessions that live.
    pub fn sessions(&mut self) -> impl Iterator<Item = &mut Session> {
        self.members.iter_mut().filter_map(Member::session)
    }

    /// What a frame of that view would be drawn from. What happens to a rollout that is not looked at makes no frame, unless
    /// it begins or ceases to need somebody.
    #[must_use]
    pub fn look(&self, view: &View) -> Look {
        let second = |model: &Model| model.now.0.div_euclid(1000);
        let (models, second) = if view.is_on(Verb::Fleet) {
            let models = self.members.iter().map(|member| member.model().revision);
            let seconds = self.members.iter().map(|member| second(member.model()));
            (models.fold(0, u64::wrapping_add), seconds.max().unwrap_or(0))
        } else {
            self.seen(view).map_or((0, 0), |model| (model.revision, second(model)))
        };
        Look { models, second, calls: self.calls, view: view.revision() }
    }

    /// The rollout that a view looks at.
    fn seen(&self, view: &View) -> Option<&Model> {
        let mut models = self.members.iter().map(Member::model);
        let named = models.clone().find(|model| Some(&model.rollout.name) == view.looks_at());
        named.or_else(|| models.next())
    }

    /// Waits for news of any rollout, and takes some of what is there: a turn. Returns whether there was an outcome of
    /// something that was asked for. Nothing is lost when the future is dropped.
    pub async fn take_news(&mut self) -> bool {
        self.take_news_and(|_, _, _| {}).await
    }

    /// The same; `look` sees the place of a rollout, and its model right after each event.
    pub async fn take_news_and(&mut self, mut look: impl FnMut(Place, &Model, &Event)) -> bool {
        if self.members.is_empty() {
            return pending().await;
        }
        poll_fn(|cx| self.poll_news(cx, &mut look)).await
    }

    fn poll_news(
        &mut self,
        cx: &mut Context<'_>,
        look: &mut impl FnMut(Place, &Model, &Event),
    ) -> Poll<bool> {
        // Before looking, or what rings in between would wake nobody.
        self.bells.listen(cx.waker());
        self.poll_opening(cx);
        self.wake_rested();
        let end = Instant::now() + TURN;
        let mut news = self.tell_time(end);
        let mut is_outcome = false;
        for _ in 0..MOST {
            let Some(place) = self.bells.next() else { break };
            if let Poll::Ready(is) = self.ask_for_news(place, look) {
                (news, is_outcome) = (true, is_outcome || is);
            }
            if Instant::now() >= end {
                break;
            }
        }
        if news {
            return Poll::Ready(is_outcome);
        }
        self.set_alarm(cx);
        Poll::Pending
    }

    /// Takes what a session has; if it had something, it is asked again in its turn.
    fn ask_for_news(&mut self, place: usize, look: &mut impl FnMut(Place, &Model, &Event)) -> Poll<bool> {
        let (Some(member), Some(bell)) = (self.members.get_mut(place), self.bells.bell(place)) else {
            return Poll::Pending;
        };
        let at = Place { index: place, life: member.life() };
        match member.poll_news(&mut Context::from_waker(bell), |model, event| look(at, model, event)) {
            Ok(Poll::Ready(is_outcome)) => {
                self.bells.ring(place);
                self.assess(place);
                Poll::Ready(is_outcome)
            }
            Ok(Poll::Pending) => {
                self.let_rest(place);
                Poll::Pending
            }
            Err(Fallen) => {
                self.reopen(place);
                Poll::Ready(true)
            }
        }
    }

    /// Has a session asked again when its samples have gathered.
    fn let_rest(&mut self, place: usize) {
        let until = self.members.get_mut(place).and_then(Member::session).and_then(|s| s.rests_until());
        let (Some(until), Some(is_resting)) = (until, self.is_resting.get_mut(place)) else { return };
        if !std::mem::replace(is_resting, true) {
            self.resting.push_back((until, place));
        }
    }

    fn wake_rested(&mut self) {
        let now = Instant::now();
        // All rest equally long, so the first is the first to be woken.
        while let Some((_, place)) = self.resting.pop_front_if(|(until, _)| *until <= now) {
            if let Some(is_resting) = self.is_resting.get_mut(place) {
                *is_resting = false;
            }
            self.bells.ring(place);
        }
    }

    fn set_alarm(&mut self, cx: &mut Context<'_>) {
        let Some((until, _)) = self.resting.front() else { return };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(*until)));
        alarm.as_mut().reset(*until);
        if alarm.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// Tells every engine the time: the first of them now, the others in the turns that follow.
    pub fn tick(&mut self) {
        // Whoever has not heard of the last tick yet hears of this one.
        self.ticking.get_or_insert(0);
    }

    /// Returns whether anybody was told.
    fn tell_time(&mut self, end: Instant) -> bool {
        let Some(first) = self.ticking else { return false };
        for place in first..first.saturating_add(MOST) {
            if place >= self.members.len() {
                self.ticking = None;
                break;
            }
            self.ticking = Some(place + 1);
            self.feed(place, Body::Tick);
            if Instant::now() >= end {
                break;
            }
        }
        true
    }

    fn feed(&mut self, place: usize, body: Body) {
        let Some(member) = self.members.get_mut(place) else { return };
        match member.feed(body) {
            Ok(()) => self.assess(place),
            Err(Fallen) => self.reopen(place),
        }
    }

    /// Notes whether a rollout has begun or ceased to need somebody.
    fn assess(&mut self, place: usize) {
        let need = self.members.get(place).map(|member| member.model().brief().need);
        let (Some(need), Some(known)) = (need, self.needs.get_mut(place)) else { return };
        if *known != need && (known.is_call() || need.is_call()) {
            self.calls += 1;
        }
        *known = need;
    }

    /// Opens a session again after a while, if it is known how.
    fn reopen(&mut self, place: usize) {
        self.assess(place);
        self.calls += 1;
        let Some(member) = self.members.get(place) else { return };
        let Some(post) = &member.post else { return };
        let (open, patience) = (Arc::clone(&post.open), member.patience());
        self.opening.spawn(async move {
            sleep(patience).await;
            // Opening reads the disk.
            let opened = tokio::task::spawn_blocking(move || open()).await;
            let opened = opened.unwrap_or_else(|_| Err("opening it panicked; this is a bug".to_owned()));
            (place, opened)
        });
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(opened)) = self.opening.poll_join_next(cx) {
            match opened {
                Ok((place, Ok((session, warnings)))) => {
                    let Some(member) = self.members.get_mut(place) else { continue };
                    match member.revive(session, warnings) {
                        Ok(()) => {
                            self.bells.ring(place);
                            self.assess(place);
                            // Its count of changes begins anew, and might be what it was.
                            self.calls += 1;
                        }
                        Err(Fallen) => self.reopen(place),
                    }
                }
                Ok((place, Err(cause))) => {
                    if let Some(member) = self.members.get_mut(place) {
                        member.refuse(&cause);
                    }
                    self.reopen(place);
                }
                // The process ends.
                Err(_) => {}
            }
        }
    }

    /// Hands a request in.
    pub fn ask(&mut self, rollout: &RolloutName, request: Request) {
        if let Some(place) = self.place(rollout) {
            self.feed(place, Body::Asked(request));
        }
    }

    /// Asks the backends of a rollout what a request would do there.
    pub fn rehearse(&mut self, rollout: &RolloutName, request: &Request) {
        let place = self.place(rollout);
        let member = place.and_then(|place| self.members.get_mut(place));
        if let Some(session) = member.and_then(Member::session) {
            session.rehearse(request);
        }
    }

    fn place(&self, rollout: &RolloutName) -> Option<usize> {
        self.members.iter().position(|member| member.model().rollout.name == *rollout)
    }

    /// Waits until everything that was asked for has come to an end, at most `patience` for all together.
    pub async fn settle(&mut self, patience: Duration) {
        join_all(self.sessions().map(|session| session.settle(patience))).await;
    }
}

#[cfg(test)]
mod tests;
