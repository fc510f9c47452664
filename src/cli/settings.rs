//! `gonogo settings`: what the user has settled, and where each setting comes from.

use std::io::Write;

use clap::Args;

use super::{Exit, Failure, out};
use crate::config::user;

/// What `settings` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "The file is $XDG_CONFIG_HOME/gonogo/settings.toml, or the one that GONOGO_SETTINGS names.\n\
    What is printed is such a file: gonogo settings > FILE begins one."
)]
pub struct Arguments {}

/// Runs the command.
pub fn run(_: &Arguments) -> Result<Exit, Failure> {
    let settings = user::load().map_err(Failure::usage)?;
    let mut out = out::stdout();
    user::show(&settings, &mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}
