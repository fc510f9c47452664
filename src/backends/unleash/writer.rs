//! Writing: check, write, read back.
//!
//! In: a [`Command`]. Out: what was read back ([`Applied`]), or why not. Only built with rights.
//!
//! Unleash has neither idempotency keys nor compare-and-set, so:
//! - what makes an exposure larger is checked against what the operator saw (the newest event id),
//!   sent with a JSON-Patch `test`, and looked up in the event log afterwards;
//! - what stops is sent as it is, and read back;
//! - doing any command twice does no harm: what is already so is not written.
//!
//! Switching off is one POST and one read, over a connection that the watch keeps open. It waits
//! for nothing: no lock, no look before. A switch-on that it overtakes undoes itself.
//!
//! Start reading at [`Writer::off`], then [`Writer::shares`], then `switch_on`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::api::Line;
use super::fault::{Fault, Kind, sentence};
use super::plan::{Leave, Plan, Write, plan};
use super::reader::{Look, Reader};
use super::traces::{agrees, change, overwritten};
use super::weigh::weigh;
use crate::action::Verb;
use crate::backends::{Applied, BackendError, Control};
use crate::domain::{FlagState, Percent, SegmentName, Text, VariantShare, Version};
use crate::effect::{Change, Command};
use crate::event::Promise;

/// The control of one flag.
#[derive(Debug)]
pub struct Writer {
    pub(super) reader: Arc<Reader>,
    /// How many kills began: a switch-on compares it before and after.
    pub(super) kills: AtomicU64,
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
            match &command.change {
                Change::Off => self.off().await,
                Change::Shares(wanted) => self.shares(command, wanted).await,
                Change::On(wanted) => self.switch_on(command, wanted).await,
                Change::Freeze(_) => Err(self.impossible("freeze", "nothing moves by itself there")),
                Change::Weights(wanted) => self.weights(command, wanted).await,
            }
        })
    }
}

impl Writer {
    /// A control over what the reader reads.
    #[must_use]
    pub const fn new(reader: Arc<Reader>) -> Self {
        Self { reader, kills: AtomicU64::new(0) }
    }

    pub(super) async fn off(&self) -> Result<Applied, BackendError> {
        self.kills.fetch_add(1, Ordering::AcqRel);
        let target = &self.reader.target;
        self.reader.api.switch(false).await.map_err(|fault| fault.into_error("switch off", target, None))?;
        let state =
            self.reader.glance(Line::Urgent).await.map_err(|fault| self.lost("switch off", &fault))?;
        if state.on {
            let why = "Unleash took it, but the flag reads as on. hint: somebody switched it on again?";
            return Err(self.not_met("switch off", why, state));
        }
        Ok(Applied { state, overwrote: None })
    }

    async fn shares(
        &self,
        command: &Command,
        wanted: &BTreeMap<SegmentName, Percent>,
    ) -> Result<Applied, BackendError> {
        let operation = operation(command.verb);
        let look = self.look(operation).await?;
        let leave = if command.expected.is_some() { Leave::Grow } else { Leave::Stop };
        let state = look.state(&self.reader.target);
        if command.change.is_met_by(&state) {
            return Ok(Applied { state: self.show(&look), overwrote: None });
        }
        let plan = plan(&look.map(&self.reader.target), wanted, leave, &look.names);
        if let Some(expected) = command.expected {
            self.check_seen(operation, &look, expected, &plan.writes)?;
        }
        if plan.writes.is_empty() {
            let why = plan.refused.unwrap_or_else(|| "what is stored cannot be understood".into());
            return Err(self.refused(operation, &why, &look));
        }
        let (after, overwrote) = self.write(operation, &look, &plan).await?;
        let state = after.state(&self.reader.target);
        if command.change.is_met_by(&state) {
            let state = self.show(&after);
            return Ok(Applied { state, overwrote: overwrote.as_deref().map(Text::new) });
        }
        let why = plan.refused.or(overwrote).unwrap_or_else(|| differs(wanted, &state));
        Err(self.not_met(operation, &why, self.show(&after)))
    }

    async fn weights(
        &self,
        command: &Command,
        wanted: &BTreeMap<SegmentName, Vec<VariantShare>>,
    ) -> Result<Applied, BackendError> {
        let operation = operation(command.verb);
        let look = self.look(operation).await?;
        if command.change.is_met_by(&look.state(&self.reader.target)) {
            return Ok(Applied { state: self.show(&look), overwrote: None });
        }
        let map = look.map(&self.reader.target);
        let strategies = |segment| map.ours.get(segment).map(Vec::as_slice).unwrap_or_default();
        let writes: Result<Vec<Write>, String> =
            wanted.iter().map(|(segment, wanted)| weigh(segment, strategies(segment), wanted)).collect();
        let writes = writes.map_err(|why| self.refused(operation, &why, &look))?;
        if let Some(expected) = command.expected {
            self.check_seen(operation, &look, expected, &writes)?;
        }
        let (after, overwrote) = self.write(operation, &look, &Plan { writes, refused: None }).await?;
        if command.change.is_met_by(&after.state(&self.reader.target)) {
            let state = self.show(&after);
            return Ok(Applied { state, overwrote: overwrote.as_deref().map(Text::new) });
        }
        let why = overwrote.unwrap_or_else(|| "the variants read back with other weights".into());
        Err(self.not_met(operation, &why, self.show(&after)))
    }

