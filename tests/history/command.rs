//! What a user sees: a guard writes the rollout down, `gonogo history` shows it.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::world::{World, text};

/// All segments start below the top and nothing speaks against them.
pub const BROKEN: &str =
    r#"{ at = "1s", do = { kind = "worsen", segment = "free", errors = { to = 0.5 } } }"#;

/// The binary with nothing of this machine's user in its environment.
pub fn gonogo(world: &World, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    command.env_clear().env("HOME", world.path("home")).args(args);
    command
}

pub fn guard(world: &World, more: &[&str]) -> Output {
    let (file, state) = (world.path("rollout.toml"), world.path("state"));
    let args = [&["guard", &file, "--state-dir", &state, "--until-done", "--for", "60s"], more].concat();
    gonogo(world, &args).output().unwrap()
}

/// A guard that looks for some seconds, whether or not there is anything left to guard.
pub fn guard_for(world: &World, time: &str, more: &[&str]) -> Output {
    let (file, state) = (world.path("rollout.toml"), world.path("state"));
    let args = [&["guard", &file, "--state-dir", &state, "--for", time], more].concat();
    let output = gonogo(world, &args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    output
}

fn history(world: &World, args: &[&str]) -> Output {
    gonogo(world, &[&["history", "--state-dir", &world.path("state")], args].concat()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn listed(world: &World) -> Value {
    serde_json::from_str(&said(&history(world, &["--json"]))).unwrap()
}

#[test]
fn without_a_rollout_it_says_how_it_fills_and_makes_no_file() {
    let world = World::steady();
    let text = said(&history(&world, &[]));
    assert!(text.starts_with("no finished rollout yet: `gonogo watch` and `gonogo guard`"), "{text}");
    assert_eq!(listed(&world)["rollouts"], Value::Array(vec![]));
    assert!(!std::path::Path::new(&world.path("state")).exists());
    let output = history(&world, &["show", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("no rollout 1 in the history\nhint: "),
        "{output:?}"
    );
}

#[test]
fn a_guard_that_climbs_to_the_top_is_in_the_history_and_a_second_guard_changes_nothing() {
    let world = World::steady();
    let output = guard(&world, &["--autopilot", "full"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let all = listed(&world);
    let entry = &all["rollouts"][0];
    assert_eq!((&entry["rollout"], &entry["ending"]), (&"checkout-v2".into(), &"complete".into()), "{all}");
    assert_eq!((&entry["owner"], &entry["exposed"]), (&"tests".into(), &3000.into()));
    assert_eq!((&entry["has_failed"], &entry["no_gos"]), (&false.into(), &0.into()));
    assert!(
        entry["duration_s"].as_f64().unwrap() > 1.0 && entry["adoption"].as_f64().unwrap() > 0.2,
        "{entry}"
    );
    assert_eq!(all["totals"]["success_rate"], 1.0);
    let text = said(&history(&world, &[]));
    assert!(text.contains("checkout-v2  complete") && text.contains("1 rollout; success 100%"), "{text}");

    assert_eq!(guard(&world, &[]).status.code(), Some(0));
    let again = listed(&world);
    assert_eq!(again["rollouts"].as_array().unwrap().len(), 1);
    for field in ["id", "ending", "started", "ended", "kills", "exposed"] {
        assert_eq!(again["rollouts"][0][field], entry[field], "{field}");
    }
}

#[test]
fn a_kill_is_in_the_history_with_its_times_and_a_person_can_say_that_it_was_false() {
    let world = World::serve(&text(200, BROKEN));
    let mut running = gonogo(
        &world,
        &["guard", &world.path("rollout.toml"), "--state-dir", &world.path("state"), "--until-done"],
    )
    .stdout(Stdio::null())
    .spawn()
    .unwrap();
    world.until("the kill", |world| world.share("free") == 0.0);
    // Only when nobody has it any more, it is over.
    let killed = world.run("kill", &["--reason", "enough"]);
    assert!(killed.status.success(), "{killed:?}");
    running.wait().unwrap();
    // The guard may have left before it read what the other process did; the next one finds it in the journal.
    assert_eq!(guard(&world, &[]).status.code(), Some(1));

    let entry = listed(&world)["rollouts"][0].clone();
    assert_eq!(entry["ending"], "killed", "{entry}");
    let kills = entry["kills"].as_array().unwrap();
    assert_eq!(kills.len(), 2, "{entry}");
    assert_eq!((&kills[0]["scope"], &kills[0]["actor"]), (&"free".into(), &"autopilot".into()));
    assert!(kills[0]["detected"].is_string() && kills[0]["off"].is_string(), "{entry}");
    let took = entry["detected_to_off_s"].as_f64().unwrap();
    assert!((0.0..10.0).contains(&took), "{took}");
    assert_eq!((&kills[1]["actor"], &kills[1]["why"]), (&"script".into(), &"enough".into()));

    let id = entry["id"].to_string();
    let text = said(&history(&world, &["mark", &id, "--false-kill", "--reason", "the shop was down"]));
    assert_eq!(text, format!("2 kills of rollout {id} marked as false\n"));
    let all = listed(&world);
    assert_eq!(
        (&all["rollouts"][0]["has_failed"], &all["totals"]["change_failure_rate"]),
        (&false.into(), &0.0.into())
    );
    let text = said(&history(&world, &["mark", &id, "--true-kill", "--kill", "1"]));
    assert_eq!(text, format!("1 kill of rollout {id} marked as true\n"));
    assert_eq!(listed(&world)["rollouts"][0]["false_kills"], 1);
    let text = said(&history(&world, &["show", &id]));
    assert!(text.contains("a FALSE kill: the shop was down") && text.contains("a true kill"), "{text}");
    assert_eq!(history(&world, &["mark", &id]).status.code(), Some(2), "false or true?");

    said(&history(&world, &["remove", &id]));
    assert_eq!(listed(&world)["rollouts"], Value::Array(vec![]));
}

#[test]
fn a_damaged_history_is_said_and_the_rollout_goes_on() {
    let world = World::steady();
    std::fs::create_dir(world.path("state")).unwrap();
    std::fs::write(world.path("state/history.db"), vec![7; 8192]).unwrap();
    let output = guard(&world, &["--autopilot", "full"]);
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("history.db: it is damaged") && log.contains("hint: move it"), "{log}");
    let output = history(&world, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it is damaged"), "{output:?}");
}
