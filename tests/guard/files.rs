//! What it is started with: all of it is checked before anything is done.

use std::process::{Command, Output};

use super::world::World;

fn guard(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gonogo")).arg("guard").args(args).output().unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert!(output.stdout.is_empty(), "nothing was watched: {output:?}");
}

#[test]
fn bad_files_among_good_ones_are_all_named_and_nothing_is_started() {
    let world = World::steady();
    let good = world.path("rollout.toml");
    let (wrong, nowhere) = (world.path("wrong.toml"), world.path("nowhere.toml"));
    std::fs::write(&wrong, "name = 5\n").unwrap();
    let state = world.path("state");
    let output = guard(&[&good, &wrong, &nowhere, "--state-dir", &state]);
    assert_refused(&output, &["wrong.toml", "nowhere.toml"]);
    assert!(!std::path::Path::new(&state).exists());
}

#[test]
fn two_files_of_one_rollout_are_refused() {
    let world = World::steady();
    let (one, two) = (world.path("rollout.toml"), world.path("again.toml"));
    std::fs::copy(&one, &two).unwrap();
    let output = guard(&[&one, &two, "--state-dir", &world.path("state")]);
    assert_refused(&output, &["again.toml: checkout-v2 is in another file, too"]);
}

#[test]
fn a_ready_file_that_cannot_be_written_is_refused_at_once() {
    let world = World::steady();
    let (file, ready) = (world.path("rollout.toml"), world.path("no/such/folder/ready"));
    let output = guard(&[&file, "--ready-file", &ready, "--state-dir", &world.path("state")]);
    assert_refused(&output, &["no/such/folder/ready", "hint: "]);
}

#[test]
fn a_recording_is_of_one_rollout() {
    let world = World::steady();
    let (one, two, to) = (world.path("rollout.toml"), world.path("two.toml"), world.path("events"));
    std::fs::copy(&one, &two).unwrap();
    assert_refused(&guard(&[&one, &two, "--record", &to]), &["--record takes one rollout"]);
    let output = guard(&[&one, "--record", &to, "--for", "1s", "--state-dir", &world.path("state")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(" events to "), "{output:?}");
    let file = std::io::BufReader::new(std::fs::File::open(&to).unwrap());
    assert!(gonogo::recording::Recording::open(&to, file).unwrap().count() > 5);
}

#[test]
fn no_file_is_wrong_usage() {
    assert_refused(&guard(&[]), &["<FILE>"]);
}

#[test]
fn every_option_that_the_page_and_the_unit_name_exists() {
    let help = String::from_utf8(guard(&["--help"]).stdout).unwrap();
    let page = include_str!("../../docs/guard.md");
    let guards = page.lines().filter(|line| line.starts_with("| `--") || line.contains("gonogo guard"));
    let unit = include_str!("../../docs/gonogo-guard.service");
    let said =
        guards.chain(unit.lines()).flat_map(|line| line.split([' ', '`', '"', ','])).collect::<Vec<_>>();
    let options: Vec<_> = said.into_iter().filter(|word| word.starts_with("--")).collect();
    assert!(options.len() > 10, "{options:?}");
    for option in options {
        assert!(help.contains(option), "{option} is not in the help:\n{help}");
    }
}
