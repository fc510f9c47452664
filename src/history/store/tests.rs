//! The store: what is put in comes out, what a person said stays, and what is not ours is left alone.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::history::entry::TimeSplit;
use crate::history::totals::Totals;

fn entry(rollout: &str, ended: i64) -> Entry {
    Entry {
        rollout: RolloutName::new(rollout).unwrap(),
        first_command: EffectId(1_795_378_373_123_000),
        owner: Some(Text::new("payments")),
        traits: Some(vec![Text::new("checkout"), Text::new("schema-change")]),
        started: Timestamp(1_000),
        ended: Timestamp(ended),
        ending: Ending::Complete,
        paused: Duration::from_millis(1_500),
        split: None,
        kills: Vec::new(),
        roll_backs: 0,
        no_gos: 0,
        exposed: Some(11_000),
        hurt: None,
        adoption: Some(0.875),
        units: Some(4_000),
        recording: None,
    }
}

fn kill(command: u64) -> Kill {
    Kill {
        command: EffectId(command),
        at: Timestamp(5_000),
        scope: Text::new("free"),
        actor: Text::new("autopilot"),
        why: Some(Text::new("ten times as many")),
        detected_at: Some(Timestamp(4_900)),
        off_at: Some(Timestamp(5_400)),
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&file_in(&dir.path().join("state"))).unwrap();
    (dir, store)
}

#[test]
fn what_is_put_in_comes_out_and_only_its_owner_can_read_it() {
    let (dir, mut store) = store();
    let put = Entry {
        kills: vec![kill(7)],
        split: Some(TimeSplit { active_s: 0.5, ..TimeSplit::default() }),
        ..entry("a", 9_000)
    };
    let id = store.put(&put).unwrap();
    let got = store.get(id).unwrap();
    assert_eq!(got.kills, [StoredKill { kill: kill(7), mark: None }]);
    assert_eq!(Entry { kills: vec![kill(7)], ..got.entry }, put);
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let state = dir.path().join("state");
    assert_eq!(mode(state.clone()), 0o700);
    for file in ["history.db", "history.db-wal", "history.db-shm"] {
        assert_eq!(mode(state.join(file)), 0o600, "{file}");
    }
    store.check().unwrap();
}

