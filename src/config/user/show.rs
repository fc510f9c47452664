//! The settings as they hold, as a settings file that says of each where it comes from.

use std::io::{self, Write};

use super::{UserSettings, screen};
use crate::domain::Text;

/// The settings of `[recording]`, in the order in which they are shown.
pub(super) const RECORDING: [&str; 5] = ["always", "folder", "keep_size", "keep_age", "redact"];

/// Writes all settings as they hold. What is written can be put into a settings file as it is.
///
/// # Errors
/// Those of the writer.
pub fn show(settings: &UserSettings, out: &mut dyn Write) -> io::Result<()> {
    let file = settings.file.as_ref().map(|file| Text::new(&file.display().to_string()));
    match (file, settings.is_found) {
        (Some(file), true) => writeln!(out, "# {file}")?,
        (Some(file), false) => writeln!(out, "# {file} is not there: the defaults hold")?,
        (None, _) => writeln!(out, "# no home to keep settings in: the defaults hold")?,
    }
    writeln!(out, "\n[recording]")?;
    for name in RECORDING {
        match value(settings, name) {
            Some(value) => line(settings, name, &value, out)?,
            None => writeln!(out, "# {name}: no home to keep recordings in")?,
        }
    }
    writeln!(out, "\n[screen]")?;
    for name in screen::SCREEN {
        line(settings, name, &screen::show(&settings.screen, name), out)?;
    }
    Ok(())
}

/// A setting, and where it comes from.
fn line(settings: &UserSettings, name: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    let origin = settings.line_of(name).map_or_else(|| "default".to_owned(), |line| format!("line {line}"));
    writeln!(out, "{:<40} # {origin}", format!("{name} = {value}"))
}

/// A setting as TOML. `None`: there is no folder.
fn value(settings: &UserSettings, name: &str) -> Option<String> {
    let recording = &settings.recording;
    Some(match name {
        "always" => recording.always.to_string(),
        "redact" => recording.redact.to_string(),
        "keep_size" => format!("\"{}\"", recording.keep_size.exact()),
        "keep_age" => format!("\"{}\"", String::from(recording.keep_age)),
        _ => {
            let folder = recording.folder()?;
            toml::Value::from(Text::new(&folder.display().to_string()).as_str()).to_string()
        }
    })
}
