//! A process that is killed while it writes loses nothing of what it said was written, and damages nothing.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use gonogo::domain::{RolloutName, Timestamp};
use gonogo::effect::EffectId;
use gonogo::history::{Ending, Entry, Filter, Kill, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Names the file in the child. Without it the child's test is over at once.
const FILE: &str = "GONOGO_TEST_HISTORY";
/// Where the child begins to count.
const FROM: &str = "GONOGO_TEST_FROM";
/// How often a child is killed.
const KILLS: u64 = 60;
/// The most entries that a child is let write: from none at all on.
const MOST: u64 = 10;

fn entry(number: u64) -> Entry {
    let at = Timestamp(number as i64 * 1_000);
    let kill = Kill {
        command: EffectId(number),
        at,
        scope: "free".into(),
        actor: "autopilot".into(),
        why: Some("x".repeat(400).as_str().into()),
        detected_at: Some(at),
        off_at: None,
    };
    Entry {
        rollout: RolloutName::new("checkout").unwrap(),
        first_command: EffectId(number),
        owner: None,
        traits: Some(vec!["checkout".into()]),
        started: Timestamp(0),
        ended: at,
        ending: Ending::Killed,
        paused: Duration::ZERO,
        split: None,
        kills: vec![kill],
        roll_backs: 0,
        no_gos: 1,
        exposed: None,
        hurt: None,
        adoption: None,
        units: None,
        recording: None,
    }
}

/// Not a test by itself: the process that is killed.
#[test]
fn child_writes_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let mut store = Store::open(Path::new(&file)).unwrap();
    let mut out = std::io::stdout();
    for number in from.. {
        store.put(&entry(number)).unwrap();
        // Only what is on the disk is told.
        writeln!(out, "\nwritten {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_was_said_to_be_written_is_there_after_a_kill_9_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.db");
    let mut random = StdRng::seed_from_u64(11);
    let mut told = BTreeSet::new();
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_writes_until_it_is_killed", "--nocapture"])
            .env(FILE, &file)
            .env(FROM, (round * 1_000_000 + 1).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let number = |line: String| line.strip_prefix("written ").and_then(|number| number.parse().ok());
        let wanted = random.random_range(0..MOST);
        let mut seen = 0;
        while seen < wanted {
            let line = lines.next().expect("the child writes until it is killed");
            if let Some(number) = number(line) {
                told.insert(EffectId(number));
                seen += 1;
            }
        }
        // Somewhere within the next entries, or within the opening of the file.
        std::thread::sleep(Duration::from_micros(random.random_range(0..4_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.filter_map(number).map(EffectId));

        let store = Store::open(&file).unwrap();
        store.check().unwrap();
        let found = store.list(&Filter::default()).unwrap();
        let there: BTreeSet<_> = found.iter().map(|stored| stored.entry.first_command).collect();
        assert!(told.is_subset(&there), "round {round}: {:?}", told.difference(&there));
        assert!(
            found.iter().all(|stored| stored.kills.len() == 1),
            "an entry is written whole or not at all"
        );
    }
    assert!(told.len() as u64 > KILLS, "{}", told.len());
}
