//! The journal of one rollout, open for reading and appending.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::entry::{MAX_LINE, compose};
use super::kept::{Kept, MAX_KEPT};
use super::lock::lock;
use super::opening::MAX_DAMAGES;
use super::scan::{Cursor, Scanned, read_on};
use super::torn::{Torn, mend};
use super::{Damage, Entry, JournalError, Opening, default_dir, file_of};
use crate::domain::{RolloutName, Timestamp};
use crate::effect::Record;

/// The journal of one rollout. Several may be open on one file, in one process or in many.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    cursor: Cursor,
    /// What others wrote and nobody has asked for yet; the oldest go first past [`MAX_KEPT`].
    foreign: VecDeque<Entry>,
}

impl Journal {
    /// Opens the journal of a rollout in a folder, or in the default one; makes both if need be.
    ///
    /// Returns the entries that still matter, oldest first: the newest 10,000, and before them the
    /// commands, latches and pauses that are still open.
    ///
    /// # Errors
    /// [`JournalError`] when the file cannot be opened, locked or read. Damage is no error.
    pub fn open(
        dir: Option<&Path>,
        rollout: &RolloutName,
    ) -> Result<(Self, Vec<Entry>, Opening), JournalError> {
        let dir = dir.map_or_else(default_dir, |dir| Ok(dir.to_owned()))?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|cause| JournalError::io("make the folder of", &dir, cause))?;
        let path = file_of(&dir, rollout);
        let file = open_file(&path)?;
        let mut cursor = Cursor::default();
        let mut kept = Kept::default();
        let (mut damages, mut damaged) = (Vec::new(), 0);
        let mut each = |entry: Option<Entry>, damage: Option<Damage>| {
            if let Some(damage) = damage {
                damaged += 1;
                if damages.len() < MAX_DAMAGES {
                    damages.push(damage);
                }
            }
            entry.into_iter().for_each(|entry| kept.push(entry));
        };
        let torn = match lock(&file, &path) {
            Ok(_locked) => catch_up(&file, &path, &mut cursor, &mut each)?,
            // Reading needs no lock; a stuck writer must not keep a cockpit from opening.
            Err(JournalError::Busy { .. }) => {
                read_complete(&file, &path, &mut cursor, &mut each)?;
                None
            }
            Err(error) => return Err(error),
        };
        let opening = Opening { path: path.clone(), entries: kept.seen, torn, damages, damaged };
        Ok((Self { path, file, cursor, foreign: VecDeque::new() }, kept.into_entries(), opening))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line, after everything that others have appended, and returns when it is on the
    /// disk. Waits at most 2 s for other writers.
    ///
    /// # Errors
    /// [`JournalError`] when it is not known to be on the disk. Nothing of it is left in the file then,
    /// unless the disk refuses that as well.
    pub fn append(&mut self, at: Timestamp, record: &Record) -> Result<Entry, JournalError> {
        self.follow_the_path()?;
        let Self { path, file, cursor, foreign } = self;
        let _locked = lock(file, path)?;
        catch_up(file, path, cursor, &mut |entry, _| keep_foreign(foreign, entry))?;

        let seq = cursor.chain.seq.saturating_add(1);
        let failed = |cause| JournalError::io("write", path, cause);
        let (mut line, hash) =
            compose(seq, at, &cursor.chain.hash, record).map_err(|cause| failed(cause.into()))?;
        if line.len() > MAX_LINE {
            return Err(JournalError::TooLong { path: path.clone(), bytes: line.len() });
        }
        line.push('\n');
        if let Err(cause) = write_durably(file, line.as_bytes()) {
            // Half a line, or one that may or may not reach the disk, must not look like an entry.
            let _ = file.set_len(cursor.position);
            return Err(failed(cause));
        }
        cursor.position += line.len() as u64;
        cursor.chain.go_on(seq, hash.clone());
        Ok(Entry { seq, at, record: record.clone(), hash })
    }

    /// What others have appended since the last call, oldest first; never what this one appended.
    /// Does not wait for a lock.
    ///
    /// # Errors
    /// [`JournalError`] when the file cannot be read.
    pub fn poll_foreign(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.follow_the_path()?;
        let Self { path, file, cursor, foreign } = self;
        let length = file.metadata().map_err(|cause| JournalError::io("read", path, cause))?.len();
        if length != cursor.position {
            // What follows the last complete line is being written, or is torn: the next append sees to it.
            read_complete(file, path, cursor, &mut |entry, _| keep_foreign(foreign, entry))?;
        }
        Ok(std::mem::take(foreign).into())
    }

    /// Opens the file anew if somebody moved or removed it: a journal that nobody can find is lost.
    fn follow_the_path(&mut self) -> Result<(), JournalError> {
        let here = self.file.metadata().ok();
        let there = std::fs::metadata(&self.path).ok();
        let id = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        if there.is_none() || here.as_ref().map(id) != there.as_ref().map(id) {
            self.file = open_file(&self.path)?;
            self.cursor = Cursor::default();
        }
        Ok(())
    }
}

/// Reads to the last complete line.
fn read_complete(
    file: &File,
    path: &Path,
    cursor: &mut Cursor,
    each: &mut dyn FnMut(Option<Entry>, Option<Damage>),
) -> Result<u64, JournalError> {
    let failed = |cause| JournalError::io("read", path, cause);
    if file.metadata().map_err(failed)?.len() < cursor.position {
        // Somebody cut the file. What is left was read before; the chain goes on from its end.
        *cursor = Cursor::default();
        read_on(file, cursor, &mut |_| Ok(())).map_err(failed)?;
    }
    let mut step = |scanned: Scanned<'_>| {
        each(scanned.entry, scanned.damage);
        Ok(())
    };
    read_on(file, cursor, &mut step).map_err(failed)
}

/// Reads to the end, and mends a torn last line. The lock must be held.
fn catch_up(
    file: &File,
    path: &Path,
    cursor: &mut Cursor,
    each: &mut dyn FnMut(Option<Entry>, Option<Damage>),
) -> Result<Option<Torn>, JournalError> {
    let rest = read_complete(file, path, cursor, each)?;
    if rest == 0 {
        return Ok(None);
    }
    let torn = mend(file, path, cursor.position, &cursor.chain, rest);
    read_complete(file, path, cursor, each)?;
    Ok(torn)
}

fn keep_foreign(foreign: &mut VecDeque<Entry>, entry: Option<Entry>) {
    if foreign.len() >= MAX_KEPT {
        foreign.pop_front();
    }
    foreign.extend(entry);
}

/// Writes and waits for the disk.
fn write_durably(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_data()
}

fn open_file(path: &Path) -> Result<File, JournalError> {
    let failed = |cause| JournalError::io("open", path, cause);
    if path.exists() && !path.is_file() {
        return Err(JournalError::NotAFile { path: path.to_owned() });
    }
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
    // A new file is only safe once its folder is on the disk; not every file system can be told.
    let folder = path.parent().and_then(|folder| File::open(folder).ok());
    folder.iter().for_each(|folder| drop(folder.sync_all()));
    Ok(file)
}

#[cfg(test)]
mod tests;
