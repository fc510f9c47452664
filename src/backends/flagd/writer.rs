//! Writing: read the file, check, change the values, swap it, read it back, wait until flagd serves it.
//!
//! In: a [`Command`]. Out: what flagd answered ([`Applied`]), or why not. Only built with rights and a file.
//!
//! - What makes an exposure larger is compared with what the person saw: with the content of that version, not with its
//!   number. A change of another flag in the same file is no conflict; it is read again.
//! - What stops is made on what stands there now, and wins.
//! - Doing any command twice does no harm: what is already so is not written. But if flagd does not serve what its file
//!   says, the file is written again as it is, because a change of it was missed.
//! - The file is written whether or not flagd can be reached: a flagd that comes back must find the kill.
//!
//! flagd looks at the file once a second. What grows waits for flagd's own answer. What stops is confirmed by the file as it
//! was read back, if this process has seen flagd serve this very file: a kill is *stored* then, and what is *served* is for
//! the probe to say. The watch tells if flagd does not take it up. Start reading at [`Writer::carry_out`].

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::fault::{Fault, sentence};
use super::flag::find;
use super::plan::{Leave, Plan, plan};
use super::reader::Reader;
use super::schema;
use super::text::{Edit, edit};
use crate::action::Verb;
use crate::backends::store::file::{Digest, Document, FileDocument, FileError};
use crate::backends::{Applied, BackendError, Control};
use crate::domain::{FlagState, Text, Version};
use crate::effect::{Change, Command};
use crate::event::Promise;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often a swap is tried that somebody overtakes: each time means another change of the file within milliseconds.
const TRIES: u32 = 8;

/// How long flagd may take until it serves a stop: its one second, twice, within the 3 s that an attempt has.
const STOP: Duration = Duration::from_millis(2_600);

/// How long for everything else, within 10 s.
const GROW: Duration = Duration::from_secs(6);

/// When a file that says what is wanted is written again, because flagd has not noticed: its one second has passed.
const AGAIN: Duration = Duration::from_millis(1_300);

/// When to ask flagd on a connection of our own, in case the watch's is dead without knowing it.
const OWN: Duration = Duration::from_millis(1_500);

/// How long to wait before a connection of our own is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// The control of one flag.
#[derive(Debug)]
pub struct Writer {
    reader: Arc<Reader>,
    file: FileDocument,
    /// Whether flagd was seen to serve what this file says.
    is_its_file: AtomicBool,
}

/// What came of an attempt to change the file.
struct Written {
    /// The document that stands there now.
    document: Document,
    /// Whether we changed it.
    changed: bool,
    /// Why a part of a stop could not be done.
    refused: Option<String>,
}

impl Control for Writer {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(self.carry_out(command))
    }

    fn rehearse<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Vec<Text>, BackendError>> {
        Box::pin(async move {
            let operation = operation(command.verb);
            self.file.check_writable().await.map_err(|error| self.failed(operation, error))?;
            let document = self.file.read().await.map_err(|error| self.failed(operation, error))?;
            let (plan, new) = self.prepare(operation, command, &document)?;
            match (plan.refused, new) {
                (Some(why), _) => Err(self.refused(operation, &why)),
                (None, _) => Ok(plan.warnings.iter().map(|warning| Text::new(warning)).collect()),
            }
        })
    }
}

impl Writer {
    /// A control over the file that a reader's flagd reads.
    #[must_use]
    pub const fn new(reader: Arc<Reader>, file: FileDocument) -> Self {
        Self { reader, file, is_its_file: AtomicBool::new(false) }
    }

    async fn carry_out(&self, command: &Command) -> Result<Applied, BackendError> {
        let operation = operation(command.verb);
        let began = Instant::now();
        let written = self.write_informed(operation, command).await?;
        let is_trusted = self.is_its_file.load(Ordering::Acquire) && !self.reader.versions().was_late();
        // A file that says so already may be one that flagd has missed.
        if command.is_urgent()
            && written.changed
            && is_trusted
            && let Some(state) = self.read_back(command).await
        {
            return Ok(Applied { state, overwrote: None });
        }
        let patience = if command.expected.is_none() { STOP } else { GROW };
        let state = self.served(operation, command, &written, began + patience).await?;
        match written.refused {
            // A part of a stop: the rest is done.
            Some(why) if !command.change.is_met_by(&state) => Err(self.not_met(operation, &why, state)),
            _ => Ok(Applied { state, overwrote: None }),
        }
    }

    /// The flag as the file says it now, if it meets the command; flagd has it within its second.
    async fn read_back(&self, command: &Command) -> Option<FlagState> {
        let document = self.file.read().await.ok()?;
        let text = std::str::from_utf8(&document.bytes).ok()?;
        let (_, flag) = find(text, self.reader.target.flag.as_str()).ok()??;
        let met = |state: &FlagState| command.change.is_met_by(state);
        met(&self.reader.map(&flag).state(Version::default(), None)).then(|| self.reader.stored(&flag))
    }

