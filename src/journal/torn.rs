//! A torn last line: a crash or a power cut in the middle of a write.
//!
//! It was never confirmed to anybody, but it can say what was about to happen. So it is moved
//! aside, beside the journal, and the journal ends with its last complete line again.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::chain::Chain;
use super::entry::MAX_LINE;

/// The most torn pieces that are kept beside a journal; the next one overwrites the last. A machine
/// that loses power a hundred times has told its story.
const MAX_PIECES: u32 = 100;

/// What became of a torn last line.
#[derive(Debug)]
pub struct Torn {
    /// Its bytes.
    pub bytes: u64,
    /// Where it is now, or why it could not be moved.
    pub moved_to: Result<PathBuf, io::Error>,
}

/// Mends a file that goes on after its last complete line at `position`. Returns `None` when only
/// the line break was missing: nothing is lost then.
pub(super) fn mend(file: &File, path: &Path, position: u64, chain: &Chain, bytes: u64) -> Option<Torn> {
    if is_whole(file, position, chain, bytes) && finish(file).is_ok() {
        return None;
    }
    let moved_to = move_aside(file, path, position, bytes);
    if moved_to.is_err() {
        // The torn piece stays as a line of its own, which is reported as damage from now on; the
        // next line must not be glued to it. A failure here shows in the next append.
        let _ = finish(file);
    }
    Some(Torn { bytes, moved_to })
}

/// Whether the piece is a complete line that only lacks its line break.
fn is_whole(mut file: &File, position: u64, chain: &Chain, bytes: u64) -> bool {
    let mut line = Vec::new();
    bytes <= MAX_LINE as u64
        && file.seek(SeekFrom::Start(position)).is_ok()
        && file.take(bytes).read_to_end(&mut line).is_ok()
        && matches!(chain.clone().next(&line), (Some(_), None))
}

fn finish(mut file: &File) -> io::Result<()> {
    file.write_all(b"\n")?;
    file.sync_data()
}

fn move_aside(mut file: &File, path: &Path, position: u64, bytes: u64) -> io::Result<PathBuf> {
    let (piece_path, mut piece) = new_piece(path)?;
    file.seek(SeekFrom::Start(position))?;
    io::copy(&mut file.take(bytes), &mut piece)?;
    piece.sync_all()?;
    // Only now that the piece is safe elsewhere.
    file.set_len(position)?;
    file.sync_data()?;
    Ok(piece_path)
}

fn new_piece(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".torn-{number}"));
        let piece_path = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600);
        if number < MAX_PIECES {
            options.create_new(true);
        } else {
            options.create(true).truncate(true);
        }
        match options.open(&piece_path) {
            Ok(piece) => return Ok((piece_path, piece)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && number < MAX_PIECES => number += 1,
            Err(cause) => return Err(cause),
        }
    }
}
