//! Bytes of whoever, opened and read as a recording in every way that there is.
//!
//! In: bytes; the first says whether sums are mended before they are read, so that what is behind them is reached, too.
//! Nothing may panic, hang or fill the memory, and a pipe must give what reading block by block gives.
#![no_main]

use gonogo::recording::{Archive, Recording, Taken, is_recording};
use libfuzzer_sys::fuzz_target;

/// More events than that are no news.
const MOST: usize = 5_000;

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if mode % 2 == 1 {
        mend(&mut bytes);
    }
    let _ = is_recording(&bytes);
    let pipe = stream(&bytes);
    let place = archive(bytes);
    match (pipe, place) {
        (Some((pipe, true)), Some((place, true))) => assert!(pipe == place, "a pipe gives something else"),
        // Up to the first damage, which may be met in another order; or lines, whose last decisions may be cut off.
        (Some((pipe, _)), Some((place, _))) => {
            let both = pipe.len().min(place.len()).saturating_sub(1);
            assert!(pipe[..both] == place[..both], "a pipe gives something else");
        }
        _ => {}
    }
});

/// The events, and whether nothing was wrong and nothing left out.
type Read = Option<(Vec<Taken>, bool)>;

fn stream(bytes: &[u8]) -> Read {
    let mut recording = Recording::open("fuzz.rec", bytes).ok()?;
    let mut taken = Vec::new();
    let mut is_whole = true;
    for next in recording.by_ref().take(MOST) {
        match next {
            Ok(next) => taken.push(next),
            Err(_) => is_whole = false,
        }
    }
    let is_whole = is_whole && taken.len() < MOST && recording.damage().is_none() && recording.cut_lines() == 0;
    Some((taken, is_whole))
}

fn archive(bytes: Vec<u8>) -> Read {
    let mut archive = Archive::of("fuzz.rec", bytes).ok()?;
    while !archive.look(100).ok()? {}
    let mut taken = Vec::new();
    let mut is_whole = true;
    for number in 0..archive.blocks().len() {
        let _ = archive.keyframe(number);
        for next in archive.block(number).ok()? {
            match next {
                Ok(next) if taken.len() < MOST => taken.push(next),
                Ok(_) => is_whole = false,
                Err(damage) => {
                    assert!(!damage.to_string().is_empty());
                    archive.give_up_after(damage, None);
                }
            }
        }
        if archive.damage().is_some() || !is_whole {
            break;
        }
    }
    let extent = archive.extent();
    assert!(extent.is_whole && extent.missing <= extent.events);
    let _ = (archive.marks().len(), archive.block_of(extent.events));
    Some((taken, is_whole && archive.damage().is_none()))
}

/// Makes the sums of all heads, trailers, keyframes and of the index right, as anybody could who writes such a file.
fn mend(bytes: &mut [u8]) {
    const HEAD: usize = 212;
    for at in 0..bytes.len().saturating_sub(12) {
        let word = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
            four.map_or(0, u32::from_le_bytes) as usize
        };
        match word(at) {
            0x184D_2A50 if at + HEAD <= bytes.len() => {
                let (keyframe, length) = (word(at + 24), word(at + 32));
                let frame = at + HEAD + keyframe;
                if let Some(frame) = bytes.get(frame..frame.saturating_add(length)) {
                    let sum = crc32fast::hash(frame).to_le_bytes();
                    // No checks: their sums would be more of the same.
                    bytes[at + 18..at + 20].fill(0);
                    bytes[at + 44..at + 48].copy_from_slice(&sum);
                }
                let sum = crc32fast::hash(&bytes[at + 8..at + HEAD - 4]).to_le_bytes();
                bytes[at + HEAD - 4..at + HEAD].copy_from_slice(&sum);
            }
            magic @ 0x184D_2A51..=0x184D_2A53 => {
                let tail = if magic == 0x184D_2A53 { 20 } else { 4 };
                let end = (at + 8).saturating_add(word(at + 4));
                if end <= bytes.len() && end >= at + 8 + tail {
                    let sum = crc32fast::hash(&bytes[at + 8..end - tail]).to_le_bytes();
                    bytes[end - tail..end - tail + 4].copy_from_slice(&sum);
                }
            }
            _ => {}
        }
    }
}
