//! Writing: read, check, write, read back.
//!
//! In: a [`Command`]. Out: what was read back ([`Applied`]), or why not. Only built with rights and a token.
//!
//! LaunchDarkly has no compare-and-set, but a semantic patch is done as a whole or not at all, and each change makes
//! an environment's version one higher. So:
//! - what makes an exposure larger is refused if the version is not the one that the operator saw;
//! - a version that is more than one higher afterwards means that somebody wrote in between: the audit log says who;
//! - what stops is sent whatever is there, past pending changes too, and again if somebody else was faster.
//!
//! Switching off is one patch and one read: it waits for no look before. Start reading at [`Writer::off`], then
//! [`Writer::change`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::api::{Api, Line, Mode};
use super::author::{comment, others};
use super::fault::{Fault, Kind, sentence};
use super::flag::Flag;
use super::reader::Reader;
use super::{plan, rehearsal};
use crate::action::Verb;
use crate::backends::{Applied, BackendError, Control};
use crate::domain::{FlagState, Text, Version};
use crate::effect::{Change, Command};
use crate::event::Promise;

/// How often one attempt begins anew, after somebody else was faster.
const ROUNDS: u32 = 3;

/// How long to wait before the next round: LaunchDarkly has done with the other request by then.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest wait that a busy server gets within one attempt.
const PATIENCE: Duration = Duration::from_secs(2);

/// The control of one flag.
#[derive(Debug)]
pub struct Writer {
    pub(super) reader: Arc<Reader>,
    /// What a new rollout is drawn by.
    pub(super) context_kind: String,
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
            let api = self.api(command)?;
            match &command.change {
                Change::Off => self.off(api, command).await,
                _ => self.change(api, command).await,
            }
        })
    }

    fn rehearse<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Vec<Text>, BackendError>> {
        Box::pin(rehearsal::rehearse(self, command))
    }
}

impl Writer {
    pub(super) fn api(&self, command: &Command) -> Result<&Api, BackendError> {
        self.reader.api().map_err(|fault| self.error(fault, command, None))
    }

    async fn off(&self, api: &Api, command: &Command) -> Result<Applied, BackendError> {
        let mut seen = self.reader.last();
        let mut state = None;
        for round in 0..ROUNDS {
            // A read that fails does not hold a kill.
            let flag = match seen.take() {
                Some(flag) => Some(flag),
                None => self.reader.flag(Line::Urgent).await.ok(),
            };
            let instructions = match &flag {
                Some(flag) => plan::off(&self.reader.lanes(flag)),
                None => vec![json!({ "kind": "turnFlagOff" })],
            };
            match self.send(api, &instructions, command, Mode::Regardless).await {
                Ok(()) => {}
                Err(fault) if fault.kind == Kind::Conflict && round + 1 < ROUNDS => {
                    sleep(PAUSE).await;
                    continue;
                }
                // What was known of its variations is out of date.
                Err(fault)
                    if fault.kind == Kind::Rejected && instructions.len() > 1 && round + 1 < ROUNDS =>
                {
                    continue;
                }
                Err(fault) => return Err(self.error(fault, command, None)),
            }
            let after = self.read_back(command).await?;
            let now = self.reader.state(&after, None);
            if command.change.is_met_by(&now) {
                return Ok(Applied { state: now, overwrote: None });
            }
            state = Some(now);
        }
        let why = "LaunchDarkly took it, but the flag reads as on. hint: somebody switched it on again?";
        Err(self.not_met(command, why, state.unwrap_or_default()))
    }

    async fn change(&self, api: &Api, command: &Command) -> Result<Applied, BackendError> {
        let mut round = 0;
        loop {
            round += 1;
            let before = self.look(command).await?;
            let state = self.reader.state(&before, None);
            if is_done(command, &state) {
                return Ok(Applied { state, overwrote: None });
            }
            self.check_seen(api, &before, command).await?;
            let left = left(command, &state);
            let instructions = self.plan(&before, &left)?;
            match self.send(api, &instructions, command, mode(command)).await {
                Ok(()) => {}
                Err(fault) if fault.kind == Kind::Conflict && round < ROUNDS => {
                    sleep(PAUSE).await;
                    continue;
                }
                Err(fault) => return Err(self.error(fault, command, Some(state))),
            }
            let after = self.read_back(command).await?;
            let state = self.reader.state(&after, None);
            let overwrote = self.meanwhile(api, &before, &after, command).await;
            if is_done(command, &state) {
                return Ok(Applied { state, overwrote: overwrote.as_deref().map(Text::new) });
            }
            if !(command.is_urgent() && round < ROUNDS) {
                let why =
                    overwrote.unwrap_or_else(|| "LaunchDarkly took it, but something else is stored".into());
                return Err(self.not_met(command, &why, state));
            }
        }
    }

