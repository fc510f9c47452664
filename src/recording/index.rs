//! The index: where each block is and what it holds, and all marks. The last thing in a file that was ended well.
//!
//! ```text
//! skippable frame: "gonogoIX", number of blocks, length of the marks, one record for each block, the marks as
//!                  compressed JSON, CRC-32 │ length of all this, "gonogoEN" ◀ found from the end of the file
//! ```
//!
//! In: what the writer knows, or bytes of whoever. Out: bytes, or [`Block`]s and [`Mark`]s. An index that is not sound
//! is none: all that it says can also be found by going from block to block.

use serde::{Deserialize, Serialize};

use super::Mark;
use super::block::{
    FRAME_HEAD, Fields, HEAD_SIZE, Head, INDEX_FRAME, MAX_TRAILER, TRAILER_FRAME, content, skippable,
    with_sum,
};
use super::events::inflate;
use crate::domain::Timestamp;

/// Most blocks, 52 bytes each in the index: over a terabyte of lines.
pub(super) const MAX_BLOCKS: usize = 1 << 20;
/// Most marks that are kept of a recording: a decision every four seconds, all day long. Later ones are counted.
pub(super) const MAX_MARKS: usize = 20_000;
/// Most marks of one block: some minutes of it, in which every board flickers.
pub(super) const MAX_BLOCK_MARKS: usize = 500;
/// The longest text that all marks may be, twice what they usually are.
const MAX_MARKS_RAW: usize = 8 * 1024 * 1024;
/// The longest index that is read.
const MAX_INDEX: u64 = (MAX_BLOCKS * RECORD + MAX_MARKS_RAW + 1024) as u64;

const MAGIC: &[u8; 8] = b"gonogoIX";
const END: &[u8; 8] = b"gonogoEN";
const RECORD: usize = 52;
/// Length of what stands at the end of the file.
pub(super) const TAIL: usize = 16;

/// What is known of a block without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Events before it, missing ones included.
    pub first: u64,
    /// Events in it.
    pub events: u64,
    /// Events that are missing in it.
    pub missing: u64,
    /// The time of its first event; of its beginning, if it has none.
    pub from: Timestamp,
    /// The time of its last event.
    pub to: Timestamp,
    /// Whether the state of the engine before its first event is in the file.
    pub has_keyframe: bool,
    /// Bytes of lines in it: how much of the way it is.
    pub bytes: u64,
    /// Where it begins in the file.
    pub(super) at: u64,
}

impl Block {
    /// What a head says that stands at a byte of the file.
    pub(super) fn new(at: u64, head: &Head) -> Self {
        Self {
            first: head.first,
            events: head.events.into(),
            missing: head.missing,
            from: Timestamp(head.from),
            to: Timestamp(head.to),
            has_keyframe: head.keyframe > 0,
            bytes: head.raw.into(),
            at,
        }
    }

    /// The number of the event after it.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.first.saturating_add(self.events).saturating_add(self.missing)
    }
}

/// Marks, and how many there was no room for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Marks {
    pub marks: Vec<Mark>,
    pub left_out: u64,
}

impl Marks {
    /// Adds a mark, or counts it.
    pub fn push(&mut self, mark: Mark, limit: usize) {
        if self.marks.len() < limit { self.marks.push(mark) } else { self.left_out += 1 }
    }

    /// Adds others, or counts them.
    pub fn append(&mut self, others: Self) {
        self.left_out = self.left_out.saturating_add(others.left_out);
        others.marks.into_iter().for_each(|mark| self.push(mark, MAX_MARKS));
    }

    /// As the trailer of a block; empty without marks. Marks that do not fit are counted.
    pub fn trailer(&mut self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        loop {
            // Plain data has nothing that could not be written.
            let text = serde_json::to_vec(self).unwrap_or_default();
            if text.len() < MAX_TRAILER - 64 {
                return with_sum(TRAILER_FRAME, &text);
            }
            let kept = self.marks.len() / 2;
            self.left_out += (self.marks.len() - kept) as u64;
            self.marks.truncate(kept);
        }
    }

    /// Reads a trailer. `None`: it is damaged.
    pub fn of_trailer(frame: &[u8]) -> Option<Self> {
        serde_json::from_slice(content(TRAILER_FRAME, frame)?).ok()
    }
}

