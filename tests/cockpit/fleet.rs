//! Twenty rollouts at once, each with a service of its own: the sick one is found, opened and killed, and no other is touched.

use std::path::PathBuf;
use std::time::Instant;

use gonogo::demo::{self, Scenario, Served};
use gonogo::domain::{Actor, FlagKey, Percent, SegmentName, Text};
use gonogo::feed::message::Set;
use gonogo::feed::{Answer, Control, Endpoint, OpaqueId, Settings, Timing};
use gonogo::runtime::clock::Clock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::harness::Cockpit;
use super::world::{DEADLINE, text};

/// Rollouts of the fleet.
const ROLLOUTS: usize = 20;
/// The place of the one that turns bad.
const SICK: usize = 13;

/// Services, and a folder with a rollout file for each.
struct Town {
    runtime: Runtime,
    services: Vec<Served>,
    folder: TempDir,
}

fn name(index: usize) -> String {
    format!("rollout-{index:02}")
}

impl Town {
    /// So many of them, of which one turns bad.
    fn start(rollouts: usize, sick_one: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("rollouts")).unwrap();
        let sick = "{ at = \"4s\", do = { kind = \"worsen\", segment = \"beta\", errors = { times = 60 } } }";
        let services = (0..rollouts).map(|index| {
            let text = text(100, if index == sick_one { sick } else { "" });
            let mut scenario = Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}"));
            scenario.flag = FlagKey::new(&name(index)).unwrap();
            let start = Clock::system().now();
            let nowhere = ([127, 0, 0, 1], 0).into();
            let served =
                runtime.block_on(demo::serve(nowhere, &scenario, index as u64, None, start)).unwrap();
            let file = folder.path().join("rollouts").join(format!("{}.toml", name(index)));
            std::fs::write(file, scenario.rollout_toml(&served.url(), None)).unwrap();
            served
        });
        let services = services.collect();
        Self { runtime, services, folder }
    }

    fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    /// Whether the flag is stored as on, and its shares.
    fn stored(&self, index: usize) -> (bool, Vec<f64>) {
        let stored = self.services[index].state().stored.unwrap();
        (stored.on, stored.shares.values().map(|share| share.as_f64()).collect())
    }

    fn set(&self, index: usize, share: u32) {
        let url = self.services[index].url().parse().unwrap();
        let control = Control::new(
            Endpoint::new(Settings { url, token: None, ca_file: None }, Timing::default()).unwrap(),
        );
        let stored = self.services[index].state().stored.unwrap();
        let set = Set {
            id: OpaqueId::new("somebody-else").unwrap(),
            flag: stored.flag,
            shares: [(SegmentName::new("free").unwrap(), Percent::from_ppm(share * 10_000))].into(),
            on: None,
            expected_version: Some(stored.version),
            actor: Actor::Other(Text::new("captain")),
            reason: Text::new("by another hand"),
        };
        let answer = self.runtime.block_on(control.request(&set, DEADLINE));
        assert!(matches!(answer, Ok(Answer::Ack(_))), "{answer:?}");
    }
}

/// Leaves from wherever one is; `q` would lead back through the screens that were opened.
#[track_caller]
fn leave(mut cockpit: Cockpit) {
    cockpit.press("\x03");
    let (status, _) = cockpit.wait_for_the_end();
    assert!(status.success(), "{status:?}");
    cockpit.assert_given_back();
}

