//! Appending, crashing, damaging and sharing a journal, on real files.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::action::{Scope, Verb};
use crate::domain::{Actor, Evidence, GuardrailName, Percent, PlatformName, SegmentName, Station, Text};
use crate::effect::{Change, Command, EffectId, Outcome};
use crate::journal::{DamageKind, Format, print, unresolved, verify};

struct Place {
    dir: tempfile::TempDir,
    name: RolloutName,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), name: RolloutName::new("checkout-v2").unwrap() }
    }

    fn open(&self) -> (Journal, Vec<Entry>, Opening) {
        Journal::open(Some(&self.dir.path().join("journal")), &self.name).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("journal/checkout-v2.jsonl")
    }

    fn others(&self) -> Vec<String> {
        let all = fs::read_dir(self.dir.path().join("journal")).unwrap();
        let mut names: Vec<_> =
            all.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != "checkout-v2.jsonl");
        names.sort();
        names
    }
}

fn person() -> Actor {
    Actor::Person(Text::new("ann@tower"))
}

fn note(text: &str) -> Record {
    Record::Noted { scope: Scope::default(), actor: person(), text: Text::new(text) }
}

fn command(id: u64) -> Command {
    let shares = BTreeMap::from([(SegmentName::new("free").unwrap(), Percent::ZERO)]);
    Command {
        id: EffectId(id),
        verb: Verb::Kill,
        platform: PlatformName::new("web").unwrap(),
        change: Change::Shares(shares),
        expected: None,
        actor: person(),
        reason: Some(Text::new("errors")),
        evidence: Some("1.8 times the errors of control".into()),
        part_of: None,
    }
}

fn finished(id: u64, outcome: Outcome) -> Record {
    Record::Finished { id: EffectId(id), outcome }
}

fn refused() -> Outcome {
    Outcome::Refused { cause: Text::new("no right"), state: None }
}

fn write_three(place: &Place) -> Vec<Entry> {
    let (mut journal, _, _) = place.open();
    ["one", "two", "three"].iter().map(|text| journal.append(Timestamp(5), &note(text)).unwrap()).collect()
}

#[test]
fn what_was_appended_is_read_back() {
    let place = Place::new();
    let written = write_three(&place);
    let (_, read, opening) = place.open();
    assert_eq!(read, written);
    assert_eq!((opening.entries, opening.warnings()), (3, vec![]));
    let found = verify(&place.file()).unwrap();
    assert!(found.is_intact());
    assert_eq!((found.lines, found.head), (3, written[2].hash.clone()));
}

#[test]
fn only_the_owner_can_read_it() {
    let place = Place::new();
    write_three(&place);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&place.file()), 0o600);
    assert_eq!(mode(place.file().parent().unwrap()), 0o700);
}

#[test]
fn two_handles_write_one_chain_and_hear_of_each_other() {
    let place = Place::new();
    let (mut here, ..) = place.open();
    let (mut there, ..) = place.open();
    let mut told = (vec![], vec![]);
    for round in 0..4 {
        told.0.push(here.append(Timestamp(round), &note("here")).unwrap());
        told.1.push(there.append(Timestamp(round), &note("there")).unwrap());
        if round == 1 {
            assert_eq!(there.poll_foreign().unwrap(), told.0);
        }
    }
    assert_eq!(here.poll_foreign().unwrap(), told.1);
    assert_eq!(there.poll_foreign().unwrap(), told.0[2..]);
    assert!(here.poll_foreign().unwrap().is_empty());
    assert!(verify(&place.file()).unwrap().is_intact());
    let numbers: Vec<u64> = place.open().1.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[test]
fn many_writers_at_once_make_one_chain() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (mut journal, ..) = place.open();
                for _ in 0..25 {
                    journal.append(Timestamp(0), &note("x")).unwrap();
                }
            });
        }
    });
    let found = verify(&place.file()).unwrap();
    assert!(found.is_intact(), "{:?}", found.damages);
    assert_eq!(found.lines, 100);
}

