//! `gonogo replay`: a recording again.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, verify};
use crate::recording::Archive;

/// What `replay` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo replay last-night.rec --verify")]
pub struct Arguments {
    /// The recording
    #[arg(value_name = "REC")]
    recording: PathBuf,
    /// Decide everything anew, without a screen, and compare it with what was decided then
    #[arg(long, required = true)]
    verify: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    debug_assert!(arguments.verify);
    let name = arguments.recording.display().to_string();
    let archive = Archive::open(&arguments.recording).map_err(Failure::usage)?;
    verify::run(&name, archive)
}
