//! Every way out: the terminal is given back, and nothing lives on.

use std::time::Duration;

use rustix::process::Signal;

use super::harness::Cockpit;
use super::world::World;

/// The promise is one second; the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

#[test]
fn signals_end_it_within_a_second_and_the_terminal_is_given_back() {
    let world = World::steady();
    let asked = [Signal::HUP, Signal::TERM, Signal::INT];
    // Sent by mistake, or by somebody who wants a trace: they must not leave the terminal raw.
    let others = [Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALARM];
    for signal in asked.into_iter().chain(others) {
        let mut cockpit = world.watch_live(120, 40, &[]);
        assert!(cockpit.seen().screen().alternate_screen());
        cockpit.signal(signal);
        let (status, took) = cockpit.wait_for_the_end();
        println!("{signal:?}: ended after {took:?}");
        assert_eq!(status.exit_code(), if signal == Signal::INT { 130 } else { 0 });
        assert!(took < AT_ONCE, "{took:?}");
        cockpit.assert_given_back();
    }
}

#[test]
fn signals_end_it_also_while_a_kill_cannot_be_confirmed() {
    let mut world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    world.go_away();
    cockpit.press("K\r");
    cockpit.until_shown("NOT CONFIRMED");
    cockpit.signal(Signal::TERM);
    let (_, took) = cockpit.wait_for_the_end();
    assert!(took < AT_ONCE, "{took:?}");
    cockpit.assert_given_back();
}

#[test]
fn ctrl_z_gives_the_shell_its_terminal_and_fg_comes_back() {
    let mut cockpit = Cockpit::start_in_shell(&["demo", "calm"], 120, 40);
    cockpit.until_shown("5 live");
    cockpit.press("\x1a");
    cockpit.until("the shell", |seen| seen.shows("SHELL") && !seen.screen().alternate_screen());
    cockpit.press("\n");
    cockpit.until("the cockpit", |seen| seen.screen().alternate_screen() && seen.shows("go / no-go"));
    cockpit.press("?");
    cockpit.until_shown("keys, page");
    cockpit.press("\x1b");
    cockpit.until("the help to close", |seen| !seen.shows("keys, page"));
    cockpit.press("q");
    cockpit.until("the end", |seen| seen.shows("ENDED 0"));
    cockpit.wait_for_the_end();
}

#[test]
fn an_orphan_ends_within_a_second() {
    for args in [&["demo"][..], &["demo", "no-traffic"]] {
        let mut cockpit = Cockpit::start(args, 120, 40, &[]);
        cockpit.until_shown("5 live");
        cockpit.hang_up();
        let (_, took) = cockpit.wait_for_the_end();
        println!("{args:?}: an orphan for {took:?}");
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[test]
fn it_leaves_by_itself_after_a_set_time() {
    let mut cockpit = Cockpit::start(&["demo", "--for", "1s"], 120, 40, &[]);
    let (status, _) = cockpit.wait_for_the_end();
    assert!(status.success());
    cockpit.assert_given_back();
}