#[test]
fn a_last_line_cut_at_any_byte_is_moved_aside_and_never_lost() {
    let place = Place::new();
    let written = write_three(&place);
    let whole = fs::read(place.file()).unwrap();
    let start = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in start..=whole.len() {
        fs::write(place.file(), &whole[..cut]).unwrap();
        let (mut journal, read, opening) = place.open();
        if cut == start {
            assert_eq!((read.len(), opening.warnings().len()), (2, 0));
        } else if cut >= whole.len() - 1 {
            assert_eq!(read, written, "only the line break was missing");
            assert!(opening.torn.is_none());
        } else {
            assert_eq!(read, written[..2]);
            let torn = opening.torn.as_ref().unwrap();
            let piece = torn.moved_to.as_ref().unwrap();
            assert_eq!(fs::read(piece).unwrap(), &whole[start..cut]);
            assert!(opening.warnings()[0].contains("half-written"));
            fs::remove_file(piece).unwrap();
        }
        journal.append(Timestamp(9), &note("next")).unwrap();
        assert!(verify(&place.file()).unwrap().is_intact(), "cut at {cut}");
        assert!(place.others().is_empty());
    }
}

#[test]
fn each_torn_piece_is_kept_under_its_own_name() {
    let place = Place::new();
    write_three(&place);
    for _ in 0..2 {
        let mut bytes = fs::read(place.file()).unwrap();
        bytes.extend_from_slice(b"{\"seq\":4,");
        fs::write(place.file(), bytes).unwrap();
        place.open();
    }
    assert_eq!(place.others(), ["checkout-v2.jsonl.torn-1", "checkout-v2.jsonl.torn-2"]);
}

#[test]
fn a_line_torn_by_another_process_is_mended_before_the_next_append() {
    let place = Place::new();
    let (mut journal, ..) = place.open();
    journal.append(Timestamp(1), &note("one")).unwrap();
    let mut bytes = fs::read(place.file()).unwrap();
    bytes.extend_from_slice(b"{\"seq\":2");
    fs::write(place.file(), bytes).unwrap();
    assert!(journal.poll_foreign().unwrap().is_empty());
    journal.append(Timestamp(2), &note("two")).unwrap();
    assert!(verify(&place.file()).unwrap().is_intact());
    assert_eq!(place.others(), ["checkout-v2.jsonl.torn-1"]);
}

#[test]
fn a_flipped_byte_names_its_line_and_blocks_nothing() {
    let place = Place::new();
    write_three(&place);
    let whole = fs::read(place.file()).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let second = first + whole[first..].iter().position(|byte| *byte == b'\n').unwrap();
    for at in first..second {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(place.file(), &bytes).unwrap();
        let found = verify(&place.file()).unwrap();
        assert!(!found.is_intact(), "byte {at}");
        let mut said = vec![];
        found.tell(&mut said).unwrap();
        assert!(String::from_utf8(said).unwrap().starts_with("line 2 "), "{:?}", found.damages);
        let (mut journal, read, opening) = place.open();
        assert!(read.len() >= 2 && opening.damaged >= 1);
        journal.append(Timestamp(9), &note("next")).unwrap();
    }
    let last = whole.len() - 10;
    let mut bytes = whole;
    bytes[last] ^= 1;
    fs::write(place.file(), &bytes).unwrap();
    let damages = verify(&place.file()).unwrap().damages;
    assert_eq!(damages, [Damage { line: 3, kind: DamageKind::Changed }]);
}

