//! What is kept of a finished rollout.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{RolloutName, Text, Timestamp};
use crate::effect::EffectId;

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every segment reached the top of its plan.
    Complete,
    /// Killed: nobody has it, or some segments were killed and the others are at the top of their plans.
    Killed,
    /// Taken back to nobody without a kill.
    RolledBack,
    /// Switched off outside gonogo before it was complete, or left open where a recording ends.
    Abandoned,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Complete, Self::Killed, Self::RolledBack, Self::Abandoned];

    /// The word in the list, the JSON and the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Killed => "killed",
            Self::RolledBack => "rolled-back",
            Self::Abandoned => "abandoned",
        }
    }
}

/// A kill: one act, however many platforms it went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// Its first command.
    pub command: EffectId,
    /// When it was asked for.
    pub at: Timestamp,
    /// Which segments: `everything`, `enterprise`.
    pub scope: Text,
    /// Who.
    pub actor: Text,
    /// Why, or on what evidence.
    pub why: Option<Text>,
    /// When a guardrail said the NO-GO that it answers. `None`: there was none.
    pub detected_at: Option<Timestamp>,
    /// When all platforms were read back as off. `None`: never, as far as is known.
    pub off_at: Option<Timestamp>,
}

impl Kill {
    /// From the NO-GO to proven off. `None`: there was no NO-GO, or it was never proven.
    #[must_use]
    pub fn detected_to_off(&self) -> Option<Duration> {
        self.detected_at.zip(self.off_at).map(|(from, to)| to.since(from))
    }
}

/// Where the time of a rollout went.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TimeSplit {
    /// Seconds in which a change of the flag was under way.
    pub active_s: f64,
    /// Seconds in which a stage baked.
    pub baking_s: f64,
    /// Seconds in which a baked stage still gathered evidence.
    pub gathering_s: f64,
    /// Seconds in which a NO-GO or a HOLD stood.
    pub held_s: f64,
    /// Seconds in which all was well, and the next step was a person's.
    pub waiting_s: f64,
    /// Seconds of pauses.
    pub paused_s: f64,
}

/// A finished rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub rollout: RolloutName,
    /// The first command that it was given: with the name, what it is known by.
    pub first_command: EffectId,
    /// The team that answers for it.
    pub owner: Option<Text>,
    /// What it touches, as its owner names it. `None`: not known (a recording does not say).
    pub traits: Option<Vec<Text>>,
    /// When its first command was given, or somebody was first seen to have it.
    pub started: Timestamp,
    /// When it reached the state that it ended in.
    pub ended: Timestamp,
    /// How.
    pub ending: Ending,
    /// How long some of it was paused.
    pub paused: Duration,
    /// Where the time went. `None`: not known; a recording tells it.
    pub split: Option<TimeSplit>,
    /// Kills, oldest first.
    pub kills: Vec<Kill>,
    /// Roll-backs.
    pub roll_backs: u64,
    /// NO-GOs.
    pub no_gos: u64,
    /// Customers who had the feature: each segment's size by its largest exposure. `None`: a size is not known.
    pub exposed: Option<u64>,
    /// Users who turned bad between the first bad reading of a NO-GO and proven off. `None`: not known; a recording
    /// tells it.
    pub hurt: Option<u64>,
    /// The share of users in treatment, 0 to 1, when it was last looked at while somebody had the feature.
    pub adoption: Option<f64>,
    /// The users whom that share was taken of.
    pub units: Option<u64>,
    /// The recording of it, or of a part of it.
    pub recording: Option<PathBuf>,
}

impl Entry {
    /// From its start to its end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended.since(self.started)
    }
}

/// What a person said of a kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whether nothing had been wrong with the feature.
    pub is_false: bool,
    /// Why they think so.
    pub reason: Option<Text>,
    /// When they said it.
    pub at: Timestamp,
}

/// A kill in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKill {
    /// What is known of it.
    pub kill: Kill,
    /// What a person said of it. `None`: nothing.
    pub mark: Option<Mark>,
}

impl StoredKill {
    /// Whether a person said that nothing had been wrong.
    #[must_use]
    pub fn is_false(&self) -> bool {
        self.mark.as_ref().is_some_and(|mark| mark.is_false)
    }
}

/// A finished rollout in the store. Its kills stand in `kills`, with their marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its number: what the command line names it by. Never given twice.
    pub id: i64,
    /// What is known of it; without its kills.
    pub entry: Entry,
    /// Its kills, oldest first.
    pub kills: Vec<StoredKill>,
}

impl Stored {
    /// Kills that a person marked as false.
    #[must_use]
    pub fn false_kills(&self) -> usize {
        self.kills.iter().filter(|kill| kill.is_false()).count()
    }

    /// Whether it was a failed change: it needed a kill that was not false, or a roll-back.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.entry.roll_backs > 0 || self.kills.iter().any(|kill| !kill.is_false())
    }

    /// The longest time from a NO-GO to proven off.
    #[must_use]
    pub fn detected_to_off(&self) -> Option<Duration> {
        self.kills.iter().filter_map(|kill| kill.kill.detected_to_off()).max()
    }
}
