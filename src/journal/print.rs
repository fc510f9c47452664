//! The journal for people, and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::scan::Scanned;
use super::verify::read_file;
use super::{Entry, JournalError};
use crate::action::Scope;
use crate::domain::{Percent, SegmentName, Text};
use crate::effect::{Change, Command, EffectId, Outcome, Record};

/// The most commands that are remembered to name them when they end: far more than are ever open.
const MAX_OPEN: usize = 1_000;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for each record: time, actor, verb, scope, outcome, reason.
    Plain,
    /// The lines of the file as they are, each a JSON object; unreadable ones are left out.
    Json,
}

/// Prints a journal, reading it as a stream. Damaged lines are marked (plain) and never hidden.
///
/// # Errors
/// [`JournalError`] when the file cannot be read, or `out` cannot be written.
pub fn print(path: &Path, format: Format, out: &mut dyn Write) -> Result<(), JournalError> {
    let mut open = Open::default();
    let (_, unfinished) = read_file(path, &mut |scanned| match format {
        Format::Json => print_json(&scanned, out),
        Format::Plain => print_plain(&scanned, &mut open, out),
    })?;
    if unfinished > 0 && format == Format::Plain {
        let written = writeln!(out, "(the last line is unfinished: {unfinished} bytes)");
        written.map_err(|cause| JournalError::io("print", path, cause))?;
    }
    Ok(())
}

pub(super) fn print_json(scanned: &Scanned<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Only what is JSON, and never what a terminal would obey: somebody may have changed it by hand.
    let line = serde_json::from_slice::<&serde_json::value::RawValue>(scanned.raw);
    let text: String = line.map_or("", |line| line.get()).chars().filter(|c| !c.is_control()).collect();
    if text.is_empty() { Ok(()) } else { writeln!(out, "{text}") }
}

fn print_plain(scanned: &Scanned<'_>, open: &mut Open, out: &mut dyn Write) -> io::Result<()> {
    if let Some(entry) = &scanned.entry {
        writeln!(out, "{}", open.line(entry))?;
    }
    if let Some(damage) = &scanned.damage {
        writeln!(out, "! {damage}")?;
    }
    Ok(())
}

/// The commands whose end has not been read yet: what an outcome is about.
#[derive(Default)]
pub(super) struct Open(BTreeMap<EffectId, Command>);

impl Open {
    /// An entry as one line.
    pub(super) fn line(&mut self, entry: &Entry) -> String {
        let (actor, verb, scope, rest) = self.columns(&entry.record);
        let at = entry.at.rfc3339();
        format!("{at}  {actor:<20}  {verb:<10}  {scope:<24}  {rest}").trim_end().to_owned()
    }

    /// Actor, verb, scope, and outcome or reason.
    fn columns(&mut self, record: &Record) -> (String, String, String, String) {
        match record {
            Record::Commanded { command } => {
                if self.0.len() == MAX_OPEN {
                    self.0.pop_first();
                }
                self.0.insert(command.id, command.clone());
                let what = change(&command.change);
                let why = because(command.reason.as_ref(), command.evidence.as_deref());
                (
                    command.actor.to_string(),
                    verb(command),
                    scope_of(command).to_string(),
                    format!("{what}{why}"),
                )
            }
            Record::Finished { id, outcome } => {
                let known = if outcome.is_final() { self.0.remove(id) } else { self.0.get(id).cloned() };
                match known {
                    Some(command) => {
                        let scope = scope_of(&command).to_string();
                        (command.actor.to_string(), verb(&command), scope, outcome_words(outcome))
                    }
                    None => ("?".into(), format!("command {id}"), String::new(), outcome_words(outcome)),
                }
            }
            Record::Paused { scope, actor, reason } => {
                (actor.to_string(), "pause".into(), scope.to_string(), because(reason.as_ref(), None))
            }
            Record::Resumed { scope, actor, reason } => {
                (actor.to_string(), "resume".into(), scope.to_string(), because(reason.as_ref(), None))
            }
            Record::Noted { scope, actor, text } => {
                (actor.to_string(), "note".into(), scope.to_string(), text.to_string())
            }
            Record::Latched { segment, station, guardrail, evidence, .. } => {
                let sentence = Text::new(&evidence.sentence);
                (
                    "guardrail".into(),
                    "NO-GO".into(),
                    segment.to_string(),
                    format!("{station} ({guardrail}): {sentence}"),
                )
            }
            Record::Cleared { segment, actor, reason } => {
                (actor.to_string(), "clear".into(), segment.to_string(), because(Some(reason), None))
            }
            Record::Approved { segment, exposure, role, actor } => {
                let what = format!("{role}'s go for {exposure}");
                (actor.to_string(), "approve".into(), segment.to_string(), what)
            }
        }
    }
}

fn verb(command: &Command) -> String {
    command.verb.spec().name.to_owned()
}

/// The segment that a command is about, when it is about one only.
fn scope_of(command: &Command) -> Scope {
    let segment = command.change.only_segment().cloned();
    Scope { segment, platform: Some(command.platform.clone()) }
}

fn change(change: &Change) -> String {
    let list = |shares: &BTreeMap<SegmentName, Percent>| {
        let words: Vec<String> = shares.iter().map(|(segment, share)| format!("{segment} {share}")).collect();
        words.join(", ")
    };
    match change {
        Change::Off => "off".into(),
        Change::Shares(shares) => format!("to {}", list(shares)),
        Change::On(shares) => format!("on, with {}", list(shares)),
        Change::Freeze(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!("no further ramp of {}", names.join(", "))
        }
        Change::Weights(weights) => {
            let each = weights.iter().flat_map(|(segment, weights)| {
                weights.iter().map(move |weight| format!("{segment} {} {}", weight.name, weight.share))
            });
            format!("to {}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

fn because(reason: Option<&Text>, evidence: Option<&str>) -> String {
    let evidence = evidence.map(Text::new).filter(|evidence| Some(evidence) != reason);
    let words: Vec<&str> = [reason, evidence.as_ref()].into_iter().flatten().map(Text::as_str).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) }
}

fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent => "sent".into(),
        Outcome::Confirmed { state, overwrote } => {
            let overwrote = overwrote.as_ref().map(|text| format!(", overwrote {text}")).unwrap_or_default();
            // A kill is read back in one request, which tells no version to a process that has read nothing before.
            let version =
                if state.version.0 == 0 { String::new() } else { format!(", version {}", state.version) };
            format!("confirmed{version}{overwrote}")
        }
        Outcome::Refused { cause, .. } => format!("REFUSED: {cause}"),
        Outcome::Unknown { cause, attempts } => format!("UNKNOWN after {attempts} attempts: {cause}"),
    }
}
