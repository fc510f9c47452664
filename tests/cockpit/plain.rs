//! The real binary without a terminal: into a pipe that is read, one that is closed, and until a signal.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::Cockpit;

fn start(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Output, complaints and exit code of a run that ends by itself.
fn run(args: &[&str]) -> (String, String, Option<i32>) {
    let output = start(args).wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn a_recording_is_told_from_its_beginning_to_its_end() {
    let (said, complaints, code) = run(&["demo", "purchase-orders"]);
    assert_eq!((code, complaints.as_str()), (Some(0), ""), "{said}");
    assert!(!said.contains('\u{1b}') && !said.contains('✘'), "words alone");
    let mut rest = said.as_str();
    for part in [
        ", times in UTC\n",
        " guardrails, autopilot ",
        "NO-GO errors enterprise: ",
        "autopilot: kill",
        "KILLED",
        "end: ",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing, or too early:\n{said}"));
        rest = &rest[at + part.len()..];
    }
    // What customers say is as long as they say it; all else of three days is a page or two.
    let count = said.lines().filter(|line| !line.contains(" feedback ")).count();
    assert!((20..300).contains(&count), "{count} lines:\n{said}");
}

#[test]
fn a_part_of_a_recording_begins_with_how_it_stands_there() {
    let (said, _, code) = run(&["demo", "purchase-orders", "--from", "90%", "--plain"]);
    assert_eq!(code, Some(0));
    let summary: Vec<_> = said.lines().take(8).collect();
    assert!(summary.iter().any(|line| line.contains("stage ") && line.contains("confirmed ")), "{said}");
    let (whole, ..) = run(&["demo", "purchase-orders"]);
    assert!(said.len() < whole.len());
}

#[test]
fn a_world_is_told_until_the_time_is_up() {
    let (said, complaints, code) = run(&["demo", "calm", "--for", "3s"]);
    assert_eq!((code, complaints.as_str()), (Some(0), ""), "{said}");
    for part in [", times in UTC\n", " connected", "confirmed ", "live: ", "end: "] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    for args in [&["demo", "calm"][..], &["demo", "purchase-orders"]] {
        let mut child = start(args);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().ends_with("times in UTC"));
        drop(lines);
        let mut complaints = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!((child.wait().unwrap().code(), complaints.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_signal_ends_it_with_the_codes_of_the_cockpit() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 0)] {
        for args in [&["demo", "calm"][..], &["demo", "purchase-orders", "--speed", "1"]] {
            let mut child = start(args);
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            lines.next().unwrap().unwrap();
            kill_process(Pid::from_child(&child), signal).unwrap();
            // What it still has to say is read to the end.
            lines.for_each(drop);
            assert_eq!(child.wait().unwrap().code(), Some(code), "{signal:?} {args:?}");
        }
    }
}

#[test]
fn a_terminal_that_cannot_place_text_gets_lines_and_a_word_why() {
    for args in [&["demo", "calm", "--for", "2s"][..], &["demo", "purchase-orders", "--from", "99.5%"]] {
        let mut cockpit = Cockpit::start(args, 120, 40, &[("TERM", "dumb")]);
        cockpit.wait_for_the_end();
        let seen = cockpit.seen();
        let said = String::from_utf8_lossy(&seen.bytes);
        assert!(said.starts_with("gonogo: lines instead of a screen") && said.contains("(TERM)"), "{said}");
        assert!(said.contains("times in UTC") && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn lines_on_a_terminal_ring_and_in_a_pipe_it_is_said_that_they_do_not() {
    let asked = ["demo", "error-spike", "--plain", "--bell", "--notify", "osc9"];
    let cockpit = Cockpit::start(&asked, 120, 40, &[]);
    let notice = b"\x1b]9;gonogo: NO-GO errors in ";
    cockpit.until("the notice and the bell", |seen| {
        let at = seen.bytes.windows(notice.len()).position(|part| part == notice);
        at.is_some_and(|at| seen.bytes[at..].iter().filter(|byte| **byte == 0x07).count() == 2)
    });
    let (_, complaints, code) =
        run(&["demo", "calm", "--for", "1s", "--bell", "--notify", "osc777", "--stats"]);
    assert_eq!(code, Some(0));
    for part in [
        "--bell does nothing here: standard output is no terminal",
        "--notify does nothing here: standard output is no terminal",
        "--stats does nothing here: no screen is drawn",
    ] {
        assert!(complaints.contains(part), "{complaints}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_hangup_ends_it_unless_it_was_started_to_outlive_its_terminal() {
    let hang_up = |mut child: Child| {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
        let from = std::time::Instant::now();
        let rest: Vec<_> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{rest:?}");
        (from.elapsed(), rest)
    };
    let limit = std::time::Duration::from_secs(2);
    let script = format!("trap '' HUP; exec '{}' demo calm --for 4s", env!("CARGO_BIN_EXE_gonogo"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (took, said) = hang_up(command.spawn().unwrap());
    assert!(took > limit && said.last().unwrap().contains("end: "), "{took:?} {said:?}");
    let (took, _) = hang_up(start(&["demo", "calm", "--for", "60s"]));
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
}
