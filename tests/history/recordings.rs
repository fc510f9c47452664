//! Recordings that the settings ask for, and what the history takes from a recording.

use std::path::{Path, PathBuf};

use super::command::{gonogo, guard, guard_for};
use super::world::World;

fn settings(world: &World, text: &str) {
    let folder = world.path("home/.config/gonogo");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(Path::new(&folder).join("settings.toml"), text).unwrap();
}

/// The recordings of a folder, rollout by rollout.
fn recordings(folder: &str) -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(Path::new(folder).join("checkout-v2")) else { return Vec::new() };
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn with_always_a_guard_records_into_the_folder_and_no_record_turns_it_off() {
    let world = World::steady();
    settings(&world, "[recording]\nalways = true\n");
    let folder = world.path("home/.local/state/gonogo/recordings");
    guard_for(&world, "1s", &["--no-record"]);
    assert_eq!(recordings(&folder), Vec::<PathBuf>::new());
    let output = guard(&world, &["--autopilot", "full"]);
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = recordings(&folder);
    assert_eq!(files.len(), 1, "{log}");
    assert!(log.contains(&format!("events to {}, 0 missing", files[0].display())), "{log}");
    let shown = gonogo(&world, &["settings"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("always = true") && shown.contains("# line 2") && shown.contains(&folder),
        "{shown}"
    );

    // The history says where it is; on another machine, the recording alone tells the same.
    let state = world.path("elsewhere");
    let added = gonogo(&world, &["history", "add", "--state-dir", &state]).args(&files).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    assert_eq!(String::from_utf8_lossy(&added.stdout), "rollout 1: checkout-v2 complete\n");
    let json = |state: &str| -> serde_json::Value {
        let output = gonogo(&world, &["history", "--json", "--state-dir", state]).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["rollouts"][0].clone()
    };
    let (live, replayed) = (json(&world.path("state")), json(&state));
    assert_eq!(live["recording"], files[0].to_str().unwrap());
    for field in ["rollout", "ending", "started", "ended", "kills", "no_gos", "exposed", "adoption", "units"]
    {
        assert_eq!(live[field], replayed[field], "{field}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_and_broken_settings_are_said_and_the_rollout_goes_on() {
    let world = World::steady();
    std::fs::write(world.path("file"), "x").unwrap();
    settings(&world, &format!("[recording]\nalways = true\nfolder = \"{}\"\n", world.path("file")));
    let output = guard(&world, &["--autopilot", "full"]);
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("nothing is recorded: cannot record to"), "{log}");

    settings(&world, "[recording]\nalwasy = true\n");
    let output = guard(&world, &[]);
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("unknown field `alwasy`") && log.contains("did you mean `always`?"), "{log}");
    // Who asks for a recording wants it as the settings say, and those cannot be read.
    let output = guard(&world, &["--record", &world.path("x.rec")]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!Path::new(&world.path("x.rec")).exists());
}

#[test]
fn two_rollouts_are_recorded_into_a_folder_that_is_named() {
    let world = World::steady();
    let (one, two, to) = (world.path("rollout.toml"), world.path("two.toml"), world.path("folder"));
    let text = std::fs::read_to_string(&one).unwrap();
    std::fs::write(&two, text.replacen("name = \"checkout-v2\"", "name = \"other\"", 1)).unwrap();
    std::fs::create_dir(&to).unwrap();
    let args = ["guard", &one, &two, "--state-dir", &world.path("state"), "--record", &to, "--for", "1s"];
    let output = gonogo(&world, &args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(recordings(&to).len(), 1);
    assert_eq!(std::fs::read_dir(Path::new(&to).join("other")).unwrap().count(), 1);
}

#[test]
fn a_redacted_copy_holds_no_word_of_a_customer_and_verifies_as_the_original_does() {
    let world = World::steady();
    let (original, copy, live) = (world.path("night.rec"), world.path("copy.rec"), world.path("live.rec"));
    let output = guard(&world, &["--autopilot", "full", "--record", &original]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = gonogo(&world, &["redact", &original, &copy]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    guard_for(&world, "4s", &["--record", &live, "--redact"]);

    let events = |path: &str| -> Vec<gonogo::event::Event> {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let recording = gonogo::recording::Recording::open(path, file).unwrap();
        assert_eq!(recording.header().redacted, path != original);
        recording.map(|taken| taken.unwrap().event).collect()
    };
    let said = |event: &gonogo::event::Event| match &event.body {
        gonogo::event::Body::Feedback(feedback) => Some((feedback.id.to_string(), feedback.text.to_string())),
        _ => None,
    };
    let (before, after) = (events(&original), events(&copy));
    assert_eq!(before.len(), after.len());
    let words: Vec<_> = before.iter().filter_map(said).collect();
    assert!(!words.is_empty(), "customers speak in this world");
    let all = serde_json::to_string(&after).unwrap();
    assert!(words.iter().all(|(id, text)| !all.contains(id.as_str()) && !all.contains(text.as_str())));
    assert!(
        events(&live).iter().filter_map(said).all(|(id, text)| id.starts_with('#') && text.starts_with('#'))
    );

    for path in [&original, &copy, &live] {
        let verified = gonogo(&world, &["replay", path, "--verify"]).output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{path}: {verified:?}");
    }
    let again = gonogo(&world, &["redact", &original, &copy]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "a file that is there is never overwritten");
}
