//! What `watch`, `guard` and `demo` share to write a recording: the flags, the user's settings, and the end.
//!
//! | asked for | goes to | limits |
//! |---|---|---|
//! | `--record FILE` | that new file | none |
//! | `--record FOLDER` | `FOLDER/<rollout>/<UTC start>.rec` | none: what was asked for is never removed |
//! | `always = true` in the settings | the same in the settings' folder | `keep_size`, `keep_age` |
//!
//! What was asked for and cannot be recorded is an error. What the settings ask for never keeps a rollout from being
//! watched: it is said, and the rollout goes on without.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::time::Instant;

use super::Failure;
use crate::backends::Rights;
use crate::config::user::{self, RecordingSettings, UserSettings};
use crate::domain::text::thousands;
use crate::domain::{Rollout, Text, Timestamp};
use crate::engine::Autopilot;
use crate::recording::{Folder, Header, Keep, Keeper, Recorder, RecordingError, Redactor, Tape};
use crate::runtime::session::Session;

/// Where to record to, if anywhere.
#[derive(Debug, Clone, Default, Args)]
pub struct RecordTo {
    /// Write every event into this new file, or into a new file in this folder
    #[arg(long, value_name = "PATH")]
    record: Option<PathBuf>,
    /// Replace customers' words and ids in the recording by stand-ins, for sharing
    #[arg(long)]
    redact: bool,
}

/// The same for commands that the settings may have record by themselves.
#[derive(Debug, Clone, Default, Args)]
pub struct RecordAlways {
    #[command(flatten)]
    to: RecordTo,
    /// Record nothing, whatever the settings say
    #[arg(long, conflicts_with_all = ["record", "redact"])]
    no_record: bool,
}

/// What is recorded, once flags and settings are put together.
#[derive(Debug, Clone, Default)]
pub struct Recordings {
    place: Place,
    redact: bool,
    /// Why the settings' wishes are not heeded.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, Default)]
enum Place {
    #[default]
    Nowhere,
    File(PathBuf),
    Folder(PathBuf),
    Kept(PathBuf, Keep),
    /// It is wanted, but there is no home to put it in.
    Homeless,
}

impl RecordTo {
    /// Whether any of these flags was given.
    pub const fn is_given(&self) -> bool {
        self.record.is_some() || self.redact
    }

    /// What these flags ask for; the settings say only whether to redact.
    ///
    /// # Errors
    /// When a recording is asked for, and the settings, which may want it redacted, cannot be read.
    pub fn settle(&self) -> Result<Recordings, Failure> {
        let Some(path) = &self.record else {
            return if self.redact { Err(nothing_to_redact()) } else { Ok(Recordings::default()) };
        };
        // A recording with words that were to be replaced cannot be taken back.
        let settings = user::load().map_err(Failure::usage)?;
        Ok(self.asked(path, &settings.recording))
    }

    fn asked(&self, path: &Path, settings: &RecordingSettings) -> Recordings {
        let place = if path.is_dir() { Place::Folder(path.into()) } else { Place::File(path.into()) };
        Recordings { place, redact: self.redact || settings.redact, fault: None }
    }
}

impl RecordAlways {
    /// What flags and settings ask for together.
    ///
    /// # Errors
    /// When a recording is asked for by a flag, and the settings, which may want it redacted, cannot be read.
    pub fn settle(&self) -> Result<Recordings, Failure> {
        if self.no_record {
            return Ok(Recordings::default());
        }
        if self.to.record.is_some() {
            return self.to.settle();
        }
        Ok(match user::load() {
            Ok(settings) if self.to.redact && !settings.recording.always => return Err(nothing_to_redact()),
            Ok(settings) => self.by_settings(&settings),
            // A typing error in them must not keep anybody from a rollout.
            Err(error) => Recordings {
                fault: Some(format!("{error}\nnothing is recorded by itself")),
                ..Recordings::default()
            },
        })
    }

    fn by_settings(&self, settings: &UserSettings) -> Recordings {
        let settings = &settings.recording;
        if !settings.always {
            return Recordings::default();
        }
        let keep = Keep { size: settings.keep_size.0, age: settings.keep_age.0 };
        let place = settings.folder().map_or(Place::Homeless, |folder| Place::Kept(folder, keep));
        Recordings { place, redact: self.to.redact || settings.redact, fault: None }
    }
}

fn nothing_to_redact() -> Failure {
    Failure::usage(
        "--redact without a recording\nhint: add --record PATH, or `always = true` to the settings",
    )
}

impl Recordings {
    /// Whether all goes into one file.
    pub const fn is_one_file(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Begins the recording of a rollout, if there is to be one.
    ///
    /// # Errors
    /// When it was asked for by a flag, and the file is there already or cannot be made.
    pub fn begin(
        &self,
        rollout: &Rollout,
        rights: Rights,
        autopilot: Autopilot,
        now: Timestamp,
    ) -> Result<Option<Tape>, Failure> {
        let mut header = Header::new(rollout, autopilot, rights == Rights::ReadOnly);
        header.redacted = self.redact;
        let tape = match &self.place {
            Place::Nowhere => return Ok(None),
            Place::File(path) => {
                Tape::new(path, Recorder::create(path, &header).map_err(Failure::usage)?).held()
            }
            Place::Folder(root) => {
                let (path, recorder) = begin_in(root, &header, now).map_err(Failure::usage)?;
                Tape::new(&path, recorder).held()
            }
            Place::Kept(root, keep) => keep_in(root, *keep, &header, now),
            Place::Homeless => {
                Tape::broken("nothing is recorded: there is no home; set `folder` in the settings")
            }
        };
        Ok(Some(if self.redact { tape.redacted(Redactor::new()) } else { tape }))
    }
}

/// Begins a new file in a folder.
fn begin_in(root: &Path, header: &Header, now: Timestamp) -> Result<(PathBuf, Recorder), RecordingError> {
    let shown = || Text::new(&root.display().to_string()).to_string();
    let path = Folder::new(root.to_owned())
        .name_file(&header.rollout.name, now)
        .map_err(|cause| RecordingError::Unwritable { path: shown(), cause })?;
    let recorder = Recorder::create(&path, header)?;
    Ok((path, recorder))
}

/// The same with limits. What fails is said by the tape.
fn keep_in(root: &Path, keep: Keep, header: &Header, now: Timestamp) -> Tape {
    let (path, recorder) = match begin_in(root, header, now) {
        Ok(begun) => begun,
        Err(error) => return Tape::broken(&format!("nothing is recorded: {error}")),
    };
    match Keeper::start(Folder::new(root.to_owned()), keep, &path) {
        Ok(keeper) => Tape::new(&path, recorder).kept(keeper),
        Err(cause) => {
            // Without limits it could fill the disk.
            drop(recorder);
            Tape::broken(&format!(
                "nothing is recorded: {} cannot be kept within limits: {cause}",
                path.display()
            ))
        }
    }
}

/// Ends the session's recording and its part in the history, and says on standard error what is in the file and what is
/// not.
pub fn end_recording(session: &mut Session, until: Instant) {
    let patience = || until.saturating_duration_since(Instant::now());
    if let Some(problem) = session.end_history(patience()) {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "gonogo: {}", super::exit::with_hints_apart(problem.as_str()));
    }
    let Some(recorded) = session.end_recording(patience()) else { return };
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
