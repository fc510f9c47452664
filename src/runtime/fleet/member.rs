//! One rollout of the fleet: its session, or what is shown in its place after it died of a bug.
//!
//! In: a session, and perhaps how to open it again. Out: a model at any time. A session whose loop panics is thrown away
//! whole: what it knew may be half changed. Until it is open again, from its journal, its rollout is not known, and says why.
//!
//! One that dies again and again is opened ever more rarely, and how often it died stands in its timeline: whoever looks
//! a minute later must not find a rollout that looks as if nothing had happened.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::action::Request;
use crate::domain::{LinkState, Source, SourceKind, Span, Text};
use crate::engine::model::Refusal;
use crate::engine::{self, Autopilot, Model};
use crate::event::{Body, Event};
use crate::runtime::clock::Clock;
use crate::runtime::service::post::{Post, REVIVE};
use crate::runtime::session::Session;
use crate::term::contain;

/// The longest wait before another attempt to open a session: as long as a person looks elsewhere.
const LONGEST: Duration = Duration::from_secs(32);
/// A session that lived so long is sound again: the next wait is short.
const SOUND: Duration = Duration::from_secs(300);

/// One rollout of the fleet.
pub struct Member {
    /// How to open it again. `None`: it cannot be.
    pub post: Option<Post>,
    state: State,
    /// When it was opened.
    opened: Instant,
    /// How often it died, or could not be opened, since it was sound.
    failures: u32,
    /// How often it died in all.
    deaths: u32,
    life: u32,
}

enum State {
    Alive(Box<Session>),
    Fallen(Box<Model>, Clock),
}

impl Member {
    pub fn new(post: Option<Post>, session: Session) -> Self {
        let state = State::Alive(Box::new(session));
        Self { post, state, opened: Instant::now(), failures: 0, deaths: 0, life: 0 }
    }

    /// What is known.
    pub fn model(&self) -> &Model {
        match &self.state {
            State::Alive(session) => &session.model,
            State::Fallen(model, _) => model,
        }
    }

    /// The session. `None`: it has died.
    pub fn session(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::Alive(session) => Some(session),
            State::Fallen(..) => None,
        }
    }

    /// Another number: the model was begun anew.
    pub const fn life(&self) -> u32 {
        self.life
    }

    /// How long to wait before it is opened again.
    pub fn patience(&self) -> Duration {
        REVIVE.saturating_mul(1 << self.failures.saturating_sub(1).min(8)).min(LONGEST)
    }

    /// It was opened again; `warnings` were said with it.
    pub fn revive(&mut self, session: Session, warnings: Vec<String>) -> Result<(), Fallen> {
        self.state = State::Alive(Box::new(session));
        self.opened = Instant::now();
        self.life += 1;
        let times = match self.deaths {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let said =
            format!("its loop panicked {times} so far, this is a bug; it was opened again from its journal");
        for said in std::iter::once(said).chain(warnings) {
            let source = Source::new(SourceKind::Flags, "session");
            self.feed(Body::Problem { source, problem: Text::new(&said) })?;
        }
        Ok(())
    }

    /// It could not be opened.
    pub fn refuse(&mut self, cause: &str) {
        self.failures = self.failures.saturating_add(1);
        let wait = self.patience();
        if let State::Fallen(model, _) = &mut self.state {
            tell(model, &format!("cannot open it again after its loop panicked: {cause}"), wait);
        }
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
        let State::Fallen(model, clock) = &mut self.state else {
            return self.work(|session| session.feed(body)).map(drop);
        };
        match body {
            // Nothing is known of it, and also that grows old.
            Body::Tick => {
                engine::update(model, &Event { at: clock.now(), source_at: None, body });
            }
            Body::Asked(request) => refuse(model, &request),
            _ => {}
        }
        Ok(())
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
        let State::Alive(session) = &self.state else { return };
        let (old, clock) = (&session.model, session.clock);
        // Nobody is there who could act by itself.
        let mut model = Model::new(Arc::clone(&old.rollout), Autopilot::Off, old.read_only);
        model.now = old.now;
        let is_sound = self.opened.elapsed() >= SOUND;
        self.failures = if is_sound { 1 } else { self.failures.saturating_add(1) };
        self.deaths = self.deaths.saturating_add(1);
        self.life += 1;
        let next = if self.post.is_some() { "it is opened again" } else { "leave, and start again" };
        let wait = self.patience();
        tell(&mut model, &format!("its loop panicked, this is a bug: {next}"), wait);
        let state = std::mem::replace(&mut self.state, State::Fallen(Box::new(model), clock));
        // What is left of it lets go of the journal; that may panic, too.
        drop(contain(|| drop(state)));
    }
}

/// A session died of a bug.
#[derive(Debug)]
pub struct Fallen;

/// Says at each backend of a rollout why nothing is known of it.
fn tell(model: &mut Model, cause: &str, wait: Duration) {
    let names: Vec<_> = model.platforms.iter().map(|platform| platform.name.clone()).collect();
    for name in names {
        let source = Source::new(SourceKind::Flags, name.as_str());
        let state = LinkState::Retrying { cause: Text::new(cause), wait: Span(wait) };
        let body = Body::Link { source, state };
        engine::update(model, &Event { at: model.now, source_at: None, body });
    }
}

/// Says that nobody is there to do it. An engine without a session would show a command that is never sent.
fn refuse(model: &mut Model, request: &Request) {
    let cause = "its session died of a bug and is not open yet; hint: `gonogo kill FILE` and the other verbs open their own";
    model.refusal = Some(Refusal { at: model.now, verb: request.verb, cause: Text::new(cause) });
    model.revision += 1;
}
