//! A rollout in brief: whether it needs somebody and for what, how far it is, how old its oldest number is; and its phase.

use std::time::Duration;

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Command, Outcome};
use gonogo::engine::{Autopilot, Need};
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent, rollout};
use super::forecast::{busy, shop};

const HOUR: i64 = 3_600_000;

fn need(bench: &Bench) -> Need {
    bench.model.brief().need
}

/// What a need is about.
fn place(bench: &Bench) -> Option<&str> {
    let place = bench.model.brief().segment?;
    Some(bench.model.segments[place].name.as_str())
}

/// Everything answers, also after a long time.
fn heard(bench: &mut Bench) {
    bench.flag_heard();
    for metric in ["errors", "latency"] {
        bench.event(Body::Heard(Source::new(SourceKind::Metrics, metric)));
    }
}

/// Kills, and the backend obeys.
fn kill(bench: &mut Bench, segment: Option<&str>) {
    let commands: Vec<Command> = commands(&bench.press(Verb::Kill, segment)).into_iter().cloned().collect();
    let state = match segment {
        Some("free") => bench.state(true, 0., 25.),
        Some(_) => bench.state(true, 25., 0.),
        None => bench.state(false, 0., 0.),
    };
    commands.iter().for_each(|command| bench.confirm(command, state.clone()));
}

/// `free` is at 25 % and GO; the next stage may ask for the captain's go.
fn well(bake: u64, asks: bool) -> Bench {
    let mut shop = shop();
    shop.guardrails[0].margin = Margin::Points(0.05);
    let stage =
        |p, approval| Stage { approval, ..Stage::new(percent(p), Span(Duration::from_secs(bake)), 500) };
    let ladder = Ladder::new(vec![stage(25., None), stage(50., asks.then(|| name("captain")))]);
    shop.segments[0].ladder = ladder.expect("climbs");
    busy(shop, 25., 1_000., 0.005, 60, 1)
}

/// `free` has its NO-GO, nobody acts.
fn sick() -> Bench {
    let mut bench = Bench::live(Autopilot::Advise, 25., 25.);
    bench.break_segment("free");
    bench
}

#[test]
fn what_goes_well_needs_somebody_only_to_go_on() {
    assert_eq!(need(&Bench::empty(Autopilot::Off)), Need::Wait, "nothing was read yet");
    assert_eq!(need(&Bench::live(Autopilot::Off, 25., 25.)), Need::Wait);
    assert_eq!(need(&well(3_600, false)), Need::Well, "it bakes");
    let ready = well(10, false);
    assert_eq!((need(&ready), place(&ready)), (Need::Ready, Some("free")));
    let asks = well(10, true);
    assert_eq!((need(&asks), place(&asks)), (Need::Approval, Some("free")));
    let mut full = well(10, false);
    full.model.autopilot = Autopilot::Full;
    full.flag_heard();
    assert_eq!(need(&full), Need::Well, "the autopilot widens by itself");
    let mut paused = well(10, false);
    paused.press(Verb::Pause, None);
    assert_eq!(need(&paused), Need::Paused);
    let mut everybody = Bench::live(Autopilot::Off, 25., 25.);
    everybody.flag(true, 100., 100.);
    assert_eq!(need(&everybody), Need::Over);
}

