//! `gonogo completions`: completions for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, Failure};

/// What `completions` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    clap_complete::generate(arguments.shell, &mut Cli::command(), "gonogo", &mut std::io::stdout());
    Ok(Exit::Done)
}
