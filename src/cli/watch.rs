//! `gonogo watch`: the cockpit on a rollout.

use std::io::Write;

use clap::Args;

use super::open::{AutopilotMode, Target};
use super::record::RecordAlways;
use super::screen::{self, Look};
use super::{Exit, Failure};
use crate::backends::Rights;
use crate::runtime::fleet::Fleet;

/// What `watch` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gonogo watch rollout.toml --autopilot guard")]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    look: Look,
    /// How much the autopilot may do by itself
    #[arg(long, value_enum, default_value = "advise")]
    autopilot: AutopilotMode,
    /// Look only: no control over any backend is constructed
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    record: RecordAlways,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let rights = if arguments.read_only { Rights::ReadOnly } else { Rights::ReadWrite };
    screen::check(&arguments.look)?;
    let recordings = arguments.record.settle()?;
    let (session, warnings) =
        arguments.target.start_recorded(rights, arguments.autopilot.into(), &recordings)?;
    for warning in &warnings {
        writeln!(std::io::stderr(), "gonogo: warning: {warning}")?;
    }
    let look = arguments.look.leading_to(arguments.target.links());
    screen::run(&mut Fleet::new(vec![session]), arguments.target.actor(), &look).await
}
