//! What is recorded and read back.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use gonogo::backtest::{self, BacktestError, Change};
use gonogo::domain::*;
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Header, Recorded, Recorder, Recording, RecordingError, is_recording};
use tempfile::TempDir;

use super::file::{name, rollout};

const PATIENCE: Duration = Duration::from_secs(20);

fn event(ms: i64, body: Body) -> Event {
    Event { at: Timestamp(1_795_356_000_000 + ms), source_at: None, body }
}

fn sample(ms: i64, treatment: (f64, f64), control: (f64, f64)) -> Event {
    let counts = |(units, bad)| Some(Counts { units, bad });
    let value = SampleValue::Counts(ByArm { treatment: counts(treatment), control: counts(control) });
    event(ms, Body::Sample(Sample { metric: name("errors"), segment: name("free"), value }))
}

/// A rollout that turns bad in its second minute.
fn story() -> Vec<Event> {
    let source = |kind, name| Source::new(kind, name);
    let state = FlagState {
        version: Version(1),
        on: true,
        shares: [(name("free"), Percent::new(50.).expect("a percentage"))].into(),
        by: None,
        changed_at: None,
        doubts: vec![],
    };
    let mut events = vec![
        event(0, Body::Link { source: source(SourceKind::Flags, "web"), state: LinkState::Live }),
        event(0, Body::Link { source: source(SourceKind::Metrics, "errors"), state: LinkState::Live }),
        event(1, Body::Flag { platform: name("web"), state }),
    ];
    let mut bad = (0.0, 0.0);
    for second in 0..120 {
        let units = f64::from(second) * 100.0;
        bad = (bad.0 + if second > 60 { 10.0 } else { 1.0 }, bad.1 + 1.0);
        let ms = i64::from(second) * 1000;
        events.push(event(ms + 2, Body::Heard(source(SourceKind::Flags, "web"))));
        events.push(sample(ms + 3, (units, bad.0), (units, bad.1)));
        events.push(event(ms + 500, Body::Tick));
    }
    events
}

fn record(folder: &TempDir, events: &[Event]) -> (PathBuf, Recorded) {
    let path = folder.path().join("night.rec");
    let header = Header::new(&rollout(&["free"]), Autopilot::Guard, false);
    let mut recorder = Recorder::create(&path, &header).expect("a new file");
    events.iter().for_each(|event| recorder.take(event, &[]));
    let recorded = recorder.finish(PATIENCE);
    (path, recorded)
}

fn read(bytes: &[u8]) -> (Vec<Result<Event, RecordingError>>, u64) {
    let mut recording = Recording::open("night.rec", bytes).expect("a recording");
    let events = recording.by_ref().map(|taken| taken.map(|taken| taken.event)).collect();
    (events, recording.cut_lines())
}