    /// Reads the flag before anything is sent.
    pub(super) async fn look(&self, command: &Command) -> Result<Arc<Flag>, BackendError> {
        self.reader.flag(Line::Urgent).await.map_err(|fault| self.error(fault, command, None))
    }

    /// The instructions for what is there now.
    pub(super) fn plan(&self, flag: &Flag, command: &Command) -> Result<Vec<Value>, BackendError> {
        plan::plan(&self.reader.lanes(flag), &command.change, &self.context_kind).map_err(|why| {
            self.error(Fault::new(Kind::Rejected, why), command, Some(self.reader.state(flag, None)))
        })
    }

    /// Refuses if somebody changed the flag after what the operator saw, and says who.
    pub(super) async fn check_seen(
        &self,
        api: &Api,
        flag: &Flag,
        command: &Command,
    ) -> Result<(), BackendError> {
        let Some(expected) = command.expected.filter(|expected| *expected != Version(flag.version)) else {
            return Ok(());
        };
        let log = api.audit(Line::Urgent).await.unwrap_or_default();
        let by = super::author::author(&log, flag.changed_at);
        let by_whom = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let order = if Version(flag.version) > expected { "is newer than" } else { "is not" };
        let why = format!("version {}{by_whom} {order} {expected}, which you saw", flag.version);
        Err(self.error(Fault::new(Kind::Rejected, why), command, Some(self.reader.state(flag, by))))
    }

    /// Sends a patch; a server that is busy for a moment gets that moment.
    async fn send(
        &self,
        api: &Api,
        instructions: &[Value],
        command: &Command,
        mode: Mode,
    ) -> Result<(), Fault> {
        let comment = comment(command);
        match api.patch(instructions, &comment, mode).await {
            Err(fault) if fault.kind == Kind::Busy && fault.wait.is_some_and(|wait| wait <= PATIENCE) => {
                sleep(fault.wait.unwrap_or_default()).await;
                api.patch(instructions, &comment, mode).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    async fn read_back(&self, command: &Command) -> Result<Arc<Flag>, BackendError> {
        let mut read = self.reader.flag(Line::Urgent).await;
        if let Err(fault) = &read
            && let Some(wait) = fault.wait.filter(|wait| fault.kind == Kind::Busy && *wait <= PATIENCE)
        {
            sleep(wait).await;
            read = self.reader.flag(Line::Urgent).await;
        }
        read.map_err(|fault| {
            let why = format!("it was sent, but could not be read back: {}", fault.cause);
            BackendError::Lost { cause: self.sentence(command, &why) }
        })
    }

    /// Who wrote between our look and what we read back: each change makes the version one higher, ours too.
    async fn meanwhile(&self, api: &Api, before: &Flag, after: &Flag, command: &Command) -> Option<String> {
        if after.version <= before.version.saturating_add(1) {
            return None;
        }
        let log = api.audit(Line::Urgent).await.unwrap_or_default();
        let others = others(&log, before.changed_at, &comment(command));
        let who = if others.is_empty() { "somebody else".to_owned() } else { others.join(", ") };
        Some(format!("{who} wrote at the same moment: version {} became {}", before.version, after.version))
    }

    pub(super) fn error(&self, fault: Fault, command: &Command, state: Option<FlagState>) -> BackendError {
        fault.into_error(operation(command.verb), &self.reader.target, state)
    }

    fn not_met(&self, command: &Command, why: &str, state: FlagState) -> BackendError {
        BackendError::NotMet { cause: self.sentence(command, why), state: Box::new(state) }
    }

    fn sentence(&self, command: &Command, why: &str) -> Text {
        sentence(operation(command.verb), &self.reader.target, why)
    }
}

/// What stops is not held by what somebody planned for later.
const fn mode(command: &Command) -> Mode {
    if command.is_urgent() { Mode::Regardless } else { Mode::Careful }
}

/// Whether a command has nothing left to do: what stops must never raise what somebody else has taken further back.
fn is_done(command: &Command, state: &FlagState) -> bool {
    command.change.is_met_by(state) || (command.is_urgent() && command.change.is_stopped_in(state))
}

/// A command without the segments that are exposed to no more than it asks for, if it stops.
fn left(command: &Command, state: &FlagState) -> Command {
    let mut left = command.clone();
    if let (true, Change::Shares(shares)) = (command.is_urgent(), &mut left.change) {
        shares.retain(|name, share| state.shares.get(name).is_none_or(|stored| stored > share));
    }
    left
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
