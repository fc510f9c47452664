//! The user's settings: what holds for every rollout that this user watches.
//!
//! In: `$XDG_CONFIG_HOME/gonogo/settings.toml`, or the file that `GONOGO_SETTINGS` names. Out: [`UserSettings`] with, for
//! each one, the line that set it. Without a file the defaults hold. An unknown field is an error, with line, column and
//! the allowed ones, as in a rollout file.
//!
//! No setting changes what a rollout does or how it is judged: that stands in the rollout file alone, so that two
//! people never see two truths. Nothing here must keep a rollout from being watched.
//!
//! Start reading at [`load`]; `docs/settings.md` is for users.

mod screen;
mod show;
mod size;

use std::io;
use std::path::PathBuf;

use toml::de::DeTable;

use super::fields::Fields;
use super::mask::{secret_lines, secret_places};
use super::places;
use super::problem::{Problem, Problems};
use super::rollout_file::syntax;
use super::small_file;
use super::source_text::{SourceText, printable};
use super::values;
use crate::domain::Span;

pub use screen::{Notify, ScreenSettings};
pub use show::show;
pub use size::{Size, SizeError};

/// The variable that names another file.
pub const VARIABLE: &str = "GONOGO_SETTINGS";

/// Room for one small recording.
const LEAST_SIZE: Size = Size(1_000_000);
/// An hour: who wants less keeps nothing.
const LEAST_AGE: Span = Span(std::time::Duration::from_secs(3600));
/// Ten years.
const MOST_AGE: Span = Span(std::time::Duration::from_secs(3650 * 86_400));

/// What a user has settled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserSettings {
    /// The table `[recording]`.
    pub recording: RecordingSettings,
    /// The table `[screen]`.
    pub screen: ScreenSettings,
    /// The file that was looked for. `None`: the user has no home to look in.
    pub file: Option<PathBuf>,
    /// Whether the file is there.
    pub is_found: bool,
    /// The line, from 1, of each setting that the file makes.
    lines: Vec<(&'static str, usize)>,
}

/// What is recorded without being asked for, and how long it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingSettings {
    /// Whether `watch` and `guard` record by themselves.
    pub always: bool,
    /// The folder of those recordings. `None`: the default one.
    pub folder: Option<PathBuf>,
    /// The most bytes of that folder.
    pub keep_size: Size,
    /// The greatest age of a recording in that folder.
    pub keep_age: Span,
    /// Whether customers' words and ids are replaced in every recording.
    pub redact: bool,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self {
            always: false,
            folder: None,
            keep_size: Size(2_000_000_000),
            keep_age: Span(std::time::Duration::from_secs(30 * 86_400)),
            redact: false,
        }
    }
}

impl RecordingSettings {
    /// The folder of recordings that nobody asked for: the set one, or `$XDG_STATE_HOME/gonogo/recordings`. `None`:
    /// none is set, and the user has no home.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.clone().or_else(|| places::state_dir().map(|state| state.join("recordings")))
    }
}

/// Why settings cannot be used. Each message names the file, the cause and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file that the variable names is not there.
    #[error(
        "cannot read the settings {path}: there is no such file\nhint: {VARIABLE} names it; unset it, or make the file"
    )]
    Missing {
        /// The file.
        path: String,
    },
    /// The system does not let us.
    #[error("cannot read the settings {path}: {cause}\nhint: {}", small_file::remedy(cause))]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// It is read, but says something that cannot be.
    #[error("{0}")]
    Invalid(String),
}

/// Reads the user's settings.
///
/// # Errors
/// [`SettingsError`] when a file is there, or named by `GONOGO_SETTINGS`, and cannot be used.
pub fn load() -> Result<UserSettings, SettingsError> {
    let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
    let is_named = named.is_some();
    let Some(path) = named.or_else(|| places::config_dir().map(|folder| folder.join("settings.toml"))) else {
        return Ok(UserSettings::default());
    };
    let failed = |cause| SettingsError::Unreadable { path: printable(&path.display().to_string()), cause };
    match small_file::read(&path).map_err(failed)? {
        Some(text) => {
            let settings = parse(&text, &path.display().to_string())?;
            Ok(UserSettings { file: Some(path), is_found: true, ..settings })
        }
        None if is_named => Err(SettingsError::Missing { path: printable(&path.display().to_string()) }),
        None => Ok(UserSettings { file: Some(path), ..UserSettings::default() }),
    }
}

