//! A recording, read at any place: only what is asked for is read.
//!
//! ```text
//! open ─▶ header, and the index if the file was ended well
//! look ─▶ otherwise from head to head, or from line to line, a little at a time
//! block(n) ─▶ the events of a block        keyframe(n) ─▶ the state of the engine before them
//! ```
//!
//! In: a file, or bytes. Out: its header, blocks, marks and events, up to the first [`Damage`].

use std::path::Path;

use super::block::{BLOCK_RAW, FRAME_HEAD, HEAD_SIZE, Head, INDEX_FRAME, MAX_LINE, NoHead};
use super::events::Events;
use super::index::{self, Block, Marks, TAIL};
use super::keyframe::Keyframe;
use super::store::Store;
use super::stream::has_blocks;
use super::text::read_header;
use super::{Damage, Header, Mark, RecordingError, VERSION};
use crate::domain::{Text, Timestamp};

/// What can be read of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// The number after that of the last event: so many there were, missing ones included.
    pub events: u64,
    /// The time of the first event.
    pub from: Timestamp,
    /// The time of the last event.
    pub to: Timestamp,
    /// Events that are missing between them.
    pub missing: u64,
    /// Whether that is all. `false` while the file is still being looked through.
    pub is_whole: bool,
}

/// A recording, read at any place.
#[derive(Debug)]
pub struct Archive {
    store: Store,
    path: String,
    header: Header,
    has_blocks: bool,
    blocks: Vec<Block>,
    marks: Marks,
    damage: Option<Damage>,
    /// Where looking goes on.
    at: u64,
    is_whole: bool,
    has_end: bool,
}

