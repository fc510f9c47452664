//! `--record PATH`: what `watch`, `demo` and `guard` share to write a recording.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use etcetera::BaseStrategy;

use super::Failure;
use crate::backends::Rights;
use crate::domain::text::thousands;
use crate::domain::{Rollout, RolloutName, Text};
use crate::engine::Autopilot;
use crate::recording::{Header, Recorder};
use crate::runtime::session::Session;

/// How long leaving waits for the disk. An orphan must be gone within a second.
const LAST_LINE: Duration = Duration::from_millis(200);

/// Where to record to, if anywhere.
#[derive(Debug, Clone, Default, Args)]
pub struct RecordTo {
    /// Write every event into this new file, for `gonogo backtest`
    #[arg(long, value_name = "PATH")]
    record: Option<PathBuf>,
}

impl RecordTo {
    /// Whether a recording is asked for.
    pub const fn is_wanted(&self) -> bool {
        self.record.is_some()
    }

    /// Begins the recording, if one is asked for.
    ///
    /// # Errors
    /// When the file is there already or cannot be made.
    pub fn begin(
        &self,
        rollout: &Rollout,
        rights: Rights,
        autopilot: Autopilot,
    ) -> Result<Option<Recorder>, Failure> {
        let Some(path) = &self.record else { return Ok(None) };
        let header = Header::new(rollout, autopilot, rights == Rights::ReadOnly);
        Recorder::create(path, &header).map(Some).map_err(Failure::usage)
    }
}

/// The folder of a rollout's recordings: `$XDG_STATE_HOME/gonogo/recordings/<rollout>`, by default below
/// `~/.local/state`. `None`: neither is set.
pub fn folder_of(rollout: &RolloutName) -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    // A name may hold a slash, a folder's name must not.
    Some(state.join("gonogo").join("recordings").join(rollout.as_str().replace('/', "_")))
}

/// Ends the session's recording, if there is one, and says on standard error what is in the file and what is not.
pub fn end_recording(session: &mut Session) {
    let Some(recorded) = session.end_recording(LAST_LINE) else { return };
    let path = Text::new(&recorded.path.display().to_string());
    let mut text = format!("gonogo: recorded {} events to {path}", thousands(recorded.events));
    if recorded.lost > 0 {
        text.push_str(&format!("; {} are MISSING in it", thousands(recorded.lost)));
    }
    if let Some(failure) = &recorded.failure {
        text.push_str(&format!("; {failure}"));
    }
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
