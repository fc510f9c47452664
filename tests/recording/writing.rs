//! The recorder: it never waits, never overwrites, and counts what it loses.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use gonogo::domain::{Source, SourceKind, Text};
use gonogo::engine::Model;
use gonogo::event::{Body, Event};
use gonogo::recording::{Archive, Keyframe, Recorder, Taken};

use super::story::{Desk, PATIENCE, decided, event, header, rollout, story, stream};

fn record(desk: &Desk, told: &[Taken]) -> Recorder {
    let mut recorder = Recorder::create(&desk.path, &header()).expect("a new file");
    told.iter().for_each(|taken| recorder.take(&taken.event, decided(taken)));
    recorder
}

#[test]
fn what_is_recorded_is_in_the_file_when_it_has_ended() {
    let (desk, told) = (Desk::new(), story(120));
    let recorded = record(&desk, &told).finish(PATIENCE);
    assert_eq!((recorded.events, recorded.lost, recorded.failure), (told.len() as u64, 0, None));
    assert_eq!(recorded.path, desk.path);
    assert_eq!(stream(&desk.bytes()).expect("a recording").taken, told);
    assert!(Archive::open(&desk.path).expect("a recording").has_end());
}

#[test]
fn a_recorder_that_is_dropped_writes_what_it_has() {
    let (desk, told) = (Desk::new(), story(10));
    drop(record(&desk, &told));
    let mut archive = Archive::open(&desk.path).expect("a recording");
    while !archive.has_end() {
        std::thread::yield_now();
        archive = Archive::open(&desk.path).expect("a recording");
    }
    assert_eq!(archive.extent().events, told.len() as u64);
}

#[test]
fn a_process_that_is_killed_loses_at_most_what_came_in_since_the_last_tick() {
    let (desk, told) = (Desk::new(), story(20));
    let recorder = record(&desk, &told);
    // The last event is a tick: nobody needs to end anything for it to come into the file.
    let mut archive = Archive::open(&desk.path).expect("a recording");
    while archive.extent().events < told.len() as u64 {
        std::thread::yield_now();
        archive = Archive::open(&desk.path).expect("a recording");
        while !archive.look(10).expect("readable") {}
    }
    assert!(!archive.has_end());
    assert_eq!(stream(&desk.bytes()).expect("a recording").taken, told);
    drop(recorder);
}

#[test]
fn a_file_that_is_there_is_never_overwritten_and_is_its_owners_alone() {
    let (desk, told) = (Desk::new(), story(10));
    let first = record(&desk, &told);
    // While the first is at it, and afterwards.
    let error = Recorder::create(&desk.path, &header()).expect_err("refused");
    assert!(error.to_string().contains("the file is there already\nhint: "), "{error}");
    assert_eq!(first.finish(PATIENCE).lost, 0);
    let mode = std::fs::metadata(&desk.path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = desk.bytes();
    assert!(Recorder::create(&desk.path, &header()).is_err());
    assert_eq!(desk.bytes(), before);
    for path in [desk.folder.path().join("no/folder.rec"), "/dev/full".into(), desk.folder.path().to_owned()]
    {
        let error = Recorder::create(&path, &header()).expect_err("refused");
        assert!(error.to_string().contains("\nhint: "), "{error}");
    }
}

#[test]
fn a_flood_waits_for_no_disk_and_what_is_lost_is_counted_told_and_missing_where_it_is_missing() {
    let desk = Desk::new();
    let mut recorder = Recorder::create(&desk.path, &header()).expect("a new file");
    let huge = Text::new(&"x ".repeat(240));
    let body = || Body::Problem { source: Source::new(SourceKind::Metrics, "errors"), problem: huge.clone() };
    // More than the queue holds, faster than any disk: none may wait, and none may vanish uncounted.
    let count = 60_000;
    (0..count).for_each(|ms| recorder.take(&event(ms, body()), &[]));
    let has_told = recorder.problem().is_some();
    let recorded = recorder.finish(PATIENCE);
    assert_eq!(recorded.events + recorded.lost, count as u64);
    assert_eq!(has_told, recorded.lost > 0);
    // The number of each event is its place among all that there were.
    let read = stream(&desk.bytes()).expect("a recording");
    assert_eq!(read.taken.len() as u64, recorded.events);
    for taken in &read.taken {
        assert_eq!(taken.event.at, event(taken.number as i64, Body::Tick).at);
    }
    assert_eq!(Archive::open(&desk.path).expect("a recording").extent().events, count as u64);
}

#[test]
fn a_state_is_written_in_its_place_when_it_is_wanted() {
    let desk = Desk::new();
    let freeze = |model: &Model| Some(Keyframe { fingerprint: 1, state: model.now.0.to_le_bytes().to_vec() });
    let mut recorder = Recorder::create_freezing(&desk.path, &header(), freeze).expect("a new file");
    let mut model = Model::new(std::sync::Arc::new(rollout()), gonogo::engine::Autopilot::Off, true);
    let problem = Text::new(&"x ".repeat(240));
    let mut given = 0;
    for ms in 0..60_000 {
        let source = Source::new(SourceKind::Metrics, "errors");
        let next: Event = event(ms, Body::Problem { source, problem: problem.clone() });
        model.now = next.at;
        recorder.take(&next, &[]);
        if recorder.wants_keyframe() {
            recorder.keyframe(model.clone());
            given += 1;
        }
        if ms % 1000 == 0 {
            // As long as the thread needs to look at it.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    assert!(given > 0);
    drop(recorder.finish(PATIENCE));
    let archive = Archive::open(&desk.path).expect("a recording");
    let mut found = 0;
    for number in 1..archive.blocks().len() {
        let Some(keyframe) = archive.keyframe(number).expect("readable") else { continue };
        found += 1;
        let before = archive.block(number - 1).expect("readable").last().expect("events").expect("whole");
        assert_eq!(keyframe.state, before.event.at.0.to_le_bytes());
        assert_eq!(before.number + 1, archive.blocks()[number].first);
    }
    assert!(found > 0 && found <= given, "{found} of {given}");
}

#[test]
fn no_state_is_wanted_after_an_event_was_lost() {
    let desk = Desk::new();
    let mut recorder = Recorder::create(&desk.path, &header()).expect("a new file");
    let problem = Text::new(&"x ".repeat(240));
    let body =
        || Body::Problem { source: Source::new(SourceKind::Metrics, "errors"), problem: problem.clone() };
    let mut ms = 0;
    while recorder.problem().is_none() {
        recorder.take(&event(ms, body()), &[]);
        ms += 1;
    }
    // Until the thread has written so much that it would ask.
    let mut bytes = 0;
    while bytes < 4 * 1024 * 1024 {
        assert!(!recorder.wants_keyframe());
        let mut archive = Archive::open(&desk.path).expect("a recording");
        while !archive.look(100).expect("readable") {}
        bytes = archive.blocks().iter().map(|block| block.bytes).sum();
    }
    let recorded = recorder.finish(PATIENCE);
    assert!(recorded.lost > 0);
    let archive = Archive::open(&desk.path).expect("a recording");
    assert!(archive.blocks().iter().all(|block| !block.has_keyframe));
}
