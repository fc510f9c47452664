//! The writing side of the container: events become lines, lines blocks, blocks a file.
//!
//! In: events with what was decided on them. Out: a file that can be read at any moment up to the last flush: first
//! the bytes are written, then the head that vouches for them is patched in place.
//!
//! It waits for the disk, so the loop must never call it; [`Recorder`](super::Recorder) does, in a thread of its own.
//! It reads no clock.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crc32fast::Hasher;
use zstd::stream::write::Encoder;

use super::block::{BLOCK_RAW, Check, Head, MAX_CHECKS, MAX_LINE};
use super::index::{self, Block, MAX_BLOCK_MARKS, Marks};
use super::keyframe::Keyframe;
use super::line::Line;
use super::{Header, Mark, RecordingError};
use crate::domain::Text;
use crate::engine::Decision;
use crate::event::Event;

/// How hard zstd tries: the least. Of lines like these, in blocks like these, levels 2 to 4 make more bytes (a day of a
/// rollout: 652, 666, 746 and 744 kB), and 3 and 4 are slower.
const LEVEL: i32 = 1;
/// A keyframe is worth its place when at least so many bytes of lines would have to be read without it.
const KEYFRAME_RAW: u64 = 2 * 1024 * 1024;
/// And so many times its own size, or keyframes would be most of the file.
const KEYFRAME_SHARE: u64 = 6;
/// The largest state that is written: a larger one takes too long to copy in the loop.
const KEYFRAME_MOST: u64 = 8 * 1024 * 1024;

/// Writes a recording and waits for the disk.
pub struct Writer {
    file: File,
    /// Where the next byte goes.
    end: u64,
    blocks: Vec<Block>,
    marks: Marks,
    block: Option<Open>,
    /// The number of the next event.
    next: u64,
    /// Events that are missing before it.
    missing: u64,
    line: Vec<u8>,
    /// A block is closed at so many bytes of lines.
    size: u32,
    /// Bytes of lines since the last keyframe, and the size of that.
    keyframe: (u64, u64),
}

/// A block that is being written.
struct Open {
    at: u64,
    head: Head,
    press: Encoder<'static, Vec<u8>>,
    sum: Hasher,
    /// What the head will say at the next flush.
    raw: u32,
    events: u32,
    missing: u64,
    /// Bytes of lines at the last check.
    checked: u32,
    marks: Marks,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("end", &self.end).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Writer {
    /// Makes the file, readable by its owner only, and writes its header.
    ///
    /// # Errors
    /// [`RecordingError`] when the file is there already or cannot be made.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RecordingError> {
        Self::create_in_blocks(path, header, BLOCK_RAW)
    }

