//! `gonogo journal`: who did what, when, why, with what result.

use std::io::Write;
use std::path::Path;

use clap::Args;

use super::{Exit, Failure};
use crate::config::rollout_file;
use crate::journal::{self, Format};

/// What `journal` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A rollout's name, its rollout file, or a journal file
    #[arg(value_name = "NAME|FILE")]
    which: String,
    /// One JSON object a line, as it stands in the file
    #[arg(long)]
    json: bool,
    /// Check the chain of hashes from the first line to the last
    #[arg(long)]
    verify: bool,
}

/// The name in a rollout file, which all other verbs take; what is none as it is.
fn rollout_name(which: &str) -> Result<String, Failure> {
    let path = Path::new(which);
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(which.to_owned());
    }
    let file = rollout_file::load(path).map_err(Failure::usage)?;
    Ok(file.rollout.name.to_string())
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let path = journal::locate(&rollout_name(&arguments.which)?).map_err(Failure::usage)?;
    let mut out = std::io::stdout().lock();
    if arguments.verify {
        let found = journal::verify(&path).map_err(Failure::usage)?;
        found.tell(&mut out)?;
        return Ok(if found.is_intact() { Exit::Done } else { Exit::NoGo });
    }
    let format = if arguments.json { Format::Json } else { Format::Plain };
    journal::print(&path, format, &mut out).map_err(Failure::usage)?;
    out.flush()?;
    Ok(Exit::Done)
}
