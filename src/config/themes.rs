//! A user's own themes: where they are, what they are called, and their texts.
//!
//! In: a name or a path as a person writes it. Out: a [`Place`], and the text of a file. What the text means is the
//! business of [`theme`](crate::theme). A file of one's own goes before a theme of the same name that comes with
//! gonogo, so that `dark.toml` with `inherits = "dark"` is a darker dark.

use std::path::{Path, PathBuf};

use super::source_text::printable;
use super::{places, small_file};
use crate::theme::{ThemeError, names};

/// The largest theme: forty roles with a comment each are a tenth of it.
pub const MAX_BYTES: u64 = small_file::MAX_FILE_BYTES;
/// How many own themes are listed: more than anybody looks through.
pub const MAX_LISTED: usize = 100;

/// Where a theme is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It comes with gonogo.
    Shipped(String),
    /// A file.
    File(PathBuf),
}

/// The folder of own themes: `$XDG_CONFIG_HOME/gonogo/themes`. `None`: the user has no home.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    places::config_dir().map(|config| config.join("themes"))
}

/// All themes by name: those that come with gonogo, the default first, then the user's own. An own one of the same name
/// stands in the place of ours.
#[must_use]
pub fn all() -> Vec<(String, Place)> {
    let mut all: Vec<_> = names().map(|name| (name.to_owned(), Place::Shipped(name.to_owned()))).collect();
    for (name, file) in own() {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = Place::File(file),
            None => all.push((name, Place::File(file))),
        }
    }
    all
}

/// The user's own themes, in order; at most [`MAX_LISTED`].
fn own() -> Vec<(String, PathBuf)> {
    let files = folder().and_then(|folder| folder.read_dir().ok()).into_iter().flatten().flatten();
    let named = |file: std::fs::DirEntry| {
        let path = file.path();
        let name = path.file_stem()?.to_str()?.to_owned();
        let is_theme = path.extension().is_some_and(|end| end == "toml") && path.is_file();
        (is_theme && is_name(&name)).then_some((name, path))
    };
    let mut own: Vec<_> = files.filter_map(named).take(MAX_LISTED).collect();
    own.sort_unstable();
    own
}

/// Finds a theme by its name, or by the path of its file.
///
/// # Errors
/// [`ThemeError::Unknown`] with what was probably meant. Whether a file that is named is there, [`text`] says.
pub fn find(word: &str) -> Result<Place, ThemeError> {
    if word.contains('/') || word.ends_with(".toml") {
        return Ok(Place::File(places::from_home(word).unwrap_or_else(|| word.into())));
    }
    let all = all();
    match all.iter().find(|(name, _)| name == word) {
        Some((_, place)) => Ok(place.clone()),
        None => Err(ThemeError::unknown(word, all.iter().map(|(name, _)| name.as_str()))),
    }
}

/// The text of a file.
///
/// # Errors
/// [`ThemeError::Unreadable`] when it is not there, too large, no text, or not for us to read.
pub fn text(path: &Path) -> Result<String, ThemeError> {
    let origin = printable(&path.display().to_string());
    match small_file::read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(ThemeError::Unreadable { origin, cause: "there is no such file".to_owned() }),
        Err(cause) => Err(ThemeError::Unreadable { origin, cause: cause.to_string() }),
    }
}

/// Whether a word can be the name of a file in the folder and nothing else.
fn is_name(word: &str) -> bool {
    !word.starts_with('.') && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
