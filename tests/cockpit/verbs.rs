//! The one-shot verbs: what they do at the flag service, what they print, and how they exit.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::world::World;

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
}

#[test]
fn status_tells_what_the_service_has_stored() {
    let world = World::steady();
    let output = world.run("status", &["--json"]);
    assert_exit(&output, 0);
    let status = json(&output);
    assert_eq!(status["rollout"], "checkout-v2");
    let free = status["segments"].as_array().unwrap().iter().find(|s| s["name"] == "free").unwrap();
    assert_eq!(free["exposure"]["confirmed"], 25.0);
    assert_eq!(status["platforms"][0]["on"], true);
    let output = world.run("status", &[]);
    assert_exit(&output, 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("free: "), "{output:?}");
}

#[test]
fn status_of_one_segment_is_about_it_alone() {
    let world = World::steady();
    let output = world.run("status", &["--segment", "free", "--platform", "web", "--json"]);
    assert_exit(&output, 0);
    let status = json(&output);
    let names: Vec<_> = status["segments"].as_array().unwrap().iter().map(|s| s["name"].clone()).collect();
    assert_eq!(names, ["free"]);
    for wrong in [["--segment", "fre"], ["--platform", "wap"]] {
        let output = world.run("status", &wrong);
        assert_exit(&output, 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains("there are"), "{output:?}");
    }
}

#[test]
fn each_verb_does_at_the_service_what_it_says() {
    let world = World::steady();
    let output = world.run("widen", &["--segment", "free", "--json"]);
    assert_exit(&output, 1);
    assert_eq!(json(&output)["outcome"], "refused", "no reason was given although nothing is proven yet");
    assert_eq!(world.share("free"), 25.0);

    let output = world.run("widen", &["--segment", "free", "--to", "30", "--reason", "we know", "--json"]);
    assert_exit(&output, 0);
    assert_eq!((json(&output)["outcome"].as_str(), world.share("free")), (Some("confirmed"), 30.0));
    assert!(json(&output)["earliest_kill_ms"].is_u64(), "{}", json(&output)["earliest_kill_ms"]);

    assert_exit(&world.run("pause", &["--json"]), 0);
    let output = world.run("widen", &["--segment", "free", "--reason", "we know", "--json"]);
    assert_exit(&output, 1);
    assert!(json(&output)["cause"].as_str().unwrap().contains("paused by script"), "{output:?}");
    assert_exit(&world.run("resume", &["--json"]), 0);

    assert_exit(&world.run("rollback", &["--segment", "free"]), 0);
    assert_eq!(world.share("free"), 25.0);

    let output = world.run("kill", &["--reason", "checkout is down", "--json"]);
    assert_exit(&output, 0);
    assert!(!world.stored().on);
    println!("one-shot kill: {} ms from the start of the process to read back", json(&output)["took_ms"]);
    let output = world.run("resume", &["--json"]);
    assert_exit(&output, 1);
    assert!(!world.stored().on, "not without the name");
    assert_exit(&world.run("resume", &["--confirm", "checkout-v2"]), 0);
    assert!(world.stored().on);
    assert_eq!([world.share("beta"), world.share("free"), world.share("enterprise")], [50.0, 25.0, 5.0]);
    let journal = world.journal();
    assert!(journal.contains("we know") && journal.contains("checkout is down"), "{journal}");
}

#[test]
fn a_go_is_asked_of_the_service_s_present_exposure_and_is_no_go_for_other_verbs() {
    let world = World::steady();
    let output = world.run("approve", &["--segment", "free", "--role", "captain", "--json"]);
    assert_exit(&output, 1);
    assert!(json(&output)["cause"].as_str().unwrap().contains("needs nobody's go"), "{output:?}");
    assert_exit(&world.run("kill", &["--role", "captain"]), 2);
    assert!(world.stored().on);
}

