//! Files that were cut off or changed: they load up to there, say where, and never more than was written.

use gonogo::recording::{Archive, RecordingError, Taken};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::story::{Read, archive, story, stream, write};

/// Reads bytes both ways: what comes out must be a beginning of what was told, and the same.
fn read_both(bytes: &[u8], told: &[Taken]) -> Option<Read> {
    let (pipe, place) = match (stream(bytes), archive(bytes)) {
        (Ok(pipe), Ok(place)) => (pipe, place),
        (Err(pipe), Err(place)) => {
            assert_eq!(pipe.to_string(), place.to_string());
            return None;
        }
        (pipe, place) => panic!("{pipe:?}, {place:?}"),
    };
    assert!(told.starts_with(&pipe.taken), "{} events that are not those told", pipe.taken.len());
    assert_eq!(pipe.taken, place.taken);
    assert_eq!(pipe.damage, place.damage);
    if let Some(damage) = &pipe.damage {
        assert_eq!(damage.events, pipe.taken.len() as u64);
        assert!(damage.byte <= bytes.len() as u64 && !damage.to_string().is_empty(), "{damage}");
    }
    Some(pipe)
}

/// Where each block begins.
fn blocks(bytes: &[u8]) -> Vec<usize> {
    let magic = [0x50, 0x2A, 0x4D, 0x18];
    (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(&magic)).collect()
}

#[test]
fn cut_at_every_byte_of_its_last_block_it_loads_up_to_there() {
    let told = story(40);
    for is_ended in [true, false] {
        let bytes = write(&told, 6000, is_ended);
        let last = *blocks(&bytes).last().expect("blocks");
        let before = read_both(&bytes[..last], &told).expect("a recording").taken.len();
        let mut most = before;
        for length in last + 1..bytes.len() {
            let read = read_both(&bytes[..length], &told).expect("a recording");
            assert!(read.taken.len() >= most, "{length}");
            most = read.taken.len();
            // Whatever is not there is told, unless it is only the end of the writing.
            assert!(read.is_cut || read.taken.len() == told.len(), "{length}");
            if let Some(damage) = &read.damage {
                assert!(damage.is_cut && damage.to_string().starts_with("cut off at byte "), "{damage}");
                assert!(damage.byte as usize >= last && damage.byte as usize <= length, "{damage}");
            }
        }
        assert!(before < told.len() && most > before);
        assert_eq!(read_both(&bytes, &told).expect("a recording").taken.len(), told.len());
    }
}

#[test]
fn cut_at_a_thousand_random_places_it_loads_up_to_there() {
    let told = story(80);
    let mut chance = StdRng::seed_from_u64(4);
    let bytes = write(&told, 3000, true);
    let mut counts = Vec::new();
    let mut places: Vec<usize> = (0..1000).map(|_| chance.random_range(0..bytes.len())).collect();
    places.sort_unstable();
    for length in places {
        counts.extend(read_both(&bytes[..length], &told).map(|read| read.taken.len()));
    }
    assert!(counts.is_sorted() && counts.last() == Some(&told.len()));
    assert!(counts.len() > 900, "{}", counts.len());
}

#[test]
fn with_a_flipped_bit_it_loads_up_to_there_and_says_where() {
    let told = story(80);
    let mut chance = StdRng::seed_from_u64(5);
    let whole = write(&told, 6000, true);
    let mut told_of = 0;
    for _ in 0..1000 {
        let mut bytes = whole.clone();
        let place = chance.random_range(0..bytes.len());
        bytes[place] ^= 1 << chance.random_range(0..8);
        let Some(read) = read_both(&bytes, &told) else { continue };
        match &read.damage {
            Some(damage) => {
                told_of += 1;
                // It says a place before the bit: the last one that is sure, and not long before it.
                assert!(
                    damage.byte as usize <= place && place - (damage.byte as usize) < 2500,
                    "{place}: {damage}"
                );
            }
            // Marks, keyframes and the index are not needed for the events.
            None => assert_eq!(read.taken.len(), told.len(), "{place}"),
        }
    }
    assert!(told_of > 500, "{told_of}");
}

#[test]
fn bits_flipped_in_an_open_block_are_found_out() {
    let told = story(40);
    let mut chance = StdRng::seed_from_u64(6);
    let whole = write(&told, usize::MAX, false);
    let last = *blocks(&whole).last().expect("blocks");
    for _ in 0..500 {
        let mut bytes = whole.clone();
        let place = chance.random_range(last..bytes.len());
        bytes[place] ^= 1 << chance.random_range(0..8);
        let read = read_both(&bytes, &told).expect("a recording");
        assert!(read.damage.is_some() && read.taken.len() < told.len(), "{place}");
    }
}

