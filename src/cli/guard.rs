//! `gonogo guard`: rollouts guarded without a terminal, as a service or in CI.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};

use super::open::{self, AutopilotMode};
use super::record::{RecordAlways, Recordings};
use super::{Exit, Failure};
use crate::backends::Rights;
use crate::config::rollout_file::{self, RolloutFile};
use crate::domain::Span;
use crate::engine::Autopilot;
use crate::runtime::service::line::Format;
use crate::runtime::service::post::Post;
use crate::runtime::service::sight::Standing;
use crate::runtime::service::{self, Cause, Ending, Orders, ServiceError};
use crate::runtime::session::Adapters;

/// The most rollouts of one process: each has a thread and half a dozen connections.
const MAX_ROLLOUTS: usize = 100;

/// What `guard` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo guard rollout.toml\n  \
    gonogo guard a.toml b.toml --log json --ready-file /run/gonogo/ready\n  \
    gonogo guard rollout.toml --autopilot full --until-done --for 2h")]
pub struct Arguments {
    /// The rollout files
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
    if arguments.files.len() > MAX_ROLLOUTS {
        let count = arguments.files.len();
        return Err(Failure::usage(format!(
            "cannot guard {count} rollouts in one process: {MAX_ROLLOUTS} at most\nhint: start a second guard"
        )));
    }
    if recordings.is_one_file() && arguments.files.len() > 1 {
        return Err(Failure::usage(
            "--record takes one rollout, unless it names a folder\nhint: name a folder that is there, and each rollout gets a file of its own in it",
        ));
    }
    let mut files: Vec<RolloutFile> = Vec::new();
    let mut faults = Vec::new();
    for path in &arguments.files {
        let file = match rollout_file::load(path) {
            Ok(file) => file,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        if let Err(error) = Adapters::build(&file, Rights::ReadWrite) {
            faults.push(format!("{}: {error}", path.display()));
        }
        let name = &file.rollout.name;
        if files.iter().any(|known| known.rollout.name == *name) {
            let path = path.display();
            faults.push(format!("{path}: {name} is in another file, too\nhint: one file for each rollout"));
        }
        files.push(file);
    }
    if !faults.is_empty() {
        return Err(Failure::usage(faults.join("\n")));
    }
    let autopilot = Autopilot::from(arguments.autopilot);
    let post = |file: RolloutFile| {
        let (state_dir, recordings) = (arguments.state_dir.clone(), recordings.clone());
        let is_first = AtomicBool::new(true);
        Post {
            rollout: file.rollout.name.clone(),
            open: Arc::new(move || {
                // A session that had to be opened again is not recorded into the same file: it is there already.
                let is_again = !is_first.swap(false, Ordering::SeqCst) && recordings.is_one_file();
                let recordings = if is_again { Recordings::default() } else { recordings.clone() };
                open::open(
                    file.clone(),
                    state_dir.as_deref(),
                    Rights::ReadWrite,
                    autopilot,
                    Some(&recordings),
                )
                .map_err(Failure::into_message)
            }),
        }
    };
    Ok(files.into_iter().map(post).collect())
}
