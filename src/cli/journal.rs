//! `gonogo journal`: who did what, when, why, with what result.

use std::io::Write;
use std::path::Path;

use clap::Args;

use super::{Exit, Failure, out};
use crate::config::rollout_file;
use crate::domain::When;
use crate::journal::{self, Format};

/// What `journal` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "TIME is 14:02, 14:02:30, '2026-11-22 14:02' (UTC), 2026-11-22T14:02:04.972Z, a share such as 50%, +5m \
    after the first entry, or -10m before the last.\n\n\
    Examples:\n  gonogo journal checkout-v2\n  gonogo journal checkout-v2 --at 14:02\n  \
    gonogo journal checkout-v2 --verify"
)]
pub struct Arguments {
    /// A rollout's name, its rollout file, or a journal file
    #[arg(value_name = "NAME|FILE")]
    which: String,
    /// Only the entries around this time; the nearest is marked
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<When>,
    /// One JSON object a line, as it stands in the file
    #[arg(long)]
    json: bool,
    /// Check the chain of hashes from the first line to the last
    #[arg(long, conflicts_with = "at")]
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
    let mut out = out::stdout();
    if arguments.verify {
        let found = journal::verify(&path).map_err(Failure::usage)?;
        found.tell(&mut out)?;
        return Ok(if found.is_intact() { Exit::Done } else { Exit::NoGo });
    }
    let format = if arguments.json { Format::Json } else { Format::Plain };
    let printed = match arguments.at {
        Some(at) => print_around(&path, at, format, &mut out),
        None => journal::print(&path, format, &mut out),
    };
    printed.map_err(Failure::usage)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// A time of day is one of the days of the journal, the last one first.
fn print_around(
    path: &Path,
    at: When,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), journal::JournalError> {
    let (from, to) = journal::extent(path)?.unwrap_or_default();
    let here = if matches!(at, When::Later(_)) { from } else { to };
    journal::print_around(path, at.moment(from, to, here), format, out)
}