/// The index as the end of a file; empty when there are too many blocks for one.
pub(super) fn to_bytes(blocks: &[Block], marks: &Marks) -> Vec<u8> {
    let text = serde_json::to_vec(marks).ok().filter(|text| text.len() <= MAX_MARKS_RAW);
    let Some(marks) = text.and_then(|text| zstd::bulk::compress(&text, 1).ok()) else { return Vec::new() };
    if blocks.len() > MAX_BLOCKS {
        return Vec::new();
    }
    let mut body = Vec::with_capacity(blocks.len() * RECORD + marks.len() + 64);
    body.extend_from_slice(MAGIC);
    body.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
    body.extend_from_slice(&(marks.len() as u32).to_le_bytes());
    for block in blocks {
        for number in [block.at, block.first, block.missing] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        for time in [block.from, block.to] {
            body.extend_from_slice(&time.0.to_le_bytes());
        }
        for number in [block.events, block.bytes, block.has_keyframe.into()] {
            body.extend_from_slice(&(number as u32).to_le_bytes());
        }
    }
    body.extend_from_slice(&marks);
    let sum = crc32fast::hash(&body);
    let length = body.len() + 4 + TAIL;
    let mut bytes = skippable(INDEX_FRAME, length);
    bytes.extend_from_slice(&body);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes.extend_from_slice(&((FRAME_HEAD + length) as u64).to_le_bytes());
    bytes.extend_from_slice(END);
    bytes
}

/// The length of the index, from the last [`TAIL`] bytes of a file. `None`: there is none.
pub(super) fn length(tail: &[u8], file: u64) -> Option<u64> {
    let mut fields = Fields(tail);
    let length = fields.u64()?;
    let least = (FRAME_HEAD + MAGIC.len() + 8 + 4 + TAIL) as u64;
    (fields.take::<8>()? == *END && length <= file && (least..=MAX_INDEX).contains(&length)).then_some(length)
}

/// Reads an index that begins at a byte of the file. `None`: it is damaged, or nonsense.
pub(super) fn read(bytes: &[u8], at: u64) -> Option<(Vec<Block>, Marks)> {
    let mut fields = Fields(bytes);
    if fields.u32()? != INDEX_FRAME || fields.u32()? as usize != fields.0.len() {
        return None;
    }
    let body = fields.0.get(..fields.0.len().checked_sub(TAIL + 4)?)?;
    let sum = Fields(fields.0.get(body.len()..)?).u32()?;
    let mut fields = Fields(body.strip_prefix(MAGIC)?);
    let (count, length) = (fields.u32()? as usize, fields.u32()? as usize);
    if sum != crc32fast::hash(body) || count.checked_mul(RECORD)?.checked_add(length)? != fields.0.len() {
        return None;
    }
    let blocks = (0..count).map(|_| record(&mut fields)).collect::<Option<Vec<_>>>()?;
    let (text, flaw) = inflate(fields.0, MAX_MARKS_RAW);
    let mut marks: Marks = serde_json::from_slice(&text).ok()?;
    marks.marks.truncate(MAX_MARKS);
    (flaw.is_none() && is_sound(&blocks, at)).then_some((blocks, marks))
}

fn record(fields: &mut Fields<'_>) -> Option<Block> {
    let (at, first, missing) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let (from, to) = (Timestamp(fields.i64()?), Timestamp(fields.i64()?));
    let (events, bytes) = (fields.u32()?.into(), fields.u32()?.into());
    let has_keyframe = fields.u32()? == 1;
    Some(Block { first, events, missing, from, to, has_keyframe, bytes, at })
}

/// Whether the blocks follow each other, in the file and in their events, up to the index.
fn is_sound(blocks: &[Block], end: u64) -> bool {
    let ends = blocks.iter().skip(1).map(|block| (block.at, block.first)).chain([(end, u64::MAX)]);
    blocks.first().is_some_and(|block| block.at == 0 && block.first == 0)
        && blocks.iter().zip(ends).all(|(block, (at, first))| {
            block.at.checked_add(HEAD_SIZE as u64).is_some_and(|least| least <= at)
                && (block.next() == first || (first == u64::MAX && block.next() < first))
        })
}
