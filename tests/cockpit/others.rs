//! Others act too, links break, processes die: what is shown stays true, and what was to be off gets off.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::world::World;

#[test]
fn a_change_by_somebody_else_is_shown_and_stops_a_panel_opened_before() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 50, &[]);
    cockpit.select_ready("free");
    cockpit.press("w");
    cockpit.until_shown("More users in free will get checkout-v2");
    world.set("night-shift", &[("free", 5)], None);
    cockpit.until_shown("nothing will be done");
    let version = world.stored().version;
    cockpit.press("\t\r");
    cockpit.press("\x1b");
    cockpit.until("the panel to close", |seen| !seen.shows("More users in free"));
    cockpit.until_line(&["night-shift", "changed free at web from 25% to 5%, outside"]);
    cockpit.until_row("free", &["5%"]);
    assert_eq!((world.stored().version, world.share("free")), (version, 5.0));
    cockpit.end();
}

#[test]
fn a_kill_goes_ahead_although_somebody_else_came_between() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 50, &[]);
    cockpit.select("free");
    cockpit.press("K");
    cockpit.until_shown("Nobody in free will get checkout-v2");
    world.set("night-shift", &[("free", 100)], None);
    cockpit.until_row("free", &["100%"]);
    cockpit.press("\r");
    world.until("free to be off", |world| world.share("free") == 0.0);
    cockpit.until_row("free", &["KILLED"]);
    cockpit.end();
}

#[test]
fn a_lost_link_is_shown_with_its_age_and_comes_back() {
    let mut world = World::steady();
    let cockpit = world.watch_live(120, 40, &[]);
    world.go_away();
    cockpit.until("the link to be lost", |seen| seen.line_with(&["web lost"]).is_some());
    let age = |seen: &super::seen::Seen| {
        let text = seen.text();
        let rest = text.split_once("web lost ")?.1;
        rest.split_once('s')?.0.parse::<u32>().ok()
    };
    cockpit.until("an age that grows", |seen| age(seen).is_some_and(|age| age >= 2));
    cockpit.until_line(&["HOLD", "data"]);
    world.come_back();
    cockpit.until_shown("5 live");
    // The timeline goes on telling of the hold; the first line is about now.
    cockpit.until_line(&["checkout-v2", "RUNNING"]);
    cockpit.end();
}

#[test]
fn a_kill_while_the_service_is_away_is_loud_and_completed_when_it_is_back() {
    let mut world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    world.go_away();
    cockpit.until_shown("web lost");
    cockpit.press("K\r");
    cockpit.until_line(&["checkout-v2", "KILLING"]);
    cockpit.until_shown("kill NOT CONFIRMED at web");
    cockpit.until_line(&["kill everything at web: UNKNOWN after"]);
    world.come_back();
    world.until("the flag to be off", |world| !world.stored().on);
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.until("the alarm to end", |seen| !seen.shows("NOT CONFIRMED"));
    cockpit.end();
}

#[test]
fn a_kill_left_open_by_a_process_that_died_is_completed_by_the_next() {
    let mut world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    world.go_away();
    cockpit.until_shown("web lost");
    cockpit.press("K\r");
    cockpit.until_shown("NOT CONFIRMED");
    cockpit.signal(Signal::KILL);
    cockpit.wait_for_the_end();
    drop(cockpit);

    let cockpit = world.watch(120, 40, &[]);
    cockpit.until_line(&["checkout-v2", "KILLING"]);
    world.come_back();
    assert!(world.stored().on, "a new service knows nothing of the kill");
    world.until("the flag to be off", |world| !world.stored().on);
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.until_line(&["left open by an earlier run, not in"]);
    cockpit.end();
    let verified = std::process::Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["journal", "--verify", &world.path("state/checkout-v2.jsonl")])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_pause_by_another_process_restrains_a_running_cockpit() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    let start = Instant::now();
    let output = world.run("pause", &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    cockpit.until_line(&["checkout-v2", "PAUSED"]);
    println!("a pause by another process is felt after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(5));
    cockpit.until_line(&["script", "paused everything"]);
    cockpit.select("free");
    cockpit.press("w");
    cockpit.until_shown("cannot widen free: paused by script: resume it first");
    cockpit.end();
}

#[test]
fn a_kill_by_another_process_is_seen_and_not_undone() {
    let world = World::steady();
    let cockpit = world.watch_live(120, 40, &[]);
    let output = world.run("kill", &["--segment", "beta"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.share("beta"), 0.0);
    cockpit.until_row("beta", &["0%", "KILLED"]);
    assert_eq!(world.share("beta"), 0.0);
    cockpit.end();
}

#[test]
fn a_kill_before_anything_was_read_is_not_refused_and_not_lost() {
    let mut world = World::steady();
    world.go_away();
    let mut cockpit = world.watch(120, 40, &[]);
    cockpit.until_shown("web lost");
    cockpit.press("K\r");
    cockpit.until_line(&["checkout-v2", "KILLING"]);
    cockpit.until_shown("kill NOT CONFIRMED at web");
    world.come_back();
    world.until("the flag to be off", |world| !world.stored().on);
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.end();
}

#[test]
fn a_kill_that_a_script_could_not_confirm_is_completed_by_a_running_cockpit() {
    let mut world = World::steady();
    let cockpit = world.watch_live(120, 40, &[]);
    world.go_away();
    let output = world.run("kill", &["--timeout", "1s"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    cockpit.until_line(&["checkout-v2", "KILLING"]);
    world.come_back();
    world.until("the flag to be off", |world| !world.stored().on);
    cockpit.until_line(&["checkout-v2", "KILLED"]);
    cockpit.end();
}

#[test]
fn read_only_changes_nothing_and_says_so() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &["--read-only"]);
    cockpit.until_line(&["checkout-v2", "READ-ONLY"]);
    let version = world.stored().version;
    for key in ["K", "w", "p", "u"] {
        cockpit.press(key);
        cockpit.until_shown("this cockpit is read-only");
        cockpit.press("\x1b[B");
        cockpit.until("the message to go", |seen| !seen.shows("this cockpit is read-only"));
    }
    assert_eq!(world.stored().version, version);
    cockpit.end();
}