#[test]
fn a_flipped_bit_costs_a_part_of_a_block_and_not_all_of_it() {
    let told = story(200);
    let mut bytes = write(&told, 60_000, true);
    let blocks = blocks(&bytes);
    // Near the end of the lines of the first block with events.
    let trailer = bytes.windows(4).position(|four| four == 0x184D_2A52_u32.to_le_bytes()).expect("marks");
    assert!((blocks[1]..blocks[2]).contains(&trailer));
    let place = trailer - 200;
    bytes[place] ^= 1;
    let read = read_both(&bytes, &told).expect("a recording");
    let damage = read.damage.expect("damage");
    assert_eq!(damage.block, Some(1));
    assert!(read.taken.len() > 100, "{} events, {damage}", read.taken.len());
}

#[test]
fn two_files_one_after_the_other_and_rubbish_behind_one_are_the_first() {
    let told = story(40);
    let bytes = write(&told, 6000, true);
    for rubbish in [bytes.clone(), vec![0; 100], b"x".to_vec()] {
        let read = read_both(&[bytes.clone(), rubbish].concat(), &told).expect("a recording");
        assert_eq!((read.taken.len(), read.damage), (told.len(), None));
    }
}

#[test]
fn blocks_in_another_order_are_found_out() {
    let told = story(80);
    let bytes = write(&told, 3000, true);
    let at = blocks(&bytes);
    let swapped = [&bytes[..at[2]], &bytes[at[3]..at[4]], &bytes[at[2]..at[3]], &bytes[at[4]..]].concat();
    let read = read_both(&swapped, &told).expect("a recording");
    let damage = read.damage.expect("damage");
    assert_eq!((damage.block, damage.byte), (Some(2), at[2] as u64));
    let left_out = [&bytes[..at[2]], &bytes[at[3]..]].concat();
    assert!(read_both(&left_out, &told).expect("a recording").damage.is_some());
}

#[test]
fn a_frame_that_would_fill_the_memory_is_refused() {
    let told = story(2);
    let bytes = write(&told, usize::MAX, true);
    let at = blocks(&bytes)[1];
    let frame = zstd::bulk::compress(&vec![b'\n'; 256 * 1024 * 1024], 1).expect("compressed");
    let mut head = bytes[at..at + 212].to_vec();
    head[32..36].copy_from_slice(&(frame.len() as u32).to_le_bytes());
    head[44..48].copy_from_slice(&crc32fast::hash(&frame).to_le_bytes());
    head[18..20].copy_from_slice(&[0, 0]);
    head[28..32].copy_from_slice(&[0; 4]);
    let sum = crc32fast::hash(&head[8..208]).to_le_bytes();
    head[208..].copy_from_slice(&sum);
    let read = read_both(&[&bytes[..at], &head, &frame].concat(), &told).expect("a recording");
    let damage = read.damage.expect("damage").to_string();
    assert!(damage.contains("longer than a block can be"), "{damage}");
    assert!(read.taken.is_empty());
}

#[test]
fn a_line_without_end_is_refused_and_does_not_fill_the_memory() {
    let lines = super::story::LINES_2;
    let bytes = [lines, &vec![b'x'; 5 * 1024 * 1024]].concat();
    assert!(matches!(stream(&bytes), Err(RecordingError::NoEvent { line: 38, .. })), "{:?}", stream(&bytes));
    let read = archive(&bytes).expect("a recording");
    assert_eq!(read.damage.map(|damage| damage.byte), Some(lines.len() as u64));
}

#[test]
fn a_damaged_line_of_an_old_version_is_told_and_what_is_before_it_is_read() {
    let text = String::from_utf8(super::story::VERSION_1.to_vec()).expect("text");
    let damaged = text.replacen("\"heard\"", "\"herd\"", 1);
    let mut archive = Archive::of("old.rec", damaged.into_bytes()).expect("a recording");
    while !archive.look(1).expect("in memory") {}
    let damage = archive.damage().expect("damage");
    assert_eq!(damage.events, 3);
    assert_eq!(archive.extent().events, 3);
    let cut = &text.as_bytes()[..text.len() - 20];
    let read = super::story::archive(cut).expect("a recording");
    assert!(read.is_cut && read.taken.len() == 32, "{read:?}");
}
