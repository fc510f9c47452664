//! What every command that works on a rollout file needs: the file, the journal, who acts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Failure;
use super::record::Recordings;
use crate::backends::Rights;
use crate::config::rollout_file::{self, RolloutFile};
use crate::domain::{Actor, Text};
use crate::engine::Autopilot;
use crate::history::{self, Clerk};
use crate::journal::Journal;
use crate::recording::Tape;
use crate::runtime::clock::Clock;
use crate::runtime::session::{Session, Start};

/// Which rollout, and on whose behalf.
#[derive(Debug, Args)]
pub struct Target {
    /// The rollout file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder of the journals and the history [default: both in $XDG_STATE_HOME/gonogo]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Who acts, for the journal [default: $USER at this host]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// How much the autopilot may do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AutopilotMode {
    /// Nothing
    Off,
    /// Says what it would do
    Advise,
    /// Pauses and kills
    Guard,
    /// Pauses, kills, and widens from stage to stage
    Full,
}

impl From<AutopilotMode> for Autopilot {
    fn from(mode: AutopilotMode) -> Self {
        match mode {
            AutopilotMode::Off => Self::Off,
            AutopilotMode::Advise => Self::Advise,
            AutopilotMode::Guard => Self::Guard,
            AutopilotMode::Full => Self::Full,
        }
    }
}

impl Target {
    /// Reads the rollout file.
    ///
    /// # Errors
    /// With every fault of the file, its place and a hint.
    pub fn load(&self) -> Result<RolloutFile, Failure> {
        rollout_file::load(&self.file).map_err(Failure::usage)
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        actor(self.name.as_deref())
    }

    /// Opens the journal and starts a session that is neither recorded nor part of the history. Returns warnings about
    /// both with it.
    ///
    /// # Errors
    /// When the file, the journal or an adapter's settings cannot be used.
    pub fn start(&self, rights: Rights, autopilot: Autopilot) -> Result<(Session, Vec<String>), Failure> {
        open(self.load()?, self.state_dir.as_deref(), rights, autopilot, None)
    }
}

/// Opens the journal of a rollout and starts a session; with `record` one that lasts, is recorded if that is asked for,
/// and goes into the history. Returns warnings about both with it.
///
/// # Errors
/// When the journal, an adapter's settings or the recording's file cannot be used.
pub fn open(
    file: RolloutFile,
    state_dir: Option<&Path>,
    rights: Rights,
    autopilot: Autopilot,
    record: Option<&Recordings>,
) -> Result<(Session, Vec<String>), Failure> {
    let mut warnings = file.warnings.clone();
    warnings.extend(record.and_then(|record| record.fault.clone()));
    let (ledger, entries, opening) = Journal::open(state_dir, &file.rollout.name).map_err(Failure::usage)?;
    warnings.extend(opening.warnings());
    let remembered = entries.into_iter().map(|entry| (entry.at, entry.record)).collect();
    let clock = Clock::system();
    let start = Start { file, rights, autopilot, ledger, remembered, clock };
    let (mut tape, mut clerk) = (None, None);
    if let Some(record) = record {
        tape = record.begin(&start.file.rollout, rights, autopilot, clock.now())?;
        // A rollout never waits for its history, nor fails by it.
        match begin_history(state_dir, &start.file, tape.as_ref().and_then(Tape::path)) {
            Ok(begun) => clerk = Some(begun),
            Err(cause) => warnings.push(format!("the history is not kept: {cause}")),
        }
    }
    let session = Session::start_recorded(start, tape, clerk).map_err(Failure::usage)?;
    Ok((session, warnings))
}

/// The history beside the journals, or in the user's state.
fn begin_history(state_dir: Option<&Path>, file: &RolloutFile, tape: Option<&Path>) -> Result<Clerk, String> {
    let path = match state_dir {
        Some(folder) => history::file_in(folder),
        None => history::default_file().map_err(|error| error.to_string())?,
    };
    let rollout = Arc::new(file.rollout.clone());
    let tape = tape.and_then(|path| std::path::absolute(path).ok());
    Clerk::start(path, rollout, file.traits.clone(), tape).map_err(|cause| cause.to_string())
}

/// Who acts: the given name, or `user@host`.
pub fn actor(name: Option<&str>) -> Actor {
    let name = name.map_or_else(
        || {
            let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
            // Services and containers have no name in the environment, but always a number.
            let user = user.unwrap_or_else(|_| format!("uid-{}", rustix::process::getuid().as_raw()));
            let host = rustix::system::uname();
            format!("{user}@{}", host.nodename().to_string_lossy())
        },
        str::to_owned,
    );
    Actor::Person(Text::new(&name))
}
