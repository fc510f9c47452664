//! Setting: one `set` for a command, over a socket that does nothing else.
//!
//! In: a [`Command`]. Out: the state that the server acknowledged, which the protocol defines as read
//! back, or why not. What grows carries the version that was seen; what stops carries none and is never
//! refused as old.
//!
//! Within one call the same `set` is repeated under the same id until there is an answer. A command that
//! stops gets a new id for each call: when the runner kills again because a late request came after the
//! first kill, the server must act, not repeat its old answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Place;
use crate::backends::{Applied, BackendError, Control};
use crate::domain::{FlagState, Text, Version};
use crate::effect::{Change, Command};
use crate::event::Promise;
use crate::feed::message::{Code, Refused, Set};
use crate::feed::{self, Answer, OpaqueId};

/// How long a command that stops is tried in one call: below the three seconds that the runner gives it,
/// so that the answer says why.
const STOP_WITHIN: Duration = Duration::from_millis(2800);

/// How long a command that grows is tried: below the runner's ten seconds.
const GROW_WITHIN: Duration = Duration::from_secs(9);

/// The means to set one flag.
#[derive(Debug)]
pub(super) struct Writer {
    place: Arc<Place>,
    wire: feed::Control,
    /// Tells this process from others in the ids: two guards may think of the same command at the same time.
    nonce: u32,
    calls: AtomicU64,
}

impl Writer {
    pub(super) fn new(place: Arc<Place>) -> Self {
        let wire = feed::Control::new(place.endpoint.clone());
        Self { place, wire, nonce: rand::random(), calls: AtomicU64::new(0) }
    }

    /// Keeps the socket open, for ever.
    pub(super) async fn keep_warm(&self) {
        self.wire.run().await;
    }

    async fn attempt(&self, command: &Command) -> Result<Applied, BackendError> {
        let set = self.set(command)?;
        let within = if command.is_urgent() { STOP_WITHIN } else { GROW_WITHIN };
        let verb = command.verb.spec().name;
        match self.wire.request(&set, within).await.map_err(|lost| self.place.lost(verb, &lost))? {
            Answer::Ack(ack) => {
                let state = self.translate(ack.flag);
                if command.change.is_met_by(&state) {
                    return Ok(Applied { state, overwrote: None });
                }
                let cause = self.place.cannot(verb, "the server acknowledged it but stored something else");
                Err(BackendError::NotMet { cause, state: Box::new(state) })
            }
            Answer::Refused(refused) => Err(self.refusal(command, refused)),
        }
    }

    fn set(&self, command: &Command) -> Result<Set, BackendError> {
        let (shares, on) = match &command.change {
            Change::Shares(shares) => (self.shares(command, shares)?, None),
            Change::Off => (BTreeMap::new(), Some(false)),
            Change::On(shares) => (self.shares(command, shares)?, Some(true)),
            Change::Freeze(_) | Change::Weights(_) => {
                return Err(self.refuse(command, "the feed has neither ramps nor variants"));
            }
        };
        let expected_version = match command.expected.filter(|_| !command.is_urgent()) {
            Some(seen) => {
                let theirs = self.place.known().versions.theirs(seen);
                Some(theirs.ok_or_else(|| {
                    self.refuse(command, "the server started anew since you looked. hint: look again")
                })?)
            }
            None if command.is_urgent() => None,
            None => {
                return Err(self.refuse(command, "what exposes more must name the version that was seen"));
            }
        };
        let evidence = command.evidence.as_deref().map(Text::new);
        Ok(Set {
            id: self.id(command)?,
            flag: self.place.target.flag.clone(),
            shares,
            on,
            expected_version,
            actor: command.actor.clone(),
            reason: command.reason.clone().or(evidence).unwrap_or_else(|| command.verb.spec().name.into()),
        })
    }

    fn id(&self, command: &Command) -> Result<OpaqueId, BackendError> {
        let mut id = format!("{:08x}-{}", self.nonce, command.id);
        if command.is_urgent() {
            id = format!("{id}-{:x}", self.calls.fetch_add(1, Ordering::Relaxed));
        }
        OpaqueId::new(&id).map_err(|cause| self.refuse(command, &cause))
    }

    fn shares(
        &self,
        command: &Command,
        shares: &BTreeMap<crate::domain::SegmentName, crate::domain::Percent>,
    ) -> Result<BTreeMap<crate::domain::SegmentName, crate::domain::Percent>, BackendError> {
        let unknown =
            |segment| self.refuse(command, &format!("there is no segment {segment} in the rollout file"));
        self.place.dictionary.shares(shares).map_err(unknown)
    }

    /// An answer says nothing about the epoch, so it never changes how versions are understood.
    fn translate(&self, state: feed::message::State) -> FlagState {
        let version = self.place.known().versions.ours(state.version);
        FlagState { version, ..self.place.dictionary.translate(state) }
    }

    fn refuse(&self, command: &Command, cause: &str) -> BackendError {
        let cause = self.place.cannot(command.verb.spec().name, cause);
        BackendError::Refused { cause, state: None }
    }

    fn refusal(&self, command: &Command, refused: Refused) -> BackendError {
        let state = refused.flag.map(|state| self.translate(state));
        let said = refused.message.as_str();
        let cause = match (refused.code, &state, command.expected) {
            (Code::StaleVersion, Some(state), Some(seen)) if state.version != seen => newer(state, seen),
            (Code::ReadOnly, ..) => format!("{said}. hint: use a token that may set"),
            (Code::UnknownFlag, ..) => format!("{said}. hint: check `flag` in the rollout file"),
            (Code::UnknownSegment, ..) => {
                format!("{said}. hint: check `match` of the segment in the rollout file")
            }
            _ => said.to_owned(),
        };
        let cause = self.place.cannot(command.verb.spec().name, &cause);
        BackendError::Refused { cause, state: state.map(Box::new) }
    }
}

fn newer(state: &FlagState, seen: Version) -> String {
    let by = state.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("version {}{by} is newer than {seen}, which you saw", state.version)
}

impl Control for Writer {
    fn apply<'a>(&'a self, command: &'a Command) -> Promise<'a, Result<Applied, BackendError>> {
        Box::pin(self.attempt(command))
    }
}