#[test]
fn a_changed_word_is_one_report_and_a_removed_line_another() {
    let place = Place::new();
    write_three(&place);
    let text = fs::read_to_string(place.file()).unwrap();
    fs::write(place.file(), text.replace("two", "2.0")).unwrap();
    assert_eq!(verify(&place.file()).unwrap().damages, [Damage { line: 2, kind: DamageKind::Changed }]);
    let lines: Vec<&str> = text.lines().collect();
    fs::write(place.file(), format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    assert_eq!(verify(&place.file()).unwrap().damages, [Damage { line: 2, kind: DamageKind::OutOfPlace }]);
    fs::write(place.file(), format!("{}\nhello\n{}\n{}\n", lines[0], lines[1], lines[2])).unwrap();
    assert_eq!(verify(&place.file()).unwrap().damages, [Damage { line: 2, kind: DamageKind::Unreadable }]);
}

#[test]
fn a_record_of_a_newer_version_is_named_and_keeps_the_chain() {
    let place = Place::new();
    write_three(&place);
    let body = format!(
        r#"{{"seq":4,"at":"2026-11-22T14:00:00.000Z","prev":"{}","record":{{"record":"teleported"}}"#,
        verify(&place.file()).unwrap().head
    );
    let hash = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(&body));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut text = fs::read_to_string(place.file()).unwrap();
    text.push_str(&format!("{body},\"hash\":\"{hash}\"}}\n"));
    fs::write(place.file(), text).unwrap();
    place.open().0.append(Timestamp(0), &note("after")).unwrap();
    let damages = verify(&place.file()).unwrap().damages;
    assert_eq!(damages, [Damage { line: 4, kind: DamageKind::UnknownRecord }]);
}

#[test]
fn a_command_without_an_end_is_found_after_a_crash() {
    let place = Place::new();
    {
        let (mut journal, ..) = place.open();
        for id in 1..=3 {
            journal.append(Timestamp(0), &Record::Commanded { command: command(id) }).unwrap();
        }
        journal.append(Timestamp(1), &finished(1, refused())).unwrap();
        let unknown = Outcome::Unknown { cause: Text::new("timed out"), attempts: 3 };
        journal.append(Timestamp(1), &finished(2, unknown)).unwrap();
        // The process dies here: no end of 2 and 3 is ever written.
    }
    assert_eq!(unresolved(&place.open().1), [command(2), command(3)]);
}

#[test]
fn an_open_command_outlives_ten_thousand_newer_lines() {
    let mut kept = Kept::default();
    let entry = |seq, record| Entry { seq, at: Timestamp(0), record, hash: String::new() };
    kept.push(entry(1, Record::Commanded { command: command(1) }));
    kept.push(entry(2, Record::Commanded { command: command(2) }));
    kept.push(entry(3, finished(2, refused())));
    for seq in 4..MAX_KEPT as u64 + 100 {
        kept.push(entry(seq, note("x")));
    }
    let entries = kept.into_entries();
    assert_eq!(entries.len(), MAX_KEPT + 1);
    assert_eq!(unresolved(&entries), [command(1)]);
}

