//! How long a kill takes, from the request to "read back as off", on a real Unleash on loopback.

use std::time::{Duration, Instant};

use gonogo::action::{Request, Scope, Verb};
use gonogo::backends::Rights;
use gonogo::config::rollout_file;
use gonogo::domain::{Actor, Phase};
use gonogo::engine::Autopilot;
use gonogo::journal::Journal;
use gonogo::runtime::clock::Clock;
use gonogo::runtime::headless::{self, Answer};
use gonogo::runtime::session::{Session, Start};

use super::town::Town;

const KILLS: usize = 50;
/// What the tool promises on loopback.
const BUDGET: Duration = Duration::from_millis(250);
/// What a machine that is busy with other things may take at worst.
const LENIENT: Duration = Duration::from_secs(2);

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
    let (p50, p99) = (at(0.50), at(0.99));
    let verdict = if p99 <= BUDGET { "within" } else { "OVER" };
    println!(
        "{what}: {} kills, p50 {p50:.1?}, p99 {p99:.1?}: {verdict} the budget of {BUDGET:?}",
        times.len()
    );
    assert!(p99 <= LENIENT, "{what}: p99 {p99:?} is more than {LENIENT:?}");
}

#[test]
fn fifty_kills_are_read_back_as_off_in_time() {
    let town = Town::open("fifty", 10);
    // The session reads its token where a person's cockpit does: from the environment of `.ci/servers run`.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let times = runtime.block_on(async {
        let file = rollout_file::load(&town.file).expect("the rollout file");
        let state = tempfile::tempdir().expect("a directory");
        let (ledger, ..) = Journal::open(Some(state.path()), &file.rollout.name).expect("a journal");
        let start = Start {
            file,
            rights: Rights::ReadWrite,
            autopilot: Autopilot::Off,
            ledger,
            remembered: vec![],
            clock: Clock::system(),
        };
        let mut session = Session::start(start).expect("a session");
        let until = || tokio::time::Instant::now() + Duration::from_secs(20);
        assert!(headless::read_flags(&mut session, until()).await, "the flag is read");
        let mut times = Vec::new();
        for _ in 0..KILLS {
            let request = |verb| Request::new(Actor::Person("test".into()), verb, Scope::default());
            let begun = Instant::now();
            let answer = headless::ask(&mut session, request(Verb::Kill), until()).await;
            times.push(begun.elapsed());
            assert_eq!(answer, Answer::Confirmed);
            assert_eq!(session.model.phase(), Phase::Killed);
            let mut resume = request(Verb::Resume);
            resume.typed_name = Some("checkout-v2".into());
            // Refused until the watch has seen the kill in Unleash's event log: what grows needs a fresh view.
            let patience = until();
            loop {
                let answer = headless::ask(&mut session, resume.clone(), until()).await;
                if answer == Answer::Confirmed {
                    break;
                }
                assert!(tokio::time::Instant::now() < patience, "it cannot be resumed: {answer:?}");
                session.take_news().await;
            }
        }
        times
    });
    print("request to read back as off, in one process", times);

    let mut times = Vec::new();
    let mut of_process = Vec::new();
    for _ in 0..KILLS {
        let begun = Instant::now();
        let killed = town.must(0, "kill", &["--json"]);
        of_process.push(begun.elapsed());
        let killed: serde_json::Value = serde_json::from_str(&killed.out).expect("JSON");
        times.push(Duration::from_millis(killed["took_ms"].as_u64().expect("a time")));
        assert!(!town.unleash.is_on());
        town.must(0, "resume", &["--confirm", "checkout-v2"]);
    }
    print("`gonogo kill`, as it says itself", times);
    print("`gonogo kill`, from start to end of the process", of_process);
    town.journal();
}
