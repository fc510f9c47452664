//! The flag service of a tape: the log of the simulated world, and how long its answers take.
//!
//! In: commands of the engine. Out: what comes of them, each with how long it takes: sent, then stored and read back,
//! then pushed to everybody who watches.

use std::time::Duration;

use gonogo::demo::World;
use gonogo::domain::{FlagState, PlatformName, Rollout, Text, Timestamp};
use gonogo::effect::{Change, Command, EffectId, Outcome};
use gonogo::event::Body;
use gonogo::feed::message::{FromServer, Set, State};
use gonogo::feed::{Log, OpaqueId};

use crate::Failure;

/// How long a command takes until it is on the wire.
const SEND: Duration = Duration::from_millis(6);
/// The quickest answer of the service.
const ANSWER: Duration = Duration::from_millis(140);
/// Answers differ: by this much for each of [`KINDS`].
const SLOWER: Duration = Duration::from_millis(53);
/// How many different answer times there are; a prime, so that they do not repeat with the plan.
const KINDS: u64 = 7;
/// How long after its answer the service pushes the flag.
const PUSH: Duration = Duration::from_millis(9);

/// What comes of a command.
pub enum Turn {
    /// It is on the wire.
    Sent(EffectId),
    /// The service stores it and answers.
    Answered(EffectId, Set),
    /// The service pushes the flag.
    Pushed,
}

/// The flag service.
pub struct Service {
    /// What it has stored and told.
    pub log: Log,
    flag: gonogo::domain::FlagKey,
    platform: PlatformName,
    commands: u64,
}

impl Service {
    /// The service of a world before anything was changed.
    pub fn new(world: &World, rollout: &Rollout) -> Result<Self, Failure> {
        let platform = rollout.platforms.first().ok_or("a rollout has a platform")?.name.clone();
        Ok(Self {
            log: world.open_log(OpaqueId::new("tape")?),
            flag: world.flag().clone(),
            platform,
            commands: 0,
        })
    }

    /// The flag as it is told, and when it changed.
    pub fn flag(&self) -> Result<(Body, Option<Timestamp>), Failure> {
        let state = self.log.state(&self.flag).cloned().ok_or("the world has its flag")?;
        let state = read(state);
        Ok((Body::Flag { platform: self.platform.clone(), state: state.clone() }, state.changed_at))
    }

    /// Takes a command; returns what comes of it, each with how long it takes.
    pub fn accept(&mut self, command: Command) -> Result<[(Duration, Turn); 3], Failure> {
        self.commands += 1;
        let answered = ANSWER + SLOWER * u32::try_from(self.commands * 3 % KINDS)?;
        let id = command.id;
        let (shares, on) = match command.change {
            Change::Shares(shares) => (shares, None),
            Change::Off => (Default::default(), Some(false)),
            Change::On(shares) => (shares, Some(true)),
            Change::Freeze(_) | Change::Weights(_) => {
                return Err("the demo's flag has no ramps and no variants".into());
            }
        };
        let set = Set {
            id: OpaqueId::new(&id.to_string())?,
            flag: self.flag.clone(),
            shares,
            on,
            expected_version: command.expected,
            actor: command.actor,
            reason: command.reason.unwrap_or_else(|| Text::new("")),
        };
        Ok([(SEND, Turn::Sent(id)), (answered, Turn::Answered(id, set)), (answered + PUSH, Turn::Pushed)])
    }

    /// What is heard of a turn that has come.
    pub fn turn(&mut self, turn: Turn, now: Timestamp) -> Vec<(Body, Option<Timestamp>)> {
        let (id, outcome) = match turn {
            Turn::Sent(id) => (id, Outcome::Sent),
            Turn::Pushed => return self.flag().into_iter().collect(),
            Turn::Answered(id, set) => match self.log.apply(&set, now) {
                FromServer::Ack(ack) => (id, Outcome::Confirmed { state: read(ack.flag), overwrote: None }),
                FromServer::Refused(refused) => {
                    (id, Outcome::Refused { cause: refused.message, state: refused.flag.map(read) })
                }
                _ => return Vec::new(),
            },
        };
        vec![(Body::Effect { id, outcome }, None)]
    }
}

fn read(state: State) -> FlagState {
    let State { version, on, shares, by, changed_at_ms, .. } = state;
    FlagState {
        version,
        on,
        shares,
        by,
        changed_at: changed_at_ms,
        doubts: Vec::new(),
        ..FlagState::default()
    }
}