#[test]
fn the_sick_one_of_twenty_is_seen_first_opened_killed_and_no_other_is_touched() {
    let town = Town::start(ROLLOUTS, SICK);
    let before: Vec<_> = (0..ROLLOUTS).map(|index| town.stored(index)).collect();
    let (folder, state) = (town.path("rollouts"), town.path("state"));
    let mut cockpit = Cockpit::start(&["watch", &folder, "--state-dir", &state], 120, 40, &[]);
    cockpit.until_shown("20 rollouts:");
    let first_row = |seen: &super::seen::Seen| {
        let text = seen.text();
        let mut lines = text.lines().skip_while(|line| !line.contains("because")).skip(1);
        lines.next().unwrap_or_default().to_owned()
    };
    let sick = name(SICK);
    cockpit.until("the sick one to stand first", |seen| {
        let row = first_row(seen);
        row.contains(&sick) && row.contains("NO-GO") && row.contains("errors in beta: unanswered")
    });
    // The cursor is still on the first that was given: nothing under it has changed by itself.
    assert!(cockpit.seen().shows("▸"), "{}", cockpit.seen().text());
    cockpit.press("\x1b[5~\x1b[5~");
    cockpit.until("the cursor on the sick one", |seen| {
        let row = first_row(seen);
        row.contains('▸') && row.contains(&sick)
    });
    cockpit.press("\r");
    cockpit.until("its main screen", |seen| seen.shows("segments of rollout-13"));
    cockpit.press("0");
    cockpit.until_shown("20 rollouts:");
    cockpit.press("K");
    cockpit.until_shown("Nobody anywhere will get rollout-13");
    cockpit.press("\r");
    cockpit.until("the row to say that it is off", |seen| seen.line_with(&[&sick, "KILLED", "0%"]).is_some());
    assert!(!town.stored(SICK).0, "it is stored as off");
    for index in (0..ROLLOUTS).filter(|index| *index != SICK) {
        assert_eq!(town.stored(index), before[index], "{}", name(index));
    }
    // Somebody else's change arrives in its own row.
    town.set(3, 100);
    let other = name(3);
    cockpit.until("the share of another one", |seen| {
        seen.line_with(&[&other, "50%"]).is_some() || seen.line_with(&[&other, "51.7%"]).is_some()
    });
    leave(cockpit);
    let journals: Vec<PathBuf> =
        std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path()).collect();
    let told = |name: &str| {
        let of = |path: &&PathBuf| {
            path.file_name().unwrap().to_string_lossy().starts_with(name)
                && path.extension().is_some_and(|ending| ending == "jsonl")
        };
        journals.iter().find(of).map_or_else(String::new, |path| std::fs::read_to_string(path).unwrap())
    };
    assert!(told(&sick).contains("kill"), "{journals:?}");
    assert!(!told(&other).contains("\"kill\""), "a journal for each");
}

#[test]
fn what_is_wrong_with_any_file_of_a_folder_is_said_before_anything_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "name = 5\n").unwrap();
    std::fs::write(folder.path().join("b.toml"), "nonsense").unwrap();
    let path = folder.path().to_str().unwrap();
    let mut cockpit = Cockpit::start(&["watch", path], 120, 40, &[]);
    let (status, _) = cockpit.wait_for_the_end();
    assert_eq!(status.exit_code(), 2);
    // The process may have ended before its last words were read.
    cockpit.until_shown("a.toml");
    cockpit.until_shown("b.toml");
}

#[test]
fn the_demo_has_a_fleet() {
    let mut cockpit = Cockpit::start(&["demo", "fleet"], 80, 24, &[]);
    cockpit.until_shown("5 rollouts:");
    for name in ["checkout-v2", "search-v3", "profile-photos", "invoice-pdf"] {
        cockpit.until_shown(name);
    }
    cockpit.press("\r");
    cockpit.until_shown("segments of checkout-v2");
    cockpit.press("q");
    cockpit.until_shown("5 rollouts:");
    leave(cockpit);
}

/// Seconds of computing that a process has used (Linux).
fn computed(id: i32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

#[test]
fn two_hundred_rollouts_at_once_are_shown_sorted_and_killed_without_a_hitch() {
    const MANY: usize = 200;
    let town = Town::start(MANY, 177);
    let (folder, state) = (town.path("rollouts"), town.path("state"));
    let start = Instant::now();
    let mut cockpit = Cockpit::start(&["watch", &folder, "--state-dir", &state, "--stats"], 120, 40, &[]);
    cockpit.until_shown("200 rollouts:");
    println!("first frame after {:?}", start.elapsed());
    cockpit.until("the sick one to stand first", |seen| seen.line_with(&["rollout-177", "NO-GO"]).is_some());
    println!("its NO-GO is seen after {:?}", start.elapsed());
    let (before, bytes, start) = (computed(cockpit.id()), cockpit.bytes_written(), Instant::now());
    let mut keys = Vec::new();
    for _ in 0..10 {
        cockpit.press("?");
        keys.push(cockpit.until_shown("keys, page 1"));
        cockpit.press("\x1b");
        cockpit.until("the help to close", |seen| !seen.shows("keys, page 1"));
    }
    let share = (computed(cockpit.id()) - before) / start.elapsed().as_secs_f64();
    let rate = (cockpit.bytes_written() - bytes) as f64 / start.elapsed().as_secs_f64();
    println!("{share:.2} of a core, {rate:.0} bytes a second, keys {keys:?}");
    cockpit.press("/rollout-177\r");
    cockpit.until_line(&["▸", "rollout-177"]);
    cockpit.press("K");
    cockpit.until_shown("Nobody anywhere will get rollout-177");
    cockpit.press("\r");
    let killed = cockpit.until("the kill", |seen| seen.line_with(&["rollout-177", "KILLED"]).is_some());
    println!("killed after {killed:?}");
    assert!(!town.stored(177).0);
    leave(cockpit);
}
