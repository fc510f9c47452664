//! Why the journal could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// Why the journal could not be read or written. Each message names the file and the cause.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no home to keep journals in.
    #[error(
        "cannot find a folder for journals: neither $XDG_STATE_HOME nor $HOME is set\nhint: set one of them"
    )]
    NoFolder,
    /// The system says no.
    #[error("cannot {operation} the journal {}: {cause}{}", path.display(), hint(cause))]
    Io {
        /// What was tried: "open", "write", …
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// The path is a device, a pipe or a folder.
    #[error("cannot use {} as a journal: it is no regular file\nhint: name a .jsonl file or a rollout", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Another process has held the lock for too long.
    #[error("cannot write the journal {}: another process has held its lock for {seconds} s\nhint: look for a stopped gonogo: fuser {}", path.display(), path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// A record that is larger than a line may be.
    #[error("cannot write the journal {}: a record of {bytes} bytes is larger than a line may be", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The size.
        bytes: usize,
    },
}

impl JournalError {
    pub(super) fn io(operation: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Io { operation, path: path.to_owned(), cause }
    }
}

fn hint(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "\nhint: free some space on that disk",
        io::ErrorKind::ReadOnlyFilesystem => "\nhint: set XDG_STATE_HOME to a folder that can be written",
        io::ErrorKind::PermissionDenied => {
            "\nhint: the user who runs gonogo must own it, or set XDG_STATE_HOME to another folder"
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "\nhint: name a folder that is there or can be made, with --state-dir or XDG_STATE_HOME"
        }
        _ => "",
    }
}
