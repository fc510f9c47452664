//! What customers say, as a feed server pushes it.
//!
//! In: [`Settings`]. Out: each piece of feedback once per life of the server's numbering, with its words
//! stripped; the engine drops those whose id it has seen. A sign of life of the socket is one of the
//! source: people do not speak at intervals.
//!
//! It must never wait for anything but the inbox and the socket. Start at [`Feed::new`].

use super::{FeedbackSource, SourceError};
use crate::domain::{Source, SourceKind, Text};
use crate::event::{Body, Promise, Sink};
use crate::feed::{Endpoint, FromServer, Incoming, Settings, Standing, Timing, Want, look};

/// The feedback of one feed server.
#[derive(Debug)]
pub struct Feed {
    endpoint: Endpoint,
    source: Source,
}

impl Feed {
    /// The adapter; nothing is connected yet. `name` is what the rollout file calls it.
    ///
    /// # Errors
    /// [`SourceError`] for an address or token that cannot work.
    pub fn new(name: &str, settings: &Settings, timing: Timing) -> Result<Self, SourceError> {
        let endpoint = Endpoint::new(settings.clone(), timing)
            .map_err(|error| SourceError(Text::new(&error.to_string())))?;
        Ok(Self { endpoint, source: Source::new(SourceKind::Feedback, name) })
    }

    async fn follow(&self, sink: &dyn Sink) {
        let source = || self.source.clone();
        let mut subscription = Standing::new(self.endpoint.clone(), Want::feedback());
        loop {
            let (at, body) = match subscription.next().await {
                Incoming::Link(state) => (None, Body::Link { source: source(), state }),
                Incoming::Message(FromServer::Feedback(comment)) => {
                    (Some(comment.at_ms), Body::Feedback(comment.into_feedback()))
                }
                Incoming::Heard | Incoming::Resynced(_) => (None, Body::Heard(source())),
                Incoming::Problem(problem) => {
                    (None, Body::Problem { source: source(), problem: problem.what })
                }
                Incoming::Hello(_) | Incoming::Message(_) => continue,
            };
            sink.fact(at, body).await;
        }
    }
}

impl FeedbackSource for Feed {
    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(self.follow(sink))
    }

    fn probe(&self) -> Promise<'_, Result<Text, Text>> {
        Box::pin(async move {
            let view = look(&self.endpoint, &Want::feedback()).await.map_err(|lost| lost.cause)?;
            let said = match view.messages.len() {
                0 => "nothing said yet".to_owned(),
                1 => "1 comment so far".to_owned(),
                many => format!("{many} comments so far"),
            };
            Ok(Text::new(&format!("{} answers, {said}", view.hello.server)))
        })
    }
}
