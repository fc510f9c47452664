//! `gonogo report`: a retrospective of a recorded rollout, as Markdown, HTML or JSON.
//!
//! In: a recording by path, or a rollout by name. Out: the report on standard output or in a file. Doubts about the
//! recording stand in the report, and are said on standard error.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Exit, Failure, out};
use crate::config::user;
use crate::demo;
use crate::domain::{RolloutName, Text};
use crate::history::{Filter, Store};
use crate::recording::{Folder, Recording, is_recording};
use crate::report::{self, End, Observer, Report};

/// So much of a file tells whether it is a recording.
const BEGINNING: u64 = 64;

/// What `report` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo report last-night.rec > retrospective.md\n  \
    gonogo report checkout-v2 --format html --output retrospective.html\n\n\
    NAME is a rollout, of which the newest recording is read ($XDG_STATE_HOME/gonogo/recordings/NAME, or where the\n\
    settings say), a number of `gonogo history`, or a demo recording (`gonogo demo --list`).\n\
    A damaged recording makes a report up to the damage, and says so.\n\
    Exit codes: 0 written, also up to damage; 2 no such recording, or no recording at all.")]
pub struct Arguments {
    /// A recording, the name of a rollout, or a number of the history
    #[arg(value_name = "REC|NAME")]
    which: String,
    /// How it is written
    #[arg(long, value_enum, default_value = "md")]
    format: Format,
    /// Write into this file; a file that is there is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown, for a pull request or a wiki
    Md,
    /// One page with charts; loads nothing
    Html,
    /// For machines
    Json,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let located = locate(&arguments.which)?;
    let report = read(&located)?;
    let text = match arguments.format {
        Format::Md => report::markdown(&report),
        Format::Html => report::html(&report),
        Format::Json => report::json(&report),
    };
    let text = text.map_err(Failure::usage)?;
    match &arguments.output {
        None => out::stdout().write_all(text.as_bytes())?,
        Some(file) => write(file, &text).map_err(|cause| {
            let file = Text::new(&file.display().to_string());
            Failure::usage(format!("cannot write the report to {file}: {cause}\nhint: name a file in a folder that exists and that you may write to"))
        })?,
    }
    let origin = &report.says.recording;
    if let Some(damage) = &origin.damage {
        writeln!(out::stderr(), "gonogo: the report ends where the recording is damaged: {damage}")?;
    }
    Ok(Exit::Done)
}

/// Writes a file beside the one that is meant, and puts it in its place: whatever was there is there until then. A
/// recording is never replaced.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut beginning = Vec::new();
    if let Ok(there) = File::open(file) {
        there.take(BEGINNING).read_to_end(&mut beginning)?;
    }
    if is_recording(&beginning) {
        let cause = "a recording is there, and is never overwritten";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, cause));
    }
    // Something that is no plain file, such as /dev/stdout, is written to as it is.
    if file.exists() && !file.is_file() {
        return File::create(file)?.write_all(text.as_bytes());
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut out = File::create(&beside)?;
    let done = out.write_all(text.as_bytes()).and_then(|()| std::fs::rename(&beside, file));
    if done.is_err() {
        // What is half written helps nobody.
        let _ = std::fs::remove_file(&beside);
    }
    done
}

/// Reads a recording to its end, or to its damage.
fn read(located: &Located) -> Result<Report, Failure> {
    let path = &located.path;
    let name = Text::new(&path.display().to_string()).to_string();
    let unreadable = |cause: io::Error| {
        Failure::usage(format!("cannot read {name}: {cause}\nhint: name a recording that you may read"))
    };
    let reader: Box<dyn BufRead> = match located.bytes {
        Some(bytes) => Box::new(bytes),
        None => Box::new(BufReader::new(File::open(path).map_err(unreadable)?)),
    };
    let mut recording = Recording::open(&name, reader).map_err(Failure::usage)?;
    let mut observer = Observer::new(recording.header());
    let traits = located.traits.as_ref().map(|traits| traits.iter().map(ToString::to_string).collect());
    let mut end = End { name: shown(path), traits, ..End::default() };
    for taken in recording.by_ref() {
        match taken {
            Ok(taken) => observer.take(&taken),
            Err(error) => end.damage = Some(first_line(&error.to_string())),
        }
    }
    end.is_cut = recording.cut_lines() > 0;
    if let Some(damage) = recording.damage().filter(|damage| !damage.is_cut) {
        end.damage.get_or_insert_with(|| first_line(&damage.to_string()));
    }
    Ok(observer.finish(end))
}

