//! A recording, read event by event from its beginning. In memory is one block, or one line, at a time.

use std::io::BufRead;

use super::stream::{Stream, has_blocks};
use super::text::Lines;
use super::{Damage, Header, RecordingError, Taken};
use crate::domain::Text;

/// Whether a file that begins so is a recording: blocks, or lines of which the first is a JSON object.
#[must_use]
pub fn is_recording(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    has_blocks(beginning) || text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// A recording, read event by event; an iterator that ends with the file or with the first error.
///
/// A file that ends too early, as after a crash, is no error: what is cut off is left out and told by
/// [`Recording::cut_lines`].
#[derive(Debug)]
pub struct Recording<R> {
    source: Source<R>,
    header: Header,
    is_over: bool,
}

#[derive(Debug)]
enum Source<R> {
    Blocks(Box<Stream<R>>),
    Lines(Box<Lines<R>>),
}

impl<R: BufRead> Recording<R> {
    /// Reads the header. `path` is what messages call the file.
    ///
    /// # Errors
    /// [`RecordingError`] when it cannot be read, is no recording, or is of a newer version.
    pub fn open(path: &str, mut reader: R) -> Result<Self, RecordingError> {
        let path = Text::new(path).to_string();
        let is_blocks = match reader.fill_buf() {
            Ok(beginning) => has_blocks(beginning),
            Err(cause) => return Err(RecordingError::UnreadableAt { path, byte: 0, cause }),
        };
        let (header, source) = if is_blocks {
            let (header, stream) = Stream::open(path, reader)?;
            (header, Source::Blocks(Box::new(stream)))
        } else {
            let (header, lines) = Lines::open(path, reader)?;
            (header, Source::Lines(Box::new(lines)))
        };
        Ok(Self { source, header, is_over: false })
    }

    /// What the recording says about itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the end was cut off, and is left out: 0 or 1. Known at the end only.
    #[must_use]
    pub fn cut_lines(&self) -> u64 {
        match &self.source {
            Source::Blocks(stream) => stream.damage().is_some_and(|damage| damage.is_cut).into(),
            Source::Lines(lines) => lines.cut_lines(),
        }
    }

    /// Where and why a recording of blocks could not be read any further. Known at the end only.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        match &self.source {
            Source::Blocks(stream) => stream.damage(),
            Source::Lines(_) => None,
        }
    }
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<Taken, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = match &mut self.source {
            Source::Blocks(stream) => stream.read_next(),
            Source::Lines(lines) => lines.read_next(),
        };
        let next = next.transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}