#[test]
fn the_same_rollout_is_changed_and_what_was_known_stays_where_the_new_does_not_know_it() {
    let (_dir, mut store) = store();
    let first = store.put(&Entry { recording: Some("/a.rec".into()), ..entry("a", 9_000) }).unwrap();
    let later = Entry {
        ending: Ending::Killed,
        kills: vec![Kill { off_at: None, ..kill(7) }],
        traits: None,
        adoption: None,
        units: None,
        ..entry("a", 20_000)
    };
    assert_eq!(store.put(&later).unwrap(), first);
    let got = store.get(first).unwrap();
    assert_eq!((got.entry.ending, got.entry.ended), (Ending::Killed, Timestamp(20_000)));
    assert_eq!(got.entry.traits, entry("a", 0).traits);
    assert_eq!((got.entry.adoption, got.entry.recording), (Some(0.875), Some("/a.rec".into())));
    assert_eq!(got.kills[0].kill.off_at, None);

    // A recording of its first hours, added afterwards, tells what was not known, and nothing else.
    let part = Entry {
        ending: Ending::Abandoned,
        started: Timestamp(500),
        hurt: Some(3),
        adoption: Some(0.1),
        kills: vec![kill(7)],
        ..entry("a", 6_000)
    };
    assert_eq!(store.put(&part).unwrap(), first);
    let got = store.get(first).unwrap();
    assert_eq!((got.entry.ending, got.entry.ended), (Ending::Killed, Timestamp(20_000)));
    assert_eq!(
        (got.entry.started, got.entry.hurt, got.entry.adoption),
        (Timestamp(500), Some(3), Some(0.875))
    );
    assert_eq!(got.kills[0].kill.off_at, Some(Timestamp(5_400)));
    assert_eq!(store.list(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_mark_stays_through_later_changes_and_can_be_taken_back() {
    let (_dir, mut store) = store();
    let killed = Entry { ending: Ending::Killed, kills: vec![kill(7), kill(8)], ..entry("a", 9_000) };
    let id = store.put(&killed).unwrap();
    let mark = |is_false| Mark { is_false, reason: Some(Text::new("the shop was down")), at: Timestamp(99) };
    assert_eq!(store.mark(id, Some(2), &mark(true)).unwrap(), 1);
    store.put(&killed).unwrap();
    let got = store.get(id).unwrap();
    assert_eq!((got.kills[0].mark.clone(), got.kills[1].mark.clone()), (None, Some(mark(true))));
    assert!(got.has_failed(), "one of the two was true");
    assert_eq!(store.mark(id, None, &mark(true)).unwrap(), 2);
    assert!(!store.get(id).unwrap().has_failed());
    store.mark(id, Some(1), &mark(false)).unwrap();
    assert!(store.get(id).unwrap().has_failed());

    assert!(matches!(store.mark(id, Some(3), &mark(true)), Err(HistoryError::NoKill { count: 2, .. })));
    assert!(matches!(store.mark(id, Some(0), &mark(true)), Err(HistoryError::NoKill { .. })));
    assert!(matches!(store.mark(id + 1, None, &mark(true)), Err(HistoryError::NoEntry { .. })));
}

#[test]
fn what_is_removed_stays_away_until_somebody_asks_for_it_and_its_number_is_not_given_again() {
    let (_dir, mut store) = store();
    let id = store.put(&entry("a", 9_000)).unwrap();
    store.remove(id).unwrap();
    assert!(matches!(store.get(id), Err(HistoryError::NoEntry { .. })));
    assert!(matches!(store.remove(id), Err(HistoryError::NoEntry { .. })));
    // The next guard reads the journal and puts it in again.
    store.put(&entry("a", 9_000)).unwrap();
    assert_eq!(store.list(&Filter::default()).unwrap(), []);
    assert!(store.put(&entry("b", 9_000)).unwrap() > id);
    store.bring_back(id).unwrap();
    assert_eq!(store.get(id).unwrap().entry, entry("a", 9_000));
}

#[test]
fn the_newest_end_comes_first_and_a_filter_lets_only_its_own_through() {
    let (_dir, mut store) = store();
    for (rollout, ended) in [("a", 2_000), ("b", 5_000), ("c", 3_000)] {
        store
            .put(&Entry {
                traits: (rollout != "b").then(|| vec![Text::new(rollout)]),
                ..entry(rollout, ended)
            })
            .unwrap();
    }
    let names = |filter: Filter| -> Vec<String> {
        store.list(&filter).unwrap().into_iter().map(|stored| stored.entry.rollout.to_string()).collect()
    };
    assert_eq!(names(Filter::default()), ["b", "c", "a"]);
    assert_eq!(names(Filter { since: Some(Timestamp(3_000)), ..Filter::default() }), ["b", "c"]);
    assert_eq!(names(Filter { with: Some(Text::new("a")), ..Filter::default() }), ["a"]);
    assert_eq!(names(Filter { rollout: Some("c".parse().unwrap()), ..Filter::default() }), ["c"]);
}

#[test]
fn the_figures_are_those_of_hand() {
    let (_dir, mut store) = store();
    let ended = |name: &str, seconds: i64, ending, kills, roll_backs| Entry {
        ending,
        kills,
        roll_backs,
        ..entry(name, 1_000 + seconds * 1000)
    };
    store.put(&ended("a", 100, Ending::Complete, vec![], 0)).unwrap();
    store.put(&ended("b", 200, Ending::Complete, vec![kill(1)], 0)).unwrap();
    store.put(&ended("c", 300, Ending::Killed, vec![kill(1)], 0)).unwrap();
    store.put(&ended("d", 400, Ending::RolledBack, vec![], 2)).unwrap();
    let c = store
        .list(&Filter::default())
        .unwrap()
        .into_iter()
        .find(|s| s.entry.rollout.as_str() == "c")
        .unwrap();
    store.mark(c.id, None, &Mark { is_false: true, reason: None, at: Timestamp(1) }).unwrap();
    let totals = Totals::of(&store.list(&Filter::default()).unwrap());
    assert_eq!((totals.rollouts, totals.complete, totals.success_rate), (4, 2, Some(0.5)));
    // b needed a true kill and d was rolled back; c's only kill was false.
    assert_eq!(totals.change_failure_rate, Some(0.5));
    assert_eq!((totals.kills, totals.false_kills, totals.roll_backs), (2, 1, 2));
    assert_eq!((totals.median_duration_s, totals.median_adoption), (Some(250.0), Some(0.875)));
    assert_eq!(totals.median_detected_to_off_s, Some(0.5));
    assert_eq!(Totals::of(&[]).change_failure_rate, None);
}

#[test]
fn a_damaged_newer_or_foreign_database_is_said_with_a_remedy_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let fault = |path: &Path| {
        let before = std::fs::read(path).unwrap();
        let error = Store::open(path).unwrap_err().to_string();
        assert_eq!(std::fs::read(path).unwrap(), before, "{error}");
        error
    };
    std::fs::write(at("noise.db"), vec![7; 8192]).unwrap();
    assert!(fault(&at("noise.db")).contains("it is damaged (file is not a database)\nhint: move it"));

    drop(Store::open(&at("newer.db")).unwrap());
    Connection::open(at("newer.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(fault(&at("newer.db")).contains("its version is 99, and this gonogo knows up to 1\nhint: "));

    Connection::open(at("other.db")).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    assert!(fault(&at("other.db")).contains("a database of another program"));

    std::fs::create_dir(at("folder.db")).unwrap();
    let error = Store::open(&at("folder.db")).unwrap_err().to_string();
    assert!(error.contains("folder.db: Is a directory"), "{error}");
}
