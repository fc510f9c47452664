//! `gonogo redact`: a copy of a recording without customers' words and ids.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, out};
use crate::domain::Text;
use crate::domain::text::thousands;
use crate::recording::{Recording, Redactor, redact};

/// What `redact` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gonogo redact last-night.rec to-share.rec\n\n\
    Replaced are the words and ids of feedback, and what feedback sources quote. Names of segments and rollouts, \
    notes, reasons and names of operators stay: read docs/recording.md before you share.")]
pub struct Arguments {
    /// The recording
    #[arg(value_name = "REC")]
    original: PathBuf,
    /// The new file
    #[arg(value_name = "OUT")]
    copy: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let shown = Text::new(&arguments.original.display().to_string());
    let file = File::open(&arguments.original).map_err(|cause| {
        Failure::usage(format!(
            "cannot read {shown}: {cause}\nhint: check the path, and that you may read it"
        ))
    })?;
    let original = Recording::open(shown.as_str(), BufReader::new(file)).map_err(Failure::usage)?;
    let done = redact(original, &arguments.copy, &Redactor::new()).map_err(Failure::usage)?;
    let copy = Text::new(&arguments.copy.display().to_string());
    let (events, replaced) = (thousands(done.events), thousands(done.replaced));
    writeln!(out::stdout(), "{events} events to {copy}; words were replaced in {replaced} of them")?;
    match done.damage {
        Some(damage) => {
            writeln!(out::stderr(), "gonogo: {shown}: {damage}; what comes after is not in the copy")?;
            Ok(Exit::Lost)
        }
        None => Ok(Exit::Done),
    }
}
