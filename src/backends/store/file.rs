//! A document in a file, replaced as a whole: read with its digest, compared, written aside, renamed.
//!
//! In: a path from the settings. Out: [`FileDocument::read`] gives the bytes and their [`Digest`];
//! [`FileDocument::swap`] puts other bytes in their place, if the file still is what was read.
//!
//! ```text
//!  lock ─▶ read, compare ─▶ write a file beside it, same mode and owner ─▶ fsync ─▶ compare ─▶ rename ─▶ fsync folder
//! ```
//!
//! Whoever reads the path finds the old document or the new one, also when the process is killed or the power fails:
//! never a part, never an empty file (flagd takes an empty file for "all flags are deleted"). The lock is an advisory
//! one on the document itself, so it leaves nothing behind; it keeps gonogo processes from each other. An editor does
//! not know it: what it saves in the microseconds between the last comparison and the rename is lost.
//!
//! A symbolic link stays, and the file that it points to is replaced. What nobody should write is refused with a
//! reason: a read-only file, a Kubernetes config map. Access lists and other extended attributes are not kept.
//!
//! It must never create a document that was not there. Start reading at `FileDocument::blocking_swap`.

mod aside;
mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};
use sha2::{Digest as _, Sha256};

use self::aside::Aside;
pub use self::error::FileError;

/// The largest document: some ten thousand flags. More is a wrong path, and would be held in memory twice.
pub const MAX_DOCUMENT: u64 = 16 * 1024 * 1024;

/// How long to wait for another gonogo. A swap takes some milliseconds, on a bad disk a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to ask for the lock.
const STEP: Duration = Duration::from_millis(2);

/// The sum over a document: two that are equal hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    /// The first eight hexadecimal digits: enough to tell versions apart in a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// All of it; never empty.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
}

impl Document {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = Digest::of(&bytes);
        Self { bytes, digest }
    }
}

/// A file that holds one document.
#[derive(Debug, Clone)]
pub struct FileDocument {
    path: PathBuf,
}

impl FileDocument {
    /// The document at a path. Nothing is opened yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all of it, off the event loop.
    ///
    /// # Errors
    /// [`FileError`] when it is not there, not readable, empty or too large.
    pub async fn read(&self) -> Result<Document, FileError> {
        let this = self.clone();
        let read = tokio::task::spawn_blocking(move || this.blocking_read()).await;
        read.unwrap_or_else(|gone| Err(FileError::io("read", &self.path, io::Error::other(gone))))
    }

    /// Replaces it, off the event loop, if its digest still is `seen`. Returns the new document.
    ///
    /// Dropping the future does not stop it: it is done whole, or not at all.
    ///
    /// # Errors
    /// [`FileError::Changed`] when something else stands there by now; see [`FileError::may_have_happened`] for
    /// all others.
    pub async fn swap(&self, seen: Digest, bytes: Vec<u8>) -> Result<Document, FileError> {
        let this = self.clone();
        let swapped = tokio::task::spawn_blocking(move || this.blocking_swap(seen, bytes)).await;
        swapped.unwrap_or_else(|gone| Err(FileError::io("replace", &self.path, io::Error::other(gone))))
    }

    /// As [`read`](Self::read), for callers that may wait.
    ///
    /// # Errors
    /// As there.
    pub fn blocking_read(&self) -> Result<Document, FileError> {
        let failed = |cause| FileError::io("read", &self.path, cause);
        // Opening a pipe would wait for somebody to write into it.
        self.check_kind(&fs::metadata(&self.path).map_err(failed)?)?;
        self.read_from(&File::open(&self.path).map_err(failed)?)
    }

