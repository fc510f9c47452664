//! Verify: is this the journal that was written?

use std::fs::File;
use std::io;
use std::path::Path;

use super::JournalError;
use super::chain::Damage;
use super::opening::MAX_DAMAGES;
use super::scan::{Cursor, Scanned, read_on};

/// What a check of a whole journal found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Complete lines.
    pub lines: u64,
    /// Lines that are not as they were written, at most 100 of them.
    pub damages: Vec<Damage>,
    /// All damaged lines.
    pub damaged: u64,
    /// Bytes after the last complete line: being written, or torn.
    pub unfinished: u64,
    /// The hash of the last line, to be kept elsewhere: lines removed from the end show only there.
    pub head: String,
}

impl Verification {
    /// Whether every line is as it was written.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.damaged == 0
    }

    /// The result in words, one sentence a line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn tell(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for damage in &self.damages {
            writeln!(out, "{damage}")?;
        }
        if self.damaged > self.damages.len() as u64 {
            writeln!(out, "and {} more damaged lines", self.damaged - self.damages.len() as u64)?;
        }
        if self.unfinished > 0 {
            writeln!(out, "the last line is unfinished: {} bytes", self.unfinished)?;
        }
        let lines = match self.lines {
            1 => "1 line".to_owned(),
            lines => format!("{lines} lines"),
        };
        let verdict = if self.is_intact() { "every one as it was written" } else { "DAMAGED" };
        writeln!(out, "{lines}, {verdict}; head {}", self.head)
    }
}

/// Checks the whole chain of a file, reading it once.
///
/// # Errors
/// [`JournalError`] when the file cannot be read. Damage is no error.
pub fn verify(path: &Path) -> Result<Verification, JournalError> {
    let (mut damages, mut damaged) = (Vec::new(), 0);
    let (cursor, unfinished) = read_file(path, &mut |scanned| {
        if let Some(damage) = scanned.damage {
            damaged += 1;
            if damages.len() < MAX_DAMAGES {
                damages.push(damage);
            }
        }
        Ok(())
    })?;
    Ok(Verification { lines: cursor.chain.lines, damages, damaged, unfinished, head: cursor.chain.hash })
}

/// Reads a whole file without changing it: where it ended, and the bytes after the last complete line.
pub(super) fn read_file(
    path: &Path,
    each: &mut dyn FnMut(Scanned<'_>) -> io::Result<()>,
) -> Result<(Cursor, u64), JournalError> {
    if path.exists() && !path.is_file() {
        return Err(JournalError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|cause| JournalError::io("open", path, cause))?;
    let mut cursor = Cursor::default();
    let unfinished =
        read_on(&file, &mut cursor, each).map_err(|cause| JournalError::io("read", path, cause))?;
    Ok((cursor, unfinished))
}
