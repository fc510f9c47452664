//! A flag service that speaks the feed protocol: pushes its state, refuses old versions.
//!
//! In: [`Settings`] and a [`Target`]. Out: every state of one flag as events,
//! and, with rights, a control that sets it.
//!
//! ```text
//!  server ═ subscription ═▶ follow ─▶ dictionary, versions ─▶ FlagState ─▶ Sink
//!         ◀═ a socket of its own ═ writer ◀─ Command
//! ```
//!
//! The two sockets know nothing of each other: a kill goes out while the subscription is down, and
//! never queues behind it. The watch keeps the writer's socket warm, so that a kill costs one frame.
//!
//! It must never call a state fresh that was not read in this connection: a sign of life counts only
//! when the server's newest number is the one that we have.
//!
//! Start reading at [`Feed`], then `writer`.

mod dictionary;
mod versions;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::dictionary::Dictionary;
use self::versions::Versions;
use self::writer::Writer;
use super::{Backend, BackendError, Control, Rights, Target};
use crate::domain::{
    Capabilities, Concurrency, FlagState, KillScope, LinkState, News, OffMeans, Pausing, Source, SourceKind,
    Span, Text, Widening,
};
use crate::event::{Body, Promise, Sink};
use crate::feed::message::{ServerHello, State};
use crate::feed::{Endpoint, FromServer, Incoming, Settings, Standing, Stream, Timing, Want, look};

/// A service that pushes to us is taken to push to its clients; a second is a slow push. Who knows better says so in
/// the rollout file.
pub const REACH: Span = Span(Duration::from_secs(1));

/// A feed's flag has a share for each segment, unless its server says that it can only switch off the whole.
pub const CAPABILITIES: Capabilities = Capabilities {
    news: News::Push,
    widen: Widening::Any,
    pause: Pausing::Held,
    concurrency: Concurrency::CompareAndSet,
    kill: KillScope::Segment,
    off: OffMeans::ServiceDecides,
    rehearses: false,
};

/// One flag at one feed server.
#[derive(Debug)]
pub struct Feed {
    place: Arc<Place>,
    writer: Option<Writer>,
}

/// What reading and writing share.
#[derive(Debug)]
struct Place {
    endpoint: Endpoint,
    target: Target,
    dictionary: Dictionary,
    known: Mutex<Known>,
}

/// What is known of the server so far.
#[derive(Debug, Default)]
struct Known {
    versions: Versions,
    kill: Option<KillScope>,
}

impl Feed {
    /// The adapter; nothing is connected yet.
    ///
    /// # Errors
    /// [`BackendError::Settings`] for an address or token that cannot work, or a segment's name that no feed can know.
    pub fn new(
        settings: &Settings,
        timing: Timing,
        target: Target,
        rights: Rights,
    ) -> Result<Self, BackendError> {
        let endpoint = Endpoint::new(settings.clone(), timing)
            .map_err(|error| BackendError::Settings { cause: Text::new(&error.to_string()) })?;
        let dictionary = Dictionary::new(&target)?;
        let known = Mutex::default();
        let place = Arc::new(Place { endpoint, target, dictionary, known });
        let writer = (rights == Rights::ReadWrite).then(|| Writer::new(Arc::clone(&place)));
        Ok(Self { place, writer })
    }

    async fn follow(&self, sink: &dyn Sink) {
        let place = &*self.place;
        let platform = &place.target.platform;
        let source = Source::new(SourceKind::Flags, platform.as_str());
        let mut subscription = Standing::new(place.endpoint.clone(), place.want());
        // Where the newest state stands, and whether it is the server's newest as far as we can know.
        let (mut epoch, mut newest, mut is_current) = (None, None, false);
        loop {
            match subscription.next().await {
                Incoming::Hello(hello) => {
                    place.greet(&hello);
                    let theirs = hello.seq.get(&Stream::Flag(place.target.flag.clone())).copied();
                    is_current = epoch.as_ref() == Some(&hello.epoch) && theirs.is_some() && newest == theirs;
                    if self.writer.is_some() && !hello.capabilities.set {
                        let problem = Text::new("it lets us look, not set. hint: use a token that may set");
                        sink.fact(None, Body::Problem { source: source.clone(), problem }).await;
                    }
                    epoch = Some(hello.epoch);
                }
                Incoming::Link(state) => {
                    is_current &= state == LinkState::Live;
                    sink.fact(None, Body::Link { source: source.clone(), state }).await;
                }
                Incoming::Message(FromServer::Flag(flag)) => {
                    (newest, is_current) = (Some(flag.seq), true);
                    let state = place.read(flag.into_state());
                    sink.fact(state.changed_at, Body::Flag { platform: platform.clone(), state }).await;
                }
                Incoming::Heard | Incoming::Resynced(_) if is_current => {
                    sink.fact(None, Body::Heard(source.clone())).await;
                }
                Incoming::Problem(problem) => {
                    sink.fact(None, Body::Problem { source: source.clone(), problem: problem.what }).await;
                }
                Incoming::Heard | Incoming::Resynced(_) | Incoming::Message(_) => {}
            }
        }
    }
}

impl Backend for Feed {
    fn capabilities(&self) -> Capabilities {
        let kill = self.place.known().kill.unwrap_or(CAPABILITIES.kill);
        Capabilities { kill, ..CAPABILITIES }
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(async move {
            match &self.writer {
                Some(writer) => drop(tokio::join!(self.follow(sink), writer.keep_warm())),
                None => self.follow(sink).await,
            }
        })
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let place = &*self.place;
            let view =
                look(&place.endpoint, &place.want()).await.map_err(|lost| place.lost("read", &lost))?;
            place.greet(&view.hello);
            let newest = view.messages.into_iter().rev().find_map(|message| match message {
                FromServer::Flag(flag) if flag.flag == place.target.flag => Some(flag.into_state()),
                _ => None,
            });
            newest.map(|state| place.read(state)).ok_or_else(|| {
                let cause = "there is no such flag. hint: check `flag` in the rollout file";
                BackendError::Refused { cause: place.cannot("read", cause), state: None }
            })
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.writer.as_ref().map(|writer| writer as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        Box::pin(async move {
            let place = &*self.place;
            let view = look(&place.endpoint, &Want::default()).await;
            let view = view.map_err(|lost| place.lost("ask for the rights on", &lost))?;
            place.greet(&view.hello);
            Ok(Some(view.hello.capabilities.set))
        })
    }
}

impl Place {
    fn want(&self) -> Want {
        Want::flag(self.target.flag.clone())
    }

    /// A panic of another holder leaves knowledge that is still worth having.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn greet(&self, hello: &ServerHello) {
        let mut known = self.known();
        known.kill = Some(hello.capabilities.kill);
        known.versions.begin(&hello.epoch);
    }

    /// A state in our words, as the newest of its epoch.
    fn read(&self, state: State) -> FlagState {
        let version = self.known().versions.read(state.version);
        FlagState { version, ..self.dictionary.translate(state) }
    }

    fn cannot(&self, operation: &str, cause: &str) -> Text {
        let Target { platform, flag, .. } = &self.target;
        Text::new(&format!("cannot {operation} {flag} at {platform}: {cause}"))
    }

    fn lost(&self, operation: &str, lost: &crate::feed::Lost) -> BackendError {
        BackendError::Lost { cause: self.cannot(operation, lost.cause.as_str()) }
    }
}