#[test]
fn a_no_go_is_unanswered_until_something_was_stopped_since() {
    let mut bench = sick();
    assert_eq!((need(&bench), place(&bench)), (Need::Unanswered, Some("free")));
    bench.press(Verb::Pause, Some("free"));
    assert_eq!((need(&bench), place(&bench)), (Need::NoGo, Some("free")));
    let mut back = sick();
    let command = commands(&back.press(Verb::RollBack, Some("free")))[0].clone();
    assert_eq!(need(&back), Need::NoGo, "it is on its way");
    back.outcome(command.id, Outcome::Refused { cause: "403: no right".into(), state: None });
    assert_eq!(need(&back), Need::Unanswered, "what was refused has stopped nothing");
    // Who was paused before it keeps the feature, and nobody has looked since.
    let mut early = Bench::live(Autopilot::Advise, 25., 25.);
    early.press(Verb::Pause, Some("free"));
    early.break_segment("free");
    assert_eq!(need(&early), Need::Unanswered);
    kill(&mut early, Some("free"));
    assert_eq!(need(&early), Need::NoGo);
    // A guardrail that asks for no more than a pause has what it asks for.
    let mut rollout = rollout();
    rollout.guardrails[0].action = Response::Pause;
    let mut mild = Bench::live_of(rollout, Autopilot::Advise, 25., 25.);
    mild.press(Verb::Pause, Some("free"));
    mild.break_segment("free");
    assert_eq!(need(&mild), Need::NoGo);
}

#[test]
fn a_stop_that_is_not_confirmed_comes_before_everything() {
    let mut bench = sick();
    let command = commands(&bench.press(Verb::Kill, Some("free")))[0].clone();
    assert_eq!(need(&bench), Need::NoGo, "it is under way");
    bench.outcome(command.id, Outcome::Unknown { cause: "timed out".into(), attempts: 3 });
    assert_eq!((need(&bench), place(&bench)), (Need::Unconfirmed, Some("free")));
}

#[test]
fn a_kill_after_a_no_go_is_told_for_a_shift_and_then_it_is_over() {
    let mut bench = sick();
    kill(&mut bench, None);
    assert_eq!(need(&bench), Need::NoGo);
    bench.tick(11 * HOUR);
    heard(&mut bench);
    assert_eq!(need(&bench), Need::NoGo);
    bench.tick(2 * HOUR);
    heard(&mut bench);
    assert_eq!(need(&bench), Need::Over);
    // Without a finding a person has ended it, and knows why.
    let mut ended = Bench::live(Autopilot::Advise, 25., 25.);
    kill(&mut ended, None);
    assert_eq!(need(&ended), Need::Over);
}

#[test]
fn what_is_stored_otherwise_than_asked_for_is_a_drift_unless_something_is_under_way() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let request = Request { reason: Some("now".into()), ..bench.request(Verb::Widen, Some("enterprise")) };
    let command = commands(&bench.ask(request))[0].clone();
    assert_eq!(need(&bench), Need::Wait);
    let state = bench.state(true, 5., 5.);
    bench.confirm(&command, state);
    assert_eq!((need(&bench), place(&bench)), (Need::Drift, Some("enterprise")));
}

#[test]
fn a_lost_backend_or_source_of_a_guardrail_is_no_contact_and_another_source_is_not() {
    let lost = |kind, who: &str| {
        let mut bench = Bench::live(Autopilot::Off, 25., 25.);
        let state = LinkState::Failed { cause: "401".into() };
        bench.event(Body::Link { source: Source::new(kind, who), state });
        need(&bench)
    };
    assert_eq!(lost(SourceKind::Flags, "web"), Need::Lost);
    assert_eq!(lost(SourceKind::Metrics, "errors"), Need::Lost);
    assert_eq!(lost(SourceKind::Feedback, "voices"), Need::Wait);
    let mut silent = Bench::live(Autopilot::Off, 25., 25.);
    silent.tick(20_000);
    assert_eq!(need(&silent), Need::Lost, "it is silent");
}

#[test]
fn what_holds_and_what_the_autopilot_has_paused_calls_for_a_look() {
    let mut doubtful = Bench::live(Autopilot::Off, 25., 25.);
    let mut state = doubtful.state(true, 25., 25.);
    state.doubts = vec!["the share of free is \"abc\"".into()];
    doubtful.event(Body::Flag { platform: name("web"), state });
    assert_eq!(need(&doubtful), Need::Hold);
    let mut blind = Bench::live(Autopilot::Guard, 25., 25.);
    for _ in 0..80 {
        blind.tick(1_000);
        heard(&mut blind);
    }
    assert!(blind.model.segments[0].paused.is_some(), "no reading came for a minute");
    assert_eq!(need(&blind), Need::Hold);
}

