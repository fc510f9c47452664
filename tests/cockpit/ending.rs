//! Every way out: the terminal is given back, and nothing lives on.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::harness::Cockpit;
use super::seat::Seat;
use super::world::{DEADLINE, World};

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

#[test]
fn a_terminal_that_does_not_read_is_given_back_as_well_and_finds_the_last_words_when_it_reads_on() {
    let _seat = Seat::take();
    let pair = native_pty_system().openpty(PtySize { rows: 60, cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gonogo"));
    command.args(["demo", "cold-cache", "--speed", "1000"]);
    command.env("TERM", "xterm-256color");
    command.cwd(std::env::current_dir().unwrap());
    let mut screen = pair.master.try_clone_reader().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    // Its end must not hang up the terminal, which would throw away what was not read.
    let slave = pair.slave;
    let mut bytes = [0; 4096];
    let count = screen.read(&mut bytes).unwrap();
    assert!(bytes[..count].starts_with(b"\x1b[?1049h"));
    // Several frames a second of some kilobytes: more than a terminal keeps.
    thread::sleep(Duration::from_secs(6));
    let id = i32::try_from(child.process_id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < DEADLINE, "it still runs");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    drop(slave);
    let mut rest = Vec::new();
    // A terminal that nobody has any more ends with an error.
    let _ = screen.read_to_end(&mut rest);
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.ends_with("\x1b[?25h\x1b[?1049l"), "{rest:?}");
}
