//! Bytes that can be read at any place: of a file, or in memory.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What a recording is read from.
#[derive(Debug)]
pub(super) enum Store {
    /// A file, which may still be written.
    File(File),
    Held(Cow<'static, [u8]>),
}

/// Bytes that are asked for at once: what is said to be there is believed only when it is.
const STEP: usize = 1024 * 1024;

impl Store {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Err(io::Error::other("it is no file that can be read at any place"));
        }
        Ok(Self::File(file))
    }

    /// How long it is now.
    pub fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => file.metadata().map(|metadata| metadata.len()),
            Self::Held(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// So many bytes, or as many as there are.
    pub fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Held(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                Ok(rest.get(..length).unwrap_or(rest).to_vec())
            }
            Self::File(file) => {
                let end = self.length()?;
                let length = length.min(usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX));
                let mut bytes = vec![0; length];
                let mut done = 0;
                while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
                    match file.read_at(rest, at + done as u64) {
                        // It has become shorter since.
                        Ok(0) => break,
                        Ok(read) => done += read,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                bytes.truncate(done);
                Ok(bytes)
            }
        }
    }

    /// The line that begins there, with its end; at most `limit` bytes of it.
    pub fn read_line(&self, at: u64, limit: usize) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let step = self.read(at + line.len() as u64, STEP.min(limit - line.len()))?;
            let end = step.iter().position(|byte| *byte == b'\n').map_or(step.len(), |end| end + 1);
            line.extend_from_slice(step.get(..end).unwrap_or_default());
            if line.ends_with(b"\n") || step.len() < STEP || line.len() >= limit {
                return Ok(line);
            }
        }
    }
}
