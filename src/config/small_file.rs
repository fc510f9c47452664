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
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        let cause = format!("it is larger than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, cause));
    }
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}
