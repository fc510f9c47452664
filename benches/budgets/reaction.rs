//! Reaction: from the first bad sample to the kill read back as off, in real sessions over the demo's websocket.
//!
//! Many worlds with an error spike at once, each with its own server, session and journal on the disk, autopilot `guard`:
//! 50 users a second in each arm, ten times as many errors in treatment. Most of the time is evidence that has to come in;
//! ours is from the NO-GO to the request handed to the backend. What the same takes in the world's own time, without a
//! network, is asserted in `tests/reaction.rs`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use gonogo::action::Verb;
use gonogo::backends::Rights;
use gonogo::config::rollout_file;
use gonogo::demo::scenario::Deed;
use gonogo::demo::{self, Scenario};
use gonogo::domain::{MetricName, SegmentName, Span};
use gonogo::effect::Outcome;
use gonogo::engine::{Autopilot, Model};
use gonogo::event::Body;
use gonogo::journal::Journal;
use gonogo::runtime::clock::Clock;
use gonogo::runtime::session::{Session, Start};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::table::{Runs, Table};

/// Worlds at once.
const WORLDS: u64 = 24;
/// When the first of them turns bad; the scenario itself takes its time for people to watch.
const ONSET: Duration = Duration::from_secs(3);
/// The others follow one by one, so that their samples do not all come in the same moment.
const APART: Duration = Duration::from_millis(70);
/// Longest wait for a kill.
const PATIENCE: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(250);

/// When what was seen.
#[derive(Default)]
struct Seen {
    bad_sample: Option<Instant>,
    no_go: Option<Instant>,
    sent: Option<Instant>,
    off: Option<Instant>,
}

pub fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let seen: Vec<Seen> = runtime.block_on(async {
        let mut worlds = JoinSet::new();
        for world in 0..WORLDS {
            let folder = folder.path().join(world.to_string());
            worlds.spawn(async move { react(world, &folder).await });
        }
        worlds.join_all().await
    });
    let took = |from: fn(&Seen) -> Option<Instant>, to: fn(&Seen) -> Option<Instant>| {
        Runs::ms(seen.iter().map(|seen| to(seen).expect("it was seen") - from(seen).expect("it was seen")))
    };
    let text = |runs: &Runs| format!("p50 {:.2} ms, p90 {:.2} ms of {WORLDS}", runs.median(), runs.at(0.9));
    let evidence = took(|seen| seen.bad_sample, |seen| seen.no_go);
    table.note("evidence: first bad sample → NO-GO", text(&evidence));
    let ours = took(|seen| seen.no_go, |seen| seen.sent);
    table.row("ours: NO-GO → request sent", "p90 ≤ 10 ms", text(&ours), ours.at(0.9) <= 10.0);
    let back = took(|seen| seen.sent, |seen| seen.off);
    table.note("request sent → read back as off", text(&back));
    let all = took(|seen| seen.bad_sample, |seen| seen.off);
    table.row(
        "error spike: first bad sample → read back as off",
        "p90 ≤ 6 s",
        text(&all),
        all.at(0.9) <= 6_000.0,
    );
}

/// The scenario, with its spike sooner.
fn spike(world: u64) -> Scenario {
    let mut scenario = demo::find("error-spike").expect("a scenario");
    for act in &mut scenario.acts {
        if matches!(act.deed, Deed::Set { .. }) {
            act.at = Span(ONSET + APART * u32::try_from(world).expect("a few worlds"));
        }
    }
    scenario
}

/// Lives through one spike.
async fn react(world: u64, folder: &Path) -> Seen {
    let (clock, scenario) = (Clock::system(), spike(world));
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let served = demo::serve(nowhere, &scenario, world, None, clock.now()).await.expect("a world");
    let file = rollout_file::parse(&scenario.rollout_toml(&served.url(), None), "spike").expect("a rollout");
    let ledger = Journal::open(Some(folder), &"spike".parse().expect("a name")).expect("a journal").0;
    let start = Start {
        file,
        rights: Rights::ReadWrite,
        autopilot: Autopilot::Guard,
        ledger,
        remembered: Vec::new(),
        clock,
    };
    let mut session = Session::start(start).expect("a session");
    let mut seen = Seen::default();
    let off = async {
        let mut ticks = interval(TICK);
        while seen.off.is_none() {
            tokio::select! {
                biased;
                _ = session.take_news() => {}
                _ = ticks.tick() => session.feed(Body::Tick),
            }
            look(&session.model, &mut seen);
        }
    };
    timeout(PATIENCE, off).await.expect("a kill in time");
    let free = free();
    let stored = served.state().stored.expect("a flag");
    assert!(stored.shares.get(&free).is_some_and(|share| share.is_zero()), "{stored:?}");
    drop(session);
    served.shutdown().await;
    seen
}

fn free() -> SegmentName {
    "free".parse().expect("a name")
}

/// Notes what there is for the first time.
fn look(model: &Model, seen: &mut Seen) {
    let now = Instant::now();
    let note = |when: &mut Option<Instant>, is_so: bool| {
        if is_so {
            when.get_or_insert(now);
        }
    };
    let segment = model.segment(&free()).expect("a segment");
    let errors: MetricName = "errors".parse().expect("a name");
    let treatment = segment.series.get(&errors).and_then(|series| series.stage.treatment);
    // Nobody had it before the spike: every bad user is one of it.
    note(&mut seen.bad_sample, treatment.is_some_and(|counts| counts.bad > 0.0));
    note(&mut seen.no_go, !segment.latches.is_empty());
    let kill = model.commands.iter().find(|tracked| tracked.command.verb == Verb::Kill);
    let outcome = kill.and_then(|tracked| tracked.outcome.as_ref());
    note(&mut seen.sent, outcome.is_some());
    note(&mut seen.off, matches!(outcome, Some(Outcome::Confirmed { .. })));
}
