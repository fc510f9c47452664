//! One rollout of the fleet: its session, or what is shown in its place after it died of a bug.
//!
//! In: a session, and perhaps how to open it again. Out: a model at any time. A session whose loop panics is thrown away
//! whole: what it knew may be half changed. Until it is open again, from its journal, its rollout is not known, and says why.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::domain::{LinkState, Source, SourceKind, Span, Text};
use crate::engine::{self, Model};
use crate::event::{Body, Event};
use crate::runtime::service::post::{Post, REVIVE};
use crate::runtime::session::Session;
use crate::term::contain;

/// One rollout of the fleet.
pub struct Member {
    /// How to open it again. `None`: it cannot be.
    pub post: Option<Post>,
    state: State,
}

enum State {
    Alive(Box<Session>),
    Fallen(Box<Model>),
}

impl Member {
    pub fn new(post: Option<Post>, session: Session) -> Self {
        Self { post, state: State::Alive(Box::new(session)) }
    }

    /// What is known.
    pub fn model(&self) -> &Model {
        match &self.state {
            State::Alive(session) => &session.model,
            State::Fallen(model) => model,
        }
    }

    /// The session. `None`: it has died.
    pub fn session(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::Alive(session) => Some(session),
            State::Fallen(_) => None,
        }
    }

    /// It was opened again.
    pub fn revive(&mut self, session: Session) {
        self.state = State::Alive(Box::new(session));
    }

    /// Takes its news, if there is any; `look` sees the model right after each event. An error: it died of it.
    pub fn poll_news(
        &mut self,
        cx: &mut Context<'_>,
        look: impl FnMut(&Model, &Event),
    ) -> Result<Poll<bool>, Fallen> {
        self.work(|session| session.poll_news(cx, look)).map(|news| news.unwrap_or(Poll::Pending))
    }

    /// Hands something in. An error: it died of it.
    pub fn feed(&mut self, body: Body) -> Result<(), Fallen> {
        if let State::Fallen(model) = &mut self.state {
            // Nothing is known of it, but also that grows old.
            if body == Body::Tick {
                return Ok(());
            }
            tell(model, "it died of a bug and is not open: nothing can be asked for here");
            return Ok(());
        }
        self.work(|session| session.feed(body)).map(drop)
    }

    /// Does something with the session, if it lives. What panics is thrown away.
    fn work<T>(&mut self, work: impl FnOnce(&mut Session) -> T) -> Result<Option<T>, Fallen> {
        let State::Alive(session) = &mut self.state else { return Ok(None) };
        match contain(|| work(session)) {
            Ok(done) => Ok(Some(done)),
            Err(_) => {
                self.fall();
                Err(Fallen)
            }
        }
    }

    #[cfg(test)]
    pub fn die_of_a_bug(&mut self) -> Result<(), Fallen> {
        self.work(|_| panic!("a bug")).map(drop)
    }

    fn fall(&mut self) {
        let old = self.model();
        let mut model = Model::new(Arc::clone(&old.rollout), old.autopilot, old.read_only);
        model.now = old.now;
        let next = if self.post.is_some() { "it is opened again" } else { "leave, and start again" };
        tell(&mut model, &format!("its loop panicked, this is a bug: {next}"));
        let state = std::mem::replace(&mut self.state, State::Fallen(Box::new(model)));
        // What is left of it lets go of the journal; that may panic, too.
        drop(contain(|| drop(state)));
    }
}

/// A session died of a bug.
#[derive(Debug)]
pub struct Fallen;

/// Says at each backend of a rollout why nothing is known of it.
fn tell(model: &mut Model, cause: &str) {
    let names: Vec<_> = model.platforms.iter().map(|platform| platform.name.clone()).collect();
    for name in names {
        let source = Source::new(SourceKind::Flags, name.as_str());
        let state = LinkState::Retrying { cause: Text::new(cause), wait: Span(REVIVE) };
        let body = Body::Link { source, state };
        engine::update(model, &Event { at: model.now, source_at: None, body });
    }
}
