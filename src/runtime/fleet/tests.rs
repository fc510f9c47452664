//! Many sessions in one loop: fair, and each on its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::timeout;

use super::*;
use crate::backends::Rights;
use crate::config::rollout_file;
use crate::domain::{LinkState, Phase, Source, SourceKind, Text, Timestamp};
use crate::engine::Autopilot;
use crate::runtime::clock::Clock;
use crate::runtime::ledger::Forgetful;
use crate::runtime::session::Start;

/// Nobody answers at that port, so that nothing comes in but what the tests hand in.
fn session(name: &str) -> Session {
    let text = format!(
        "name = \"{name}\"\n[[platforms]]\nname = \"web\"\nflag = \"{name}\"\n\
         backend = {{ kind = \"feed\", url = \"ws://127.0.0.1:9\" }}\n[[segments]]\nname = \"free\"\n\
         [plan]\nstages = [{{ exposure = 100, bake = \"1s\", sample = 1 }}]\n"
    );
    let start = Start {
        file: rollout_file::parse(&text, "test").unwrap(),
        rights: Rights::ReadWrite,
        autopilot: Autopilot::Advise,
        ledger: Forgetful,
        remembered: Vec::new(),
        clock: Clock::starting_at(Timestamp(0)),
    };
    Session::start(start).unwrap()
}

fn fleet(count: usize) -> Fleet {
    Fleet::new((0..count).map(|n| session(&format!("r{n}"))).collect())
}

fn view() -> View {
    View::new(crate::domain::Actor::Person(Text::new("tester"))).unwrap()
}

/// Takes turns until nothing comes any more.
async fn settle(fleet: &mut Fleet) -> usize {
    let mut turns = 0;
    while timeout(Duration::from_millis(20), fleet.take_news()).await.is_ok() {
        turns += 1;
    }
    turns
}

#[tokio::test]
async fn every_session_gets_its_news_and_its_time() {
    let mut fleet = fleet(100);
    settle(&mut fleet).await;
    let before: Vec<_> = fleet.models().iter().map(|model| model.now).collect();
    fleet.tick();
    settle(&mut fleet).await;
    assert!(fleet.models().iter().zip(&before).all(|(model, before)| model.now > *before));
    let heard = |model: &&Model| !model.links.is_empty();
    assert!(fleet.models().iter().all(heard), "each has heard that its backend cannot be reached");
}

#[tokio::test]
async fn a_request_goes_to_the_rollout_that_it_names_and_to_no_other() {
    let mut fleet = fleet(3);
    let actor = crate::domain::Actor::Person(Text::new("tester"));
    let request = Request::new(actor, Verb::Kill, crate::action::Scope::default());
    fleet.ask(&"r1".parse().unwrap(), request);
    let phases: Vec<_> = fleet.models().iter().map(|model| model.phase()).collect();
    assert_eq!(phases, [Phase::Unknown, Phase::Killing, Phase::Unknown]);
}

#[tokio::test]
async fn what_happens_elsewhere_makes_no_frame_until_somebody_is_needed() {
    let mut fleet = fleet(2);
    let mut view = view();
    // What the world says of its own accord is of no interest here.
    for member in &mut fleet.members {
        member.session().unwrap().feed(Body::Tick);
    }
    (0..2).for_each(|place| fleet.assess(place));
    let before = fleet.look(&view);
    let source = Source::new(SourceKind::Feedback, "voices");
    fleet.feed(1, Body::Link { source: source.clone(), state: LinkState::Live });
    assert_eq!(fleet.look(&view), before, "another rollout has heard of its customers");
    let list = view.clone().on_fleet();
    let before_list = fleet.look(&list);
    let cause = Text::new("gone");
    fleet.feed(1, Body::Link { source, state: LinkState::Failed { cause: cause.clone() } });
    assert_ne!(fleet.look(&list), before_list, "the list shows all of them");
    assert_eq!(fleet.look(&view), before);
    let flags = Source::new(SourceKind::Flags, "web");
    fleet.feed(1, Body::Link { source: flags, state: LinkState::Failed { cause } });
    assert_ne!(fleet.look(&view), before, "its backend is lost: the header says so");
    let seen = fleet.look(&view);
    view.say("a key".to_owned());
    assert_ne!(fleet.look(&view), seen);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_dies_of_a_bug_is_opened_again_and_hurts_no_other() {
    let opened = Arc::new(AtomicU32::new(0));
    let post = |name: &'static str| {
        let opened = Arc::clone(&opened);
        let open = move || match opened.fetch_add(1, Ordering::SeqCst) {
            // The two of the start; then the journal is busy once.
            2 => Err("the journal is locked".to_owned()),
            _ => Ok((session(name), Vec::new())),
        };
        Post { rollout: name.parse().unwrap(), open: Arc::new(open) }
    };
    let (mut fleet, _) = Fleet::open(vec![post("sick"), post("well")]).unwrap();
    fleet.members[0].session().unwrap().feed(Body::Tick);
    let died: Result<(), Fallen> = fleet.members[0].die_of_a_bug();
    assert!(died.is_err());
    fleet.reopen(0);
    let sick = fleet.models()[0];
    assert_eq!((sick.rollout.name.as_str(), sick.brief().need), ("sick", Need::Lost));
    assert!(fleet.members[0].session().is_none() && fleet.members[1].session().is_some());
    while fleet.members[0].session().is_none() {
        fleet.take_news().await;
    }
    assert_eq!(opened.load(Ordering::SeqCst), 4);
}

