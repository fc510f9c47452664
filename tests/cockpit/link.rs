//! What goes over the line: how often, how much, also when it is slow; and what is said besides cells.

use std::io::Read;
use std::num::NonZero;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::harness::Cockpit;
use super::seat::Seat;
use super::world::{DEADLINE, World, text};

/// A recording that plays so fast that every frame is another.
const FAST: [&str; 4] = ["demo", "cold-cache", "--speed", "1000"];

/// The beginning of a frame.
const FRAME: &[u8] = b"\x1b[?2026h";

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|part| *part == wanted).count()
}

/// Frames that come in some seconds, once it plays.
fn frames(env: &[(&str, &str)], during: Duration) -> usize {
    let cockpit = Cockpit::start(&FAST, 120, 40, env);
    cockpit.until("a few frames", |seen| count(&seen.bytes, FRAME) > 3);
    let (before, start) = (cockpit.bytes_written(), Instant::now());
    while start.elapsed() < during {
        std::thread::sleep(Duration::from_millis(10));
    }
    let frames = count(&cockpit.seen().bytes[before..], FRAME);
    cockpit.end();
    frames
}

#[test]
fn over_ssh_data_is_drawn_four_times_a_second_and_here_more_often() {
    let during = Duration::from_secs(4);
    let here = frames(&[("SSH_CONNECTION", "")], during);
    let remote = frames(&[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")], during);
    println!("{here} frames here and {remote} over SSH in {during:?}");
    assert!((4..=17).contains(&remote), "{remote}");
    assert!(here > remote && here <= 41, "{here}, over SSH {remote}");
}

#[test]
fn a_key_over_ssh_does_not_wait_for_the_next_frame_of_data() {
    let mut cockpit = Cockpit::start(&FAST, 120, 40, &[("SSH_TTY", "/dev/pts/9")]);
    cockpit.until("a few frames", |seen| count(&seen.bytes, FRAME) > 3);
    let mut best = Duration::MAX;
    for _ in 0..5 {
        cockpit.press("?");
        best = best.min(cockpit.until_shown("keys, page 1"));
        cockpit.press("\x1b");
        cockpit.until("the help to close", |seen| !seen.shows("keys, page 1"));
    }
    println!("key to frame over SSH: {best:?} at best of 5");
    assert!(best < Duration::from_millis(100), "{best:?}");
    cockpit.end();
}

#[test]
fn the_figures_of_the_line_are_shown_and_said_at_the_end_and_are_right() {
    let world = World::steady();
    let env = [("SSH_CLIENT", "192.0.2.1 50000 22")];
    let (file, state) = (world.path("rollout.toml"), world.path("state"));
    let args = ["watch", &file, "--state-dir", &state, "--as", "tester", "--stats"];
    let mut cockpit = Cockpit::start(&args, 120, 40, &env);
    cockpit.until_line(&["kB/s", "every", "250 ms ssh"]);
    cockpit.until_line(&["K kill", "? help", "ssh"]);
    cockpit.press("q");
    let (status, _) = cockpit.wait_for_the_end();
    assert!(status.success());
    cockpit.until("the sentence", |seen| seen.shows("largest frame"));
    let seen = cockpit.seen();
    let shown = String::from_utf8_lossy(&seen.bytes).into_owned();
    let (before, sentence) = shown.rsplit_once("gonogo: ").unwrap();
    let numbers: Vec<usize> =
        sentence.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let [bytes, frames, _, _, largest] = numbers[..] else { panic!("{sentence:?}") };
    assert_eq!(bytes, before.len(), "{sentence:?}");
    assert_eq!(frames, count(&seen.bytes, FRAME));
    let sizes =
        before.split("\x1b[?2026h").skip(1).map(|rest| rest.split_once("\x1b[?2026l").unwrap().0.len());
    assert_eq!(largest, sizes.max().unwrap() + 2 * FRAME.len());
}

#[test]
fn figures_that_are_shown_do_not_keep_an_idle_cockpit_drawing() {
    let world = World::serve(&text(0, ""));
    // A wider screen has a clock.
    let cockpit = world.watch_live(80, 24, &["--stats"]);
    cockpit.until_line(&["/s", "ms local"]);
    cockpit.until_quiet(Duration::from_secs(2));
    let before = cockpit.bytes_written();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(6) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let new = String::from_utf8_lossy(&cockpit.seen().bytes[before..]).into_owned();
    assert_eq!(new, "", "{}", cockpit.seen().text());
    cockpit.end();
}

/// The frame interval that is shown, in milliseconds.
fn interval(emulator: &vt100::Parser) -> Option<u64> {
    emulator.screen().contents().rsplit_once("every")?.1.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_terminal_that_cannot_keep_up_gets_fewer_frames_and_more_again_when_it_can() {
    let _seat = Seat::take();
    let pair = native_pty_system().openpty(PtySize { rows: 40, cols: 120, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gonogo"));
    command.args(FAST);
    command.arg("--stats");
    for name in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "TMUX", "STY"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command.cwd(std::env::current_dir().unwrap());
    let mut screen = pair.master.try_clone_reader().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let cells = |count| NonZero::new(count).unwrap();
    let mut emulator = vt100::Parser::new(cells(40), cells(120), 0);
    let (mut piece, mut all) = ([0; 512], Vec::new());
    // A line of 5 kB/s, which is less than ten frames a second need.
    let start = Instant::now();
    while interval(&emulator).is_none_or(|interval| interval < 300) {
        assert!(start.elapsed() < DEADLINE, "{}", emulator.screen().contents());
        std::thread::sleep(Duration::from_millis(100));
        let count = screen.read(&mut piece).unwrap();
        emulator.process(&piece[..count]);
        all.extend_from_slice(&piece[..count]);
    }
    let slowest = interval(&emulator).unwrap();
    assert!(slowest <= 2_000, "{slowest}");
    let frames = count(&all, FRAME) as f64 / start.elapsed().as_secs_f64();
    println!("{frames:.1} frames a second on a slow line, then every {slowest} ms");
    // And now a fast one.
    let start = Instant::now();
    while interval(&emulator) != Some(100) {
        assert!(start.elapsed() < DEADLINE, "{}", emulator.screen().contents());
        let count = screen.read(&mut piece).unwrap();
        emulator.process(&piece[..count]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_no_go_rings_once_where_that_was_asked_for() {
    let args = ["demo", "error-spike", "--bell", "--notify", "osc9"];
    let cockpit = Cockpit::start(&args, 120, 40, &[]);
    let notice = b"\x1b]9;gonogo: NO-GO errors in ";
    cockpit.until("the alarm", |seen| count(&seen.bytes, notice) > 0);
    cockpit.until_shown("NO-GO");
    let bells = |bytes: &[u8]| bytes.split(|byte| *byte == 0x07).count() - 1;
    // The notification ends with one, and one rings.
    cockpit.until("the bell", |seen| bells(&seen.bytes) == 2);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(bells(&cockpit.seen().bytes), 2);
    cockpit.end();
}

#[test]
fn a_terminal_that_knows_no_notification_says_so_when_one_is_asked_for() {
    let cockpit = Cockpit::start(&["demo", "calm", "--notify", "osc9"], 80, 24, &[("TERM", "linux")]);
    cockpit.until_shown("--notify does nothing here");
    cockpit.end();
}

#[test]
fn nothing_rings_unasked() {
    let cockpit = Cockpit::start(&["demo", "error-spike"], 120, 40, &[]);
    cockpit.until_shown("NO-GO");
    std::thread::sleep(Duration::from_secs(1));
    assert!(!cockpit.seen().bytes.contains(&0x07));
    cockpit.end();
}

#[test]
fn a_recording_never_rings_and_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["demo", "cold-cache", "--bell"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--bell") && said.contains("a replay never rings"), "{said}");
}

#[test]
fn escape_and_kill_that_arrive_in_one_piece_open_the_kill() {
    let world = World::steady();
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.press("?");
    cockpit.until_shown("keys, page 1");
    // A slow link joins what was typed apart.
    cockpit.press("\x1bK");
    cockpit.until_shown("[ kill ]");
    cockpit.press("\x1b");
    cockpit.until("the panel to close", |seen| !seen.shows("[ kill ]"));
    cockpit.end();
}

#[test]
fn terminals_that_know_little_are_drawn_on_as_well() {
    for (term, lang) in [("linux", "C"), ("vt220", "C"), ("screen", "C.UTF-8")] {
        let env = [("TERM", term), ("COLORTERM", ""), ("LC_ALL", lang)];
        let mut cockpit = Cockpit::start(&["demo", "error-spike"], 80, 24, &env);
        cockpit.until_shown("5 live");
        cockpit.press("?");
        cockpit.until_shown("keys, page 1");
        cockpit.press("\x1b");
        cockpit.until("the help to close", |seen| !seen.shows("keys, page 1"));
        let is_ascii = cockpit.seen().bytes.is_ascii();
        assert_eq!(is_ascii, lang == "C", "{term}: {}", cockpit.seen().text());
        cockpit.end();
    }
}
