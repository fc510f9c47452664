//! `gonogo watch`: the cockpit on one rollout, or on many.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::open::{AutopilotMode, actor};
use super::record::RecordAlways;
use super::rollouts::{self, Purpose};
use super::screen::{self, Look};
use super::{Exit, Failure, out};
use crate::backends::Rights;
use crate::runtime::fleet::Fleet;
use crate::ui::link::Links;

/// The most rollouts of one cockpit: more rows than anybody reads, each with a thread and half a dozen connections.
const MAX_ROLLOUTS: usize = 300;

/// What `watch` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo watch rollout.toml --autopilot guard\n  \
    gonogo watch checkout.toml search.toml\n  gonogo watch rollouts/ --read-only")]
pub struct Arguments {
    /// The rollout files, or folders of them: a folder stands for each *.toml in it
    #[arg(value_name = "FILE|FOLDER", required = true)]
    files: Vec<PathBuf>,
    /// Folder of the journals and the history [default: both in $XDG_STATE_HOME/gonogo]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Who acts, for the journal [default: $USER at this host]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
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
    let remedy = "start a second cockpit, or name fewer files";
    let purpose = Purpose { verb: "watch", most: MAX_ROLLOUTS, remedy };
    let files = rollouts::read_all(&arguments.files, rights, purpose, &recordings)?;
    rollouts::make_room_for_connections(files.len());
    let rights = (rights, arguments.autopilot.into());
    let posts = rollouts::posts(files, arguments.state_dir.as_deref(), rights, &recordings);
    let (mut fleet, warnings) = Fleet::open(posts).map_err(|faults| Failure::usage(faults.join("\n")))?;
    for warning in &warnings {
        writeln!(out::stderr(), "gonogo: warning: {warning}")?;
    }
    let journal = arguments.state_dir.as_ref().map(|folder| folder.display().to_string());
    let look = arguments.look.leading_to(Links::Journal(journal));
    screen::run(&mut fleet, actor(arguments.name.as_deref()), &look).await
}