    /// The same, with blocks that are closed at fewer bytes of lines than usual.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create_in_blocks(path: &Path, header: &Header, bytes: usize) -> Result<Self, RecordingError> {
        let shown = || Text::new(&path.display().to_string()).to_string();
        let failed = |cause: io::Error| match cause.kind() {
            ErrorKind::AlreadyExists => RecordingError::Exists { path: shown() },
            _ => RecordingError::Unwritable { path: shown(), cause },
        };
        let mut line = serde_json::to_vec(header).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let mut writer = Self {
            file,
            end: 0,
            blocks: Vec::new(),
            marks: Marks::default(),
            block: None,
            next: 0,
            missing: 0,
            line: Vec::new(),
            size: bytes.min(BLOCK_RAW) as u32,
            keyframe: (0, 0),
        };
        // The header has a block of its own, so that it is whole from the beginning.
        let written = writer.begin(None).and_then(|()| writer.press(&line)).and_then(|()| writer.close());
        written.map_err(|cause| {
            // Nothing is in it, and the next try would find it in the way.
            let _ = std::fs::remove_file(path);
            failed(cause)
        })?;
        Ok(writer)
    }

    /// Writes an event and what was decided on it. What cannot be read again is not written: `false`, and it is
    /// missing. It is in the file after the next [`Writer::flush`].
    ///
    /// # Errors
    /// When the disk refuses. The file is then as it was at the last flush, and the writer of no more use.
    pub fn put(&mut self, event: &Event, decided: &[Decision]) -> io::Result<bool> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        let is_fine = compose(&mut line, self.missing, event, decided).is_ok() && line.len() < MAX_LINE;
        let done = if is_fine {
            self.put_line(&line, event, decided)
        } else {
            self.miss(1);
            Ok(())
        };
        self.line = line;
        done.map(|()| is_fine)
    }

    /// So many events are missing here.
    pub const fn miss(&mut self, count: u64) {
        self.missing = self.missing.saturating_add(count);
    }

    fn put_line(&mut self, line: &[u8], event: &Event, decided: &[Decision]) -> io::Result<()> {
        if self.block.is_none() {
            self.begin(None)?;
        }
        self.press(line)?;
        let missing = std::mem::take(&mut self.missing);
        let number = self.next.saturating_add(missing);
        self.next = number.saturating_add(1);
        let Some(block) = &mut self.block else { return Ok(()) };
        if block.events == 0 {
            block.head.from = event.at.0;
        }
        block.head.to = event.at.0;
        block.events += 1;
        block.missing += missing;
        for mark in decided.iter().filter_map(|decision| Mark::of(number, event.at, decision)) {
            block.marks.push(mark, MAX_BLOCK_MARKS);
        }
        if block.raw >= self.size {
            return self.close();
        }
        if block.raw - block.checked >= self.size / MAX_CHECKS as u32 {
            return self.flush();
        }
        Ok(())
    }

    /// Begins a block, with the state of the engine if there is one.
    fn begin(&mut self, keyframe: Option<&Keyframe>) -> io::Result<()> {
        let keyframe = keyframe.map(Keyframe::to_bytes).transpose()?.unwrap_or_default();
        let number = u32::try_from(self.blocks.len()).map_err(io::Error::other)?;
        let head = Head { number, keyframe: keyframe.len() as u32, first: self.next, ..Head::default() };
        let at = self.end;
        let mut bytes = head.to_bytes();
        bytes.extend_from_slice(&keyframe);
        self.append(&bytes)?;
        let mut press = Encoder::new(Vec::new(), LEVEL)?;
        press.include_checksum(true)?;
        self.block = Some(Open {
            at,
            head,
            press,
            sum: Hasher::new(),
            raw: 0,
            events: 0,
            missing: 0,
            checked: 0,
            marks: Marks::default(),
        });
        Ok(())
    }

    fn press(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(block) = &mut self.block else { return Ok(()) };
        block.press.write_all(line)?;
        block.raw += line.len() as u32;
        self.keyframe.0 += line.len() as u64;
        Ok(())
    }

    /// Writes what there is, and says in the head that it is there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn flush(&mut self) -> io::Result<()> {
        let Some(block) = &mut self.block else { return Ok(()) };
        if block.raw == block.head.raw {
            return Ok(());
        }
        block.press.flush()?;
        let bytes = std::mem::take(block.press.get_mut());
        block.vouch(&bytes);
        if block.raw - block.checked >= self.size / MAX_CHECKS as u32 && block.head.checks.len() < MAX_CHECKS
        {
            block.checked = block.raw;
            block.head.checks.push(Check { frame: block.head.frame, sum: block.head.sum });
        }
        let (at, head) = (block.at, block.head.to_bytes());
        self.append(&bytes)?;
        self.file.write_all_at(&head, at)
    }

    /// Ends the block that is being written, if there is one.
    fn close(&mut self) -> io::Result<()> {
        let Some(mut block) = self.block.take() else { return Ok(()) };
        block.press.do_finish()?;
        let mut bytes = std::mem::take(block.press.get_mut());
        block.vouch(&bytes);
        let trailer = block.marks.trailer();
        block.head.trailer = trailer.len() as u32;
        block.head.is_closed = true;
        bytes.extend_from_slice(&trailer);
        self.append(&bytes)?;
        self.file.write_all_at(&block.head.to_bytes(), block.at)?;
        self.blocks.push(Block::new(block.at, &block.head));
        self.marks.append(block.marks);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.end)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Says what is missing after the last event.
    fn tell_missing(&mut self) -> io::Result<()> {
        let missing = std::mem::take(&mut self.missing);
        if missing == 0 {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Line::Missing(missing)).map_err(io::Error::other)?;
        line.push(b'\n');
        if self.block.is_none() {
            self.begin(None)?;
        }
        self.press(&line)?;
        self.next += missing;
        if let Some(block) = &mut self.block {
            block.missing += missing;
        }
        Ok(())
    }

    /// Whether it is time for a keyframe: enough lines have come since the last one.
    #[must_use]
    pub const fn wants_keyframe(&self) -> bool {
        let (raw, size) = self.keyframe;
        let share = size.saturating_mul(KEYFRAME_SHARE);
        raw >= KEYFRAME_RAW && raw >= share && size <= KEYFRAME_MOST
    }

    /// Ends the block and begins a new one with a keyframe: the state after all events so far.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn put_keyframe(&mut self, keyframe: &Keyframe) -> io::Result<()> {
        self.keyframe = (0, keyframe.state.len() as u64);
        if !keyframe.fits() {
            return Ok(());
        }
        self.close()?;
        self.begin(Some(keyframe))
    }

    /// Ends the recording: the last block, and the index. Without it the file can be read as well.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> io::Result<()> {
        self.tell_missing()?;
        self.close()?;
        let index = index::to_bytes(&self.blocks, &self.marks);
        self.append(&index)
    }
}

impl Open {
    /// Has the head vouch for bytes that are about to be written.
    fn vouch(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.head.frame += bytes.len() as u32;
        self.head.sum = self.sum.clone().finalize();
        (self.head.raw, self.head.events, self.head.missing) = (self.raw, self.events, self.missing);
    }
}

/// The line of an event, one before it for what is missing, and one after it for what was decided on it.
fn compose(line: &mut Vec<u8>, missing: u64, event: &Event, decided: &[Decision]) -> serde_json::Result<()> {
    if missing > 0 {
        serde_json::to_writer(&mut *line, &Line::Missing(missing))?;
        line.push(b'\n');
    }
    serde_json::to_writer(&mut *line, event)?;
    line.push(b'\n');
    if !decided.is_empty() {
        serde_json::to_writer(&mut *line, &Line::Decided(decided.into()))?;
        line.push(b'\n');
    }
    Ok(())
}
