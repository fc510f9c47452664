//! Where a secret comes from.
//!
//! A rollout file never holds a secret, only its source: `{ env = "NAME" }` or `{ file = "path" }`.
//!
//! In: a source. Out: a [`SecretString`], whose Debug form shows nothing. An error names the
//! variable or the path, never the value.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

/// The largest secret file in bytes: a long JWT, not a log that was named by mistake.
const MAX_SECRET: u64 = 64 * 1024;

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SecretSource {
    /// In an environment variable.
    Env(String),
    /// In a file that only its owner can read.
    File(PathBuf),
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or is not UTF-8.
    #[error("cannot read the secret from ${0}: it is not set\nhint: export {0}=… before the start")]
    Unset(String),
    /// The file cannot be read.
    #[error("cannot read the secret from {path}: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Others can read the file.
    #[error("will not use the secret in {0}: others can read it\nhint: chmod 600 {0}")]
    Exposed(PathBuf),
    /// There is nothing in it.
    #[error("the secret from {0} is empty")]
    Empty(String),
    /// It cannot be sent as a header.
    #[error("the secret from {0} has a line break or another control character in it")]
    Unusable(String),
}

impl SecretSource {
    /// Reads the secret; one trailing line break is not part of it.
    ///
    /// # Errors
    /// [`SecretError`] when there is none, when it is empty, or when others can read its file.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        let (text, origin) = match self {
            Self::Env(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Unset(name.clone()))?;
                (text, format!("${name}"))
            }
            Self::File(path) => (read_private(path)?, path.display().to_string()),
        };
        let value = text.strip_suffix('\n').unwrap_or(&text);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.trim().is_empty() {
            Err(SecretError::Empty(origin))
        } else if value.chars().any(char::is_control) {
            Err(SecretError::Unusable(origin))
        } else {
            Ok(SecretString::from(value))
        }
    }
}

fn read_private(path: &Path) -> Result<String, SecretError> {
    use std::io::Read;
    let fail = |cause| SecretError::Unreadable { path: path.to_owned(), cause };
    let file = std::fs::File::open(path).map_err(fail)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // The open file is asked, not the path: nobody can swap it in between.
        if file.metadata().map_err(fail)?.mode() & 0o077 != 0 {
            return Err(SecretError::Exposed(path.to_owned()));
        }
    }
    let mut text = String::new();
    file.take(MAX_SECRET).read_to_string(&mut text).map_err(fail)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn file(content: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), content).expect("written");
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file.path(), mode).expect("mode");
        file
    }

    fn resolve(file: &tempfile::NamedTempFile) -> Result<SecretString, SecretError> {
        SecretSource::File(file.path().to_owned()).resolve()
    }

    #[test]
    fn a_private_file_gives_its_secret_without_the_line_break() -> Result<(), SecretError> {
        for content in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(resolve(&file(content, 0o600))?.expose_secret(), "s3cret");
        }
        Ok(())
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        for mode in [0o644, 0o640, 0o604] {
            let error = resolve(&file("s3cret", mode)).expect_err("exposed").to_string();
            assert!(error.contains("chmod 600"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_empty_or_broken_secret_is_an_error_that_never_shows_it() {
        for content in ["", "\n", "  \n", "s3cret\ns3cret"] {
            let error = resolve(&file(content, 0o600)).expect_err(content);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_unset_variable_is_named() {
        let source = SecretSource::Env("GONOGO_TEST_UNSET_SECRET".into());
        let error = source.resolve().expect_err("unset").to_string();
        assert!(error.contains("$GONOGO_TEST_UNSET_SECRET"), "{error}");
    }

    #[test]
    fn a_source_reads_from_toml_and_nothing_else_is_taken() {
        #[derive(Debug, Deserialize)]
        struct Holder {
            token: SecretSource,
        }
        let read = |text: &str| toml::from_str::<Holder>(text).map(|holder| holder.token);
        assert_eq!(read(r#"token = { env = "A" }"#), Ok(SecretSource::Env("A".into())));
        assert_eq!(read(r#"token = { file = "/a" }"#), Ok(SecretSource::File("/a".into())));
        for bad in
            [r#"token = "plain""#, r#"token = { env = "A", file = "b" }"#, r#"token = { vault = "x" }"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