impl Archive {
    /// Opens a file.
    ///
    /// # Errors
    /// [`RecordingError`] when it cannot be read, is no recording, or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let name = Text::new(&path.display().to_string()).to_string();
        match Store::open(path) {
            Ok(store) => Self::over(name, store),
            Err(cause) => Err(RecordingError::UnreadableAt { path: name, byte: 0, cause }),
        }
    }

    /// The same of bytes. `name` is what messages call them.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn of(name: &str, bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<Self, RecordingError> {
        Self::over(Text::new(name).to_string(), Store::Held(bytes.into()))
    }

    fn over(path: String, store: Store) -> Result<Self, RecordingError> {
        let failed = |cause| RecordingError::UnreadableAt { path: path.clone(), byte: 0, cause };
        let beginning = store.read(0, HEAD_SIZE).map_err(failed)?;
        let has_blocks = has_blocks(&beginning);
        let (header, at) = if has_blocks {
            let head = Head::read(&beginning).map_err(|no_head| match no_head {
                NoHead::Newer(found) => {
                    RecordingError::Newer { path: path.clone(), found: found.into(), known: VERSION }
                }
                NoHead::Damaged(cause) => {
                    RecordingError::NoRecording { path: path.clone(), cause: cause.into() }
                }
            })?;
            let frame = store.read(head.frame_at(), head.frame as usize).map_err(failed)?;
            let mut events = Events::of_block(&head, 0, &frame, false);
            let line = events.header().map_err(|cause| RecordingError::NoRecording {
                path: path.clone(),
                cause: cause.to_string(),
            })?;
            (read_header(&path, line)?, 0)
        } else {
            let line = store.read_line(0, MAX_LINE).map_err(failed)?;
            (read_header(&path, &line)?, line.len() as u64)
        };
        let mut archive = Self {
            store,
            path,
            header,
            has_blocks,
            blocks: Vec::new(),
            marks: Marks::default(),
            damage: None,
            at,
            is_whole: false,
            has_end: false,
        };
        if has_blocks {
            archive.read_index()?;
        }
        Ok(archive)
    }

    /// What the recording says about itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The blocks that are known so far, in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block with an event, or the last one before it. `None`: no block is known.
    #[must_use]
    pub fn block_of(&self, event: u64) -> Option<usize> {
        self.blocks.partition_point(|block| block.first <= event).checked_sub(1)
    }

    /// The marks that are known so far, in order.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks.marks
    }

    /// How many marks there was no room for.
    #[must_use]
    pub const fn marks_left_out(&self) -> u64 {
        self.marks.left_out
    }

    /// What can be read, as far as it is known.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let mut filled = self.blocks.iter().filter(|block| block.events > 0);
        let from = filled.next().map(|block| (block.from, block.to));
        let to = filled.next_back().map(|block| block.to).or(from.map(|(_, to)| to));
        Extent {
            events: self.blocks.last().map_or(0, Block::next),
            from: from.map(|(from, _)| from).unwrap_or_default(),
            to: to.unwrap_or_default(),
            missing: self.blocks.iter().map(|block| block.missing).fold(0, u64::saturating_add),
            is_whole: self.is_whole,
        }
    }

    /// Whether the writer came to its end. If not, it was killed, or the end is cut off.
    #[must_use]
    pub const fn has_end(&self) -> bool {
        self.has_end
    }

    /// Where and why it cannot be read any further, as far as that is known.
    #[must_use]
    pub const fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// Takes note of damage that was met in the events of a block: what comes after it is given up.
    /// `last` is the time of the event before it, if one was read.
    pub fn give_up_after(&mut self, damage: Damage, last: Option<Timestamp>) {
        self.blocks.retain(|block| block.first < damage.events);
        if let Some(last_block) = self.blocks.last_mut()
            && let Some(last) = last
        {
            last_block.to = last;
        }
        if let Some(last) = self.blocks.last_mut() {
            let span = damage.events.saturating_sub(last.first);
            last.missing = last.missing.min(span);
            last.events = span - last.missing;
        }
        self.marks.marks.retain(|mark| mark.event < damage.events);
        self.is_whole = true;
        self.damage = Some(damage);
    }

    /// Looks at most at so many blocks more, and whether that was all. With an index, all is known from the beginning.
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read.
    pub fn look(&mut self, blocks: usize) -> Result<bool, RecordingError> {
        for _ in 0..blocks {
            if self.is_whole {
                break;
            }
            if self.has_blocks { self.look_at_block()? } else { self.look_at_lines()? }
        }
        Ok(self.is_whole)
    }

    /// The events of a block.
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read. Damage is told by the events.
    pub fn block(&self, number: usize) -> Result<Events, RecordingError> {
        let Some(block) = self.blocks.get(number) else {
            return Ok(Events::of_lines(Vec::new(), self.at, 0, false));
        };
        let has_decisions = self.header.version > 1;
        if !self.has_blocks {
            let lines = self.read(block.at, block.bytes as usize)?;
            return Ok(Events::of_lines(lines, block.at, block.first, has_decisions));
        }
        let bytes = self.read(block.at, HEAD_SIZE)?;
        let cause = match Head::read(&bytes) {
            Ok(head) if head.number as usize == number && head.first == block.first => {
                let frame = self.read(block.at + head.frame_at(), head.frame as usize)?;
                let mut events = Events::of_block(&head, block.at, &frame, has_decisions);
                if number == 0 {
                    // It was read when the file was opened.
                    let _ = events.header();
                }
                return Ok(events);
            }
            Ok(_) => "it is not the block that comes here",
            Err(NoHead::Newer(_)) => "a block is of a newer version",
            Err(NoHead::Damaged(cause)) => cause,
        };
        Ok(Events::damaged(self.damage_at(block.at, number, block.first, cause)))
    }

    /// The state of the engine before the first event of a block. `None`: there is none, or it is damaged.
    ///
    /// # Errors
    /// [`RecordingError`] when the file cannot be read.
    pub fn keyframe(&self, number: usize) -> Result<Option<Keyframe>, RecordingError> {
        let Some(block) = self.blocks.get(number).filter(|block| block.has_keyframe) else { return Ok(None) };
        let Ok(head) = Head::read(&self.read(block.at, HEAD_SIZE)?) else { return Ok(None) };
        let frame = self.read(block.at + HEAD_SIZE as u64, head.keyframe as usize)?;
        Ok(Keyframe::read(&frame).filter(|_| head.first == block.first))
    }

    fn read_index(&mut self) -> Result<(), RecordingError> {
        let end = self.length()?;
        let tail = self.read(end.saturating_sub(TAIL as u64), TAIL)?;
        let Some(length) = index::length(&tail, end) else { return Ok(()) };
        let at = end - length;
        let bytes = self.read(at, length as usize)?;
        if let Some((blocks, marks)) = index::read(&bytes, at) {
            (self.blocks, self.marks, self.at) = (blocks, marks, at);
            (self.is_whole, self.has_end) = (true, true);
        }
        Ok(())
    }

    fn look_at_block(&mut self) -> Result<(), RecordingError> {
        let at = self.at;
        let bytes = self.read(at, HEAD_SIZE)?;
        let number = self.blocks.len();
        let first = self.blocks.last().map_or(0, Block::next);
        if bytes.is_empty() || bytes.starts_with(&INDEX_FRAME.to_le_bytes()) {
            (self.is_whole, self.has_end) = (true, bytes.len() >= FRAME_HEAD);
            return Ok(());
        }
        let head = match Head::read(&bytes) {
            Ok(_) if number >= index::MAX_BLOCKS => {
                let damage = self.damage_at(at, number, first, "it has more blocks than are read");
                (self.is_whole, self.damage) = (true, Some(damage));
                return Ok(());
            }
            Ok(head) if head.number as usize == number && head.first == first => head,
            other => {
                let cause = match other {
                    Ok(_) => "it is not the block that comes here",
                    Err(NoHead::Newer(_)) => "a block is of a newer version",
                    Err(NoHead::Damaged(cause)) => cause,
                };
                let mut damage = self.damage_at(at, number, first, cause);
                damage.is_cut = bytes.len() < HEAD_SIZE;
                (self.is_whole, self.damage) = (true, Some(damage));
                return Ok(());
            }
        };
        let next = at.saturating_add(head.size());
        self.blocks.push(Block::new(at, &head));
        // Asked for after the head was read: what it vouches for was written before it.
        if head.is_closed && next <= self.length()? {
            self.at = next;
            let trailer = self.read(next - u64::from(head.trailer), head.trailer as usize)?;
            // Marks are a comfort: without them the events are as good.
            self.marks.append(Marks::of_trailer(&trailer).unwrap_or_default());
            return Ok(());
        }
        // The last one: it says only when it is read what is in it.
        self.is_whole = true;
        self.read_last()
    }

    /// Reads the last block, which was not closed or is cut off, for its events and marks.
    fn read_last(&mut self) -> Result<(), RecordingError> {
        let Some(number) = self.blocks.len().checked_sub(1) else { return Ok(()) };
        let mut newest = None;
        for taken in self.block(number)? {
            match taken {
                Ok(taken) => {
                    let marks = taken.decided.iter().flatten();
                    let marks = marks.filter_map(|decision| Mark::of(taken.number, taken.event.at, decision));
                    marks.for_each(|mark| self.marks.push(mark, index::MAX_MARKS));
                    newest = Some(taken.event.at);
                    if let Some(block) = self.blocks.last_mut() {
                        block.to = taken.event.at;
                    }
                }
                Err(damage) => self.give_up_after(damage, newest),
            }
        }
        Ok(())
    }

    /// Looks at as many lines as a block has.
    fn look_at_lines(&mut self) -> Result<(), RecordingError> {
        let mut lines = self.read(self.at, BLOCK_RAW)?;
        let mut length = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // What is decided on the last event stands after it: it goes into the next block, unless it is the last.
        let is_end = self.at + lines.len() as u64 >= self.length()?;
        if is_end {
            length = lines.len();
        } else if length == 0 {
            lines = self.store.read_line(self.at, MAX_LINE + 1).map_err(|cause| self.unreadable(cause))?;
            length = lines.len();
        } else {
            length = last_event(lines.get(..length).unwrap_or_default());
        }
        lines.truncate(length);
        if lines.is_empty() {
            (self.is_whole, self.has_end) = (true, true);
            return Ok(());
        }
        let (at, first) = (self.at, self.blocks.last().map_or(0, Block::next));
        let mut block = Block {
            first,
            events: 0,
            missing: 0,
            from: Timestamp::default(),
            to: Timestamp::default(),
            has_keyframe: false,
            bytes: length as u64,
            at,
        };
        let mut events = Events::of_lines(lines, at, first, self.header.version > 1);
        for taken in events.by_ref() {
            match taken {
                Ok(taken) => {
                    if block.events == 0 {
                        block.from = taken.event.at;
                    }
                    block.to = taken.event.at;
                    block.events += 1;
                    block.missing = block.missing.saturating_add(taken.missing);
                    let marks = taken.decided.iter().flatten();
                    let marks = marks.filter_map(|decision| Mark::of(taken.number, taken.event.at, decision));
                    marks.for_each(|mark| self.marks.push(mark, index::MAX_MARKS));
                }
                Err(damage) => (self.is_whole, self.damage) = (true, Some(damage)),
            }
        }
        block.missing = block.missing.saturating_add(events.missing());
        self.blocks.push(block);
        self.at += length as u64;
        if is_end && !self.is_whole {
            (self.is_whole, self.has_end) = (true, true);
        }
        Ok(())
    }

    fn damage_at(&self, byte: u64, block: usize, events: u64, cause: &str) -> Damage {
        Damage { byte, block: u32::try_from(block).ok(), events, is_cut: false, cause: Text::new(cause) }
    }

    fn length(&self) -> Result<u64, RecordingError> {
        self.store.length().map_err(|cause| self.unreadable(cause))
    }

    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, RecordingError> {
        self.store.read(at, length).map_err(|cause| self.unreadable(cause))
    }

    fn unreadable(&self, cause: std::io::Error) -> RecordingError {
        RecordingError::UnreadableAt { path: self.path.clone(), byte: self.at, cause }
    }
}

/// Where the last line begins that is an event; all of it when it is the only one.
fn last_event(lines: &[u8]) -> usize {
    let mut end = lines.len();
    loop {
        let before = lines.get(..end.saturating_sub(1)).unwrap_or_default();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let is_beside = lines.get(begin..end).is_some_and(|line| line.starts_with(b"{\"decided\""));
        match (begin, is_beside) {
            (0, _) => return lines.len(),
            (_, false) => return begin,
            (_, true) => end = begin,
        }
    }
}
