//! Any place in a file.

use gonogo::domain::Timestamp;
use gonogo::recording::{Archive, Keyframe, Kind, Mark, Taken, Writer};

use super::story::{Desk, decided, header, story, write};

fn looked_through(bytes: &[u8]) -> Archive {
    let mut archive = Archive::of("night.rec", bytes.to_vec()).expect("a recording");
    while !archive.look(2).expect("in memory") {}
    archive
}

fn marks_of(told: &[Taken]) -> Vec<Mark> {
    let of = |taken: &Taken| -> Vec<Mark> {
        let marks = decided(taken).iter();
        marks.filter_map(|decision| Mark::of(taken.number, taken.event.at, decision)).collect()
    };
    told.iter().flat_map(of).collect()
}

/// The bytes without the index.
fn without_index(bytes: &[u8]) -> &[u8] {
    let length = u64::from_le_bytes(bytes[bytes.len() - 16..bytes.len() - 8].try_into().expect("8 bytes"));
    &bytes[..bytes.len() - length as usize]
}

#[test]
fn the_index_says_what_the_file_says_without_it() {
    let told = story(200);
    let bytes = write(&told, 3000, true);
    let with = Archive::of("night.rec", bytes.clone()).expect("a recording");
    // Everything is known before anything is looked at.
    assert!(with.extent().is_whole && with.has_end() && with.blocks().len() > 5);
    let without = looked_through(without_index(&bytes));
    assert!(!without.has_end() && without.damage().is_none());
    assert_eq!(with.blocks(), without.blocks());
    assert_eq!(with.marks(), without.marks());
    assert_eq!(with.extent(), without.extent());
    assert_eq!(with.marks(), marks_of(&told));
    assert!(with.marks().iter().any(|mark| mark.is(Kind::Verdict)));
    let extent = with.extent();
    assert_eq!((extent.from, extent.to), (told[0].event.at, told[told.len() - 1].event.at));
    assert_eq!(extent.events, told.len() as u64);
}

#[test]
fn an_event_is_found_by_reading_the_one_block_that_has_it() {
    let told = story(200);
    let archive = looked_through(&write(&told, 3000, true));
    for taken in &told {
        let number = archive.block_of(taken.number).expect("a block");
        let block = archive.blocks()[number];
        assert!((block.first..block.next()).contains(&taken.number), "{block:?}");
        assert!((block.from..=block.to).contains(&taken.event.at), "{block:?}");
    }
    let number = archive.block_of(300).expect("a block");
    let events = archive.block(number).expect("in memory");
    assert_eq!(
        events.map(|taken| taken.expect("whole")).find(|taken| taken.number == 300),
        Some(told[300].clone())
    );
    // Beyond the end there is nothing.
    assert_eq!(archive.block(10_000).expect("in memory").count(), 0);
}

#[test]
fn a_block_that_was_not_closed_is_known_like_the_others() {
    let told = story(200);
    let archive = looked_through(&write(&told, usize::MAX, false));
    assert_eq!(archive.blocks().len(), 2);
    assert_eq!(archive.extent().events, told.len() as u64);
    assert_eq!(archive.extent().to, told[told.len() - 1].event.at);
    assert_eq!(archive.marks(), marks_of(&told));
}

