//! The fleet: the sessions of a cockpit, one for each rollout.
//!
//! In: sessions. Out: news of any of them, and their models for the screen. A request goes to the session of the rollout
//! that it names. Nothing is shared between two sessions.

use std::time::Duration;

use futures_util::future::select_all;

use super::session::Session;
use crate::action::Request;
use crate::domain::RolloutName;
use crate::engine::Model;
use crate::event::Body;

/// The sessions of a cockpit.
pub struct Fleet {
    sessions: Vec<Session>,
}

impl Fleet {
    /// A fleet of these.
    #[must_use]
    pub const fn new(sessions: Vec<Session>) -> Self {
        Self { sessions }
    }

    /// What is known of each rollout, in the order in which they were given.
    #[must_use]
    pub fn models(&self) -> Vec<&Model> {
        self.sessions.iter().map(|session| &session.model).collect()
    }

    /// The sessions.
    pub fn sessions(&mut self) -> &mut [Session] {
        &mut self.sessions
    }

    /// A number that grows with anything that can be shown.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.sessions.iter().map(|session| session.model.revision).sum()
    }

    /// The second that the newest event came in.
    #[must_use]
    pub fn second(&self) -> i64 {
        self.sessions.iter().map(|session| session.model.now.0.div_euclid(1000)).max().unwrap_or(0)
    }

    /// Waits for news of any rollout, and takes what is there. Returns whether there was an outcome of something that
    /// was asked for. Nothing is lost when the future is dropped.
    pub async fn take_news(&mut self) -> bool {
        if self.sessions.is_empty() {
            return std::future::pending().await;
        }
        let (is_outcome, ..) =
            select_all(self.sessions.iter_mut().map(|session| Box::pin(session.take_news()))).await;
        is_outcome
    }

    /// Tells every engine the time.
    pub fn tick(&mut self) {
        for session in &mut self.sessions {
            session.feed(Body::Tick);
        }
    }

    /// Hands a request in.
    pub fn ask(&mut self, rollout: &RolloutName, request: Request) {
        if let Some(session) = self.session(rollout) {
            session.feed(Body::Asked(request));
        }
    }

    /// Asks the backends of a rollout what a request would do there.
    pub fn rehearse(&mut self, rollout: &RolloutName, request: &Request) {
        if let Some(session) = self.session(rollout) {
            session.rehearse(request);
        }
    }

    fn session(&mut self, rollout: &RolloutName) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.model.rollout.name == *rollout)
    }

    /// Waits until everything that was asked for has come to an end, at most `patience` for all together.
    pub async fn settle(&mut self, patience: Duration) {
        futures_util::future::join_all(self.sessions.iter_mut().map(|session| session.settle(patience)))
            .await;
    }
}
