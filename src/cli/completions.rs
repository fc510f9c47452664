//! `gonogo completions`: completions for a shell.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, Failure, out};

/// What `completions` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    // Into a text first: what cannot be written would be a panic there.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "gonogo", &mut script);
    out::stdout().write_all(&script)?;
    Ok(Exit::Done)
}
