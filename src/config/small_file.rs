//! Reads a file that a person writes by hand: a screen or two of text, never more.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The largest file: settings, keys and themes are some screens of text.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The text of the file, without a byte order mark; `None` when there is none.
///
/// # Errors
/// Those of the system, [`ErrorKind::FileTooLarge`], and [`ErrorKind::InvalidData`] for what is not UTF-8.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    };
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        let cause = format!("it is larger than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, cause));
    }
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}