#[test]
fn a_keyframe_begins_a_block_and_comes_back_as_it_was() {
    let desk = Desk::new();
    let told = story(100);
    let state: Vec<u8> = (0..200_000_u32).map(|byte| (byte % 251) as u8).collect();
    let mut writer = Writer::create(&desk.path, &header()).expect("a new file");
    for taken in &told {
        if taken.number == 150 {
            let keyframe = Keyframe { fingerprint: 0x0123_abcd, state: state.clone() };
            writer.put_keyframe(&keyframe).expect("written");
        }
        writer.put(&taken.event, decided(taken)).expect("written");
    }
    let is_flushed = writer.flush().is_ok();
    let crashed = looked_through(&desk.bytes());
    writer.finish().expect("written");
    let ended = looked_through(&desk.bytes());
    for archive in [crashed, ended] {
        let with: Vec<usize> =
            (0..archive.blocks().len()).filter(|n| archive.blocks()[*n].has_keyframe).collect();
        assert!(is_flushed && with == [2], "{with:?}");
        assert_eq!(archive.blocks()[2].first, 150);
        let keyframe = archive.keyframe(2).expect("in memory").expect("a keyframe");
        assert_eq!((keyframe.fingerprint, &keyframe.state), (0x0123_abcd, &state));
        assert_eq!(archive.keyframe(1).expect("in memory"), None);
        let first = archive.block(2).expect("in memory").next().expect("an event").expect("whole");
        assert_eq!(first, told[150]);
    }
    // To whoever only reads lines it is not there.
    assert_eq!(super::story::stream(&desk.bytes()).expect("a recording").taken, told);
}

#[test]
fn a_damaged_keyframe_is_none_and_takes_no_event_along() {
    let desk = Desk::new();
    let told = story(30);
    let mut writer = Writer::create(&desk.path, &header()).expect("a new file");
    let keyframe = Keyframe { fingerprint: 1, state: vec![7; 5000] };
    writer.put_keyframe(&keyframe).expect("written");
    for taken in &told {
        writer.put(&taken.event, decided(taken)).expect("written");
    }
    writer.finish().expect("written");
    let mut bytes = desk.bytes();
    assert!(looked_through(&bytes).keyframe(1).expect("in memory").is_some());
    let at = bytes.windows(4).position(|four| four == 0x184D_2A51_u32.to_le_bytes()).expect("a keyframe");
    bytes[at + 20] ^= 1;
    let archive = looked_through(&bytes);
    assert_eq!(archive.keyframe(1).expect("in memory"), None);
    assert_eq!(archive.block(1).expect("in memory").filter_map(Result::ok).count(), told.len());
}

#[test]
fn keyframes_are_wanted_when_reading_without_them_would_take_long() {
    let desk = Desk::new();
    let told = story(400);
    let mut writer = Writer::create(&desk.path, &header()).expect("a new file");
    let mut raw = 0;
    let mut wanted = Vec::new();
    while wanted.len() < 3 && raw < 64 * 1024 * 1024 {
        for taken in &told {
            raw += serde_json::to_vec(&taken.event).expect("JSON").len();
            writer.put(&taken.event, &[]).expect("written");
            if writer.wants_keyframe() {
                wanted.push(std::mem::take(&mut raw) / (1024 * 1024));
                let size = if wanted.len() == 1 { 640 * 1024 } else { 9 * 1024 * 1024 };
                writer.put_keyframe(&Keyframe { fingerprint: 1, state: vec![0; size] }).expect("written");
            }
        }
        if wanted.len() == 2 && raw > 12 * 1024 * 1024 {
            break;
        }
    }
    // After two MiB; then after six times the size of the last one; after one that takes too long to copy, never.
    assert_eq!(wanted.len(), 2, "{wanted:?}");
    assert!(wanted[0] <= 2 && (3..=4).contains(&wanted[1]), "{wanted:?}");
}

#[test]
fn a_damaged_index_is_found_out_and_done_without() {
    let told = story(100);
    let bytes = write(&told, 3000, true);
    let begin = without_index(&bytes).len();
    for at in (begin..bytes.len()).step_by(7).chain([bytes.len() - 1, begin]) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        let archive = looked_through(&bytes);
        assert_eq!(archive.extent().events, told.len() as u64, "{at}");
        assert_eq!(archive.marks(), marks_of(&told));
    }
}

#[test]
fn a_time_before_the_first_and_after_the_last_event_has_its_block_too() {
    let archive = looked_through(&write(&story(100), 3000, true));
    let blocks = archive.blocks();
    assert!(blocks.is_sorted_by_key(|block| block.first));
    let filled: Vec<_> = blocks.iter().filter(|block| block.events > 0).collect();
    assert!(filled.is_sorted_by_key(|block| block.from) && filled[0].from > Timestamp(0));
}