#[test]
fn without_the_service_it_is_said_and_the_exit_code_is_3() {
    let mut world = World::steady();
    world.go_away();
    for (verb, more) in [("status", &[][..]), ("kill", &[]), ("widen", &["--reason", "r"]), ("rollback", &[])]
    {
        let start = Instant::now();
        let output = world.run(verb, &[&["--timeout", "1s", "--json"], more].concat());
        let code = output.status.code();
        // A rollback without a known exposure is refused: it would not know where to.
        assert!(code == Some(3) || (verb == "rollback" && code == Some(1)), "{verb}: {output:?}");
        assert!(start.elapsed().as_secs() < 8, "{verb} took {:?}", start.elapsed());
        json(&output);
    }
}

#[test]
fn a_file_that_is_not_there_or_not_right_is_exit_code_2() {
    let world = World::steady();
    let gonogo = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_gonogo")).args(args).output().unwrap();
    let nowhere = world.path("nowhere.toml");
    let wrong = world.path("wrong.toml");
    std::fs::write(&wrong, "name = 5\nnaem = 6\n").unwrap();
    for verb in ["status", "widen", "approve", "pause", "resume", "rollback", "kill", "check", "watch"] {
        for file in [&nowhere, &wrong] {
            let output = gonogo(&[verb, file]);
            assert_exit(&output, 2);
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{verb}: {output:?}");
        }
    }
    assert_exit(&gonogo(&["fly"]), 2);
}

#[test]
fn a_segment_that_is_not_there_is_refused_with_the_names() {
    let world = World::steady();
    let output = world.run("kill", &["--segment", "fre", "--json"]);
    assert_exit(&output, 1);
    let said = json(&output)["cause"].as_str().unwrap().to_owned();
    assert!(said.contains("beta, free, enterprise"), "{said}");
    assert!(world.stored().on);
    for wrong in [["--segment", "fre"], ["--platform", "wap"]] {
        let mut lonely = World::steady();
        lonely.go_away();
        let output = lonely.run("kill", &wrong);
        assert_exit(&output, 1);
        assert!(String::from_utf8_lossy(&output.stderr).contains("refused: there is no "), "{output:?}");
    }
}