    /// As [`swap`](Self::swap), for callers that may wait.
    ///
    /// # Errors
    /// As there.
    pub fn blocking_swap(&self, seen: Digest, bytes: Vec<u8>) -> Result<Document, FileError> {
        if bytes.trim_ascii().is_empty() {
            return Err(self.unfit("an empty document would delete all flags in it"));
        }
        if bytes.len() as u64 > MAX_DOCUMENT {
            return Err(FileError::TooLarge { path: self.path.clone() });
        }
        let failed = |cause| FileError::io("replace", &self.path, cause);
        let real = fs::canonicalize(&self.path).map_err(failed)?;
        self.check_target(&real)?;
        // Locked until it is closed, at the end.
        let held = self.lock(&real)?;
        let compare = |found: Document| match found.digest == seen {
            true => Ok(()),
            false => Err(FileError::Changed { path: self.path.clone(), seen, found: Box::new(found) }),
        };
        compare(self.read_from(&held)?)?;
        let aside = Aside::write(&real, &held.metadata().map_err(failed)?, &bytes)
            .map_err(|(operation, cause)| FileError::io(operation, &self.path, cause))?;
        // Once more, by its path: an editor may have saved it while we wrote ours.
        compare(self.blocking_read()?)?;
        aside.put_in_place_of(&real).map_err(|cause| FileError::in_place(&self.path, cause))?;
        sync_folder(&real)
            .map_err(|cause| FileError::Unsure { path: self.path.clone(), cause: cause.into() })?;
        Ok(Document::new(bytes))
    }

    fn read_from(&self, file: &File) -> Result<Document, FileError> {
        let mut bytes = Vec::new();
        let read = file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes);
        read.map_err(|cause| FileError::io("read", &self.path, cause))?;
        if bytes.len() as u64 > MAX_DOCUMENT {
            return Err(FileError::TooLarge { path: self.path.clone() });
        }
        if bytes.trim_ascii().is_empty() {
            return Err(FileError::Empty { path: self.path.clone() });
        }
        Ok(Document::new(bytes))
    }

    fn check_kind(&self, metadata: &fs::Metadata) -> Result<(), FileError> {
        if metadata.is_file() { Ok(()) } else { Err(self.unfit("it is no regular file")) }
    }

    /// Whether a swap would be possible, off the event loop; nothing is written. That the disk has room is not known.
    ///
    /// # Errors
    /// Why not.
    pub async fn check_writable(&self) -> Result<(), FileError> {
        let this = self.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let failed = |cause| FileError::io("write", &this.path, cause);
            let real = fs::canonicalize(&this.path).map_err(failed)?;
            this.check_target(&real)?;
            OpenOptions::new().read(true).write(true).open(&real).map_err(failed)?;
            let folder = real.parent().ok_or_else(|| this.unfit("it has no folder"))?;
            access(folder, Access::WRITE_OK).map_err(|cause| failed(cause.into()))
        });
        checked.await.unwrap_or_else(|gone| Err(FileError::io("write", &self.path, io::Error::other(gone))))
    }

    /// Refuses what nobody should write, even where the system would let us.
    fn check_target(&self, real: &Path) -> Result<(), FileError> {
        let metadata = fs::metadata(real).map_err(|cause| FileError::io("replace", &self.path, cause))?;
        self.check_kind(&metadata)?;
        // Kubernetes mounts a volume as links through a folder `..data`, which it exchanges as a whole.
        if self.path.parent().is_some_and(|folder| folder.join("..data").symlink_metadata().is_ok()) {
            return Err(self.unfit(
                "Kubernetes mounted it from a config map or secret, and would overwrite it. hint: change the config map, or give gonogo a file that flagd reads itself",
            ));
        }
        if metadata.permissions().readonly() {
            return Err(self.unfit("it is read-only. hint: chmod u+w, if gonogo is meant to change it"));
        }
        Ok(())
    }

    /// The file that the path leads to, open and locked by us alone.
    fn lock(&self, real: &Path) -> Result<File, FileError> {
        let failed = |cause| FileError::io("lock", &self.path, cause);
        let mut waited = Duration::ZERO;
        loop {
            let file = OpenOptions::new().read(true).write(true).open(real).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, real).map_err(failed)? => return Ok(file),
                // Somebody replaced it while we waited: theirs is the one to lock.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(STEP);
                    waited += STEP;
                }
                // Some network file systems have no locks: the comparisons are all there is then.
                Err(TryLockError::Error(cause)) if cause.kind() == io::ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
            if waited > PATIENCE {
                return Err(FileError::Busy { path: self.path.clone(), seconds: PATIENCE.as_secs() });
            }
        }
    }

    fn unfit(&self, why: &str) -> FileError {
        FileError::Unfit { path: self.path.clone(), why: why.to_owned() }
    }
}

/// Whether an open file is the one that a path leads to.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, there) = (file.metadata()?, fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

/// Makes a rename survive a power cut.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    File::open(folder)?.sync_all()
}
