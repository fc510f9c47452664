//! What is recorded, judged again. That it is what was recorded is a matter of `tests/recording`.

use std::path::PathBuf;
use std::time::Duration;

use gonogo::backtest::{self, BacktestError, Change};
use gonogo::domain::*;
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Header, Recorded, Recorder, Recording, RecordingError};
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
        ..FlagState::default()
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
fn a_recording_that_was_cut_off_is_judged_up_to_there_and_a_damaged_one_is_refused() {
    let folder = folder();
    let (path, _) = record(&folder, &story());
    let mut bytes = std::fs::read(path).expect("a file");
    let judge = |bytes: &[u8]| {
        let mut recording = Recording::open("night.rec", bytes).expect("a recording");
        let events = recording.by_ref().map(|taken| taken.map(|taken| taken.event));
        let judged = backtest::events(rollout(&["free"]), "night.rec", events, &mut |_| Ok(()));
        judged.map(|summary| (summary.rows.read, recording.cut_lines()))
    };
    let all = story().len() as u64;
    assert_eq!(judge(&bytes).unwrap_or_else(|error| panic!("{error}")), (all, 0));
    let half = bytes.len() / 2;
    let (read, cut) = judge(&bytes[..half]).unwrap_or_else(|error| panic!("{error}"));
    assert!(cut == 1 && read < all, "{read}");
    bytes[half] ^= 1;
    let error = judge(&bytes).expect_err("damaged").to_string();
    assert!(error.contains("night.rec: damaged at byte ") && error.contains("\nhint: "), "{error}");
}
