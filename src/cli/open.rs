//! What every command that works on a rollout file needs: the file, the journal, who acts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Failure;
use super::record::Recordings;
use crate::backends::Rights;
use crate::config::rollout_file::{self, RolloutFile};
use crate::domain::{Actor, Text};
use crate::engine::Autopilot;
use crate::journal::Journal;
use crate::runtime::clock::Clock;
use crate::runtime::session::{Session, Start};

/// Which rollout, and on whose behalf.
#[derive(Debug, Args)]
pub struct Target {
    /// The rollout file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder of the journals [default: $XDG_STATE_HOME/gonogo/journal]
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

    /// Opens the journal and starts a session. Returns warnings about both with it.
    ///
    /// # Errors
    /// When the file, the journal or an adapter's settings cannot be used.
    pub fn start(&self, rights: Rights, autopilot: Autopilot) -> Result<(Session, Vec<String>), Failure> {
        self.start_recorded(rights, autopilot, &Recordings::default())
    }

    /// The same, with a recording if one is asked for.
    ///
    /// # Errors
    /// As [`Target::start`], and when the recording's file cannot be made.
    pub fn start_recorded(
        &self,
        rights: Rights,
        autopilot: Autopilot,
        record: &Recordings,
    ) -> Result<(Session, Vec<String>), Failure> {
        open(self.load()?, self.state_dir.as_deref(), rights, autopilot, record)
    }
}

/// Opens the journal of a rollout and starts a session, recorded if that is asked for. Returns warnings about both
/// with it.
///
/// # Errors
/// When the journal, an adapter's settings or the recording's file cannot be used.
pub fn open(
    file: RolloutFile,
    state_dir: Option<&Path>,
    rights: Rights,
    autopilot: Autopilot,
    record: &Recordings,
) -> Result<(Session, Vec<String>), Failure> {
    let mut warnings = file.warnings.clone();
    warnings.extend(record.fault.clone());
    let (ledger, entries, opening) = Journal::open(state_dir, &file.rollout.name).map_err(Failure::usage)?;
    warnings.extend(opening.warnings());
    let remembered = entries.into_iter().map(|entry| (entry.at, entry.record)).collect();
    let clock = Clock::system();
    let start = Start { file, rights, autopilot, ledger, remembered, clock };
    let tape = record.begin(&start.file.rollout, rights, autopilot, clock.now())?;
    let session = Session::start_recorded(start, tape).map_err(Failure::usage)?;
    Ok((session, warnings))
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
