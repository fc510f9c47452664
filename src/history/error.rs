//! Why the history could not be read or written.

use std::io;
use std::path::PathBuf;

/// Why the history could not be read or written. Each message names the file, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no home to keep it in.
    #[error(
        "cannot find a folder for the history: neither $XDG_STATE_HOME nor $HOME is set\nhint: set one of them"
    )]
    NoFolder,
    /// The system says no.
    #[error("cannot open the history {}: {cause}\nhint: the user who runs gonogo must own it, or set XDG_STATE_HOME to another folder", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It is not what SQLite wrote.
    #[error("cannot read the history {}: it is damaged ({cause})\nhint: move it and the files beside it away; a new one is begun, and `gonogo history add` takes recordings in again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// It is a database of something else.
    #[error("cannot use {} as history: it is a database of another program\nhint: name another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer gonogo wrote it.
    #[error("cannot use the history {}: its version is {found}, and this gonogo knows up to {known}\nhint: use the newer gonogo; this one leaves the file as it is", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process holds it.
    #[error("cannot {operation} the history {}: another process has held it for {seconds} s\nhint: look for a stopped gonogo: fuser {}", path.display(), path.display())]
    Busy {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// Anything else that SQLite says.
    #[error("cannot {operation} the history {}: {cause}\nhint: see that the disk has room and the folder can be written", path.display())]
    Sql {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// No entry has that number.
    #[error("there is no rollout {id} in the history\nhint: `gonogo history` shows their numbers")]
    NoEntry {
        /// The number.
        id: i64,
    },
    /// There is no such kill to be marked.
    #[error("rollout {id} has {}\nhint: `gonogo history show {id}` lists its kills", kills(*count))]
    NoKill {
        /// The entry.
        id: i64,
        /// Its kills.
        count: usize,
    },
}

fn kills(count: usize) -> String {
    match count {
        0 => "no kill that could be marked".into(),
        1 => "one kill only".into(),
        count => format!("{count} kills only"),
    }
}