#[test]
fn what_somebody_did_about_a_no_go_outlives_ten_thousand_newer_lines_until_it_is_cleared() {
    let segment = SegmentName::new("free").unwrap();
    let latched = Record::Latched {
        segment: segment.clone(),
        station: Station::Errors,
        guardrail: GuardrailName::new("errors").unwrap(),
        evidence: Evidence::of("31 of 100", Timestamp(0)),
        response: None,
    };
    let cleared = Record::Cleared { segment, actor: Actor::Autopilot, reason: Text::new("bots") };
    for (more, left) in [(note("x"), 3), (cleared, 0)] {
        let mut kept = Kept::default();
        let entry = |seq, record| Entry { seq, at: Timestamp(0), record, hash: String::new() };
        kept.push(entry(1, latched.clone()));
        kept.push(entry(2, Record::Commanded { command: command(1) }));
        kept.push(entry(3, finished(1, refused())));
        kept.push(entry(4, more));
        for seq in 5..MAX_KEPT as u64 + 100 {
            kept.push(entry(seq, note("x")));
        }
        let entries = kept.into_entries();
        assert_eq!(entries.len(), MAX_KEPT + left);
        assert!(entries.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        assert!(unresolved(&entries).is_empty(), "a command never stands without its end");
    }
}

#[test]
fn a_failed_write_names_file_and_cause_and_leaves_nothing_behind() {
    let place = Place::new();
    write_three(&place);
    let before = fs::read(place.file()).unwrap();
    let (mut journal, ..) = place.open();
    // The same file, but the system refuses to write to this descriptor.
    journal.file = File::open(place.file()).unwrap();
    let error = journal.append(Timestamp(0), &note("lost")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot write the journal {}: ", place.file().display())), "{error}");
    assert_eq!(fs::read(place.file()).unwrap(), before);
}

#[test]
fn a_full_disk_is_an_error_that_says_so() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let cause = write_durably(&full, b"x").unwrap_err();
    let error = JournalError::io("write", Path::new("/j/x.jsonl"), cause).to_string();
    assert!(error.contains("cannot write the journal /j/x.jsonl: "), "{error}");
    assert!(error.ends_with("hint: free some space on that disk"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_names_path_and_cause() {
    let place = Place::new();
    fs::write(place.dir.path().join("file"), "").unwrap();
    let error = Journal::open(Some(&place.dir.path().join("file/journal")), &place.name).unwrap_err();
    assert!(error.to_string().starts_with("cannot make the folder of the journal /"), "{error}");
}

#[test]
fn a_device_is_no_journal() {
    let place = Place::new();
    fs::create_dir_all(place.file()).unwrap();
    let dir = place.dir.path().join("journal");
    assert!(matches!(Journal::open(Some(&dir), &place.name), Err(JournalError::NotAFile { .. })));
    assert!(matches!(verify(Path::new("/dev/null")), Err(JournalError::NotAFile { .. })));
}

#[test]
fn a_removed_journal_is_begun_anew_instead_of_written_into_nothing() {
    let place = Place::new();
    let (mut journal, ..) = place.open();
    journal.append(Timestamp(0), &note("gone")).unwrap();
    fs::remove_file(place.file()).unwrap();
    journal.append(Timestamp(1), &note("kept")).unwrap();
    assert_eq!(place.open().1.len(), 1);
    assert!(verify(&place.file()).unwrap().is_intact());
}

#[test]
fn a_stuck_writer_fails_an_append_in_time_and_never_a_reader() {
    let place = Place::new();
    let written = write_three(&place);
    let stuck = File::open(place.file()).unwrap();
    stuck.lock().unwrap();
    let (mut journal, read, _) = place.open();
    assert_eq!(read, written);
    assert!(matches!(journal.append(Timestamp(0), &note("x")), Err(JournalError::Busy { .. })));
    drop(stuck);
    journal.append(Timestamp(0), &note("x")).unwrap();
}

#[test]
fn the_story_is_told_in_lines_that_no_terminal_obeys() {
    let place = Place::new();
    let (mut journal, ..) = place.open();
    journal.append(Timestamp(0), &Record::Commanded { command: command(1) }).unwrap();
    journal.append(Timestamp(900), &finished(1, refused())).unwrap();
    journal.append(Timestamp(1000), &note("it is \u{1b}[31mred")).unwrap();
    let told = |format| {
        let mut out = vec![];
        print(&place.file(), format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let plain = told(Format::Plain);
    let lines: Vec<&str> = plain.lines().collect();
    assert_eq!(
        lines,
        [
            "1970-01-01T00:00:00.000Z  ann@tower             kill        free at web               to free 0%: errors; 1.8 times the errors of control",
            "1970-01-01T00:00:00.900Z  ann@tower             kill        free at web               REFUSED: no right",
            "1970-01-01T00:00:01.000Z  ann@tower             note        everything                it is red",
        ]
    );
    assert_eq!(told(Format::Json), fs::read_to_string(place.file()).unwrap());

    let changed = fs::read_to_string(place.file()).unwrap().replace("it is red", "\u{9b}31m{}");
    fs::write(place.file(), changed).unwrap();
    assert!(told(Format::Plain).ends_with("! line 3 was changed after it was written\n"));
    assert!(!told(Format::Json).contains('\u{9b}'));
}