    pub(super) async fn look(&self, operation: &str) -> Result<Look, BackendError> {
        // Nothing was sent yet, so an unusable answer is no doubt about a write; but it may pass.
        self.reader.look(Line::Urgent).await.map_err(|f| f.into_error(operation, &self.reader.target, None))
    }

    /// Refuses if somebody changed the flag after what the operator saw, unless to what we want.
    pub(super) fn check_seen(
        &self,
        operation: &str,
        look: &Look,
        expected: Version,
        writes: &[Write],
    ) -> Result<(), BackendError> {
        let unseen = look.unseen_since(expected);
        let Some(event) = unseen.into_iter().find(|event| !agrees(event, writes)) else { return Ok(()) };
        let by = if event.by.is_empty() { "somebody" } else { &event.by };
        let order = if event.id > expected.0 { "is newer than" } else { "appeared after" };
        let why = format!("event {} by {by} ({}) {order} {expected}, which you saw", event.id, change(event));
        Err(self.refused(operation, &why, look))
    }

    /// Sends the writes one by one and reads back. Words, if ours overwrote somebody's.
    pub(super) async fn write(
        &self,
        operation: &str,
        before: &Look,
        plan: &Plan,
    ) -> Result<(Look, Option<String>), BackendError> {
        let target = &self.reader.target;
        for (sent, write) in plan.writes.iter().enumerate() {
            let Err(fault) = self.reader.api.patch(&write.strategy, &write.patch()).await else { continue };
            if fault.kind == Kind::Unsure {
                return Err(fault.into_error(operation, target, None));
            }
            let Ok(look) = self.reader.look(Line::Urgent).await else {
                return Err(if sent == 0 {
                    fault.into_error(operation, target, None)
                } else {
                    self.lost(operation, &fault)
                });
            };
            let why = match look
                .page
                .iter()
                .find(|event| event.id > before.stamp.version.0 && !agrees(event, &plan.writes))
            {
                Some(event) if fault.kind == Kind::Conflict => format!("{}: {}", fault.cause, change(event)),
                _ => fault.cause,
            };
            // Earlier writes of this command stand.
            return Err(if sent == 0 {
                self.refused(operation, &why, &look)
            } else {
                self.not_met(operation, &why, self.show(&look))
            });
        }
        let after = self.reader.look(Line::Urgent).await.map_err(|fault| self.lost(operation, &fault))?;
        let overwrote = overwritten(&before.log, &after.page, self.reader.api.environment(), &plan.writes);
        Ok((after, overwrote))
    }

    /// The state of a look that is about to be handed out: its events count as seen from now on.
    pub(super) fn show(&self, look: &Look) -> FlagState {
        self.reader.shown().take(&look.page, self.reader.api.environment());
        look.state(&self.reader.target)
    }

    /// Refused before anything is asked of the server.
    fn impossible(&self, operation: &str, why: &str) -> BackendError {
        BackendError::Refused { cause: sentence(operation, &self.reader.target, why), state: None }
    }

    pub(super) fn refused(&self, operation: &str, why: &str, look: &Look) -> BackendError {
        let state = Some(Box::new(self.show(look)));
        BackendError::Refused { cause: sentence(operation, &self.reader.target, why), state }
    }

    pub(super) fn not_met(&self, operation: &str, why: &str, state: FlagState) -> BackendError {
        BackendError::NotMet { cause: sentence(operation, &self.reader.target, why), state: Box::new(state) }
    }

    /// Something was sent and could not be read back.
    pub(super) fn lost(&self, operation: &str, fault: &Fault) -> BackendError {
        let why = format!("it was sent, but could not be read back: {}", fault.cause);
        BackendError::Lost { cause: sentence(operation, &self.reader.target, &why) }
    }
}

/// The operation in the messages of a command.
pub(super) const fn operation(verb: Verb) -> &'static str {
    match verb {
        Verb::Widen => "widen",
        Verb::RollBack => "roll back",
        Verb::Kill => "kill",
        Verb::Resume => "resume",
        _ => "change",
    }
}

/// `free stands at 40%, not 25%`.
pub(super) fn differs(wanted: &BTreeMap<SegmentName, Percent>, state: &FlagState) -> String {
    let different = wanted.iter().filter(|(segment, share)| state.shares.get(*segment) != Some(*share));
    let words: Vec<_> = different
        .map(|(segment, share)| match state.shares.get(segment) {
            Some(now) => format!("{segment} stands at {now}, not {share}"),
            None => format!("the share of {segment} is not known"),
        })
        .collect();
    words.join(", ")
}
