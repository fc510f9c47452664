//! A recording of blocks, read from its beginning to its end: from a pipe, too.
//!
//! In memory is one block at a time. Keyframes, marks and the index are passed over.

use std::io::{self, Read};

use super::block::{FRAME_HEAD, HEAD_SIZE, Head, INDEX_FRAME, NoHead};
use super::events::Events;
use super::text::read_header;
use super::{Damage, Header, RecordingError, Taken, VERSION};
use crate::domain::Text;

/// A recording of blocks.
#[derive(Debug)]
pub(super) struct Stream<R> {
    reader: R,
    path: String,
    /// Where the reader is.
    at: u64,
    /// The block that comes next, and its first event.
    block: u32,
    next: u64,
    has_decisions: bool,
    events: Option<Events>,
    /// Where it could not be read any further.
    damage: Option<Damage>,
}

impl<R: Read> Stream<R> {
    /// Reads the header.
    pub fn open(path: String, reader: R) -> Result<(Header, Self), RecordingError> {
        let mut stream =
            Self { reader, path, at: 0, block: 0, next: 0, has_decisions: true, events: None, damage: None };
        let no_recording = |path: &str, cause: Text| RecordingError::NoRecording {
            path: path.into(),
            cause: cause.to_string(),
        };
        match stream.open_block() {
            Ok(_) => {}
            Err(RecordingError::Damaged { path, damage }) => return Err(no_recording(&path, damage.cause)),
            Err(other) => return Err(other),
        }
        let Some(events) = &mut stream.events else {
            let cause = stream.damage.map_or_else(|| Text::new("it has no header"), |damage| damage.cause);
            return Err(no_recording(&stream.path, cause));
        };
        let line = events.header().map_err(|cause| no_recording(&stream.path, cause))?;
        let header = read_header(&stream.path, line)?;
        stream.has_decisions = header.version > 1;
        Ok((header, stream))
    }

    /// Where and why it could not be read any further, once that is known.
    pub const fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The next event; `None` at the end, also if it is cut off there.
    pub fn read_next(&mut self) -> Result<Option<Taken>, RecordingError> {
        loop {
            match self.events.as_mut().and_then(Iterator::next) {
                Some(Ok(taken)) => return Ok(Some(taken)),
                Some(Err(damage)) => {
                    self.events = None;
                    return self.stop(damage).map(|()| None);
                }
                None if self.damage.is_some() || !self.open_block()? => return Ok(None),
                None => {}
            }
        }
    }

    /// Reads the next block; `false` at the end.
    fn open_block(&mut self) -> Result<bool, RecordingError> {
        self.events = None;
        let begin = self.at;
        let bytes = self.read(HEAD_SIZE)?;
        if bytes.is_empty() || bytes.starts_with(&INDEX_FRAME.to_le_bytes()) {
            return Ok(false);
        }
        let is_cut = bytes.len() < HEAD_SIZE;
        let cause = match Head::read(&bytes) {
            Ok(head) if head.number == self.block && head.first == self.next => {
                return self.read_block(&head, begin).map(|()| true);
            }
            Ok(_) => "it is not the block that comes here",
            Err(NoHead::Newer(found)) => return Err(self.newer(found.into())),
            Err(NoHead::Damaged(cause)) => cause,
        };
        let (block, cause) = (Some(self.block), Text::new(cause));
        self.stop(Damage { byte: begin, block, events: self.next, is_cut, cause })?;
        Ok(false)
    }

    fn read_block(&mut self, head: &Head, begin: u64) -> Result<(), RecordingError> {
        self.pass(head.keyframe)?;
        let frame = self.read(head.frame as usize)?;
        self.events = Some(Events::of_block(head, begin, &frame, self.has_decisions));
        self.block = head.number.saturating_add(1);
        self.next = head.next().unwrap_or(u64::MAX);
        if head.is_closed {
            self.pass(head.trailer)?;
        } else {
            // Nothing comes after an open one but what its head does not vouch for.
            self.reader_end()?;
        }
        Ok(())
    }

    /// Damage is an error, unless the file only ends too early.
    fn stop(&mut self, damage: Damage) -> Result<(), RecordingError> {
        self.damage = Some(damage.clone());
        if damage.is_cut { Ok(()) } else { Err(RecordingError::Damaged { path: self.path.clone(), damage }) }
    }

    fn newer(&self, found: u32) -> RecordingError {
        RecordingError::Newer { path: self.path.clone(), found, known: VERSION }
    }

    /// So many bytes, or as many as there are.
    fn read(&mut self, length: usize) -> Result<Vec<u8>, RecordingError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(length as u64).read_to_end(&mut bytes);
        self.at += bytes.len() as u64;
        read.map_err(|cause| self.unreadable(cause))?;
        Ok(bytes)
    }

    fn pass(&mut self, length: u32) -> Result<(), RecordingError> {
        let passed = io::copy(&mut self.reader.by_ref().take(length.into()), &mut io::sink());
        self.at += passed.map_err(|cause| self.unreadable(cause))?;
        Ok(())
    }

    fn reader_end(&mut self) -> Result<(), RecordingError> {
        io::copy(&mut self.reader, &mut io::sink()).map_err(|cause| self.unreadable(cause))?;
        Ok(())
    }

    fn unreadable(&self, cause: io::Error) -> RecordingError {
        RecordingError::UnreadableAt { path: self.path.clone(), byte: self.at, cause }
    }
}

/// Whether a file that begins so is a recording of blocks.
pub(super) fn has_blocks(beginning: &[u8]) -> bool {
    let magic = super::block::HEAD_FRAME.to_le_bytes();
    let length = beginning.len().min(magic.len());
    length > 0
        && beginning.get(..length) == magic.get(..length)
        && beginning.get(FRAME_HEAD..).is_none_or(|rest| {
            let magic = super::block::MAGIC;
            let length = rest.len().min(magic.len());
            rest.get(..length) == magic.get(..length)
        })
}
