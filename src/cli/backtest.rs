//! `gonogo backtest`: what would these guardrails have done?
//!
//! In: a recording or a CSV, and a rollout file. Out: each change of a verdict, as a line for a person or of JSON, and
//! a summary for the person. Doubts about the input go to standard error.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Failure, out};
use crate::backtest::{self, BacktestError, Change, Final, LEVEL, Summary, when};
use crate::config::rollout_file;
use crate::domain::text::thousands;
use crate::domain::{KillScope, Response, Rollout, Text, Timestamp, Verdict};
use crate::recording::{Recording, is_recording};

/// What `backtest` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gonogo backtest last-night.rec --rollout rollout.toml\n  \
    gonogo backtest counters.csv --rollout rollout.toml --json\n\n\
    A CSV has the header at_s,segment,metric,arm,units,bad and cumulative counters.\n\
    Exit codes: 0 judged, 1 with --exit-code if a NO-GO was reached, 2 bad input.")]
pub struct Arguments {
    /// A recording or a CSV; - reads standard input
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// The rollout file whose guardrails judge
    #[arg(long, value_name = "FILE")]
    rollout: PathBuf,
    /// One JSON object for each change of a verdict
    #[arg(long)]
    json: bool,
    /// End with 1 if a NO-GO was reached: a gate for scripts
    #[arg(long)]
    exit_code: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let file = rollout_file::load(&arguments.rollout).map_err(Failure::usage)?;
    for warning in &file.warnings {
        writeln!(out::stderr(), "gonogo: warning: {warning}")?;
    }
    let mut out = BufWriter::new(out::stdout());
    let mut say = |change: &Change| {
        if arguments.json { writeln!(out, "{}", change.json()?) } else { print_change(&mut out, change) }
    };
    let summary = judge(&arguments.input, &file.rollout, &mut say).map_err(|error| match error {
        BacktestError::Output(cause) => Failure::from(cause),
        other => Failure::usage(other),
    })?;
    if !arguments.json {
        print_summary(&mut out, &summary, &file.rollout)?;
    }
    out.flush()?;
    for doubt in summary.rows.doubts() {
        writeln!(out::stderr(), "gonogo: {doubt}")?;
    }
    Ok(if arguments.exit_code && summary.is_no_go() { Exit::NoGo } else { Exit::Done })
}

/// Reads the input for what it is: a recording begins with a JSON object.
fn judge(
    input: &Path,
    rollout: &Rollout,
    say: &mut dyn FnMut(&Change) -> io::Result<()>,
) -> Result<Summary, BacktestError> {
    let (name, mut reader) = open(input)?;
    let beginning = reader.fill_buf().map_err(|cause| unreadable(&name, &cause))?;
    if !is_recording(beginning) {
        return backtest::csv(rollout, &name, reader, say);
    }
    let recording = Recording::open(&name, reader);
    let mut recording = recording.map_err(|error| BacktestError::Event(error.to_string()))?;
    let events = recording.by_ref().map(|taken| taken.map(|taken| taken.event));
    let mut summary = backtest::events(rollout.clone(), &name, events, say)?;
    summary.rows.cut = recording.cut_lines();
    Ok(summary)
}

fn open(input: &Path) -> Result<(String, BufReader<Box<dyn Read>>), BacktestError> {
    if input == Path::new("-") {
        return Ok(("standard input".into(), BufReader::new(Box::new(io::stdin()))));
    }
    let name = Text::new(&input.display().to_string()).to_string();
    if input.is_dir() {
        return Err(unreadable(&name, &io::ErrorKind::IsADirectory.into()));
    }
    let file = File::open(input).map_err(|cause| unreadable(&name, &cause))?;
    Ok((name, BufReader::new(Box::new(file))))
}

fn unreadable(name: &str, cause: &io::Error) -> BacktestError {
    let hint = "name a recording or a CSV that you may read".into();
    BacktestError::Nothing { path: name.into(), cause: cause.to_string(), hint }
}

fn print_change(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let segment = change.segment.as_str();
    let (station, verdict) = (change.station, change.verdict);
    writeln!(
        out,
        "{}  {segment:<12} {station:<12} {verdict:<5}  {}",
        when(change.at),
        change.evidence.sentence
    )
}

fn print_summary(out: &mut dyn Write, summary: &Summary, rollout: &Rollout) -> io::Result<()> {
    writeln!(out, "\nsummary of {}", rollout.name)?;
    for (index, last) in summary.finals.iter().enumerate() {
        let segment = last.segment.as_str();
        let (guardrail, verdict) = (&last.guardrail, last.verdict.map_or("no data", Verdict::word));
        write!(out, "  {segment:<12} {guardrail:<16} {verdict}")?;
        if let Some((at, response)) = last.no_go {
            let is_real = if summary.real.contains(&index) { "real" } else { "not shown to be real" };
            write!(
                out,
                " first at {}: the autopilot would {}",
                when(at),
                would(last, at, response, summary, rollout)
            )?;
            write!(out, "; {is_real} by e-BH at {LEVEL}")?;
        }
        writeln!(out)?;
        if !last.evidence.sentence.is_empty() {
            writeln!(out, "  {:<29} {}", "", last.evidence.sentence)?;
        }
    }
    let no_gos = summary.finals.iter().filter(|last| last.no_go.is_some()).count();
    let rows = &summary.rows;
    writeln!(
        out,
        "\n{} rows read, {} passed over, {} late, {} twice, {} without a reading; {no_gos} NO-GO, {} of them real",
        thousands(rows.read),
        thousands(rows.skipped()),
        thousands(rows.late),
        thousands(rows.same),
        thousands(rows.missing),
        summary.real.len(),
    )
}

/// What the autopilot, at `guard`, would have done about a NO-GO.
fn would(last: &Final, at: Timestamp, response: Response, summary: &Summary, rollout: &Rollout) -> String {
    let segment = &last.segment;
    match response {
        Response::Warn => "have warned, no more".into(),
        Response::Pause => format!("have paused {segment}"),
        Response::Kill => {
            let is_before = |other: &&Final| {
                let killed = other.no_go.filter(|(_, response)| *response == Response::Kill);
                other.segment != last.segment && killed.is_some_and(|(then, _)| then <= at)
            };
            if summary.finals.iter().any(|other| is_before(&other)) {
                "have killed everything: a second segment is NO-GO".into()
            } else if rollout.platforms.iter().any(|platform| platform.capabilities.kill == KillScope::Flag) {
                format!("have killed {segment}, and everybody where single segments cannot be switched off")
            } else {
                format!("have killed {segment}")
            }
        }
    }
}