/// Reads the text of a settings file; `origin` is what messages call it.
///
/// # Errors
/// [`SettingsError::Invalid`] with every fault, its place and a hint.
pub fn parse(text: &str, origin: &str) -> Result<UserSettings, SettingsError> {
    let mut problems = Problems::default();
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut masked = secret_places(root.get_ref(), text);
    let settings = match errors.first() {
        Some(error) => {
            masked.extend(secret_lines(text));
            problems.push(syntax(error, text));
            UserSettings::default()
        }
        None => document(root.get_ref(), &mut problems),
    };
    let source = SourceText::new(&printable(origin), text, masked);
    if problems.count() > 0 {
        return Err(SettingsError::Invalid(problems.report(&source)));
    }
    let lines = settings.lines.iter().map(|(name, at)| (*name, source.position(*at).0)).collect();
    Ok(UserSettings { lines, ..settings })
}

/// The settings; each with the byte where it stands instead of its line.
fn document(root: &DeTable<'_>, problems: &mut Problems) -> UserSettings {
    let mut settings = UserSettings::default();
    let fields = Fields::new(root, &(0..0), &["recording", "screen"], problems);
    if let Some(table) = fields.get("screen").and_then(|value| screen::fields(value, problems)) {
        for name in screen::SCREEN {
            let Some(value) = table.get(name) else { continue };
            settings.lines.push((name, table.place_of(name).start));
            screen::read(&mut settings.screen, name, value, problems);
        }
    }
    let table = fields.get("recording").and_then(|value| {
        Fields::of(value, "`recording`", &["always", "folder", "keep_size", "keep_age", "redact"], problems)
    });
    let Some(table) = table else { return settings };
    let recording = &mut settings.recording;
    for name in show::RECORDING {
        let Some(value) = table.get(name) else { continue };
        settings.lines.push((name, table.place_of(name).start));
        match name {
            "always" => recording.always = values::truth(value, problems).unwrap_or_default(),
            "redact" => recording.redact = values::truth(value, problems).unwrap_or_default(),
            "folder" => {
                let text = values::text(value, "a folder", problems);
                recording.folder = text.and_then(|text| {
                    let folder = absolute(text);
                    if folder.is_none() {
                        let problem =
                            Problem::new(value.span(), "a folder is named from the root, or from the home");
                        problems.push(problem.hint("such as \"/var/log/gonogo\" or \"~/recordings\""));
                    }
                    folder
                });
            }
            "keep_size" => {
                let size = values::parsed(value, "a size such as \"2GB\"", problems);
                if size.is_some_and(|size| size < LEAST_SIZE) {
                    problems.push(Problem::new(
                        value.span(),
                        format!("a size of {LEAST_SIZE} or more is needed here"),
                    ));
                }
                recording.keep_size = size.unwrap_or(recording.keep_size);
            }
            _ => {
                let age = values::span(value, LEAST_AGE, MOST_AGE, problems);
                recording.keep_age = age.unwrap_or(recording.keep_age);
            }
        }
    }
    settings
}

/// A folder from the root on; `~/` is the home. `None`: it is relative, and to what nobody would know.
fn absolute(text: &str) -> Option<PathBuf> {
    places::from_home(text).filter(|path| path.is_absolute())
}

impl UserSettings {
    /// The line that makes a setting, from 1. `None`: the file does not make it.
    fn line_of(&self, name: &str) -> Option<usize> {
        self.lines.iter().find(|(known, _)| *known == name).map(|(_, line)| *line)
    }
}

#[cfg(test)]
mod tests;
