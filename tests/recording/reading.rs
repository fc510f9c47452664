//! Whole files, of every version.

use std::io::{BufReader, Read as _};

use gonogo::event::Body;
use gonogo::recording::{Archive, Recording, Taken, is_recording};

use super::story::{LINES_2, VERSION_1, VERSION_2, archive, decided, header, story, stream, write};

#[test]
fn what_is_read_back_is_what_was_recorded_from_a_pipe_and_block_by_block() {
    let told = story(200);
    for is_ended in [true, false] {
        for block in [1, 1000, 20_000, usize::MAX] {
            let bytes = write(&told, block, is_ended);
            assert!(is_recording(&bytes) && is_recording(&bytes[..10]));
            let read = stream(&bytes).expect("a recording");
            assert!(read.taken == told && read.damage.is_none() && !read.is_cut, "{block}");
            let read = archive(&bytes).expect("a recording");
            assert!(read.taken == told && read.damage.is_none(), "{block}");
        }
    }
}

/// A pipe that brings a byte at a time.
struct Drip<'a>(&'a [u8]);

impl std::io::Read for Drip<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let length = to.len().min(1);
        self.0.read(&mut to[..length])
    }
}

#[test]
fn a_pipe_that_brings_a_byte_at_a_time_is_read_as_well() {
    let told = story(20);
    let bytes = write(&told, 1000, true);
    let recording =
        Recording::open("a pipe", BufReader::with_capacity(1, Drip(&bytes))).expect("a recording");
    let taken: Vec<Taken> = recording.map(|taken| taken.expect("an event")).collect();
    assert_eq!(taken, told);
}

#[test]
fn any_decoder_of_zstd_prints_it_as_lines_of_json() {
    let told = story(100);
    let bytes = write(&told, 5000, true);
    let mut text = String::new();
    zstd::stream::read::Decoder::new(&bytes[..])
        .expect("a decoder")
        .read_to_string(&mut text)
        .expect("valid zstd");
    let mut expected = vec![serde_json::to_string(&header()).expect("JSON")];
    for taken in &told {
        expected.push(serde_json::to_string(&taken.event).expect("JSON"));
        if !decided(taken).is_empty() {
            expected.push(serde_json::json!({ "decided": decided(taken) }).to_string());
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(line), value(expected));
    }
    // And what it prints is a recording again.
    let read = stream(text.as_bytes()).expect("a recording");
    assert_eq!(read.taken, told);
    assert_eq!(archive(text.as_bytes()).expect("a recording").taken, told);
}

#[test]
fn version_1_loads_and_says_nothing_of_decisions() {
    assert!(is_recording(VERSION_1));
    let read = stream(VERSION_1).expect("a recording");
    assert_eq!(read, archive(VERSION_1).expect("a recording"));
    assert_eq!(read.taken.len(), 33);
    assert!(read.taken.iter().all(|taken| taken.decided.is_none() && taken.missing == 0));
    assert!(matches!(read.taken[2].event.body, Body::Flag { .. }));
    assert_eq!(Archive::of("old.rec", VERSION_1).expect("a recording").header().version, 1);
}

#[test]
fn version_2_loads_as_it_was_when_it_came() {
    let read = stream(VERSION_2).expect("a recording");
    assert_eq!(read, archive(VERSION_2).expect("a recording"));
    assert_eq!(read, stream(LINES_2).expect("a recording"));
    let archive = Archive::of("night.rec", VERSION_2).expect("a recording");
    assert!(archive.has_end() && archive.marks().len() > 3);
    assert_eq!((archive.blocks().len(), archive.extent().events), (2, 33));
}

#[test]
fn the_lines_of_version_2_load_with_their_decisions() {
    let read = stream(LINES_2).expect("a recording");
    assert_eq!(read, archive(LINES_2).expect("a recording"));
    assert_eq!(read.taken.len(), 33);
    assert!(read.taken.iter().any(|taken| !decided(taken).is_empty()));
    let mut archive = Archive::of("old.rec", LINES_2).expect("a recording");
    while !archive.look(1).expect("in memory") {}
    assert!(!archive.marks().is_empty());
}

#[test]
fn what_is_missing_is_missing_where_it_is_missing() {
    let mut told = story(60);
    let mut shift = 0;
    for (index, taken) in told.iter_mut().enumerate() {
        taken.missing = if index % 7 == 0 { index as u64 } else { 0 };
        shift += taken.missing;
        taken.number = index as u64 + shift;
    }
    let bytes = write(&told, 2000, true);
    assert_eq!(stream(&bytes).expect("a recording").taken, told);
    assert_eq!(archive(&bytes).expect("a recording").taken, told);
}

#[test]
fn other_files_newer_versions_and_nothing_at_all_are_refused_in_words() {
    let bytes = write(&story(1), 5000, true);
    let mut newer = bytes.clone();
    // The version of the container, and the sum of the head.
    newer[16] = 9;
    let sum = crc32fast::hash(&newer[8..208]).to_le_bytes();
    newer[208..212].copy_from_slice(&sum);
    let text = String::from_utf8(LINES_2.to_vec()).expect("text");
    for (other, words) in [
        (newer, "its version is 9"),
        (text.replacen("\"version\":2", "\"version\":9", 1).into_bytes(), "its version is 9"),
        (
            text.replacen("\"gonogo\":\"rec", "\"gonogo\":\"jou", 1).into_bytes(),
            "it is no recording: `gonogo`",
        ),
        (text.replacen("{\"gonogo\"", "{\"x\"", 1).into_bytes(), "missing field `gonogo`"),
        (vec![], "it is no recording: it is empty"),
        (b"P\x2a\x4d\x18".to_vec(), "it is no recording"),
        (bytes[..100].to_vec(), "it is no recording: the file ends within a block's head"),
        (bytes[..250].to_vec(), "it is no recording: the file ends within a block"),
        (vec![0; 1000], "it is no recording"),
        (b"at_s,segment,metric,arm,units,bad\n".to_vec(), "it is no recording"),
    ] {
        let pipe = Recording::open("night.rec", &other[..]).expect_err("refused").to_string();
        let place = Archive::of("night.rec", other).expect_err("refused").to_string();
        for error in [pipe, place] {
            assert!(error.contains("night.rec") && error.contains(words), "{words}: {error}");
            assert!(error.contains("\nhint: "), "{error}");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().to_owned(), folder.path().join("none.rec"), "/dev/null".into()] {
        let error = Archive::open(&path).expect_err("refused").to_string();
        assert!(error.contains("cannot read ") && error.contains("\nhint: "), "{error}");
    }
}