    /// Changes the file. Where nobody watches, a refusal is said with what flagd serves now, not with what was seen last.
    async fn write_informed(&self, operation: &str, command: &Command) -> Result<Written, BackendError> {
        let first = self.write(operation, command).await;
        let is_watched = self.reader.heard().borrow().live;
        if command.expected.is_none() || is_watched || !matches!(first, Err(BackendError::Refused { .. })) {
            return first;
        }
        let Ok(now) = self.reader.look().await else { return first };
        self.write(operation, command).await.map_err(|error| match error {
            BackendError::Refused { cause, .. } => {
                BackendError::Refused { cause, state: Some(Box::new(now)) }
            }
            other => other,
        })
    }

    /// Changes the file, unless it says so already.
    async fn write(&self, operation: &str, command: &Command) -> Result<Written, BackendError> {
        let mut last = None;
        for _ in 0..TRIES {
            let document = match self.file.read().await {
                Ok(document) => document,
                // Somebody is writing it in place: it will be whole in a moment.
                Err(error @ FileError::Empty { .. }) => {
                    last = Some(error);
                    sleep(RETRY).await;
                    continue;
                }
                Err(error) => return Err(self.failed(operation, error)),
            };
            let (plan, new) = self.prepare(operation, command, &document)?;
            let Some(new) = new else {
                return match plan.refused {
                    Some(why) => Err(self.refused(operation, &why)),
                    None => Ok(Written { document, changed: false, refused: None }),
                };
            };
            match self.file.swap(document.digest, new.into_bytes()).await {
                Ok(document) => return Ok(Written { document, changed: true, refused: plan.refused }),
                Err(error @ FileError::Changed { .. }) => last = Some(error),
                Err(error) if error.may_have_happened() => {
                    let cause = Fault::from(error).text(operation, &self.reader.target);
                    return Err(BackendError::Lost { cause });
                }
                Err(error) => return Err(self.failed(operation, error)),
            }
        }
        let why = last.map(|error| error.to_string()).unwrap_or_default();
        let cause = format!("its file changed {TRIES} times while it was read: {why}");
        Err(BackendError::Lost { cause: sentence(operation, &self.reader.target, &cause) })
    }

    /// What is to be written, checked. `None`: nothing.
    fn prepare(
        &self,
        operation: &str,
        command: &Command,
        document: &Document,
    ) -> Result<(Plan, Option<String>), BackendError> {
        let refuse = |why: &str| self.refused(operation, why);
        let path = self.file.path().display();
        let text = std::str::from_utf8(&document.bytes).map_err(|_| refuse(&format!("{path} is no text")))?;
        let found =
            find(text, self.reader.target.flag.as_str()).map_err(|why| refuse(&format!("{path}: {why}")))?;
        let (place, flag) = found.ok_or_else(|| {
            refuse(&format!("{path} has no such flag. hint: is it the file that flagd has the flag from?"))
        })?;
        if self.reader.serves(flag.content()) {
            self.is_its_file.store(true, Ordering::Release);
        }
        self.check_seen(operation, command, flag.content())?;
        let leave = if command.expected.is_some() { Leave::Grow } else { Leave::Stop };
        let plan = plan(&self.reader.map(&flag), &command.change, leave);
        if plan.edits.is_empty() {
            return Ok((plan, None));
        }
        let whole = |edit: &Edit| Edit {
            path: place.iter().chain(&edit.path).cloned().collect(),
            json: edit.json.clone(),
        };
        let edits: Vec<Edit> = plan.edits.iter().map(whole).collect();
        let new = edit(text, &edits).map_err(|why| {
            refuse(&format!(
                "{path}: {why}. hint: is the branch in $evaluators? write it into the flag itself"
            ))
        })?;
        check_schema(text, &new, leave).map_err(|why| refuse(&format!("{path}: {why}")))?;
        if let Ok(Some((_, after))) = find(&new, self.reader.target.flag.as_str()) {
            self.reader.versions().wrote(after.content(), command.actor.clone());
        }
        Ok((plan, Some(new)))
    }

    /// Refuses if the flag is not what the person saw.
    fn check_seen(&self, operation: &str, command: &Command, now: Digest) -> Result<(), BackendError> {
        let Some(expected) = command.expected else { return Ok(()) };
        let versions = self.reader.versions();
        let seen = versions.content(expected);
        if seen == Some(now) {
            return Ok(());
        }
        let by = versions.author(now).map(|by| format!(" by {by}")).unwrap_or_default();
        let newest = versions.newest();
        drop(versions);
        let why = match (seen, newest) {
            (None, _) => format!("version {expected} is not known here any more. hint: look again"),
            (_, Some((version, content))) if content == now => {
                format!("version {version}{by} is newer than {expected}, which you saw")
            }
            _ => format!(
                "its file was changed{by} after version {expected}, which you saw: content {now} stands there, and flagd does not serve it yet"
            ),
        };
        Err(self.refused(operation, &why))
    }

