//! Why a recording could not be written or read.

use std::io;

use super::Damage;

/// Why a recording could not be written or read. Each message names the file, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is a file of that name.
    #[error(
        "cannot record to {path}: the file is there already\nhint: name a new file; a recording is never overwritten"
    )]
    Exists {
        /// The file.
        path: String,
    },
    /// The file cannot be made.
    #[error(
        "cannot record to {path}: {cause}\nhint: name a file in a folder that exists and that you may write to"
    )]
    Unwritable {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {path}, line {line}: {cause}\nhint: check the path, and that you may read it")]
    Unreadable {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// The file cannot be read at some place.
    #[error("cannot read {path}, byte {byte}: {cause}\nhint: check the path, and that you may read it")]
    UnreadableAt {
        /// The file.
        path: String,
        /// The byte, from 0.
        byte: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// The file was changed or damaged after it was written.
    #[error(
        "cannot read all of {path}: {damage}\nhint: the file was changed or damaged after it was written; what is before the damage can be replayed"
    )]
    Damaged {
        /// The file.
        path: String,
        /// Where, and what.
        damage: Damage,
    },
    /// The first line is not that of a recording.
    #[error(
        "cannot read {path}: it is no recording: {cause}\nhint: a recording is written by `gonogo watch --record PATH`; its first line begins with {{\"gonogo\":\"recording\""
    )]
    NoRecording {
        /// The file.
        path: String,
        /// Why not.
        cause: String,
    },
    /// It was written by a newer version.
    #[error(
        "cannot read {path}: its version is {found}, and this gonogo reads up to {known}\nhint: read it with the gonogo that wrote it, or a newer one"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A line is no event.
    #[error(
        "cannot read {path}, line {line}: it is no event: {cause}\nhint: the file was changed or damaged after it was written; take that line out to read the others"
    )]
    NoEvent {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// Why not.
        cause: String,
    },
}