/// The events of a recording alone.
fn events_of<R: std::io::BufRead>(
    recording: Result<Recording<R>, RecordingError>,
) -> impl Iterator<Item = Result<Event, RecordingError>> {
    recording.expect("a recording").map(|taken| taken.map(|taken| taken.event))
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn what_is_read_back_is_what_was_recorded() {
    let folder = folder();
    let (path, recorded) = record(&folder, &story());
    assert_eq!((recorded.events, recorded.lost, recorded.failure), (story().len() as u64, 0, None));
    let bytes = std::fs::read(path).expect("a file");
    assert!(is_recording(&bytes) && bytes.starts_with(b"{\"gonogo\":\"recording\",\"version\":2,"));
    let (events, cut) = read(&bytes);
    let events: Vec<_> = events.into_iter().map(|event| event.expect("an event")).collect();
    assert_eq!((events, cut), (story(), 0));
}

#[test]
fn the_guardrails_say_of_a_recording_what_the_engine_said_then() {
    let folder = folder();
    let (path, _) = record(&folder, &story());
    let mut model = Model::new(std::sync::Arc::new(rollout(&["free"])), Autopilot::Guard, false);
    for event in story() {
        update(&mut model, &event);
    }
    let then = model.segments[0].latches.first().expect("a NO-GO").clone();
    let recording =
        Recording::open("night.rec", std::io::BufReader::new(std::fs::File::open(path).expect("a file")));
    let mut changes: Vec<Change> = Vec::new();
    let mut keep = |change: &Change| {
        changes.push(change.clone());
        Ok(())
    };
    let summary = backtest::events(rollout(&["free"]), "night.rec", events_of(recording), &mut keep)
        .unwrap_or_else(|error| panic!("{error}"));
    let no_go = changes.iter().find(|change| change.verdict == Verdict::NoGo).expect("a NO-GO");
    assert_eq!((no_go.at, &no_go.evidence), (then.at, &then.evidence));
    assert!(summary.is_no_go() && summary.real == [0]);
    assert!(changes.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[test]
fn a_cut_last_line_is_left_out_and_counted_wherever_it_was_cut() {
    let folder = folder();
    let (path, _) = record(&folder, &story()[..4]);
    let bytes = std::fs::read(path).expect("a file");
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines") + 1;
    for length in last + 1..bytes.len() - 1 {
        let (events, cut) = read(&bytes[..length]);
        assert_eq!((events.len(), cut), (3, 1), "{length}");
        assert!(events.iter().all(Result::is_ok));
    }
    // Whole but for its line break.
    let (events, cut) = read(&bytes[..bytes.len() - 1]);
    assert_eq!((events.len(), cut), (4, 0));
}

#[test]
fn a_damaged_line_a_newer_version_and_another_file_are_refused_in_words() {
    let folder = folder();
    let (path, _) = record(&folder, &story()[..4]);
    let text = std::fs::read_to_string(path).expect("a file");
    let damaged = text.replacen("\"body\"", "\"bodi\"", 1);
    let (events, _) = read(damaged.as_bytes());
    let error = events.into_iter().find_map(Result::err).expect("an error").to_string();
    assert!(error.contains("night.rec, line 2: it is no event") && error.contains("\nhint: "), "{error}");
    for (from, to, words) in [
        ("\"version\":2", "\"version\":9", "line 1, version: it is 9"),
        ("\"gonogo\":\"recording\"", "\"gonogo\":\"journal\"", "it is no recording: `gonogo` is \"journal\""),
        ("{\"gonogo\"", "{\"x\"", "it is no recording: missing field `gonogo`"),
    ] {
        let other = text.replacen(from, to, 1);
        let error = Recording::open("night.rec", other.as_bytes()).expect_err("refused").to_string();
        assert!(error.contains(words) && error.contains("\nhint: "), "{error}");
    }
}

#[test]
fn a_file_that_is_there_is_never_overwritten_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (path, _) = record(&folder, &story());
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(&path).expect("a file");
    let error = Recorder::create(&path, &Header::new(&rollout(&["free"]), Autopilot::Off, false))
        .expect_err("refused");
    assert!(error.to_string().contains("the file is there already\nhint: "), "{error}");
    assert_eq!(std::fs::read(&path).expect("a file"), before);
    let nowhere = folder.path().join("no/folder.rec");
    let error = Recorder::create(&nowhere, &Header::new(&rollout(&["free"]), Autopilot::Off, false))
        .expect_err("refused");
    assert!(error.to_string().contains("\nhint: "), "{error}");
}

#[test]
fn a_flood_waits_for_no_disk_and_what_is_lost_is_counted_and_told() {
    let folder = folder();
    let path = folder.path().join("night.rec");
    let mut recorder = Recorder::create(&path, &Header::new(&rollout(&["free"]), Autopilot::Off, false))
        .expect("a new file");
    let huge = Text::new(&"x".repeat(500));
    let body = || Body::Problem { source: Source::new(SourceKind::Metrics, "errors"), problem: huge.clone() };
    // More than the queue holds, faster than any disk: none may wait, and none may vanish uncounted.
    let count = 60_000;
    (0..count).for_each(|ms| recorder.take(&event(ms, body()), &[]));
    let has_told = recorder.problem().is_some();
    let recorded = recorder.finish(PATIENCE);
    assert_eq!(recorded.events + recorded.lost, count as u64);
    assert_eq!(has_told, recorded.lost > 0);
}

#[test]
fn a_recording_of_another_rollout_has_nothing_to_judge_and_says_so() {
    let folder = folder();
    let (path, _) = record(&folder, &story());
    let recording =
        Recording::open("night.rec", std::io::BufReader::new(std::fs::File::open(path).expect("a file")));
    let result = backtest::events(rollout(&["gold"]), "night.rec", events_of(recording), &mut |_| Ok(()));
    let error = match result {
        Err(error @ BacktestError::Nothing { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(error.contains("does not know: free") && error.contains("has the segments gold"), "{error}");
}

#[test]
fn a_line_without_end_is_refused_and_does_not_fill_the_memory() {
    let folder = folder();
    let (path, _) = record(&folder, &story()[..1]);
    let mut bytes = std::fs::read(path).expect("a file");
    bytes.write_all(&vec![b'x'; 5 * 1024 * 1024]).expect("written");
    let (events, cut) = read(&bytes);
    assert!(matches!(&events[..], [Ok(_), Err(RecordingError::NoEvent { line: 3, .. })]), "{cut}");
}
