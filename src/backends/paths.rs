//! Several ways to the same flag: whatever stops is sent through all of them at once.
//!
//! ```text
//!            ┌▶ main ──┐
//!  kill ─────┼▶ path 1 ┼─▶ the first that reads back as asked for
//!            └▶ path 2 ┘   the others go on until they end by themselves
//!  widen ─────▶ main
//! ```
//!
//! In: the platform's own backend and its other ways (an API, the file that a relay reads, another region's API). Out: a
//! backend that watches and reads by its own, and whose stopping commands go out by every way at once.
//!
//! Every way leads to the *same* stored flag: one of them that reads back as off is proof. A place with a flag of its own
//! is a platform of its own.
//!
//! It must never send what exposes more by any but the main way, and never call a command refused while one way has not
//! said so. Start reading at [`Paths`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Applied, Backend, BackendError, Control};
use crate::domain::{Capabilities, FlagState, Sample, Source, Text, Timestamp, Version};
use crate::effect::Command;
use crate::event::{Body, Promise, Sink};

/// Most ways beside the main one: each kill goes through all of them.
pub const MAX_PATHS: usize = 8;

/// How long one way may take for one attempt. Whoever repeats the command does not wait so long: it goes on beside the
/// next attempt, and there are never more than a few of them.
const WAY: Duration = Duration::from_secs(8);

/// A way beside the main one, and what it is called.
pub struct Path {
    /// For people: `flagd at web-2`.
    pub name: Text,
    /// The backend that it leads to.
    pub backend: Arc<dyn Backend>,
}

/// A platform's backend with the other ways to its flag.
pub struct Paths {
    main: Arc<dyn Backend>,
    others: Vec<Path>,
    /// The newest version that the main way has told: what another way reads is shown under it, because each counts its
    /// own.
    newest: AtomicU64,
    /// What the main way tells below this version is older than what another way has read back.
    outdated: AtomicU64,
}

impl Paths {
    /// The same backend, with other ways beside it.
    #[must_use]
    pub fn new(main: Arc<dyn Backend>, others: Vec<Path>) -> Self {
        Self { main, others, newest: AtomicU64::new(0), outdated: AtomicU64::new(0) }
    }

    fn tell(&self, state: &FlagState) {
        self.newest.fetch_max(state.version.0, Ordering::SeqCst);
    }

    /// Sends by every way at once, each in a task of its own: who goes on with the first answer does not stop the others.
    async fn through_all(&self, command: &Command) -> Result<Applied, BackendError> {
        let (sender, mut answers) = mpsc::channel(MAX_PATHS + 1);
        let ways = std::iter::once((None, &self.main))
            .chain(self.others.iter().map(|path| (Some(path.name.clone()), &path.backend)));
        for (name, backend) in ways {
            let (backend, command, sender) = (Arc::clone(backend), command.clone(), sender.clone());
            tokio::spawn(async move {
                let answer = match backend.control() {
                    Some(control) => {
                        tokio::time::timeout(WAY, control.apply(&command)).await.unwrap_or_else(|_| {
                            Err(BackendError::Lost { cause: Text::new(&format!("no answer within {WAY:?}")) })
                        })
                    }
                    None => Err(BackendError::Refused { cause: "there are no rights".into(), state: None }),
                };
                // Nobody listens any more once another way was read back.
                let _ = sender.send((name, answer)).await;
            });
        }
        drop(sender);
        let mut failed: Vec<(Option<Text>, BackendError)> = Vec::new();
        while let Some((name, answer)) = answers.recv().await {
            match answer {
                Ok(applied) => return Ok(self.under_our_version(name, applied, &failed)),
                Err(error) => failed.push((name, error)),
            }
        }
        Err(all_failed(failed))
    }

    fn under_our_version(
        &self,
        by: Option<Text>,
        applied: Applied,
        failed: &[(Option<Text>, BackendError)],
    ) -> Applied {
        let Some(by) = by else {
            self.tell(&applied.state);
            return applied;
        };
        let version = Version(self.newest.load(Ordering::SeqCst));
        self.outdated.store(version.0.saturating_add(1), Ordering::SeqCst);
        let causes: String =
            failed.iter().map(|(name, error)| format!("; {}: {error}", called(name.as_ref()))).collect();
        let overwrote = applied.overwrote.map(|text| format!("; {text}")).unwrap_or_default();
        let note = Text::new(&format!("read back by way of {by}{causes}{overwrote}"));
        Applied { state: FlagState { version, ..applied.state }, overwrote: Some(note) }
    }
}

fn called(name: Option<&Text>) -> &str {
    name.map_or("its own backend", Text::as_str)
}

/// Why no way worked. Refused only if all of them refuse: as long as one may have worked or may work yet, it is not known.
fn all_failed(failed: Vec<(Option<Text>, BackendError)>) -> BackendError {
    let causes: Vec<_> =
        failed.iter().map(|(name, error)| format!("{}: {error}", called(name.as_ref()))).collect();
    let cause = Text::new(&causes.join("; "));
    let is_final =
        |error: &BackendError| matches!(error, BackendError::Refused { .. } | BackendError::Settings { .. });
    if failed.iter().all(|(_, error)| is_final(error)) {
        let state = failed.into_iter().find_map(|(name, error)| match error {
            BackendError::Refused { state, .. } if name.is_none() => state,
            _ => None,
        });
        return BackendError::Refused { cause, state };
    }
    BackendError::Lost { cause }
}

impl Backend for Paths {
    fn capabilities(&self) -> Capabilities {
        self.main.capabilities()
    }

    fn watch<'a>(&'a self, sink: &'a dyn Sink) -> Promise<'a, ()> {
        Box::pin(async move { self.main.watch(&Listening { paths: self, sink }).await })
    }

    fn read(&self) -> Promise<'_, Result<FlagState, BackendError>> {
        Box::pin(async move {
            let state = self.main.read().await?;
            self.tell(&state);
            Ok(state)
        })
    }

    fn control(&self) -> Option<&dyn Control> {
        self.main.control().map(|_| self as &dyn Control)
    }

    fn may_write(&self) -> Promise<'_, Result<Option<bool>, BackendError>> {
        self.main.may_write()
    }
}

impl Control for Paths {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(async move {
            if command.is_urgent() {
                return self.through_all(command).await;
            }
            match self.main.control() {
                Some(control) => control.apply(command).await,
                None => Err(BackendError::Refused { cause: "there are no rights".into(), state: None }),
            }
        })
    }

    fn rehearse<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Vec<Text>, BackendError>> {
        match self.main.control() {
            Some(control) => control.rehearse(command),
            None => Box::pin(async { Ok(Vec::new()) }),
        }
    }
}

/// Remembers the versions that the main way tells, and hands everything on.
struct Listening<'a> {
    paths: &'a Paths,
    sink: &'a dyn Sink,
}

impl Sink for Listening<'_> {
    fn fact(&self, source_at: Option<Timestamp>, body: Body) -> Promise<'_, ()> {
        let Body::Flag { state, platform } = &body else { return self.sink.fact(source_at, body) };
        self.paths.tell(state);
        // What the main way knew before another one stopped it is no news. But it is there.
        if state.version.0 < self.paths.outdated.load(Ordering::SeqCst) {
            return self.sink.fact(source_at, Body::Heard(Source::of_platform(platform)));
        }
        self.sink.fact(source_at, body)
    }

    fn sample(&self, source_at: Option<Timestamp>, sample: Sample) {
        self.sink.sample(source_at, sample);
    }
}

#[cfg(test)]
mod tests;
