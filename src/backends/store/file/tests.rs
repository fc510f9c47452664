//! Replacing documents: on real files, with other writers, and killed in the middle.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::*;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(place.file(), numbered(0, 1)).unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("flags.json")
    }

    fn document(&self) -> FileDocument {
        FileDocument::new(&self.file())
    }

    /// Everything in the folder.
    fn names(&self) -> Vec<String> {
        let all = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> = all.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// A document that tells whether it is whole.
fn numbered(number: u64, length: usize) -> Vec<u8> {
    let filling = number.to_string().repeat(length);
    serde_json::to_vec(&serde_json::json!({ "number": number, "filling": filling, "length": length }))
        .unwrap()
}

/// Its number, if it is whole.
fn number(bytes: &[u8]) -> Option<u64> {
    let read: Value = serde_json::from_slice(bytes).ok()?;
    let (number, length) = (read["number"].as_u64()?, read["length"].as_u64()?);
    (numbered(number, length as usize) == bytes).then_some(number)
}

/// Adds one to the number, however often it takes.
fn count_up(document: &FileDocument, length: usize) -> Result<u64, FileError> {
    loop {
        let seen = document.blocking_read()?;
        let next = number(&seen.bytes).expect("a whole document") + 1;
        match document.blocking_swap(seen.digest, numbered(next, length)) {
            Ok(_) => return Ok(next),
            Err(FileError::Changed { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

#[test]
fn what_was_swapped_in_is_read_and_nothing_else_is_left_in_the_folder() {
    let place = Place::new();
    let seen = place.document().blocking_read().unwrap();
    let swapped = place.document().blocking_swap(seen.digest, numbered(1, 3)).unwrap();
    assert_eq!(place.document().blocking_read().unwrap(), swapped);
    assert_eq!(number(&swapped.bytes), Some(1));
    assert_eq!(place.names(), ["flags.json"]);
}

#[test]
fn what_was_changed_since_it_was_seen_is_not_replaced_and_is_handed_back() {
    let place = Place::new();
    let seen = place.document().blocking_read().unwrap();
    fs::write(place.file(), numbered(7, 1)).unwrap();
    match place.document().blocking_swap(seen.digest, numbered(1, 1)) {
        Err(error @ FileError::Changed { .. }) => {
            let words = error.to_string();
            assert!(words.contains(&seen.digest.to_string()), "{words}");
            let FileError::Changed { found, .. } = error else { unreachable!() };
            assert_eq!(number(&found.bytes), Some(7));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(number(&fs::read(place.file()).unwrap()), Some(7));
    assert_eq!(place.names(), ["flags.json"]);
}

#[test]
fn an_empty_document_is_neither_written_nor_believed() {
    let place = Place::new();
    let seen = place.document().blocking_read().unwrap();
    for empty in [&b""[..], b" \n\t"] {
        assert!(matches!(
            place.document().blocking_swap(seen.digest, empty.to_vec()),
            Err(FileError::Unfit { .. })
        ));
    }
    assert_eq!(place.document().blocking_read().unwrap(), seen);
    fs::write(place.file(), " \n").unwrap();
    assert!(matches!(place.document().blocking_read(), Err(FileError::Empty { .. })));
    let replaced = place.document().blocking_swap(Digest::of(b" \n"), numbered(1, 1));
    assert!(matches!(replaced, Err(FileError::Empty { .. })), "{replaced:?}");
}

#[test]
fn the_mode_stays_and_a_read_only_file_is_left_alone() {
    let place = Place::new();
    let mode = || fs::metadata(place.file()).unwrap().permissions().mode() & 0o777;
    let set = |mode| fs::set_permissions(place.file(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o640);
    let seen = place.document().blocking_read().unwrap();
    let swapped = place.document().blocking_swap(seen.digest, numbered(1, 1)).unwrap();
    assert_eq!(mode(), 0o640);
    set(0o444);
    let error = place.document().blocking_swap(swapped.digest, numbered(2, 1)).unwrap_err();
    assert!(error.to_string().contains("hint: chmod"), "{error}");
    assert!(!error.may_pass() && !error.may_have_happened());
    assert_eq!((mode(), number(&fs::read(place.file()).unwrap())), (0o444, Some(1)));
}

#[test]
fn a_link_stays_and_what_it_points_to_is_replaced() {
    let place = Place::new();
    let link = place.dir.path().join("link.json");
    fs::create_dir(place.dir.path().join("elsewhere")).unwrap();
    let real = place.dir.path().join("elsewhere/real.json");
    fs::write(&real, numbered(3, 1)).unwrap();
    symlink("elsewhere/real.json", &link).unwrap();
    let document = FileDocument::new(&link);
    let seen = document.blocking_read().unwrap();
    document.blocking_swap(seen.digest, numbered(4, 1)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(number(&fs::read(&real).unwrap()), Some(4));
}

#[test]
fn a_config_map_is_left_alone_with_a_reason() {
    let place = Place::new();
    let volume = place.dir.path().join("volume");
    fs::create_dir_all(volume.join("..2026_11_22")).unwrap();
    fs::write(volume.join("..2026_11_22/flags.json"), numbered(1, 1)).unwrap();
    symlink("..2026_11_22", volume.join("..data")).unwrap();
    symlink("..data/flags.json", volume.join("flags.json")).unwrap();
    let document = FileDocument::new(&volume.join("flags.json"));
    let seen = document.blocking_read().unwrap();
    let error = document.blocking_swap(seen.digest, numbered(2, 1)).unwrap_err();
    assert!(error.to_string().contains("config map"), "{error}");
    assert_eq!(document.blocking_read().unwrap(), seen);
}

#[test]
fn what_is_not_there_is_not_made_and_what_is_no_file_is_not_opened() {
    let place = Place::new();
    let missing = FileDocument::new(&place.dir.path().join("missing.json"));
    for error in [missing.blocking_read(), missing.blocking_swap(Digest::of(b"x"), b"{}".to_vec())] {
        let words = error.unwrap_err().to_string();
        assert!(words.contains("missing.json") && words.contains("hint: check the path"), "{words}");
    }
    let folder = FileDocument::new(place.dir.path());
    assert!(matches!(folder.blocking_read(), Err(FileError::Unfit { .. })));
    assert_eq!(place.names(), ["flags.json"]);
}

#[test]
fn a_lock_that_is_never_given_back_is_waited_for_and_then_named() {
    let place = Place::new();
    let stuck = File::open(place.file()).unwrap();
    stuck.lock().unwrap();
    let seen = place.document().blocking_read().unwrap();
    let error = place.document().blocking_swap(seen.digest, numbered(1, 1)).unwrap_err();
    assert!(matches!(error, FileError::Busy { .. }), "{error}");
    drop(stuck);
    place.document().blocking_swap(seen.digest, numbered(1, 1)).unwrap();
}

#[test]
fn what_killed_processes_left_behind_is_removed_once_it_is_old() {
    let place = Place::new();
    let leave = |name: &str, age: u64| {
        let path = place.dir.path().join(name);
        let file = File::create(&path).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now - Duration::from_secs(age)).unwrap();
    };
    leave(".flags.json.gonogo-1-0", 3600);
    leave(".flags.json.gonogo-2-0", 5);
    leave(".other.json.gonogo-1-0", 3600);
    let seen = place.document().blocking_read().unwrap();
    place.document().blocking_swap(seen.digest, numbered(1, 1)).unwrap();
    assert_eq!(place.names(), [".flags.json.gonogo-2-0", ".other.json.gonogo-1-0", "flags.json"]);
}

#[test]
fn each_change_is_later_than_the_one_before_whatever_the_clock_says() {
    let place = Place::new();
    let modified = || fs::metadata(place.file()).unwrap().modified().unwrap();
    let future = modified() + Duration::from_secs(3600);
    File::options().write(true).open(place.file()).unwrap().set_modified(future).unwrap();
    let mut before = modified();
    for _ in 0..20 {
        let seen = place.document().blocking_read().unwrap();
        place.document().blocking_swap(seen.digest, seen.bytes).unwrap();
        assert!(modified() > before);
        before = modified();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn writers_at_once_lose_no_change_and_no_reader_sees_a_part(
        lengths in prop::collection::vec(1_usize..20_000, 2..5),
        each in 1_u64..6,
    ) {
        let place = Place::new();
        let done = AtomicBool::new(false);
        let last = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let now = number(&fs::read(place.file()).unwrap()).expect("a whole document");
                    assert!(now >= last, "{now} after {last}");
                    last = now;
                }
            });
            let writers: Vec<_> = lengths.iter().map(|length| {
                let place = &place;
                scope.spawn(move || {
                    // A handle for each, as in processes of their own.
                    let document = place.document();
                    (0..each).map(|_| count_up(&document, *length).unwrap()).collect::<Vec<_>>()
                })
            }).collect();
            let mut written: Vec<_> = writers.into_iter().flat_map(|w| w.join().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            reader.join().unwrap();
            written.sort_unstable();
            written
        });
        // Each change built upon another: none was lost, none was made twice.
        prop_assert_eq!(&last, &(1..=each * lengths.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(place.names(), ["flags.json"]);
    }
}

/// An editor that saves by renaming and knows no lock: it may lose to us, but nobody ever reads a part.
#[test]
fn beside_a_writer_that_knows_no_lock_the_file_stays_whole() {
    let place = Place::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let own = place.dir.path().join("editor.tmp");
            for round in 0_u64.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                fs::write(&own, numbered(1_000_000 + round, 3000)).unwrap();
                fs::rename(&own, place.file()).unwrap();
            }
        });
        let (mut swapped, mut refused) = (0, 0);
        while swapped < 8 || refused < 8 {
            let seen = place.document().blocking_read().unwrap();
            assert!(number(&seen.bytes).is_some(), "a part was read");
            match place.document().blocking_swap(seen.digest, numbered(swapped, 5000)) {
                Ok(_) => swapped += 1,
                Err(FileError::Changed { found, .. }) => {
                    assert!(number(&found.bytes).is_some(), "a part was read");
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Names the file that the child counts up in, until it is killed.
const CHILD: &str = "GONOGO_TEST_FILE_DOCUMENT";

/// Enough for a write that takes a while.
const LENGTH: usize = 200_000;

/// Not a test by itself: the process that is killed.
#[test]
fn child_swaps_until_it_is_killed() {
    let Ok(file) = std::env::var(CHILD) else { return };
    let document = FileDocument::new(Path::new(&file));
    let mut out = std::io::stdout();
    loop {
        let number = count_up(&document, LENGTH).unwrap();
        writeln!(out, "\nwritten {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_kill_9_at_any_moment_leaves_the_old_document_or_the_new_one() {
    let place = Place::new();
    let mut random = StdRng::seed_from_u64(11);
    for round in 0..10 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "backends::store::file::tests::child_swaps_until_it_is_killed", "--nocapture"])
            .env(CHILD, place.file())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let told = |line: String| line.strip_prefix("written ").and_then(|number| number.parse::<u64>().ok());
        let first = lines.by_ref().find_map(told).expect("the child writes until it is killed");
        // Somewhere within the next writes.
        std::thread::sleep(Duration::from_micros(random.random_range(0..8_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines.filter_map(told).last().unwrap_or(first);
        let read = place.document().blocking_read().unwrap();
        let there = number(&read.bytes).expect("a whole document");
        assert!(there == last || there == last + 1, "round {round}: {there}, and {last} was told");
        // Its lock is gone with it.
        assert_eq!(count_up(&place.document(), LENGTH).unwrap(), there + 1);
    }
}
