//! Why a document could not be read or replaced, with what can be done about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Digest, Document, MAX_DOCUMENT};

/// Why a document could not be read or replaced. Nothing has changed, but for [`FileError::Unsure`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum FileError {
    /// Something else stands there than what was seen.
    #[error("{path}: it was changed meanwhile: {seen} was seen, {} stands there", found.digest)]
    Changed {
        /// The file.
        path: PathBuf,
        /// What was seen.
        seen: Digest,
        /// What stands there now.
        found: Box<Document>,
    },
    /// It is empty: somebody is writing it, or all flags are gone.
    #[error("{path} is empty. hint: is something writing it in place? put a document there by renaming it")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is larger than any document should be.
    #[error("{path} has more than {} MiB. hint: is it the right file?", MAX_DOCUMENT / 1024 / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It must not be written.
    #[error("{path}: {why}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why, with a hint where there is a remedy.
        why: String,
    },
    /// Another process holds it.
    #[error("{path}: another process has held its lock for {seconds} s. hint: is a gonogo stopped there?")]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The system refused an operation.
    #[error("cannot {operation} {path}: {cause}{hint}")]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
        /// What can be done about it, with ` hint: ` before it; empty if nothing is known.
        hint: &'static str,
    },
    /// It was replaced, but may not survive a power cut.
    #[error(
        "{path} was replaced, but its folder could not be written to the disk: {cause}. hint: is the disk full?"
    )]
    Unsure {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
    },
}

impl FileError {
    /// Whether the document may have been replaced in spite of the error.
    #[must_use]
    pub const fn may_have_happened(&self) -> bool {
        matches!(self, Self::Unsure { .. })
    }

    /// Whether trying again soon may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Changed { .. } | Self::Empty { .. } | Self::Busy { .. } | Self::Unsure { .. } => true,
            Self::TooLarge { .. } | Self::Unfit { .. } => false,
            Self::Io { cause, .. } => !matches!(
                cause.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory
            ),
        }
    }

    pub(super) fn io(operation: &'static str, path: &Path, cause: io::Error) -> Self {
        let hint = match cause.kind() {
            ErrorKind::NotFound => ". hint: check the path; gonogo never makes the file by itself",
            ErrorKind::PermissionDenied => {
                ". hint: gonogo's user needs to read and write the file, and to write into its folder"
            }
            ErrorKind::ReadOnlyFilesystem => {
                ". hint: the volume is mounted read-only (a config map?); change it where it comes from"
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                ". hint: free some space; the old document still stands"
            }
            _ => "",
        };
        Self::Io { operation, path: path.to_owned(), cause: cause.into(), hint }
    }

    /// The rename failed.
    pub(super) fn in_place(path: &Path, cause: io::Error) -> Self {
        if cause.kind() == ErrorKind::ResourceBusy {
            let hint = ". hint: it is mounted by itself into a container; mount its folder instead";
            return Self::Io { operation: "replace", path: path.to_owned(), cause: cause.into(), hint };
        }
        Self::io("replace", path, cause)
    }
}
