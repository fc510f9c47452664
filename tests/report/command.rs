//! `gonogo report` from outside.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use gonogo::engine::Autopilot;
use gonogo::recording::Recorder;

use super::script::Script;

fn record(path: &Path) {
    let script = Script::story(Autopilot::Guard);
    let mut recorder = Recorder::create(path, &script.header).expect("a new file");
    for taken in &script.taken {
        recorder.take(&taken.event, taken.decided.as_deref().unwrap_or_default());
    }
    let recorded = recorder.finish(Duration::from_secs(20));
    assert_eq!((recorded.events, recorded.lost), (script.taken.len() as u64, 0));
}

fn report(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    command
        .arg("report")
        .args(arguments)
        .current_dir(home)
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CONFIG_HOME", home.join("config"));
    command.output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_recording_makes_a_report_in_each_format() {
    let home = tempfile::tempdir().expect("a folder");
    record(&home.path().join("night.rec"));
    let markdown = report(home.path(), &["night.rec"]);
    assert!(markdown.status.success(), "{}", text(&markdown.stderr));
    assert!(text(&markdown.stdout).starts_with("# checkout-v2: retrospective\n"));
    let json = report(home.path(), &["night.rec", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["gonogo"], &json["version"]), (&"report".into(), &1.into()));
    assert_eq!(json["recording"]["differing_events"], 0, "what is derived is what was recorded");
    let html = report(home.path(), &["night.rec", "--format", "html", "--output", "night.html"]);
    assert!(html.status.success() && html.stdout.is_empty());
    let page = std::fs::read_to_string(home.path().join("night.html")).expect("a file");
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("<title>checkout-v2: retrospective</title>")
    );
}

#[test]
fn a_report_replaces_a_report_and_never_a_recording() {
    let home = tempfile::tempdir().expect("a folder");
    let recording = home.path().join("night.rec");
    record(&recording);
    let before = std::fs::read(&recording).expect("a file");
    let refused = report(home.path(), &["night.rec", "--output", "night.rec"]);
    let said = text(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("a recording is there, and is never overwritten"),
        "{said}"
    );
    assert!(std::fs::read(&recording).expect("a file") == before);
    for _ in 0..2 {
        assert!(report(home.path(), &["night.rec", "--output", "night.md"]).status.success());
    }
    let files = std::fs::read_dir(home.path()).expect("a folder").count();
    assert_eq!(files, 2, "nothing half written is left beside them");
}

#[test]
fn a_name_stands_for_the_newest_recording_of_that_rollout() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("state/gonogo/recordings/checkout-v2");
    std::fs::create_dir_all(&folder).expect("a folder");
    record(&folder.join("20261101T000000Z.rec"));
    record(&folder.join("20261102T000000Z.rec"));
    let old = std::fs::File::options().write(true).open(folder.join("20261101T000000Z.rec")).expect("a file");
    old.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1)).expect("its time");
    let found = report(home.path(), &["checkout-v2"]);
    assert!(text(&found.stdout).contains("Made from 20261102T000000Z.rec"), "{}", text(&found.stderr));
}

#[test]
fn an_unknown_name_says_what_was_looked_for_where() {
    let home = tempfile::tempdir().expect("a folder");
    let nothing = report(home.path(), &["checkout-v3"]);
    let said = text(&nothing.stderr);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(
        said.contains("checkout-v3")
            && said.contains("gonogo/recordings/checkout-v3")
            && said.contains("hint:"),
        "{said}"
    );
    let number = report(home.path(), &["12"]);
    assert!(
        number.status.code() == Some(2) && text(&number.stderr).contains("12"),
        "{}",
        text(&number.stderr)
    );
    for bad in ["../night", "."] {
        assert_eq!(report(home.path(), &[bad]).status.code(), Some(2), "{bad}");
    }
}

#[test]
fn a_cut_recording_makes_a_report_and_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("night.rec");
    record(&path);
    let bytes = std::fs::read(&path).expect("a file");
    std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).expect("cut");
    let cut = report(home.path(), &["night.rec"]);
    assert!(cut.status.success(), "{}", text(&cut.stderr));
    let said = text(&cut.stdout);
    assert!(said.contains("was cut off") || said.contains("is damaged"), "{said:.400}");
}

#[test]
fn no_recording_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("notes.txt"), "hello").expect("a file");
    let refused = report(home.path(), &["notes.txt"]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("hint:"));
}
