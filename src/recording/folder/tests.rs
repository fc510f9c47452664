//! The limits: what goes, what stays, and what is never touched.

use std::time::SystemTime;

use super::*;
use crate::domain::{Rollout, Span};
use crate::engine::Autopilot;
use crate::recording::{Header, Recorder};

const DAY: Duration = Duration::from_secs(86_400);
/// 2026-11-22T20:12:53.123Z.
const NOW: Timestamp = Timestamp(1_795_378_373_123);

fn rollout(name: &str) -> Rollout {
    Rollout {
        name: RolloutName::new(name).unwrap(),
        owner: None,
        platforms: vec![],
        segments: vec![],
        metrics: vec![],
        guardrails: vec![],
        pause_without_data: Span(Duration::from_secs(60)),
        sample_ratio: true,
    }
}

/// A finished recording that was written so long before [`NOW`]; its size.
fn record(folder: &Folder, name: &str, age: Duration) -> (PathBuf, u64) {
    let rollout = rollout(name);
    let at = Timestamp(NOW.0 - age.as_millis() as i64);
    let path = folder.name_file(&rollout.name, at).unwrap();
    let recorder = Recorder::create(&path, &Header::new(&rollout, Autopilot::Off, false)).unwrap();
    let _ = recorder.finish(Duration::from_secs(5));
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(at.0 as u64);
    let file = File::options().append(true).open(&path).unwrap();
    file.set_modified(time).unwrap();
    (path.clone(), file.metadata().unwrap().len())
}

fn folder() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path().join("recordings"));
    (dir, folder)
}

const ALL: Keep = Keep { size: u64::MAX, age: Duration::MAX };

#[test]
fn a_file_is_found_by_rollout_and_time_and_two_of_one_second_have_two_names() {
    let (dir, folder) = folder();
    let (first, _) = record(&folder, "a/b", Duration::ZERO);
    assert_eq!(first, dir.path().join("recordings/a%2Fb/20261122T201253Z.rec"));
    let (second, _) = record(&folder, "a/b", Duration::ZERO);
    assert!(second.ends_with("20261122T201253Z-2.rec"), "{second:?}");
    let (hidden, _) = record(&folder, "..", Duration::ZERO);
    assert!(hidden.starts_with(dir.path().join("recordings/%2E.")), "{hidden:?}");
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&first), mode(first.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn what_is_too_old_goes_and_what_is_young_stays() {
    let (_dir, folder) = folder();
    let (old, bytes) = record(&folder, "a", 31 * DAY);
    let (young, left) = record(&folder, "a", 29 * DAY);
    let tidied = folder.tidy(Keep { age: 30 * DAY, ..ALL }, NOW);
    assert_eq!(tidied, Tidied { removed: 1, bytes, in_use: 0, left, failure: None });
    assert!(!old.exists() && young.exists());
}

#[test]
fn past_the_size_the_oldest_go_first_over_all_rollouts_and_no_more_than_needed() {
    let (_dir, folder) = folder();
    let (second, _) = record(&folder, "a", 2 * DAY);
    let (oldest, _) = record(&folder, "b", 3 * DAY);
    let (newest, size) = record(&folder, "a", DAY);
    let tidied = folder.tidy(Keep { size: 2 * size, ..ALL }, NOW);
    assert_eq!((tidied.removed, tidied.left), (1, 2 * size));
    assert!(!oldest.exists() && second.exists() && newest.exists());
}

#[test]
fn what_is_being_written_stays_however_old_and_large_also_after_the_holder_was_another_process() {
    let (_dir, folder) = folder();
    let (path, bytes) = record(&folder, "a", 100 * DAY);
    let held = Folder::hold(&path).unwrap();
    let none = Keep { size: 0, age: Duration::ZERO };
    assert_eq!(folder.tidy(none, NOW), Tidied { in_use: 1, left: bytes, ..Tidied::default() });
    drop(held);
    assert_eq!(folder.tidy(none, NOW).removed, 1);
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_not_ours_is_never_removed() {
    let (dir, folder) = folder();
    let (ours, _) = record(&folder, "a", DAY);
    let content = fs::read(&ours).unwrap();
    let root = dir.path().join("recordings");
    let theirs = [
        // In another place, of another name, of other content, behind a link.
        root.join("20261122T201253Z.rec"),
        root.join("a/night.rec"),
        root.join("a/20261122T201253Z.rec.bak"),
        root.join("a/20261122T201253Z-x.rec"),
        root.join("a/b/20261122T201253Z.rec"),
    ];
    fs::create_dir(root.join("a/b")).unwrap();
    theirs.iter().for_each(|path| fs::write(path, &content).unwrap());
    let text = root.join("a/20201122T201253Z.rec");
    fs::write(&text, "my notes").unwrap();
    let outside = dir.path().join("elsewhere");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("20261122T201253Z.rec"), &content).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.join("20261122T201253Z.rec"), root.join("a/20211122T201253Z.rec"))
        .unwrap();

    let tidied = folder.tidy(Keep { size: 0, age: Duration::ZERO }, NOW);
    assert_eq!((tidied.removed, tidied.failure), (1, None));
    assert!(!ours.exists());
    assert!(theirs.iter().all(|path| path.exists()) && text.exists());
    assert!(outside.join("20261122T201253Z.rec").exists());
}

#[test]
fn a_folder_that_is_not_there_is_empty_and_one_that_is_a_file_is_said() {
    let (dir, folder) = folder();
    assert_eq!(folder.tidy(ALL, NOW), Tidied::default());
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let tidied = Folder::new(file.clone()).tidy(ALL, NOW);
    assert!(tidied.failure.is_some_and(|failure| failure.starts_with(file.to_str().unwrap())));
}
