//! Reading the file: everything that can be wrong before its first line.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::{RolloutFile, parse};
use crate::config::ConfigError;
use crate::config::source_text::printable;

/// The largest rollout file: a thousand segments with their own stages fit ten times.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads and parses a rollout file.
///
/// # Errors
/// A [`ConfigError`] that names the path, the cause and a remedy.
pub fn load(path: &Path) -> Result<RolloutFile, ConfigError> {
    let shown = printable(&path.display().to_string());
    let text = read(path, &shown)?;
    parse(&text, &shown)
}

fn read(path: &Path, shown: &str) -> Result<String, ConfigError> {
    let failed = |cause: std::io::Error| match cause.kind() {
        ErrorKind::NotFound => ConfigError::Missing { path: shown.to_owned(), hint: missing_hint(path) },
        ErrorKind::IsADirectory => ConfigError::Directory { path: shown.to_owned() },
        _ => ConfigError::Unreadable { path: shown.to_owned(), cause },
    };
    if path.is_dir() {
        return Err(ConfigError::Directory { path: shown.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a full file from one that goes on (a device has no length).
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ConfigError::TooLarge { path: shown.to_owned(), limit: MAX_FILE_BYTES });
    }
    // A byte order mark is what some editors put before UTF-8; it is no part of the text.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let good = text.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(ConfigError::NotUtf8 { path: shown.to_owned(), line })
        }
    }
}

/// The nearest thing to a missing file: one of almost that name beside it.
fn missing_hint(path: &Path) -> String {
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else {
        return format!("the folder {} cannot be read either", printable(&folder.display().to_string()));
    };
    // A folder may be huge; a hint is not worth reading all of it.
    let names: Vec<String> =
        entries.take(1000).flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    crate::config::near::did_you_mean(&wanted, names.iter().map(String::as_str))
        .unwrap_or_else(|| "check the path; `gonogo demo` shows a rollout that needs no file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &Path) -> String {
        load(path).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_read_names_path_cause_and_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("rollout.toml"), "").unwrap();
        std::fs::write(at("binary.toml"), b"a = 1\nb = '\xff'").unwrap();
        std::fs::write(at("large.toml"), vec![b'#'; 1024 * 1024 + 1]).unwrap();

        let missing = fault(&at("rolout.toml"));
        assert!(
            missing.contains("rolout.toml: there is no such file\nhint: did you mean `rollout.toml`?"),
            "{missing}"
        );
        assert!(fault(&at("nowhere/x.toml")).contains("cannot be read either"));
        assert!(fault(folder.path()).contains("it is a directory\nhint: "));
        assert!(fault(&at("binary.toml")).contains("line 2 is not UTF-8\nhint: "));
        assert!(fault(&at("large.toml")).contains("larger than 1048576 bytes\nhint: "));
    }
}