#[test]
fn every_need_is_in_the_list_once_and_the_first_six_call() {
    assert!(Need::ALL.is_sorted());
    let calls: Vec<_> = Need::ALL.into_iter().filter(|need| need.is_call()).collect();
    assert_eq!(calls.last(), Some(&Need::Hold));
    let chances: Vec<_> = Need::ALL.into_iter().filter(|need| need.is_chance()).collect();
    assert_eq!(chances, [Need::Approval, Need::Ready]);
}

#[test]
fn the_age_is_that_of_the_oldest_number_and_of_the_oldest_stale_one_when_some_are() {
    let mut rollout = rollout();
    rollout.metrics[1].interval = Span(Duration::from_secs(600));
    let mut bench = Bench::live_of(rollout, Autopilot::Off, 25., 25.);
    let slow = Source::new(SourceKind::Metrics, "latency");
    bench.event(Body::Heard(slow));
    let begun = Timestamp(bench.now);
    for _ in 0..40 {
        bench.tick(5_000);
        bench.flag_heard();
        bench.users("free", 1., 0., 1., 0.);
    }
    let current = bench.model.brief().oldest;
    assert_eq!((current.heard_at, current.is_stale), (Some(begun), false));
    assert_eq!(current.bound, Duration::from_secs(1_200));
    let quick = bench.model.now;
    bench.tick(5_000);
    bench.flag_heard();
    let stale = bench.model.brief().oldest;
    assert_eq!((stale.heard_at, stale.is_stale), (Some(quick), true), "latency is old, and current");
}

#[test]
fn a_rollout_holds_while_a_no_go_stands_whatever_was_done_about_it() {
    let mut bench = Bench::live(Autopilot::Advise, 25., 25.);
    for _ in 0..20 {
        bench.users("free", 100., 20., 100., 1.);
        bench.users("enterprise", 100., 1., 100., 1.);
    }
    for segment in ["free", "enterprise"] {
        bench.quick(segment, 0., 0.);
    }
    assert_eq!((bench.phase("enterprise"), bench.model.phase()), (Phase::Running, Phase::Holding));
    bench.press(Verb::Pause, Some("free"));
    assert_eq!((bench.phase("free"), bench.phase("enterprise")), (Phase::Paused, Phase::Running));
    assert_eq!(bench.model.phase(), Phase::Holding, "a pause makes nothing well");
    kill(&mut bench, Some("free"));
    assert_eq!((bench.phase("free"), bench.phase("enterprise")), (Phase::Killed, Phase::Running));
    assert_eq!(bench.model.phase(), Phase::Holding);
    bench.press(Verb::Pause, Some("enterprise"));
    assert_eq!(bench.model.phase(), Phase::Paused, "nothing is left that could go on");
    bench.press(Verb::Resume, Some("enterprise"));
    let request = Request { reason: Some("mended".into()), ..bench.request(Verb::Clear, Some("free")) };
    bench.ask(request);
    heard(&mut bench);
    bench.tick(0);
    assert_eq!(bench.model.phase(), Phase::Running, "{:?}", bench.model.verdict());
}

#[test]
fn the_segment_that_climbs_is_the_one_that_moved_last_and_those_at_the_top_are_counted() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let brief = |bench: &Bench| (bench.model.brief().moving, bench.model.brief().topped);
    bench.now += 1_000;
    bench.flag(true, 5., 25.);
    assert_eq!(brief(&bench), (Some(1), 0));
    bench.now += 1_000;
    bench.flag(true, 25., 25.);
    assert_eq!(brief(&bench), (Some(0), 0));
    bench.flag(true, 50., 25.);
    assert_eq!(brief(&bench), (Some(1), 1), "50 % is the top of its ladder");
    bench.flag(true, 50., 0.);
    assert_eq!(brief(&bench), (None, 1), "who has nobody is not on the way");
}