/// Lets the first of a fleet die, and waits until it is open again. Returns how long that took.
async fn die_and_wait(fleet: &mut Fleet) -> Duration {
    let start = Instant::now();
    assert!(fleet.members[0].die_of_a_bug().is_err());
    fleet.reopen(0);
    while fleet.members[0].session().is_none() {
        fleet.take_news().await;
    }
    start.elapsed()
}

fn sick() -> Fleet {
    let post = |name: &'static str| Post {
        rollout: name.parse().unwrap(),
        open: Arc::new(move || Ok((session(name), vec!["the history is not kept: full".to_owned()]))),
    };
    Fleet::open(vec![post("sick"), post("well")]).unwrap().0
}

#[tokio::test(start_paused = true)]
async fn a_session_that_dies_again_and_again_is_opened_ever_more_rarely_and_its_timeline_says_how_often() {
    let mut fleet = sick();
    let mut waits = Vec::new();
    for _ in 0..7 {
        waits.push(die_and_wait(&mut fleet).await.as_secs());
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 32, 32]);
    let told: Vec<_> = fleet.models()[0].timeline.iter().map(|moment| moment.text.to_string()).collect();
    assert!(told.iter().any(|text| text.contains("its loop panicked 7 times so far")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("the history is not kept: full")), "{told:?}");
    tokio::time::advance(Duration::from_secs(300)).await;
    assert_eq!(die_and_wait(&mut fleet).await.as_secs(), 2, "it was sound again");
}

#[tokio::test(start_paused = true)]
async fn why_a_session_cannot_be_opened_again_is_said_and_what_is_known_of_it_grows_old() {
    let count = AtomicU32::new(0);
    let open = move || match count.fetch_add(1, Ordering::SeqCst) {
        0 => Ok((session("sick"), Vec::new())),
        _ => Err("the journal is locked".to_owned()),
    };
    let post = Post { rollout: "sick".parse().unwrap(), open: Arc::new(open) };
    let (mut fleet, _) = Fleet::open(vec![post]).unwrap();
    assert!(fleet.members[0].die_of_a_bug().is_err());
    fleet.reopen(0);
    let died = fleet.models()[0].now;
    let is_said = |fleet: &Fleet| {
        let mut links = fleet.models()[0].links.values().map(|link| format!("{:?}", link.state));
        links.any(|state| state.contains("cannot open it again") && state.contains("the journal is locked"))
    };
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        fleet.tick();
        let _ = timeout(Duration::from_millis(1), fleet.take_news()).await;
    }
    assert!(is_said(&fleet), "{:?}", fleet.models()[0].links);
    assert!(fleet.models()[0].now > died, "time goes on");
}

#[tokio::test(start_paused = true)]
async fn a_kill_of_a_rollout_whose_session_is_dead_is_refused_aloud() {
    let mut fleet = sick();
    assert!(fleet.members[0].die_of_a_bug().is_err());
    let before = fleet.look(&view());
    let actor = crate::domain::Actor::Person(Text::new("tester"));
    let request = Request::new(actor, Verb::Kill, crate::action::Scope::default());
    fleet.ask(&"sick".parse().unwrap(), request);
    let model = fleet.models()[0];
    let refusal = model.refusal.as_ref().unwrap();
    assert!(refusal.verb == Verb::Kill && refusal.cause.as_str().contains("not open yet"), "{refusal:?}");
    assert!(model.commands.is_empty(), "nothing looks as if it were sent");
    assert_ne!(fleet.look(&view()), before, "it is shown");
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_all_at_once() {
    let post = |name: &'static str| Post {
        rollout: name.parse().unwrap(),
        open: Arc::new(move || {
            if name == "ok" { Ok((session(name), vec![])) } else { Err(format!("{name} is locked")) }
        }),
    };
    let faults = Fleet::open(vec![post("a"), post("ok"), post("b")]).err().unwrap();
    assert_eq!(faults, ["a is locked", "b is locked"]);
}

#[tokio::test(start_paused = true)]
async fn leaving_takes_as_long_as_one_session_not_as_all_of_them() {
    let mut fleet = fleet(20);
    let actor = crate::domain::Actor::Person(Text::new("tester"));
    for n in 0..20 {
        let request = Request::new(actor.clone(), Verb::Kill, crate::action::Scope::default());
        fleet.ask(&format!("r{n}").parse().unwrap(), request);
    }
    let start = Instant::now();
    fleet.settle(Duration::from_millis(800)).await;
    assert!(start.elapsed() <= Duration::from_millis(1100), "{:?}", start.elapsed());
    assert_eq!(fleet.models().iter().filter(|model| model.unfinished().next().is_some()).count(), 20);
}
