//! `gonogo history`: finished rollouts, how they went, and what a person says of their kills.

mod json;

use std::fs::File;
use std::io::{BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Exit, Failure, out};
use crate::domain::{RolloutName, Span, Text, Timestamp};
use crate::history::{self, Entry, Filter, HistoryError, Mark, Store, Totals};
use crate::recording::Recording;
use crate::runtime::clock::Clock;

/// The width where there is no terminal: nothing is left out.
const UNBOUNDED: usize = usize::MAX;

/// What `history` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo history --since 90d\n  \
    gonogo history --trait schema-change --json\n  gonogo history mark 12 --false-kill --reason 'the shop was down'\n  \
    gonogo history add last-night.rec")]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    which: Which,
    /// As one JSON object: the rollouts and the figures
    #[arg(long, global = true)]
    json: bool,
    /// Folder of the history, as given to watch or guard [default: $XDG_STATE_HOME/gonogo]
    #[arg(long, value_name = "DIR", global = true)]
    state_dir: Option<PathBuf>,
}

/// Which rollouts.
#[derive(Debug, Default, PartialEq, Args)]
struct Which {
    /// Only this rollout
    #[arg(long, value_name = "NAME")]
    rollout: Option<RolloutName>,
    /// Only rollouts with this trait
    #[arg(long = "trait", value_name = "TRAIT")]
    with: Option<String>,
    /// Only what has ended since: a time back, such as 90d, or a date, such as 2026-10-01
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Since {
    Back(Span),
    At(Timestamp),
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that is known of one rollout
    Show {
        /// Its number in the list
        id: i64,
    },
    /// Say of a kill whether anything had been wrong with the feature
    #[command(group(clap::ArgGroup::new("verdict").required(true).args(["false_kill", "true_kill"])))]
    Mark {
        /// The rollout's number in the list
        id: i64,
        /// Nothing had been wrong
        #[arg(long)]
        false_kill: bool,
        /// Something had been wrong
        #[arg(long)]
        true_kill: bool,
        /// Which of its kills, from 1 [default: all]
        #[arg(long, value_name = "NUMBER")]
        kill: Option<usize>,
        /// Why you think so
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Take in what recordings tell
    Add {
        /// The recordings
        #[arg(value_name = "REC", required = true)]
        files: Vec<PathBuf>,
    },
    /// Take a rollout out
    Remove {
        /// Its number in the list
        id: i64,
    },
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(span) = text.parse() {
        return Ok(Since::Back(span));
    }
    let at =
        Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")));
    at.map(Since::At).ok_or_else(|| "write a time back, such as 90d, or a date, such as 2026-10-01".into())
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let file = match &arguments.state_dir {
        Some(folder) => history::file_in(folder),
        None => history::default_file().map_err(Failure::usage)?,
    };
    if arguments.command.is_some() && arguments.which != Which::default() {
        return Err(Failure::usage(
            "--rollout, --trait and --since are for the list\nhint: the others take a number",
        ));
    }
    let mut out = out::stdout();
    match &arguments.command {
        None => list(&file, &arguments, &mut out)?,
        Some(Command::Show { id }) => {
            let stored = existing(&file, *id)?.get(*id).map_err(Failure::usage)?;
            if arguments.json {
                writeln!(out, "{}", json::entry(&stored))?;
            } else {
                history::print_one(&stored, &mut out)?;
            }
        }
        Some(Command::Mark { id, false_kill, kill, reason, .. }) => {
            let reason = reason.as_deref().map(Text::new);
            let mark = Mark { is_false: *false_kill, reason, at: Clock::system().now() };
            let count = existing(&file, *id)?.mark(*id, *kill, &mark).map_err(Failure::usage)?;
            let (what, plural) =
                (if *false_kill { "false" } else { "true" }, if count == 1 { "" } else { "s" });
            writeln!(out, "{count} kill{plural} of rollout {id} marked as {what}")?;
        }
        Some(Command::Add { files }) => return add(&file, files, &mut out),
        Some(Command::Remove { id }) => {
            existing(&file, *id)?.remove(*id).map_err(Failure::usage)?;
            writeln!(out, "rollout {id} is no longer in the history")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The store, which must be there if it has an entry.
fn existing(file: &Path, id: i64) -> Result<Store, Failure> {
    let store = Store::open_existing(file).map_err(Failure::usage)?;
    store.ok_or_else(|| Failure::usage(HistoryError::NoEntry { id }))
}

fn list(file: &Path, arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let now = Clock::system().now();
    let which = &arguments.which;
    let since = which.since.map(|since| match since {
        Since::At(at) => at,
        Since::Back(span) => Timestamp(0).plus(now.since(Timestamp(0)).saturating_sub(span.0)),
    });
    let filter = Filter { rollout: which.rollout.clone(), with: which.with.as_deref().map(Text::new), since };
    let store = Store::open_existing(file).map_err(Failure::usage)?;
    let entries =
        store.map(|store| store.list(&filter)).transpose().map_err(Failure::usage)?.unwrap_or_default();
    if arguments.json {
        writeln!(out, "{}", json::list(&entries, &Totals::of(&entries)))?;
    } else if entries.is_empty() {
        let what =
            if filter == Filter::default() { "no finished rollout yet" } else { "no such finished rollout" };
        writeln!(
            out,
            "{what}: `gonogo watch` and `gonogo guard` write one down when it is complete, killed or rolled back;\n\
             `gonogo history add REC` takes one from a recording"
        )?;
    } else {
        history::print(&entries, width(), out)?;
    }
    Ok(())
}

/// The columns of the terminal; what goes into a pipe has no width.
fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return UNBOUNDED;
    }
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(UNBOUNDED)
}

fn add(file: &Path, recordings: &[PathBuf], out: &mut impl Write) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for path in recordings {
        let shown = Text::new(&path.display().to_string());
        let unreadable = |cause| {
            Failure::usage(format!(
                "cannot read {shown}: {cause}\nhint: check the path, and that you may read it"
            ))
        };
        let reader = BufReader::new(File::open(path).map_err(unreadable)?);
        let recording = Recording::open(shown.as_str(), reader).map_err(Failure::usage)?;
        let whole = std::path::absolute(path).map_err(unreadable)?;
        let added = history::entry_of(&whole, recording).map_err(Failure::usage)?;
        if let Some(damage) = &added.damage {
            writeln!(out::stderr(), "gonogo: {damage}; what comes after is left out")?;
        }
        if added.entries.is_empty() {
            writeln!(out::stderr(), "gonogo: nobody gets the feature in {shown}: nothing is added")?;
            exit = Exit::NoGo;
        }
        let mut store = Store::open(file).map_err(Failure::usage)?;
        let last = added.entries.len().saturating_sub(1);
        for (index, entry) in added.entries.iter().enumerate() {
            // A damaged recording does not take the place of a whole one.
            let without = Entry { recording: None, ..entry.clone() };
            let is_damaged = added.damage.is_some();
            let mut id = store.put(if is_damaged { &without } else { entry }).map_err(Failure::usage)?;
            if is_damaged && store.get(id).map_err(Failure::usage)?.entry.recording.is_none() {
                id = store.put(entry).map_err(Failure::usage)?;
            }
            store.bring_back(id).map_err(Failure::usage)?;
            let open = if index == last && added.is_open { ", as it is left open there" } else { "" };
            writeln!(out, "rollout {id}: {} {}{open}", entry.rollout, entry.ending.word())?;
        }
    }
    out.flush()?;
    Ok(exit)
}