/// The file's name alone: a report is sent on, and whose home it came from is nobody's business.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Text::new(&name.to_string_lossy()).to_string()
}

/// A message without its hint.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// A recording, and what else is known of its rollout.
struct Located {
    path: PathBuf,
    /// What was compiled in instead of a file.
    bytes: Option<&'static [u8]>,
    /// From the history: a recording does not say. `None`: nobody knows.
    traits: Option<Vec<Text>>,
}

/// A path as it is; else a number of the history, the newest recording of the rollout of that name, or a demo recording.
fn locate(which: &str) -> Result<Located, Failure> {
    let path = PathBuf::from(which);
    if path.is_file() {
        let traits = traits_of(&path);
        return Ok(Located { path, bytes: None, traits });
    }
    let nothing = |looked: &str| {
        let which = Text::new(which);
        let hint = "name a recording, as `gonogo watch --record PATH` writes it, a rollout that was recorded, or a number \
                    of `gonogo history`";
        Failure::usage(format!("cannot report on {which}: there is {looked}\nhint: {hint}"))
    };
    if path.is_dir() {
        return Err(nothing("a folder of that name, and no recording"));
    }
    if let Ok(id) = which.parse::<i64>() {
        return of_history(id);
    }
    // A name is no path: it does not climb.
    let Ok(rollout) = which.parse::<RolloutName>() else { return Err(nothing("no file of that name")) };
    let settings = match user::load() {
        Ok(settings) => settings,
        // A demo recording is found without them.
        Err(error) => return demo_recording(which).ok_or_else(|| Failure::usage(error)),
    };
    let Some(root) = settings.recording.folder() else {
        return Err(nothing("no file of that name, and neither $XDG_STATE_HOME nor $HOME is set"));
    };
    let folder = Folder::new(root);
    let shown = Text::new(&folder.of(&rollout).display().to_string());
    if let Some(path) = folder.newest(&rollout) {
        let traits = traits_of(&path);
        return Ok(Located { path, bytes: None, traits });
    }
    demo_recording(which)
        .ok_or_else(|| nothing(&format!("no file of that name, and no recording in {shown}")))
}

fn demo_recording(name: &str) -> Option<Located> {
    let bytes = demo::recording(name)?;
    Some(Located { path: PathBuf::from(format!("{name}.rec")), bytes: Some(bytes), traits: None })
}

/// The recording of a finished rollout, by its number in the history.
fn of_history(id: i64) -> Result<Located, Failure> {
    let store = history()?.ok_or_else(|| {
        Failure::usage(format!(
            "cannot report on {id}: there is no file of that name, and no history\nhint: name a recording"
        ))
    })?;
    let entry = store.get(id).map_err(Failure::usage)?.entry;
    match entry.recording {
        Some(path) => Ok(Located { path, bytes: None, traits: entry.traits }),
        None => Err(Failure::usage(format!(
            "cannot report on {id}: the history has no recording of this {}\nhint: name the recording itself, or add it with `gonogo history add`",
            entry.rollout
        ))),
    }
}

fn history() -> Result<Option<Store>, Failure> {
    let file = crate::history::default_file().map_err(Failure::usage)?;
    Store::open_existing(&file).map_err(Failure::usage)
}

/// What the history says that the rollout of a recording touches. Without a history that can be read, nobody knows; a
/// report is not refused for that.
fn traits_of(path: &Path) -> Option<Vec<Text>> {
    let path = path.canonicalize().ok()?;
    let entries = history().ok()??.list(&Filter::default()).ok()?;
    let is_it = |known: &PathBuf| known.canonicalize().is_ok_and(|known| known == path);
    let entry = entries.into_iter().find(|stored| stored.entry.recording.as_ref().is_some_and(is_it))?;
    entry.entry.traits
}
