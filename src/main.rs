//! gonogo: parse, run one command, exit code; nothing else.

use std::process::ExitCode;

use clap::Parser;
use gonogo::cli::Cli;

fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = runtime.block_on(cli.run());
    // A hanging name look-up must not hold the prompt back.
    runtime.shutdown_background();
    Ok(exit.into())
}
