//! Where journals are kept.

use std::path::{Path, PathBuf};

use super::JournalError;
use crate::config::places;
use crate::domain::RolloutName;

/// The folder of all that gonogo keeps by itself: `$XDG_STATE_HOME/gonogo`, by default below `~/.local/state`.
///
/// # Errors
/// [`JournalError::NoFolder`] when the user has no home.
pub fn state_dir() -> Result<PathBuf, JournalError> {
    places::state_dir().ok_or(JournalError::NoFolder)
}

/// The folder of all journals: `journal` in [`state_dir`].
///
/// # Errors
/// As [`state_dir`].
pub fn default_dir() -> Result<PathBuf, JournalError> {
    Ok(state_dir()?.join("journal"))
}

/// The file of a rollout in a folder. Different names have different files; none leaves the folder.
#[must_use]
pub fn file_of(dir: &Path, rollout: &RolloutName) -> PathBuf {
    dir.join(stem_of(rollout) + ".jsonl")
}

/// The name of a rollout as the beginning of a file's name.
#[must_use]
pub fn stem_of(rollout: &RolloutName) -> String {
    let mut name = rollout.as_str().replace('/', "%2F");
    // A hidden file would not be found by `ls`, and `..` is no name.
    if name.starts_with('.') {
        name.replace_range(..1, "%2E");
    }
    name
}

/// The file that a person means: a path, or the name of a rollout in the default folder.
///
/// # Errors
/// [`JournalError::NoFolder`] when it is a name and the user has no home.
pub fn locate(file_or_name: &str) -> Result<PathBuf, JournalError> {
    let path = Path::new(file_or_name);
    let is_path = path.is_file() || path.extension().is_some_and(|extension| extension == "jsonl");
    match RolloutName::new(file_or_name) {
        Ok(rollout) if !is_path => Ok(file_of(&default_dir()?, &rollout)),
        _ => Ok(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_folder_and_no_two_share_a_file() {
        let file = |name: &str| {
            let path = file_of(Path::new("/j"), &RolloutName::new(name).unwrap());
            assert_eq!(path.parent(), Some(Path::new("/j")));
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(file("checkout-v2"), "checkout-v2.jsonl");
        assert_eq!(file("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd.jsonl");
        assert_eq!(file(".."), "%2E..jsonl");
        assert_ne!(file("a/b"), file("a-b"));
        assert_ne!(file("a/b"), file("a_b"));
    }

    #[test]
    fn a_path_is_a_path_and_a_name_is_a_name() {
        assert_eq!(locate("some/where.jsonl").unwrap(), Path::new("some/where.jsonl"));
        assert!(locate("checkout-v2").unwrap().ends_with("gonogo/journal/checkout-v2.jsonl"));
    }
}
