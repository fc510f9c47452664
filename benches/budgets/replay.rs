//! Replay: how many events a second are decided anew, against a loop that only decodes them, and what a day of them
//! takes in memory.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use gonogo::engine::{Autopilot, update};
use gonogo::event::{Body, Event};
use gonogo::recording::{Archive, Finding, Header, Player, Progress, Recorder, Recording, Target, verify};

use super::cockpit::Cockpit;
use super::process;
use super::table::{Runs, Table};
use super::world::{World, rollout};

const RUNS: usize = 5;
/// Places that are gone to.
const SEEKS: usize = 60;
/// Events of the recording that is decided anew: 10 segments × 5 metrics, one sample a second.
const ROUNDS: usize = 4_000;
/// A day of 4 segments × 3 metrics, a sample every five seconds.
const DAY: Duration = Duration::from_secs(86_400);
const DAY_STEP: Duration = Duration::from_secs(5);
/// How much memory the replay of a day may take, and how much more after its first quarter.
const DAY_MB: f64 = 60.0;
const DAY_GROWTH_MB: f64 = 4.0;

/// Records a world: `rounds` samples of each series.
fn record(path: &Path, segments: usize, metrics: usize, rounds: usize, step: Duration) -> u64 {
    let mut world = World::live(segments, metrics);
    let mut recorder =
        Recorder::create(path, &Header::new(&rollout(segments, metrics), Autopilot::Advise, false))
            .expect("a new file");
    // The world was live before the recording began; the recording begins with a world that is not.
    world.model =
        gonogo::engine::Model::new(std::sync::Arc::new(rollout(segments, metrics)), Autopilot::Advise, false);
    let mut events = 0;
    for event in World::opening(segments, metrics) {
        update(&mut world.model, &event);
        recorder.take(&event, &world.model.decided);
        events += 1;
    }
    for _ in 0..rounds {
        let mut round = world.next_round(step);
        round.push(World::heard(world.now));
        round.push(Event { at: world.now, source_at: None, body: Body::Tick });
        for event in &round {
            update(&mut world.model, event);
            recorder.take(event, &world.model.decided);
            recorder.offer(&world.model);
            events += 1;
        }
    }
    let recorded = recorder.finish(Duration::from_secs(60));
    assert_eq!((recorded.lost, recorded.failure), (0, None), "the disk does not keep up");
    events
}

fn open(path: &Path) -> Recording<BufReader<File>> {
    Recording::open("bench.rec", BufReader::new(File::open(path).expect("a file"))).expect("a recording")
}

/// Events a second of a pass over the recording.
fn rate(events: u64, mut pass: impl FnMut()) -> Runs {
    let run = |_| {
        let start = Instant::now();
        pass();
        events as f64 / start.elapsed().as_secs_f64()
    };
    Runs::new((0..RUNS).map(run).collect())
}

fn go(player: &mut Player, target: Target) {
    player.seek(target);
    while player.run(4_096).expect("readable") != Progress::Arrived {}
}

pub fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.rec");
    let events = record(&path, 10, 5, ROUNDS, Duration::from_secs(1));
    let bytes = std::fs::metadata(&path).expect("a file").len();
    table.note(
        "a recording of 10 segments × 5 metrics",
        format!(
            "{events} events, {:.1} MB, {:.0} bytes each",
            bytes as f64 / 1e6,
            bytes as f64 / events as f64
        ),
    );
    let decoded = rate(events, || assert_eq!(open(&path).count() as u64, events));
    table.note("decoded and nothing else", format!("{:.0} events/s", decoded.median()));
    let verified = rate(events, || {
        let verified = verify(Archive::open(&path).expect("a recording")).expect("readable");
        assert_eq!((verified.finding, verified.events), (Finding::Equal, events));
    });
    table.row(
        "replay at full speed without a screen (--verify)",
        "≥ 1,000,000 events/s",
        format!(
            "{:.0} events/s, {:.0} % of the decode loop",
            verified.median(),
            100.0 * verified.median() / decoded.median()
        ),
        verified.median() >= 1e6,
    );
    seeks(table, &path, events);
    day(table, &folder.path().join("day.rec"));
}

/// Seeks in the cockpit's sense: the model as it was there.
fn seeks(table: &mut Table, path: &Path, events: u64) {
    let mut player = Player::open(path).expect("a recording");
    let place = |n: usize| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % events;
    let runs = (0..SEEKS).map(|n| {
        let start = Instant::now();
        go(&mut player, Target::Event(place(n)));
        start.elapsed()
    });
    let runs = Runs::ms(runs);
    table.row("seek to the model as it was, anywhere", "≤ 100 ms", runs.tail("ms"), runs.p99() <= 100.0);
}

fn day(table: &mut Table, path: &Path) {
    let rounds = (DAY.as_secs() / DAY_STEP.as_secs()) as usize;
    let events = record(path, 4, 3, rounds, DAY_STEP);
    let file = path.to_str().expect("a path");
    let mut cockpit = Cockpit::start(&["replay", file, "--speed", "1000", "--exit-when-done"], 120, 40);
    let mut seen = Vec::new();
    while cockpit.is_running() {
        seen.push(process::resident(cockpit.pid()) as f64 / 1e6);
        std::thread::sleep(Duration::from_millis(250));
    }
    seen.retain(|mb| *mb > 0.0);
    let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    let (quarter, whole) = (most(&seen[..seen.len() / 4]), most(&seen));
    table.row(
        "memory: a day at 1000× in the cockpit",
        "≤ 60 MB, flat",
        format!("{quarter:.1} MB in the first quarter, {whole:.1} MB in all; {events} events"),
        whole <= DAY_MB && whole - quarter <= DAY_GROWTH_MB,
    );
}
