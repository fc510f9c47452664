//! `gonogo journal`: who did what, when, why, with what result.

use std::io::Write;

use clap::Args;

use super::{Exit, Failure};
use crate::journal::{self, Format};

/// What `journal` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A rollout's name, or a journal file
    #[arg(value_name = "NAME|FILE")]
    which: String,
    /// One JSON object a line, as it stands in the file
    #[arg(long)]
    json: bool,
    /// Check the chain of hashes from the first line to the last
    #[arg(long)]
    verify: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let path = journal::locate(&arguments.which).map_err(Failure::usage)?;
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
