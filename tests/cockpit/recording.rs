//! `--record`: what the cockpit saw is in the file, and judged again it comes to the same.

use std::process::{Command, Output};

use serde_json::Value;

use super::world::{World, text};

fn backtest(world: &World, recording: &str) -> Output {
    let rollout = world.path("rollout.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    command.args(["backtest", recording, "--rollout", &rollout, "--json"]).output().unwrap()
}

#[test]
fn a_recording_comes_to_the_no_go_that_the_cockpit_saw_and_is_never_overwritten() {
    let broken = r#"{ at = "1s", do = { kind = "worsen", segment = "free", errors = { to = 0.5 } } }"#;
    let world = World::serve(&text(200, broken));
    let recording = world.path("night.rec");
    let mut cockpit = world.watch_live(120, 40, &["--record", &recording]);
    cockpit.until_row("free", &["NO-GO"]);
    cockpit.press("q");
    let (status, _) = cockpit.wait_for_the_end();
    assert!(status.success(), "{status:?}");
    cockpit.assert_given_back();
    cockpit.until("the count of what was recorded", |seen| {
        seen.shows("recorded") && seen.shows("events to") && !seen.shows("MISSING")
    });

    let output = backtest(&world, &recording);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let no_gos: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["verdict"] == "no-go")
        .collect();
    assert_eq!(no_gos.len(), 1, "{no_gos:?}");
    assert_eq!((&no_gos[0]["segment"], &no_gos[0]["station"]), (&"free".into(), &"errors".into()));
    // The same sentence, number by number, as in the journal of the cockpit.
    let sentence = no_gos[0]["text"].as_str().unwrap();
    assert!(world.journal().contains(sentence), "{sentence}:\n{}", world.journal());

    let before = std::fs::read(&recording).unwrap();
    let again = world.watch(120, 40, &["--record", &recording]);
    let said = |seen: &super::seen::Seen| {
        let text: String = seen.text().split_whitespace().collect::<Vec<_>>().join(" ");
        text.contains("the file is there already") && text.contains("hint: name a new file")
    };
    again.until("the refusal", said);
    assert_eq!(std::fs::read(&recording).unwrap(), before);
}
