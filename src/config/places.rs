//! Where gonogo keeps what belongs to a user: settings, themes, and what it remembers; and how a small file of theirs is
//! read.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// The folder of what is remembered: `$XDG_STATE_HOME/gonogo`, by default below `~/.local/state`. `None`: the user
/// has no home.
#[must_use]
pub fn state_dir() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(state.join("gonogo"))
}

/// The folder of the settings: `$XDG_CONFIG_HOME/gonogo`, by default below `~/.config`. `None`: the user has no home.
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("gonogo"))
}

/// A path; `~/` is the home. `None`: there is none.
pub(super) fn from_home(text: &str) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(rest) => Some(etcetera::home_dir().ok()?.join(rest)),
        None => Some(PathBuf::from(text)),
    }
}

/// The text of a file of at most so many bytes; `None` when there is none.
///
/// # Errors
/// Those of the system, and when it is larger or no text.
pub(super) fn read(path: &Path, most_bytes: u64) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    let mut text = String::new();
    file.take(most_bytes + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most_bytes {
        let cause = format!("it is larger than {most_bytes} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, cause));
    }
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}
