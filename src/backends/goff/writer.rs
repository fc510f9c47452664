//! Writing: read the store, change, check, compare and set, make the relay look, read back from the relay.
//!
//! In: a [`Command`]. Out: what the relay serves then ([`Applied`]), or why not. Only built with rights and a store.
//!
//! - What grows is compared with the content that was seen: if another one is stored, it is refused, and both
//!   versions are named.
//! - What stops is done on whatever is stored now. If somebody else is quicker, it is done again on what they stored.
//! - Doing any command twice does no harm: what is already so is not written, but read back all the same.
//! - An invalid flag is never stored; a mistake that was there before does not hold what stops.
//!
//! Start reading at `Writer::attempt`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::api::{Line, Refreshed};
use super::check;
use super::edit::{Ground, edit};
use super::fault::{Fault, sentence};
use super::flag::{Object, canonical, is_set};
use super::reader::Reader;
use super::rehearsal;
use crate::action::Verb;
use crate::backends::store::{Kept, Store, Swap};
use crate::backends::{Applied, BackendError, Control};
use crate::domain::{FlagState, Source, SourceKind, Text};
use crate::effect::{Change, Command};
use crate::event::{Body, Promise, Sink};

/// How often what stops is done again when somebody else is quicker: five writers at once, and it still wins.
const MAX_RACES: usize = 8;

/// How long a command that stops may take in one call: below the three seconds that the runner gives it, so that the
/// answer says why.
const STOP_WITHIN: Duration = Duration::from_millis(2700);

/// How long a command that grows may take: below the runner's ten seconds.
const GROW_WITHIN: Duration = Duration::from_secs(9);

/// The wait between two looks at the relay: at first so short, then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The longest one: a relay that looks at its store by itself does so once a second at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// How often the store is looked at when nobody writes, so that its connection stands when somebody does.
const WARM: Duration = Duration::from_secs(10);

/// The control of one flag.
#[derive(Debug)]
pub(super) struct Writer {
    reader: Arc<Reader>,
    store: Box<dyn Store>,
}

/// Tells the watch that a command has ended, however it ends.
struct Ending<'a>(&'a Reader);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Control for Writer {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(async move {
            let _ending = Ending(&self.reader);
            let within = if command.is_urgent() { STOP_WITHIN } else { GROW_WITHIN };
            Attempt { writer: self, command, ends: Instant::now() + within }.run().await
        })
    }

    fn rehearse<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Vec<Text>, BackendError>> {
        Box::pin(async move {
            let attempt = Attempt { writer: self, command, ends: Instant::now() + STOP_WITHIN };
            let kept = attempt.kept().await?;
            let changed = attempt.change(&kept)?;
            let reader = &self.reader;
            let warnings = rehearsal::warnings(
                &kept.flag,
                &changed,
                &reader.target.segments,
                &reader.roles,
                reader.now(),
            );
            Ok(warnings.iter().map(|warning| Text::new(warning)).collect())
        })
    }
}

impl Writer {
    /// A control over a store.
    pub(super) const fn new(reader: Arc<Reader>, store: Box<dyn Store>) -> Self {
        Self { reader, store }
    }

    /// Whether the store lets us write.
    pub(super) async fn may_store(&self) -> Result<bool, Fault> {
        Ok(self.store.may_write(self.reader.api.flag()).await?)
    }

    /// Keeps the connection to the store open, for ever, and tells when a command would not get there.
    pub(super) async fn keep_warm(&self, sink: &dyn Sink) {
        let source = Source::new(SourceKind::Flags, self.reader.target.platform.as_str());
        let mut told = None;
        loop {
            let problem = self.store.read(self.reader.api.flag()).await.err();
            if problem.is_some() && problem != told {
                let cause = problem.as_ref().map(ToString::to_string).unwrap_or_default();
                let problem = Text::new(&format!(
                    "the flag's store cannot be used, so no command would get there: {cause}"
                ));
                sink.fact(None, Body::Problem { source: source.clone(), problem }).await;
            }
            told = problem;
            sleep(WARM).await;
        }
    }
}

/// One call of a command.
struct Attempt<'a> {
    writer: &'a Writer,
    command: &'a Command,
    ends: Instant,
}

/// What is to be stored.
struct Changed {
    flag: Object,
    /// Why a part of the command must not be done.
    refused: Option<String>,
}