    /// Waits until flagd serves what the file says.
    async fn served(
        &self,
        operation: &str,
        command: &Command,
        written: &Written,
        until: Instant,
    ) -> Result<FlagState, BackendError> {
        let part = written.refused.is_some();
        let wanted =
            |state: &FlagState| command.change.is_met_by(state) || part && stops_more(&command.change, state);
        let mut seen = Err(Fault::away("flagd has not answered"));
        let waited = timeout_at(until, async {
            tokio::select! {
                state = self.by_watch(&wanted) => state,
                state = self.by_own_stream(&wanted, &mut seen) => state,
                () = self.write_again(written) => std::future::pending().await,
            }
        });
        if let Ok(state) = waited.await {
            return Ok(state);
        }
        let heard = self.reader.heard().borrow().clone();
        let state = heard.state.filter(|_| heard.live).or(seen.as_ref().ok().cloned());
        let path = self.file.path().display();
        match (state, seen) {
            (Some(state), _) => {
                let why = format!(
                    "{path} says so, but flagd serves something else still. hint: is it the file that this flagd reads? a single file that is mounted into a container is not seen to change: mount its folder"
                );
                Err(if command.is_urgent() {
                    self.not_met(operation, &why, state)
                } else {
                    BackendError::Stored { cause: sentence(operation, &self.reader.target, &why) }
                })
            }
            (None, seen) => {
                let cause = seen.err().map(|fault| fault.cause).unwrap_or_default();
                let why = format!("{path} says so, but whether flagd serves it is not known: {cause}");
                Err(BackendError::Lost { cause: sentence(operation, &self.reader.target, &why) })
            }
        }
    }

    /// The state that the watch hears.
    async fn by_watch(&self, wanted: &impl Fn(&FlagState) -> bool) -> FlagState {
        let mut heard = self.reader.heard();
        let is_served = |heard: &super::reader::Heard| heard.live && heard.state.as_ref().is_some_and(wanted);
        match heard.wait_for(is_served).await.ok().and_then(|heard| heard.state.clone()) {
            Some(state) => state,
            None => std::future::pending().await,
        }
    }

    /// The state on a stream of our own: at once if nobody watches, else after a while.
    async fn by_own_stream(
        &self,
        wanted: &impl Fn(&FlagState) -> bool,
        seen: &mut Result<FlagState, Fault>,
    ) -> FlagState {
        let is_watched = self.reader.heard().borrow().live;
        if is_watched {
            sleep(OWN).await;
        }
        loop {
            let line = self.reader.address.line();
            match line.sync().await {
                Ok(mut stream) => loop {
                    match stream.next().await.and_then(|config| self.reader.take(&config)) {
                        Ok(state) if wanted(&state) => return state,
                        Ok(state) => *seen = Ok(state),
                        Err(fault) => {
                            *seen = Err(fault);
                            break;
                        }
                    }
                },
                Err(fault) => *seen = Err(fault),
            }
            sleep(RETRY).await;
        }
    }

    /// Writes a file once more that says what is wanted, if flagd does not notice.
    async fn write_again(&self, written: &Written) {
        if !written.changed {
            sleep(AGAIN).await;
            // If somebody changed it meanwhile, flagd notices that.
            let _ = self.file.swap(written.document.digest, written.document.bytes.clone()).await;
        }
        std::future::pending().await
    }

    fn failed(&self, operation: &str, error: FileError) -> BackendError {
        Fault::from(error).into_error(operation, &self.reader.target, None)
    }

    fn refused(&self, operation: &str, why: &str) -> BackendError {
        let state = self.reader.heard().borrow().state.clone().map(Box::new);
        BackendError::Refused { cause: sentence(operation, &self.reader.target, why), state }
    }

    fn not_met(&self, operation: &str, why: &str, state: FlagState) -> BackendError {
        BackendError::NotMet { cause: sentence(operation, &self.reader.target, why), state: Box::new(state) }
    }
}

/// Whether the part of a stop that could be done is served: no share is above what was asked for, where it is known.
fn stops_more(change: &Change, state: &FlagState) -> bool {
    match change {
        Change::Shares(wanted) => wanted
            .iter()
            .all(|(segment, share)| state.confirmed(segment).is_none_or(|confirmed| confirmed <= *share)),
        _ => false,
    }
}

/// Refuses what flagd's schema does not allow; what was wrong before does not hold up a stop.
fn check_schema(old: &str, new: &str, leave: Leave) -> Result<(), String> {
    let faults = |text: &str| {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        schema::faults(&value)
    };
    let after = faults(new)?;
    let Some(first) = after.first() else { return Ok(()) };
    let before = faults(old)?;
    match before.first() {
        None => Err(format!("the change would break flagd's schema at {first}")),
        Some(_) if leave == Leave::Stop && after.len() <= before.len() => Ok(()),
        Some(first) => Err(format!("it breaks flagd's schema already: {first}. hint: mend that first")),
    }
}

/// The operation in the messages of a command.
const fn operation(verb: Verb) -> &'static str {
    match verb {
        Verb::Widen => "widen",
        Verb::RollBack => "roll back",
        Verb::Kill => "kill",
        Verb::Resume => "resume",
        Verb::Pause => "pause",
        _ => "change",
    }
}
