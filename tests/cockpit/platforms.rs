//! Several platforms, one of them dead: the rows on the screen, behind the verbs, and what check finds.

use std::process::{Command, Output};

use serde_json::Value;

use super::world::World;

/// A world whose rollout has a second platform, with these lines of its own.
fn with_platform(lines: &str) -> World {
    let world = World::steady();
    let path = world.path("rollout.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        format!("{text}\n[[platforms]]\nname = \"ios\"\nflag = \"checkout-v2\"\n{lines}\n"),
    )
    .unwrap();
    world
}

/// Nobody listens there: the port of a socket that is closed again.
fn dead() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    format!("backend = {{ kind = \"feed\", url = \"ws://{address}\" }}")
}

fn said(output: &Output) -> (String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (read(&output.stdout), read(&output.stderr))
}

#[test]
fn a_kill_that_one_platform_does_not_answer_prints_the_rows_names_it_and_exits_3() {
    let world = with_platform(&dead());
    let output = world.run("kill", &["--timeout", "3s"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(!world.stored().on);
    let (out, err) = said(&output);
    assert!(err.contains("ios"), "{err}");
    assert!(out.contains("kill everything: off at 1 of 2 platforms; ios not confirmed for"), "{out}");
    assert!(
        out.lines().any(|line| line.starts_with("  ios: requested ") && line.contains("UNKNOWN for")),
        "{out}"
    );
    let web = out.lines().find(|line| line.starts_with("  web: requested ")).unwrap_or_default();
    assert!(web.contains("sent +") && web.contains("confirmed +") && web.ends_with("not probed"), "{out}");

    let output = world.run("kill", &["--timeout", "3s", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["outcome"], &result["asked"]["done"]), (&"unknown".into(), &false.into()));
    let rows = result["asked"]["platforms"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["platform"] == name).unwrap();
    assert_eq!((&row("ios")["step"], &row("web")["step"]), (&"unknown".into(), &"confirmed".into()));
    assert!(row("ios")["open_ms"].as_u64() > Some(1000) && row("web")["confirmed_ms"].is_u64(), "{rows:?}");
    let output = world.run("kill", &["--platform", "web", "--timeout", "3s"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).0.contains("kill everything: off at web after"), "{output:?}");
}

#[test]
fn a_straggler_is_named_on_the_screen_with_its_own_clock() {
    let world = with_platform(&dead());
    let mut cockpit = world.watch_live(120, 40, &[]);
    cockpit.until_shown("web");
    cockpit.press("K");
    cockpit.until_shown("Nobody anywhere will get checkout-v2");
    cockpit.press("\r");
    cockpit.until_shown("kill everything: off at 1 of 2 platforms; ios not confirmed for");
    let line = |seen: &super::seen::Seen, name: &str| {
        seen.text().lines().find(|line| line.contains(name)).unwrap_or_default().to_owned()
    };
    cockpit.until("the third try", |seen| line(seen, "? ios").contains("3rd try"));
    let web = line(&cockpit.seen(), "✓ web");
    assert!(web.contains("confirmed +") && web.contains("not probed"), "{web}");
    // Its clock runs while nothing else happens.
    let clock = |text: &str| {
        text.split_once("UNKNOWN for ").map(|(_, rest)| rest.split(',').next().unwrap_or_default().to_owned())
    };
    let first = clock(&line(&cockpit.seen(), "? ios"));
    cockpit.until("the clock to go on", |seen| {
        let now = clock(&line(seen, "? ios"));
        now.is_some() && now != first
    });
    cockpit.press("o");
    cockpit.until_shown("platform ios: flag checkout-v2 on feed at ws://");
    cockpit.until_shown("flags ios");
    cockpit.press("\u{1b}");
    cockpit.until("the panel to close", |seen| !seen.text().contains("platform ios: flag"));
    cockpit.press("q");
    let (status, _) = cockpit.wait_for_the_end();
    assert_eq!(status.exit_code(), 3, "the kill is not confirmed");
}

#[test]
fn check_reads_every_other_way_to_a_flag_and_tables_what_each_backend_can_do() {
    let world = World::steady();
    let path = world.path("rollout.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let with_ways = |url: &str| {
        let way = format!("paths = [{{ kind = \"feed\", url = \"{url}\" }}]\n[[segments]]");
        std::fs::write(&path, text.replacen("[[segments]]", &way, 1)).unwrap();
    };
    world.until("samples", |world| world.snapshot().elapsed.as_secs() >= 1);
    let check = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command.args(["check", &path, "--listen", "0s"]).args(more).output().unwrap()
    };
    let url = format!("ws://{}", world.address);
    with_ways(&url);
    let output = check(&[]);
    let (out, _) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(out.contains(&format!("ok     platform web by feed at {url}")), "{out}");
    assert!(out.lines().any(|line| line.trim() == "changes are  pushed"), "{out}");
    assert!(out.lines().any(|line| line.trim() == "two at once  the later write is refused"), "{out}");
    let result: Value = serde_json::from_slice(&check(&["--json"]).stdout).unwrap();
    let ways = result["findings"].as_array().unwrap();
    let way =
        ways.iter().find(|f| f["about"].as_str().is_some_and(|about| about.starts_with("platform web by")));
    assert_eq!(way.unwrap()["capabilities"]["concurrency"], "compare-and-set");

    let dead = dead();
    with_ways(dead.split('"').nth(3).unwrap());
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(said(&output).0.contains("FAILED platform web by feed at ws://"), "{output:?}");
}
