//! Why a rollout file cannot be used.

/// Why a rollout file cannot be used. Each message names the file, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not there.
    #[error("cannot read rollout file {path}: there is no such file\nhint: {hint}")]
    Missing {
        /// The file, as it was asked for.
        path: String,
        /// What to do.
        hint: String,
    },
    /// It is a directory.
    #[error(
        "cannot read rollout file {path}: it is a directory\nhint: name the file in it, such as {path}/rollout.toml"
    )]
    Directory {
        /// The directory.
        path: String,
    },
    /// The system does not let us.
    #[error(
        "cannot read rollout file {path}: {cause}\nhint: check its permissions: the user who runs gonogo must be able to read it"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is far larger than any rollout file.
    #[error(
        "cannot read rollout file {path}: it is larger than {limit} bytes\nhint: is it the right file? a rollout file has a few hundred lines"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The most that is read.
        limit: u64,
    },
    /// It is no text.
    #[error(
        "cannot read rollout file {path}: line {line} is not UTF-8\nhint: save it as UTF-8, or check that it is the right file"
    )]
    NotUtf8 {
        /// The file.
        path: String,
        /// The line with the first bad byte, from 1.
        line: usize,
    },
    /// It was read, but says something that cannot be.
    #[error("{report}")]
    Invalid {
        /// Every fault with its place, the line and a hint.
        report: String,
        /// How many faults there are, those beyond the report included.
        faults: usize,
    },
}
