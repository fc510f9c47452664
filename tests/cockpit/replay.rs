//! `gonogo replay`: keys, the bar, the way out; that nothing can be changed, and that no network is opened.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gonogo::action::{Request, Scope, Verb};
use gonogo::domain::{
    Actor, FlagKey, FlagState, Ladder, LinkState, Percent, Platform, PlatformName, Rollout, RolloutName,
    Segment, SegmentName, Source, SourceKind, Span, Stage, Text, Timestamp, Version,
};
use gonogo::engine::{Autopilot, Model, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Header, Recorder};
use tempfile::TempDir;

use super::harness::Cockpit;

/// 2026-11-22 14:00:00 UTC.
const START: i64 = 1_795_356_000_000;
/// How long the recording is.
const MINUTES: i64 = 10;
/// How long nothing may be written while it stands.
const IDLE: Duration = Duration::from_secs(2);

fn rollout() -> Rollout {
    let stage =
        |percent: u32| Stage::new(Percent::from_ppm(percent * 10_000), "10m".parse::<Span>().unwrap(), 100);
    let ladder = || Ladder::new([5, 25, 100].map(stage).into()).unwrap();
    let segments =
        ["beta", "free"].map(|name| Segment::new(SegmentName::new(name).unwrap(), Some(1000), ladder()));
    let flag = FlagKey::new("checkout-v2").unwrap();
    Rollout {
        name: RolloutName::new("checkout-v2").unwrap(),
        owner: None,
        platforms: vec![Platform::new(PlatformName::new("web").unwrap(), flag, "5s".parse().unwrap())],
        segments: segments.into(),
        metrics: vec![],
        guardrails: vec![],
        pause_without_data: "1h".parse().unwrap(),
        sample_ratio: false,
    }
}

/// Records ten minutes: a stage of `free` after two minutes, a pause by a person after four, another stage after eight.
fn record(path: &Path) {
    let rollout = rollout();
    let header = Header::new(&rollout, Autopilot::Off, false);
    let mut model = Model::new(Arc::new(rollout), Autopilot::Off, false);
    let mut recorder = Recorder::create(path, &header).unwrap();
    let mut tell = |second: i64, body: Body| {
        let at = Timestamp(START + second * 1000);
        let event = Event { at, source_at: Some(at), body };
        update(&mut model, &event);
        recorder.take(&event, &model.decided);
    };
    let web = || PlatformName::new("web").unwrap();
    let source = || Source::new(SourceKind::Flags, "web");
    let flag = |version, free| Body::Flag {
        platform: web(),
        state: FlagState {
            version: Version(version),
            on: true,
            shares: [("beta", 100), ("free", free)]
                .map(|(name, share)| (SegmentName::new(name).unwrap(), Percent::from_ppm(share * 10_000)))
                .into(),
            by: Some(Actor::Other(Text::new("captain"))),
            changed_at: None,
            doubts: vec![],
            ..FlagState::default()
        },
    };
    tell(0, Body::Link { source: source(), state: LinkState::Live });
    tell(0, flag(1, 5));
    for second in 1..=MINUTES * 60 {
        match second {
            120 => tell(second, flag(2, 25)),
            240 => {
                let actor = Actor::Person(Text::new("ada@desk"));
                tell(second, Body::Asked(Request::new(actor, Verb::Pause, Scope::default())));
            }
            480 => tell(second, flag(3, 100)),
            _ => tell(second, Body::Heard(source())),
        }
        tell(second, Body::Tick);
    }
    assert_eq!(recorder.finish(Duration::from_secs(20)).lost, 0);
}

/// A folder with a recording, and with the state that is kept.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        let shelf = Self(tempfile::tempdir().unwrap());
        record(&shelf.0.path().join("night.rec"));
        shelf
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn replay(&self, columns: u16, rows: u16, more: &[&str]) -> Cockpit {
        let (file, state) = (self.path("night.rec"), self.path("state"));
        let args = [&["replay", file.as_str()], more].concat();
        Cockpit::start(&args, columns, rows, &[("XDG_STATE_HOME", &state)])
    }
}

/// The sockets of a process that belong to a network, by their inodes.
fn sockets(id: i32) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
        known.extend(text.lines().skip(1).filter_map(|l| l.split_whitespace().nth(9)).map(str::to_owned));
    }
    let links =
        fs::read_dir(format!("/proc/{id}/fd")).unwrap().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let inode = |link: std::path::PathBuf| {
        let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
        known.contains(&inode).then_some(inode)
    };
    links.filter_map(inode).collect()
}

#[test]
fn a_replay_opens_no_network() {
    let shelf = Shelf::new();
    let mut replay = shelf.replay(120, 40, &["--speed", "60"]);
    for key in ["]", "+", "t50%\r", "K", "w"] {
        replay.press(key);
        replay.until_shown("REPLAY");
        assert_eq!(sockets(replay.id()), BTreeSet::new());
    }
    replay.until_shown("PLAYING");
    assert_eq!(sockets(replay.id()), BTreeSet::new());
    replay.end();
    // The look at sockets sees some where there are any.
    let live = Cockpit::start(&["demo", "calm"], 120, 40, &[]);
    live.until_shown("5 live");
    assert_ne!(sockets(live.id()), BTreeSet::new());
    live.end();
}