impl Attempt<'_> {
    async fn run(&self) -> Result<Applied, BackendError> {
        if !self.command.is_urgent() && self.command.expected.is_none() {
            return Err(self.refused("what exposes more must name the version that was seen", None));
        }
        for _ in 0..MAX_RACES {
            let kept = self.kept().await?;
            let changed = self.plan(&kept).await?;
            let is_written = canonical(&changed.flag) != canonical(&kept.flag);
            if is_written {
                let swapped = self.writer.store.replace(self.flag(), &kept, &changed.flag).await;
                match swapped.map_err(Fault::from) {
                    Ok(Swap::Done) => {}
                    Ok(Swap::Conflict) if self.command.is_urgent() => continue,
                    Ok(Swap::Conflict) => return Err(self.newer(&self.kept().await?).await),
                    Err(fault) => {
                        return Err(fault.into_error(self.operation(), &self.reader().target, None));
                    }
                }
            }
            return self.confirm(&changed, is_written).await;
        }
        let cause = self
            .sentence("others kept changing it at the same moment. hint: who or what writes to its store?");
        Err(BackendError::Lost { cause })
    }

    /// What is stored.
    async fn kept(&self) -> Result<Kept, BackendError> {
        let read = self.writer.store.read(self.flag()).await.map_err(Fault::from);
        let kept = read.map_err(|fault| fault.into_error(self.operation(), &self.reader().target, None))?;
        kept.ok_or_else(|| {
            let why = format!(
                "there is no flag {} in its store. hint: was it deleted or renamed? check flag and store in the rollout file",
                self.flag()
            );
            self.refused(&why, None)
        })
    }

    /// What the command makes of it, if it is what was seen.
    async fn plan(&self, kept: &Kept) -> Result<Changed, BackendError> {
        if let Some(expected) = self.command.expected.filter(|_| !self.command.is_urgent()) {
            let seen = self.reader().known().content(expected);
            let seen = seen.ok_or_else(|| {
                self.refused(&format!("version {expected} was seen too long ago. hint: look again"), None)
            })?;
            if canonical(&kept.flag) != *seen {
                return Err(self.newer(kept).await);
            }
        }
        let changed = self.change_of(kept);
        self.check(kept, &changed)?;
        Ok(changed)
    }

    /// What the command makes of it. An error is why it would be refused.
    fn change(&self, kept: &Kept) -> Result<Object, BackendError> {
        let changed = self.change_of(kept);
        self.check(kept, &changed)?;
        changed.refused.map_or(Ok(changed.flag), |why| Err(self.refused(&why, None)))
    }

    fn change_of(&self, kept: &Kept) -> Changed {
        let reader = self.reader();
        let ground = Ground {
            segments: &reader.target.segments,
            roles: &reader.roles,
            now: reader.now(),
            may_grow: !self.command.is_urgent(),
        };
        let edited = edit(&kept.flag, &self.command.change, &ground);
        Changed { flag: edited.flag, refused: edited.refused }
    }

    fn check(&self, kept: &Kept, changed: &Changed) -> Result<(), BackendError> {
        if let (Some(why), false) = (&changed.refused, self.command.is_urgent()) {
            return Err(self.refused(why, self.reader().state()));
        }
        let mut mistakes = check::mistakes(&changed.flag);
        if self.command.is_urgent() {
            let before = check::mistakes(&kept.flag);
            mistakes.retain(|mistake| !before.contains(mistake));
        }
        match mistakes.first() {
            None => Ok(()),
            Some(mistake) => {
                let why = format!("the relay would drop the flag: {mistake}. hint: mend it in its store");
                Err(self.refused(&why, None))
            }
        }
    }

    /// Makes the relay look, and reads back until it serves what was asked for.
    async fn confirm(&self, changed: &Changed, is_written: bool) -> Result<Applied, BackendError> {
        let reader = self.reader();
        let wanted = canonical(&changed.flag);
        let mut refreshed = reader.api.refresh().await;
        let mut pause = FIRST_PAUSE;
        loop {
            let looked = reader.look(Line::Urgent).await;
            if let Ok(flag) = &looked {
                let state = reader.take(flag);
                let is_ours = canonical(flag) == wanted;
                // A flag that is off because its experimentation has ended is not switched off.
                let is_off = self.command.change != Change::Off
                    || is_set(&super::flag::due(flag, reader.now()), "disable");
                if self.command.change.is_met_by(&state) && is_off {
                    return Ok(Applied { state, overwrote: None });
                }
                if is_ours {
                    return Err(match &changed.refused {
                        Some(why) if !is_written => self.refused(why, Some(state)),
                        Some(why) => self.not_met(why, state),
                        None => self.not_met(&self.differs(&state), state),
                    });
                }
            }
            let told = [looked.as_ref().err(), refreshed.as_ref().err()].into_iter().flatten();
            pause = told.filter_map(|fault| fault.wait).fold(pause, Duration::max);
            if Instant::now() + pause >= self.ends {
                return Err(self.unconfirmed(looked, refreshed));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if refreshed.is_err() {
                refreshed = reader.api.refresh().await;
            }
        }
    }

    fn unconfirmed(
        &self,
        looked: Result<Object, Fault>,
        refreshed: Result<Refreshed, Fault>,
    ) -> BackendError {
        let reason = match refreshed {
            Ok(Refreshed::Done) => "it read its store, but does not serve it. hint: several relays behind one address? is the store of the rollout file the relay's own?".into(),
            Ok(Refreshed::Failed) => "it could not read its store. hint: its log says why; one broken flag can hold all of them".into(),
            Ok(Refreshed::Denied) => "it does not accept the admin key, so it looks at its store by itself only. hint: the key must be in authorizedKeys.admin".into(),
            Ok(Refreshed::Impossible(why)) => format!("it cannot be made to look at its store: {why}. hint: a shorter pollingInterval"),
            Err(fault) => fault.cause,
        };
        match looked {
            Ok(flag) => {
                let why = format!("it is stored, but the relay does not serve it yet: {reason}");
                let state = self.reader().take(&flag);
                if self.command.is_urgent() { self.not_met(&why, state) } else { self.stored(&why) }
            }
            Err(fault) => {
                let why = format!("it is stored, but could not be read back from the relay: {}", fault.cause);
                if self.command.is_urgent() {
                    BackendError::Lost { cause: self.sentence(&why) }
                } else {
                    self.stored(&why)
                }
            }
        }
    }

    /// Somebody else changed it since it was seen. Only what the relay serves has a version, so it looks first.
    async fn newer(&self, kept: &Kept) -> BackendError {
        let (reader, expected) = (self.reader(), self.command.expected.unwrap_or_default());
        let refreshed = reader.api.refresh().await;
        let Ok(flag) = reader.look(Line::Urgent).await else {
            return self.refused(
                &format!("it was changed since version {expected}, which you saw. hint: look again"),
                None,
            );
        };
        let state = reader.take(&flag);
        let why = if canonical(&flag) == canonical(&kept.flag)
            || state.version > expected && refreshed == Ok(Refreshed::Done)
        {
            format!("version {} is newer than {expected}, which you saw", state.version)
        } else {
            format!(
                "somebody stored a newer one than version {expected}, which you saw and the relay still serves. hint: look again when the relay has read its store"
            )
        };
        self.refused(&why, Some(state))
    }

    fn differs(&self, state: &FlagState) -> String {
        match &self.command.change {
            Change::Shares(wanted) | Change::On(wanted) => {
                let different =
                    wanted.iter().filter(|(segment, share)| state.shares.get(*segment) != Some(*share));
                let words: Vec<_> = different
                    .map(|(segment, share)| match state.shares.get(segment) {
                        Some(now) => format!("{segment} stands at {now}, not {share}"),
                        None => format!("the share of {segment} is not known"),
                    })
                    .collect();
                words.join(", ")
            }
            Change::Off | Change::Freeze(_) | Change::Weights(_) => "the relay serves something else".into(),
        }
    }

    fn reader(&self) -> &Reader {
        &self.writer.reader
    }

    fn flag(&self) -> &str {
        self.reader().api.flag()
    }

    const fn operation(&self) -> &'static str {
        match (&self.command.change, self.command.verb) {
            (Change::Off, _) => "switch off",
            (_, Verb::Widen) => "widen",
            (_, Verb::RollBack) => "roll back",
            (_, Verb::Kill) => "kill",
            (_, Verb::Pause) => "pause",
            (_, Verb::Resume) => "resume",
            _ => "change",
        }
    }

    fn sentence(&self, why: &str) -> Text {
        sentence(self.operation(), &self.reader().target, why)
    }

    fn refused(&self, why: &str, state: Option<FlagState>) -> BackendError {
        BackendError::Refused { cause: self.sentence(why), state: state.map(Box::new) }
    }

    fn stored(&self, why: &str) -> BackendError {
        BackendError::Stored { cause: self.sentence(why) }
    }

    fn not_met(&self, why: &str, state: FlagState) -> BackendError {
        BackendError::NotMet { cause: self.sentence(why), state: Box::new(state) }
    }
}
