//! Reads a file that a person writes by hand: a screen or two of text, never more.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// The largest file: settings, keys and themes are some screens of text.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Files are read the same with it.
const NO_WAIT: i32 = OFlags::NONBLOCK.bits().cast_signed();

/// The text of the file, without a byte order mark; `None` when there is none.
///
/// # Errors
/// Those of the system, [`ErrorKind::FileTooLarge`], and [`ErrorKind::InvalidData`] for what is not UTF-8.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    // Opening a named pipe would wait until somebody writes to it, for ever.
    let opened = File::options().read(true).custom_flags(NO_WAIT).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    // Before it is taken for text: the cut may go through a character.
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let cause = format!("it is larger than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, cause));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not text in UTF-8"))?;
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}

/// What to do about a file that cannot be read.
pub(super) fn remedy(cause: &io::Error) -> &'static str {
    match cause.kind() {
        ErrorKind::FileTooLarge | ErrorKind::InvalidData => "it must be a file of some lines of text",
        _ => "the user who runs gonogo must be able to read it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_such_a_file_is_told_apart_from_what_may_not_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        assert_eq!(read(&file).unwrap(), None);
        let kind = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            let cause = read(&file).unwrap_err();
            assert_eq!(remedy(&cause), "it must be a file of some lines of text");
            cause.kind()
        };
        // The cut goes through a character.
        assert_eq!(kind(format!("#{}", "é".repeat(40_000)).as_bytes()), ErrorKind::FileTooLarge);
        assert_eq!(kind(&[0xff, 0xfe]), ErrorKind::InvalidData);
        assert_eq!(remedy(&read(folder.path()).unwrap_err()), "it must be a file of some lines of text");
        std::fs::write(&file, "\u{feff}# mine").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some("# mine"));
        assert!(remedy(&ErrorKind::PermissionDenied.into()).contains("able to read it"));
    }
}
