//! `gonogo demo` as a command: what there is, and what goes together.
#![allow(clippy::expect_used, reason = "a helper of a test that cannot go on fails it")]

use std::process::{Command, Output};

use gonogo::demo;

fn gonogo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gonogo")).args(arguments).output().expect("it runs")
}

#[test]
fn the_list_has_one_line_for_each_scenario_and_each_recording_in_two_groups() {
    let output = gonogo(&["demo", "--list"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (scenarios, recordings) = text.split_once("\n\n").expect("two groups");
    assert!(scenarios.contains(&format!("\n  {} ", demo::FLEET)), "{scenarios}");
    for (group, listed) in [(scenarios, demo::list()), (recordings, demo::recordings())] {
        // Several scenarios at once are none of their own.
        let lines: Vec<_> =
            group.lines().skip(1).filter(|line| !line.starts_with(&format!("  {} ", demo::FLEET))).collect();
        assert_eq!(lines.len(), listed.len(), "{group}");
        for (line, listed) in lines.iter().zip(listed) {
            assert!(line.starts_with(&format!("  {} ", listed.name)), "{line}");
            assert!(line.ends_with(listed.about.as_str()), "{line}");
            assert!(line.len() <= 120, "{line}");
        }
    }
}

#[test]
fn what_belongs_to_a_world_is_refused_with_a_recording_and_the_other_way_round() {
    for (arguments, flag, why) in [
        (&["cold-cache", "--seed", "3"][..], "--seed", "it is always the same"),
        (&["cold-cache", "--autopilot", "full"], "--autopilot", "has happened"),
        (&["cold-cache", "--serve", "127.0.0.1:0"], "--serve", "no world behind it"),
        (&["cold-cache", "--record", "/dev/null/x"], "--record", "it is one already"),
        (&["cold-cache", "--role", "captain"], "--role", "nothing can be done"),
        (&["cold-cache", "--for", "3s"], "--for", "--exit-when-done"),
        (&["calm", "--from", "50%"], "--from", "that is a scenario"),
        (&["calm", "--speed", "10"], "--speed", "that is a scenario"),
        (&["--exit-when-done"], "--exit-when-done", "that is a scenario"),
    ] {
        let output = gonogo(&[&["demo"], arguments].concat());
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&format!("cannot take {flag} with")) && said.contains(why), "{said}");
        assert!(said.contains("\nhint: leave"), "{said}");
    }
}

#[test]
fn a_near_name_is_found_among_scenarios_and_recordings() {
    for (wrong, right) in [("cold-cash", "cold-cache"), ("sow-burn", "slow-burn")] {
        let output = gonogo(&["demo", wrong]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("did you mean {right:?}?")), "{said}");
    }
}
