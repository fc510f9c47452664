//! Every way out: exit codes, and what is under way is seen to its end.

use std::time::Duration;

use rustix::process::Signal;

use super::crash::BROKEN;
use super::gate::{Gate, Swallows};
use super::process::{Guard, assert_whole, records};
use super::world::{World, text};

/// What a healthy end may take on a machine that is busy with other things.
const AT_ONCE: Duration = Duration::from_secs(5);

#[test]
fn signals_end_it_with_the_code_of_how_it_stands_and_a_hangup_does_not() {
    let world = World::steady();
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130)] {
        let mut guard = Guard::ready(&world, &[]);
        guard.signal(Signal::HUP);
        guard.until_line(&["gonogo SIGHUP: the guard goes on"]);
        assert!(guard.runs());
        let ended = guard.end(signal);
        assert_eq!(ended.code, Some(code), "{signal:?}: {}", ended.err);
        assert!(ended.took < AT_ONCE, "{signal:?}: {:?}", ended.took);
        let lines = guard.lines();
        assert!(lines.last().is_some_and(|line| line.contains("checkout-v2 stop: ")), "{lines:?}");
    }
}

#[test]
fn after_a_kill_the_code_is_1_and_the_journal_is_complete() {
    let world = World::serve(&text(200, BROKEN));
    let mut guard = Guard::on(&world, &[]);
    guard.until_line(&["autopilot: kill free to 0% at web: confirmed after"]);
    let ended = guard.end(Signal::TERM);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let records = records(&world);
    let place = |kind: &str| records.iter().position(|record| record["record"] == kind).unwrap();
    assert!(place("latched") < place("commanded") && place("commanded") < place("finished"), "{records:?}");
    assert_eq!(records.last().unwrap()["outcome"]["outcome"], "confirmed", "{records:?}");
    assert_whole(&world);
}

#[test]
fn an_end_waits_for_a_kill_under_way() {
    let world = World::serve(&text(200, BROKEN));
    let gate = Gate::before(&world);
    gate.swallow(Swallows::Sets);
    let mut guard = Guard::on(&world, &[]);
    guard.until_line(&["kill free to 0% at web: sent"]);
    guard.signal(Signal::TERM);
    guard.until_line(&["gonogo stopping: SIGTERM"]);
    gate.swallow(Swallows::Nothing);
    let ended = guard.wait();
    assert_eq!((ended.code, world.share("free")), (Some(1), 0.0), "{}", ended.err);
    guard.until_line(&["kill free to 0% at web: confirmed after"]);
    assert_whole(&world);
}

#[test]
fn a_kill_that_stays_unconfirmed_is_code_3_and_a_second_signal_ends_the_wait() {
    let world = World::serve(&text(200, BROKEN));
    let gate = Gate::before(&world);
    gate.swallow(Swallows::Sets);
    let mut guard = Guard::on(&world, &[]);
    guard.until_line(&["kill free to 0% at web: sent"]);
    guard.signal(Signal::TERM);
    guard.until_line(&["gonogo stopping: SIGTERM"]);
    assert!(guard.runs(), "it waits");
    let ended = guard.end(Signal::TERM);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.took < AT_ONCE, "{:?}", ended.took);
    guard.until_line(&["kill free to 0% at web is NOT CONFIRMED"]);
    assert_whole(&world);
}

#[test]
fn it_ends_by_itself_after_a_set_time() {
    let world = World::steady();
    let mut guard = Guard::on(&world, &["--for", "3s"]);
    let ended = guard.wait();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.err, guard.lines().join("\n"));
}

#[test]
fn until_done_ends_with_0_when_everybody_has_it_and_it_has_baked() {
    let world = World::steady();
    world.set("captain", &[("beta", 100), ("free", 100), ("enterprise", 50)], None);
    let mut guard = Guard::ready(&world, &["--until-done"]);
    let state = records(&world);
    assert_eq!(state, Vec::<serde_json::Value>::new(), "nothing to do");
    assert!(guard.runs(), "enterprise stands at 50 %");
    world.set("captain", &[("enterprise", 100)], None);
    let ended = guard.wait();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.err, guard.lines().join("\n"));
    guard.until_line(&["gonogo stopping: nothing is left to guard"]);
}

#[test]
fn full_takes_it_to_everybody_and_until_done_ends_with_0() {
    let world = World::steady();
    let mut guard = Guard::on(&world, &["--autopilot", "full", "--until-done"]);
    let ended = guard.wait();
    let lines = guard.lines().join("\n");
    assert_eq!(ended.code, Some(0), "{}\n{lines}", ended.err);
    for segment in ["beta", "free", "enterprise"] {
        assert_eq!(world.share(segment), 100.0, "{segment}:\n{lines}");
    }
    assert!(lines.contains("autopilot: widen enterprise to 25% at web: confirmed after"), "{lines}");
    assert_whole(&world);
}

#[test]
fn until_done_ends_with_1_when_it_went_wrong_and_the_stop_is_read_back() {
    let world = World::serve(&text(200, BROKEN));
    let mut guard = Guard::on(&world, &["--until-done"]);
    let ended = guard.wait();
    assert_eq!((ended.code, world.share("free")), (Some(1), 0.0), "{}", ended.err);
    guard.until_line(&["kill free to 0% at web: confirmed after"]);
}

#[test]
fn until_done_that_runs_out_of_time_is_not_healthy() {
    let world = World::steady();
    let mut guard = Guard::on(&world, &["--until-done", "--for", "2s"]);
    let ended = guard.wait();
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.contains("the time is up"), "{}", ended.err);
}
