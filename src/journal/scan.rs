//! Reading a journal as a stream: one line in memory at a time, whatever the size of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::chain::{Chain, Damage};
use super::entry::{Entry, MAX_LINE};

/// How far a file was read, and the chain up to there.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// Bytes read: always the start of a line.
    pub position: u64,
    /// The chain of the lines read.
    pub chain: Chain,
}

/// One complete line.
pub(super) struct Scanned<'a> {
    /// Its bytes, without the line break; empty when it was too long to keep.
    pub raw: &'a [u8],
    /// What it says, as far as that can be read.
    pub entry: Option<Entry>,
    /// What is wrong with it.
    pub damage: Option<Damage>,
}

/// Reads on from the cursor to the last complete line. Returns the number of bytes after it: those
/// of a line that is being written, or was never finished.
pub(super) fn read_on(
    mut file: &File,
    cursor: &mut Cursor,
    each: &mut dyn FnMut(Scanned<'_>) -> io::Result<()>,
) -> io::Result<u64> {
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(cursor.position))?;
    // A bound at the length of this moment: a file that is written faster than read ends anyway.
    let mut reader = BufReader::new(file.take(end.saturating_sub(cursor.position)));
    let mut line = Vec::new();
    loop {
        line.clear();
        let (bytes, complete) = next_line(&mut reader, &mut line)?;
        if !complete {
            return Ok(bytes);
        }
        let (entry, damage) = if line.len() > MAX_LINE {
            line.clear();
            (None, Some(cursor.chain.next_too_long()))
        } else {
            cursor.chain.next(&line)
        };
        cursor.position += bytes;
        each(Scanned { raw: &line, entry, damage })?;
    }
}

/// Reads one line: how many bytes it has with its break, and whether it has one. Of a line that is
/// too long, a little more than the limit is kept.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<(u64, bool)> {
    let mut bytes = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok((bytes, false));
        }
        let newline = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..newline.unwrap_or(buffer.len())).unwrap_or_default();
        if line.len() <= MAX_LINE {
            line.extend_from_slice(part);
        }
        let used = newline.map_or(part.len(), |at| at + 1);
        bytes += used as u64;
        reader.consume(used);
        if newline.is_some() {
            return Ok((bytes, true));
        }
    }
}
