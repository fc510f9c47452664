//! What a journal says around a moment: where the link to a line of the timeline leads.
//!
//! In: a file and a moment. Out: the entry nearest to it, marked, with its neighbours. The file is read as a stream and
//! never changed; damage around the moment is shown, as when the whole journal is printed.

use std::io::{self, Write};
use std::path::Path;

use super::print::{Open, print_json};
use super::scan::Scanned;
use super::verify::read_file;
use super::{Format, JournalError};
use crate::domain::{Span, Timestamp};

/// Lines on each side of the marked one: together they fit on a terminal of 24 rows.
const SIDE: u64 = 10;

/// The times of the earliest and of the latest entry. `None`: there is none that can be read.
///
/// # Errors
/// [`JournalError`] when the file cannot be read.
pub fn extent(path: &Path) -> Result<Option<(Timestamp, Timestamp)>, JournalError> {
    let mut found: Option<(Timestamp, Timestamp)> = None;
    read_file(path, &mut |scanned| {
        if let Some(entry) = &scanned.entry {
            let (from, to) = found.unwrap_or((entry.at, entry.at));
            found = Some((from.min(entry.at), to.max(entry.at)));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Prints the entries around a moment. In plain text the nearest one is marked with `>`, and a last line says how far
/// from it the moment is.
///
/// # Errors
/// [`JournalError`] when the file cannot be read, or `out` cannot be written.
pub fn print_around(
    path: &Path,
    moment: Timestamp,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), JournalError> {
    let mut line = 0_u64;
    let mut nearest: Option<(u64, Timestamp)> = None;
    read_file(path, &mut |scanned| {
        line += 1;
        if let Some(entry) = &scanned.entry {
            let away = |at: Timestamp| at.0.abs_diff(moment.0);
            // Of two that are as near the later one: a request and what became of it stand below each other.
            if nearest.is_none_or(|(_, at)| away(entry.at) <= away(at)) {
                nearest = Some((line, entry.at));
            }
        }
        Ok(())
    })?;
    let failed = |cause| JournalError::io("print", path, cause);
    let Some((marked, at)) = nearest else {
        return writeln!(out, "(there is no entry in it)").map_err(failed);
    };
    let (mut line, mut open) = (0_u64, Open::default());
    read_file(path, &mut |scanned| {
        line += 1;
        let is_shown = line.abs_diff(marked) <= SIDE;
        match format {
            Format::Json if is_shown => print_json(&scanned, out),
            Format::Json => Ok(()),
            Format::Plain => print_plain(&scanned, &mut open, is_shown, line == marked, out),
        }
    })?;
    if format == Format::Plain {
        writeln!(out, "{}", distance(moment, at)).map_err(failed)?;
    }
    Ok(())
}

/// Commands are remembered from the beginning, so that an outcome has its name wherever it stands.
fn print_plain(
    scanned: &Scanned<'_>,
    open: &mut Open,
    is_shown: bool,
    is_marked: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mark = if is_marked { ">" } else { " " };
    if let Some(entry) = &scanned.entry {
        let line = open.line(entry);
        if is_shown {
            writeln!(out, "{mark} {line}")?;
        }
    }
    match &scanned.damage {
        Some(damage) if is_shown => writeln!(out, "! {damage}"),
        _ => Ok(()),
    }
}

fn distance(moment: Timestamp, nearest: Timestamp) -> String {
    let size = Span(std::time::Duration::from_millis(moment.0.abs_diff(nearest.0)));
    let asked = moment.rfc3339();
    match nearest.0.cmp(&moment.0) {
        std::cmp::Ordering::Equal => format!("(> is the entry of {asked})"),
        std::cmp::Ordering::Less => format!("(> is nearest to {asked}: {size} before it)"),
        std::cmp::Ordering::Greater => format!("(> is nearest to {asked}: {size} after it)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Scope;
    use crate::domain::{Actor, RolloutName, Text};
    use crate::effect::Record;
    use crate::journal::Journal;

    /// 2026-11-22 14:00:00 UTC; then a note each minute.
    const START: Timestamp = Timestamp(1_795_356_000_000);

    fn minute(minute: i64) -> Timestamp {
        Timestamp(START.0 + minute * 60_000)
    }

    fn journal(minutes: i64) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let name = RolloutName::new("checkout-v2").unwrap();
        let (mut journal, _, _) = Journal::open(Some(dir.path()), &name).unwrap();
        for at in 0..minutes {
            let text = Text::new(&format!("minute {at}"));
            let note = Record::Noted { scope: Scope::default(), actor: Actor::Autopilot, text };
            journal.append(minute(at), &note).unwrap();
        }
        let path = dir.path().join("checkout-v2.jsonl");
        (dir, path)
    }

    fn around(path: &Path, moment: Timestamp, format: Format) -> Vec<String> {
        let mut out = Vec::new();
        print_around(path, moment, format, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_nearest_entry_is_marked_between_its_neighbours() {
        let (_dir, path) = journal(60);
        let lines = around(&path, Timestamp(minute(30).0 + 2_000), Format::Plain);
        assert_eq!(lines.len(), 2 * SIDE as usize + 2, "{lines:?}");
        let marked: Vec<_> = lines.iter().filter(|line| line.starts_with("> ")).collect();
        assert!(marked.len() == 1 && marked[0].ends_with("minute 30"), "{lines:?}");
        assert!(lines[0].starts_with("  2026-11-22T14:20:00.000Z"), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "(> is nearest to 2026-11-22T14:30:02.000Z: 2.0s before it)");
        let json = around(&path, minute(30), Format::Json);
        assert_eq!(json.len(), 2 * SIDE as usize + 1);
        assert!(json.iter().all(|line| line.starts_with('{')), "{json:?}");
    }

    #[test]
    fn a_moment_before_the_first_or_after_the_last_entry_shows_that_one() {
        let (_dir, path) = journal(3);
        let first = around(&path, Timestamp(0), Format::Plain);
        assert!(first[0].starts_with("> ") && first[0].ends_with("minute 0"), "{first:?}");
        let last = around(&path, minute(500), Format::Plain);
        assert!(last[2].starts_with("> ") && last[2].ends_with("minute 2"), "{last:?}");
        assert_eq!(extent(&path).unwrap(), Some((START, minute(2))));
    }

    #[test]
    fn an_empty_journal_and_a_damaged_line_are_said() {
        let (_dir, path) = journal(0);
        assert_eq!(around(&path, START, Format::Plain), ["(there is no entry in it)"]);
        assert_eq!(extent(&path).unwrap(), None);
        let (_dir, path) = journal(3);
        let text = std::fs::read_to_string(&path).unwrap().replace("minute 1", "minute !");
        std::fs::write(&path, text).unwrap();
        let lines = around(&path, minute(2), Format::Plain);
        assert!(lines.iter().any(|line| line.starts_with("! ")), "{lines:?}");
    }
}
