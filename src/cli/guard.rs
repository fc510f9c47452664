//! `gonogo guard`: rollouts guarded without a terminal, as a service or in CI.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::open::AutopilotMode;
use super::record::{RecordAlways, Recordings};
use super::rollouts::{self, Purpose};
use super::{Exit, Failure};
use crate::backends::Rights;
use crate::domain::Span;
use crate::engine::Autopilot;
use crate::runtime::service::line::Format;
use crate::runtime::service::post::Post;
use crate::runtime::service::sight::Standing;
use crate::runtime::service::{self, Cause, Ending, Orders, ServiceError};

/// The most rollouts of one process: each has a thread and half a dozen connections.
const MAX_ROLLOUTS: usize = 100;

/// What `guard` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo guard rollout.toml\n  \
    gonogo guard a.toml b.toml --log json --ready-file /run/gonogo/ready\n  \
    gonogo guard rollout.toml --autopilot full --until-done --for 2h\n  gonogo guard /etc/gonogo/rollouts")]
pub struct Arguments {
    /// The rollout files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Folder of the journals and the history [default: both in $XDG_STATE_HOME/gonogo]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// How much the autopilot may do by itself
    #[arg(long, value_enum, default_value = "guard")]
    autopilot: AutopilotMode,
    /// How the log on standard output is written
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    log: LogFormat,
    /// A file that is there while the guard is ready, and gone when it ends
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// End after this time, such as 30m
    #[arg(long, value_name = "TIME")]
    r#for: Option<Span>,
    /// End when every segment has everything and has baked, or when it went wrong and is stopped
    #[arg(long)]
    until_done: bool,
    #[command(flatten)]
    record: RecordAlways,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let recordings = arguments.record.settle()?;
    let posts = read_all(&arguments, &recordings)?;
    let orders = Orders {
        format: match arguments.log {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        },
        ready_file: arguments.ready_file.clone(),
        limit: arguments.r#for.map(|span| span.0),
        until_done: arguments.until_done,
    };
    match service::run(posts, orders).await {
        Ok(ending) => Ok(exit(ending, arguments.until_done)),
        Err(error @ (ServiceError::Open(_) | ServiceError::ReadyFile { .. })) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::lost(error)),
    }
}

fn exit(ending: Ending, until_done: bool) -> Exit {
    match (ending.standing, ending.cause) {
        (Standing::Unconfirmed | Standing::Lost, _) => Exit::Lost,
        (Standing::NoGo, _) => Exit::NoGo,
        (Standing::Healthy, Cause::Interrupted) => Exit::Interrupted,
        (Standing::Healthy, Cause::TimeUp) if until_done => {
            // Nobody is left to tell when standard error is closed.
            let _ =
                writeln!(std::io::stderr(), "gonogo: the time is up, and it is not known how it will end");
            Exit::Lost
        }
        (Standing::Healthy, _) => Exit::Done,
    }
}

/// Reads all files before anything is connected; what is wrong with any of them is said at once.
fn read_all(arguments: &Arguments, recordings: &Recordings) -> Result<Vec<Post>, Failure> {
    let purpose = Purpose { verb: "guard", most: MAX_ROLLOUTS, remedy: "start a second guard" };
    let files = rollouts::read_all(&arguments.files, Rights::ReadWrite, purpose, recordings)?;
    rollouts::make_room_for_connections(files.len());
    let rights = (Rights::ReadWrite, Autopilot::from(arguments.autopilot));
    Ok(rollouts::posts(files, arguments.state_dir.as_deref(), rights, recordings))
}
