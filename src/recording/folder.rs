//! A folder of recordings that were made without being asked for: found by rollout and time, kept within limits.
//!
//! ```text
//! <folder>/<rollout>/20261122T201253Z.rec
//! ```
//!
//! Removed are finished recordings of ours only, the oldest first: a file of that name in that place that begins as a
//! recording does, and that nobody holds. Whoever writes one holds it with a lock ([`Held`]), which the system takes
//! back when the process is killed.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::is_recording;
use crate::domain::{RolloutName, Timestamp};

/// The most recordings that are kept, whatever their size: looking through them takes a second.
const MAX_FILES: usize = 20_000;
/// Recordings of one rollout that may begin in one second: more is no person and no service manager.
const MAX_SAME: u32 = 100;
/// What is looked at to see that a file is a recording.
const BEGINNING: u64 = 64;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The most bytes of the folder.
    pub size: u64,
    /// The greatest age of a finished recording, by when it was last written.
    pub age: Duration,
}

/// A folder of recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
}

/// A recording that is being written: nobody removes it as long as this lives.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// What was found and done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Recordings that were removed.
    pub removed: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Recordings that are being written, by whomever.
    pub in_use: u64,
    /// Bytes of all that are left.
    pub left: u64,
    /// What could not be looked at or removed, and why: the first of them.
    pub failure: Option<String>,
}

/// A recording in the folder.
struct Found {
    path: PathBuf,
    bytes: u64,
    written_at: Timestamp,
}

impl Folder {
    /// The folder of that path; nothing is made yet.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Makes the rollout's folder if need be, and names a new file in it. The file is not made.
    ///
    /// # Errors
    /// Those of making the folder.
    pub fn name_file(&self, rollout: &RolloutName, begins_at: Timestamp) -> io::Result<PathBuf> {
        let folder = self.of(rollout);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let stamp = stamp(begins_at);
        let names = (1..=MAX_SAME).map(|count| match count {
            1 => format!("{stamp}.rec"),
            _ => format!("{stamp}-{count}.rec"),
        });
        let free = names.map(|name| folder.join(name)).find(|path| fs::symlink_metadata(path).is_err());
        free.ok_or_else(|| {
            io::Error::new(ErrorKind::AlreadyExists, format!("{MAX_SAME} files of {stamp} are there"))
        })
    }

    /// The folder of a rollout's recordings; it may not be there.
    #[must_use]
    pub fn of(&self, rollout: &RolloutName) -> PathBuf {
        self.root.join(folder_name(rollout))
    }

    /// The recording of a rollout that was written to last. `None`: there is none that can be read.
    #[must_use]
    pub fn newest(&self, rollout: &RolloutName) -> Option<PathBuf> {
        let files = fs::read_dir(self.of(rollout)).ok()?.flatten();
        let all = files.filter_map(|file| found(&file)).filter(|found| found.bytes > 0);
        all.max_by(|a, b| (a.written_at, &a.path).cmp(&(b.written_at, &b.path))).map(|found| found.path)
    }

    /// Holds a recording, so that nobody removes it.
    ///
    /// # Errors
    /// When the file cannot be opened. Where the file system has no locks, nothing holds it but its age.
    pub fn hold(path: &Path) -> io::Result<Held> {
        let file = File::open(path)?;
        // Whoever looks whether it is held has a shared lock for a moment: this waits for it.
        match file.lock() {
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::Unsupported => {}
            Err(cause) => return Err(cause),
        }
        Ok(Held { _file: file })
    }

    /// Removes finished recordings that are too old, and then the oldest until the others fit.
    #[must_use]
    pub fn tidy(&self, keep: Keep, now: Timestamp) -> Tidied {
        let mut tidied = Tidied::default();
        let mut all = self.list(&mut tidied.failure);
        all.sort_by(|a, b| (a.written_at, &a.path).cmp(&(b.written_at, &b.path)));
        let mut count = all.len();
        tidied.left = all.iter().map(|found| found.bytes).sum();
        for found in all {
            let is_old = now.since(found.written_at) > keep.age;
            let is_free = match is_free(&found.path) {
                Ok(is_free) => is_free,
                Err(cause) => {
                    note(&mut tidied.failure, &found.path, &cause);
                    continue;
                }
            };
            if !is_free {
                tidied.in_use += 1;
            } else if is_old || tidied.left > keep.size || count > MAX_FILES {
                match fs::remove_file(&found.path) {
                    Ok(()) => {
                        tidied.removed += 1;
                        tidied.bytes += found.bytes;
                    }
                    // Another process was faster.
                    Err(cause) if cause.kind() == ErrorKind::NotFound => {}
                    Err(cause) => {
                        note(&mut tidied.failure, &found.path, &cause);
                        continue;
                    }
                }
                tidied.left -= found.bytes;
                count -= 1;
            }
        }
        tidied
    }

    /// Every recording of ours below the folder.
    fn list(&self, failure: &mut Option<String>) -> Vec<Found> {
        let mut all = Vec::new();
        let folders = match fs::read_dir(&self.root) {
            Ok(folders) => folders,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return all,
            Err(cause) => {
                note(failure, &self.root, &cause);
                return all;
            }
        };
        // A link may lead anywhere: only real folders and files are looked at.
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        for folder in folders.flatten().filter(is_folder) {
            match fs::read_dir(folder.path()) {
                Ok(files) => all.extend(files.flatten().filter_map(|file| found(&file))),
                Err(cause) => note(failure, &folder.path(), &cause),
            }
        }
        all
    }
}

/// A file of the folder, if it is a recording of ours.
fn found(entry: &fs::DirEntry) -> Option<Found> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    if !is_our_name(entry.file_name().to_str()?) {
        return None;
    }
    let path = entry.path();
    let mut beginning = Vec::new();
    File::open(&path).ok()?.take(BEGINNING).read_to_end(&mut beginning).ok()?;
    // An empty one was begun, and its process died at once.
    if !beginning.is_empty() && !is_recording(&beginning) {
        return None;
    }
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(Found { path, bytes: metadata.len(), written_at: Timestamp(0).plus(since) })
}

/// Whether nobody writes it.
fn is_free(path: &Path) -> io::Result<bool> {
    // Shared, so that two who look at once do not take each other for its writer.
    match File::open(path)?.try_lock_shared() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

fn note(failure: &mut Option<String>, path: &Path, cause: &io::Error) {
    failure.get_or_insert_with(|| format!("{}: {cause}", path.display()));
}

/// `20261122T201253Z`.
fn stamp(at: Timestamp) -> String {
    let text: String = at.rfc3339().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    // Without the milliseconds.
    text.split('.').next().unwrap_or_default().to_owned() + "Z"
}

fn is_our_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".rec") else { return false };
    let (stamp, count) = stem.split_once('-').unwrap_or((stem, "2"));
    let is_digit = |at: usize, c: char| match at {
        8 => c == 'T',
        15 => c == 'Z',
        _ => c.is_ascii_digit(),
    };
    stamp.len() == 16
        && stamp.chars().enumerate().all(|(at, c)| is_digit(at, c))
        && count.parse().is_ok_and(|count: u32| (2..=MAX_SAME).contains(&count))
}

/// The name of a rollout's folder. Different names have different folders; none leaves the root.
fn folder_name(rollout: &RolloutName) -> String {
    let mut name = rollout.as_str().replace('/', "%2F");
    // A hidden folder would not be found by `ls`, and `..` is no name.
    if name.starts_with('.') {
        name.replace_range(..1, "%2E");
    }
    name
}

#[cfg(test)]
mod tests;