#[test]
fn keys_play_pause_step_jump_and_go_to_a_time() {
    let shelf = Shelf::new();
    let mut replay = shelf.replay(120, 40, &[]);
    replay.until_line(&["▶ PLAYING 1×", "of 10:00"]);
    replay.press(" ");
    replay.until_line(&["‖ PAUSED 1×"]);
    replay.until_line(&["exposure", "52.5%", "62.5%", "p", "100%"]);
    replay.until_line(&["verdicts", " WAIT ", "……"]);
    replay.press("s");
    replay.until_line(&["14:02:00 UTC", "free at 25%"]);
    replay.until_row("free", &["25%"]);
    replay.press("x");
    replay.until_line(&["14:04:00 UTC", "ada@desk: pause everything"]);
    replay.until_row("everything", &["PAUSED"]);
    replay.press("]");
    replay.until_line(&["14:08:00 UTC", "free at 100%"]);
    replay.press("]");
    replay.until_shown("there is no decision after this");
    replay.press("[");
    replay.until_line(&["14:04:00 UTC"]);
    replay.press("t14:01:30\r");
    replay.until_line(&["14:01:30 UTC", "1:30 of 10:00"]);
    replay.until_row("free", &["5%"]);
    replay.press(".");
    replay.until_line(&["14:01:31 UTC"]);
    replay.press("++ ");
    replay.until_line(&["▶ PLAYING 5×"]);
    replay.press("\x1b[F");
    replay.until_line(&["AT THE END", "10:00 of 10:00"]);
    replay.press("\x1b[H");
    replay.until_line(&["14:00:00 UTC", "event 0 of"]);
    replay.end();
}

#[test]
fn what_acts_on_a_rollout_says_why_not_and_changes_nothing() {
    let shelf = Shelf::new();
    let before = fs::read(shelf.path("night.rec")).unwrap();
    let mut replay = shelf.replay(120, 40, &["--from", "14:03"]);
    replay.until_line(&["PLAYING"]);
    replay.press(" ");
    replay.until_line(&["PAUSED 1×", "event"]);
    let place = replay.seen().line_with(&["PAUSED 1×"]).unwrap();
    for (key, name) in [("K", "kill"), ("w", "widen"), ("p", "pause"), ("u", "rollback"), ("n", "note")] {
        replay.press(key);
        replay.until_shown(&format!("{name}: this is a recording: nothing can be changed"));
        replay.press("\r");
        replay.until("the message to go", |seen| {
            !seen.shows("this is a recording") && seen.shows("segment beta (")
        });
        replay.press("\x1b");
        replay.until("the screen before", |seen| !seen.shows("segment beta ("));
        assert_eq!(replay.seen().line_with(&["PAUSED 1×"]), Some(place.clone()));
    }
    replay.until_row("free", &["25%"]);
    replay.end();
    assert_eq!(fs::read(shelf.path("night.rec")).unwrap(), before);
    assert!(!Path::new(&shelf.path("state")).exists(), "nothing was asked for that is kept");
}

#[test]
fn a_replay_that_stands_writes_nothing() {
    let shelf = Shelf::new();
    let mut replay = shelf.replay(80, 24, &[]);
    replay.until_line(&["PLAYING"]);
    replay.press(" ");
    replay.until_line(&["PAUSED"]);
    replay.until_quiet(Duration::from_millis(700));
    let before = replay.bytes_written();
    std::thread::sleep(IDLE);
    assert_eq!(replay.bytes_written(), before);
    replay.end();
}

#[test]
fn it_plays_to_its_end_and_leaves_when_that_is_asked_for() {
    let shelf = Shelf::new();
    for more in
        [&["--speed", "1000"][..], &["--from", "-20s", "--speed", "10"], &["--until", "5%", "--speed", "30"]]
    {
        let mut replay = shelf.replay(120, 40, &[more, &["--exit-when-done"]].concat());
        let (status, _) = replay.wait_for_the_end();
        assert_eq!(status.exit_code(), 0);
        replay.assert_given_back();
    }
    let mut replay = shelf.replay(120, 40, &["--until", "+1s"]);
    replay.until_line(&["PAUSED", "14:00:01 UTC"]);
    replay.press(" ");
    replay.until_line(&["PLAYING"]);
    replay.signal(rustix::process::Signal::TERM);
    replay.wait_for_the_end();
    replay.assert_given_back();
}

#[test]
fn bookmarks_are_there_the_next_time() {
    let shelf = Shelf::new();
    let mut replay = shelf.replay(120, 40, &["--from", "14:05"]);
    replay.until_line(&["PLAYING"]);
    replay.press(" ");
    replay.until_line(&["PAUSED"]);
    replay.press("m");
    replay.until_line(&["bookmark 1 of 1"]);
    replay.end();
    let mut again = shelf.replay(120, 40, &[]);
    again.until_line(&["PLAYING"]);
    again.press(" b");
    again.until_line(&["14:05:0", "bookmark 1 of 1"]);
    again.end();
}

#[test]
fn what_cannot_be_replayed_is_said_with_a_hint() {
    let shelf = Shelf::new();
    fs::write(shelf.path("text"), "hello\n").unwrap();
    let (missing, folder, text) = (shelf.path("none.rec"), shelf.path(""), shelf.path("text"));
    let night = shelf.path("night.rec");
    for (args, why) in [
        (&[missing.as_str()][..], "No such file"),
        (&[&folder], "directory"),
        (&[&text], "no recording"),
        (&[&night, "--from", "tea"], "write 14:02"),
        (&[&night, "--speed", "0"], "from 1 to 1000"),
        (&[&night, "--theme", "pink"], "pink"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_gonogo"))
            .arg("replay")
            .args(args)
            .stdin(std::process::Stdio::null())
            .output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.contains("hint:"), "{args:?}: {said}");
    }
}
