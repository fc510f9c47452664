//! What it is there for: it kills what fails, and says why, whatever becomes of its output.

use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::crash::BROKEN;
use super::process::{Guard, guard, records};
use super::world::{World, text};

#[test]
fn the_error_spike_is_killed_and_the_log_says_the_verdict_before_the_act() {
    let world = World::serve(include_str!("../../demo/scenarios/error-spike.toml"));
    let mut guard = Guard::ready(&world, &[]);
    world.set("captain", &[("free", 50)], None);
    let took = world.until("free to be off", |world| world.share("free") == 0.0);
    println!("error-spike: off {took:?} after it was widened");
    guard.until_line(&["autopilot: kill free to 0% at web: confirmed after"]);
    let lines = guard.lines();
    let place =
        |text: &str| lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}"));
    let order = [
        "checkout-v2 start: ",
        "checkout-v2 ready: ",
        "captain: changed free at web from ",
        "checkout-v2 NO-GO errors free: ",
        "autopilot: kill free to 0% at web: requested",
        "autopilot: kill free to 0% at web: confirmed after",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{}", lines.join("\n"));
    assert!(lines[place("NO-GO errors free")].contains("in control"), "with its evidence");
    assert_eq!(guard.end(Signal::TERM).code, Some(1));
}

#[test]
fn every_line_of_the_json_log_has_the_same_keys() {
    let world = World::serve(&text(200, BROKEN));
    let mut guard = Guard::on(&world, &["--log", "json"]);
    guard.until_line(&["kill free to 0% at web: confirmed after"]);
    guard.end(Signal::TERM);
    let lines: Vec<Value> = guard.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let mut keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["actor", "at", "kind", "rollout", "segment", "text", "verdict"], "{line}");
        assert!(gonogo::domain::Timestamp::parse_rfc3339(line["at"].as_str().unwrap()).is_some(), "{line}");
    }
    let find =
        |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("{kind}"));
    for kind in ["start", "ready", "link", "stop"] {
        assert_eq!(find(kind)["rollout"].as_str().unwrap_or("checkout-v2"), "checkout-v2");
    }
    let no_go = lines.iter().find(|line| line["verdict"] == "NO-GO").unwrap();
    assert_eq!((&no_go["kind"], &no_go["segment"]), (&"verdict".into(), &"free".into()));
    assert_eq!(find("act")["actor"], "autopilot");
    let times: Vec<_> = lines.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_closed_output_and_a_closed_input_hold_no_kill() {
    let world = World::serve(&text(200, BROKEN));
    let guarded = guard(&world, &[]);
    // The input is closed, not merely empty; the reader of the output goes away at once.
    let mut command = Command::new("/bin/sh");
    command.env_clear().args(["-c", "exec \"$0\" \"$@\" <&-"]).arg(guarded.get_program());
    let (mut guard, output) = Guard::start_unread(command.args(guarded.get_args()));
    drop(output);
    world.until("free to be off", |world| world.share("free") == 0.0);
    world.until("its end to stand in the journal", |world| {
        records(world).iter().any(|r| r["record"] == "finished" && r["outcome"]["outcome"] == "confirmed")
    });
    assert!(guard.runs());
    let ended = guard.end(Signal::TERM);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(ended.err.matches("nobody reads standard output any more").count(), 1, "{}", ended.err);
}

#[test]
fn one_rollout_in_trouble_does_not_stop_another() {
    let world = World::serve(&text(200, BROKEN));
    let elsewhere = world.path("elsewhere.toml");
    let file = std::fs::read_to_string(world.path("rollout.toml")).unwrap();
    let address = file.split_once("ws://").unwrap().1.split('"').next().unwrap();
    let dead = file.replace(address, "127.0.0.1:9").replace("name = \"checkout-v2\"", "name = \"search-v3\"");
    std::fs::write(&elsewhere, dead).unwrap();
    let mut guard = Guard::on(&world, &[&elsewhere]);
    guard.until_line(&["search-v3 ready, blind: flags web: "]);
    world.until("free to be off", |world| world.share("free") == 0.0);
    guard.until_line(&["checkout-v2 autopilot: kill free to 0% at web: confirmed after"]);
    assert_eq!(guard.end(Signal::TERM).code, Some(1), "a NO-GO weighs more than lost contact");
    guard.until_line(&["search-v3 stop: "]);
}

#[test]
fn advice_is_logged_and_nothing_is_killed() {
    let world = World::serve(&text(200, BROKEN));
    let mut guard = Guard::on(&world, &["--autopilot", "advise", "--until-done"]);
    guard.until_line(&["autopilot: would kill free"]);
    assert_eq!((guard.wait().code, world.share("free")), (Some(1), 25.0));
}