#[test]
fn the_journal_is_found_by_the_rollout_file_too() {
    let world = World::steady();
    assert_exit(&world.run("pause", &["--reason", "lunch"]), 0);
    let read_with = |which: &str, more: &[&str]| {
        std::fs::create_dir_all(world.path("home/gonogo")).unwrap();
        let _ = std::os::unix::fs::symlink(world.path("state"), world.path("home/gonogo/journal"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command
            .env("XDG_STATE_HOME", world.path("home"))
            .args(["journal", which])
            .args(more)
            .output()
            .unwrap()
    };
    let read = |which: &str| read_with(which, &[]);
    let [by_file, by_name] = [world.path("rollout.toml"), "checkout-v2".into()].map(|which| read(&which));
    assert_exit(&by_file, 0);
    assert!(String::from_utf8_lossy(&by_file.stdout).contains("lunch"), "{by_file:?}");
    assert_eq!(by_file.stdout, by_name.stdout);
    // The link to the last entry leads to it.
    let at = String::from_utf8_lossy(&by_name.stdout).lines().last().unwrap()[..24].to_owned();
    let around = read_with("checkout-v2", &["--at", &at]);
    assert_exit(&around, 0);
    let said = String::from_utf8_lossy(&around.stdout).into_owned();
    assert!(
        said.lines().any(|line| line.starts_with(&format!("> {at}")) && line.contains("lunch")),
        "{said}"
    );
    assert!(said.ends_with(&format!("(> is the entry of {at})\n")), "{said}");
    assert_exit(&read_with("checkout-v2", &["--at", "tea"]), 2);
}

#[test]
fn check_connects_to_everything_and_changes_nothing() {
    let mut world = World::steady();
    let version = world.stored().version;
    let file = world.path("rollout.toml");
    let check =
        || Command::new(env!("CARGO_BIN_EXE_gonogo")).args(["check", &file, "--json"]).output().unwrap();
    world.until("samples", |world| world.snapshot().elapsed.as_secs() >= 1);
    let output = check();
    assert_exit(&output, 0);
    assert_eq!(json(&output)["ok"], true);
    let kills = json(&output)["earliest_kill"].as_array().unwrap().clone();
    let free = kills.iter().find(|kill| kill["segment"] == "free").unwrap();
    assert!(free["earliest_kill_ms"].as_u64().is_some_and(|ms| ms > 250), "{free}");
    let terms: Vec<_> = free["terms"].as_array().unwrap().iter().map(|term| term["term"].clone()).collect();
    assert_eq!(terms, ["source interval", "evidence", "decision", "API", "reach"]);
    assert_eq!(world.stored().version, version);
    world.go_away();
    let output = check();
    assert_exit(&output, 3);
    assert_eq!(json(&output)["ok"], false);
}

#[test]
fn a_served_demo_prints_a_rollout_file_that_works_and_ends_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["demo", "calm", "--serve", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is said on standard error comes after the file is written.
    let mut said = String::new();
    BufReader::new(served.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("is served at ws://127.0.0.1:"), "{said}");
    let mut file = vec![0; 65536];
    let count = served.stdout.as_mut().unwrap().read(&mut file).unwrap();
    let path = folder.path().join("rollout.toml");
    std::fs::write(&path, &file[..count]).unwrap();
    let state = folder.path().join("state");
    let output = Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["status", path.to_str().unwrap(), "--state-dir", state.to_str().unwrap(), "--json"])
        .output()
        .unwrap();
    assert_exit(&output, 0);
    let id = Pid::from_raw(i32::try_from(served.id()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    assert!(served.wait().unwrap().success());
}

#[test]
fn a_kill_is_proven_by_another_path_when_the_main_one_does_not_answer() {
    let world = World::steady();
    // A port that was free a moment ago: nobody answers there.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = std::fs::read_to_string(world.path("rollout.toml")).unwrap();
    let line = file.lines().find(|line| line.starts_with("backend = ")).unwrap();
    let live = line.trim_start_matches("backend = ");
    let dead = live.replace(&world.address.to_string(), &silent.to_string());
    assert_ne!(dead, live);
    std::fs::write(
        world.path("rollout.toml"),
        file.replace(line, &format!("backend = {dead}\npaths = [{live}]")),
    )
    .unwrap();
    let output = world.run("kill", &["--reason", "checkout is down", "--json"]);
    assert_exit(&output, 0);
    assert_eq!(json(&output)["outcome"], "confirmed");
    assert!(!world.stored().on);
    // What exposes more does not go that way.
    let output = world.run("resume", &["--confirm", "checkout-v2", "--timeout", "2s", "--json"]);
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    assert!(!world.stored().on);
}

/// Runs a command whose output nobody reads, not from its first line on.
fn unread(args: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Command::new(env!("CARGO_BIN_EXE_gonogo")).args(args).stdout(writer).output().unwrap()
}

#[test]
fn a_pipe_that_is_closed_ends_a_list_without_a_word() {
    let world = World::steady();
    assert_exit(&world.run("pause", &["--reason", "lunch"]), 0);
    let (state, rollout) = (world.path("state"), world.path("rollout.toml"));
    let journal = format!("{state}/checkout-v2.jsonl");
    for args in [
        &["themes"][..],
        &["themes", "dark", "--toml"],
        &["keys"],
        &["man"],
        &["demo", "--list"],
        &["completions", "bash"],
        &["settings"],
        &["history", "--state-dir", &state],
        &["journal", &journal],
        &["journal", &journal, "--verify"],
        &["status", &rollout, "--state-dir", &state],
    ] {
        let output = unread(args);
        assert_exit(&output, 0);
        assert!(output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

#[test]
fn whoever_stops_reading_changes_neither_an_act_nor_its_exit_code() {
    let world = World::steady();
    let (state, rollout) = (world.path("state"), world.path("rollout.toml"));
    let run = |verb: &str| unread(&[verb, &rollout, "--state-dir", &state]);
    assert_exit(&run("widen"), 1);
    assert_exit(&run("kill"), 0);
    assert!(!world.stored().on);
}
