//! What probed edges serve: the last step of a command, the measured reach, an edge that serves something else.

use std::collections::BTreeMap;
use std::time::Duration;

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Command, Outcome, Record};
use gonogo::engine::served::interval;
use gonogo::engine::{Autopilot, coach};
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent};

fn probed(panel: Panel, asked: u32, treated: u32) -> Probed {
    Probed { panel, asked, treated, variants: BTreeMap::new() }
}

fn served(bench: &mut Bench, free: Probed) {
    bench.event(Body::Served { platform: name("web"), served: [(name("free"), free)].into() });
}

fn whole(bench: &mut Bench, treated: u32) {
    served(bench, probed(Panel::Whole, 200, treated));
}

/// A bench whose edge serves free to 25 %, as stored.
fn bench() -> Bench {
    let mut bench = Bench::live(Autopilot::Off, 25., 5.);
    whole(&mut bench, 50);
    bench
}

fn kill(bench: &mut Bench) -> Command {
    bench.now += 1_000;
    let kill = commands(&bench.press(Verb::Kill, Some("free")))[0].clone();
    bench.now += 10;
    bench.outcome(kill.id, Outcome::Sent);
    bench.now += 20;
    let state = bench.state(true, 0., 5.);
    bench.confirm(&kill, state);
    kill
}

fn tracked(bench: &Bench, command: &Command) -> gonogo::engine::model::Tracked {
    bench
        .model
        .commands
        .iter()
        .find(|tracked| tracked.command.id == command.id)
        .expect("a command that was asked for")
        .clone()
}

#[test]
fn a_kill_is_served_once_nobody_has_it_any_more_and_each_step_has_its_time() {
    let mut bench = bench();
    let kill = kill(&mut bench);
    let asked = bench.now - 30;
    bench.now += 300;
    served(&mut bench, probed(Panel::Treated, 16, 3));
    assert_eq!(tracked(&bench, &kill).served_at, None, "three still have it");
    bench.now += 40;
    served(&mut bench, probed(Panel::Treated, 16, 0));
    let tracked = tracked(&bench, &kill);
    let after = |at: Option<Timestamp>| at.map(|at| at.0 - asked);
    assert_eq!(
        (after(tracked.sent_at), after(tracked.confirmed_at), after(tracked.served_at)),
        (Some(10), Some(30), Some(370))
    );
    assert!(bench.told("confirmed after 30ms; served after 370ms"), "{:?}", bench.model.timeline.back());
    let reach = bench.model.platform(&name("web")).unwrap().reach(&bench.model.rollout);
    assert_eq!((reach.span.0, reach.measured), (Duration::from_millis(370), 1));
    assert_eq!(bench.model.segment(&name("free")).unwrap().exposure.served, Some(Percent::ZERO));
}

#[test]
fn an_edge_that_is_faster_than_the_read_back_is_served_when_it_was_seen_and_only_once_it_is_stored() {
    let mut bench = bench();
    bench.now += 1_000;
    let kill = commands(&bench.press(Verb::Kill, Some("free")))[0].clone();
    bench.outcome(kill.id, Outcome::Sent);
    bench.now += 40;
    served(&mut bench, probed(Panel::Treated, 16, 0));
    assert_eq!(tracked(&bench, &kill).served_at, None, "it is not known yet what is stored");
    bench.now += 60;
    whole(&mut bench, 0);
    bench.now += 100;
    let state = bench.state(true, 0., 5.);
    bench.confirm(&kill, state);
    let tracked = tracked(&bench, &kill);
    let took = |at: Option<Timestamp>| at.map(|at| at.0 - tracked.requested_at.0);
    assert_eq!((took(tracked.confirmed_at), took(tracked.served_at)), (Some(200), Some(40)));
    assert!(bench.told("served after 40ms"), "{:?}", bench.model.timeline.back());
    let reach = bench.model.platform(&name("web")).unwrap().reach(&bench.model.rollout);
    assert_eq!((reach.span.0, reach.measured), (Duration::from_millis(40), 1));
}

#[test]
fn what_was_called_served_as_off_and_is_served_again_is_not_served() {
    let mut bench = bench();
    let kill = kill(&mut bench);
    bench.now += 300;
    served(&mut bench, probed(Panel::Treated, 16, 0));
    assert!(tracked(&bench, &kill).served_at.is_some());
    bench.now += 200;
    whole(&mut bench, 7);
    assert_eq!(tracked(&bench, &kill).served_at, None);
    assert!(bench.told("its edge serves it again to somebody"));
    bench.tick(60_000);
    whole(&mut bench, 7);
    assert_eq!(bench.model.unserved().count(), 1);
}

#[test]
fn an_answer_from_before_a_command_says_nothing_about_it() {
    let mut bench = bench();
    bench.now += 1_000;
    whole(&mut bench, 0);
    let kill = kill(&mut bench);
    bench.tick(1_000);
    assert_eq!(tracked(&bench, &kill).served_at, None);
}

#[test]
fn nobody_had_it_before_so_nothing_was_measured() {
    let mut bench = bench();
    whole(&mut bench, 0);
    let kill = kill(&mut bench);
    bench.now += 100;
    whole(&mut bench, 0);
    assert!(tracked(&bench, &kill).served_at.is_some(), "nobody has it");
    assert_eq!(bench.model.reach().measured, 0, "but that says nothing about how long it took");
}

fn widen(bench: &mut Bench, to: f64) -> Command {
    bench.now += 1_000;
    bench.flag_heard();
    let request = Request {
        to: Some(percent(to)),
        reason: Some("launch".into()),
        ..bench.request(Verb::Widen, Some("free"))
    };
    let widen = commands(&bench.ask(request))[0].clone();
    let state = bench.state(true, to, 5.);
    bench.confirm(&widen, state);
    widen
}

#[test]
fn a_widen_is_served_when_the_share_is_there_and_somebody_has_changed() {
    let mut bench = bench();
    let widen = widen(&mut bench, 50.);
    bench.now += 200;
    whole(&mut bench, 50);
    assert_eq!(tracked(&bench, &widen).served_at, None, "still the old share");
    bench.now += 200;
    whole(&mut bench, 97);
    assert!(tracked(&bench, &widen).served_at.is_some());
    assert_eq!(bench.model.reach().span.0, Duration::from_millis(400));
}

#[test]
fn a_step_too_small_to_be_seen_is_never_called_served() {
    let mut bench = bench();
    let widen = widen(&mut bench, 25.5);
    bench.now += 200;
    whole(&mut bench, 50);
    assert_eq!(tracked(&bench, &widen).served_at, None);
    assert_eq!(bench.model.reach().measured, 0);
}

#[test]
fn an_edge_that_serves_something_else_than_is_stored_is_named_after_its_reach() {
    let mut bench = bench();
    kill(&mut bench);
    bench.now += 1_000;
    whole(&mut bench, 48);
    assert!(!bench.told("but 0% is stored"), "it may still be on its way");
    bench.tick(5_000);
    whole(&mut bench, 48);
    assert!(bench.told("the edge of web serves free to 24%"), "{:?}", bench.model.timeline.back());
    assert!(bench.told("but 0% is stored"));
    let advice = coach::advice(&bench.model);
    assert!(advice[0].text.contains("the edge of web does not serve it yet"), "{advice:?}");
    whole(&mut bench, 0);
    assert!(bench.told("the edge of web serves free as stored again: 0%"));
}

#[test]
fn a_kill_of_an_earlier_run_is_served_as_soon_as_nobody_is_seen_to_have_it() {
    let mut bench = bench();
    let command = kill(&mut bench);
    let state = bench.state(true, 0., 5.);
    let outcome = Outcome::Confirmed { state: state.clone(), overwrote: None };
    let mut next = Bench::empty(Autopilot::Off);
    next.now = bench.now;
    let written_at = Timestamp(next.now);
    next.event(Body::Restored { written_at, record: Record::Commanded { command: command.clone() } });
    next.event(Body::Restored { written_at, record: Record::Finished { id: command.id, outcome } });
    next.links();
    next.event(Body::Flag { platform: name("web"), state });
    next.now += 60_000;
    whole(&mut next, 3);
    assert_eq!(next.model.unserved().count(), 1, "three still have it");
    whole(&mut next, 0);
    assert_eq!(next.model.unserved().count(), 0);
}

#[test]
fn the_interval_of_a_measurement_covers_the_share_and_is_never_outside_0_to_100() {
    let (low, share, high) = interval(&probed(Panel::Whole, 200, 50)).unwrap();
    // Wilson's score interval at z = 2.807, by hand: 0.17464 to 0.34431.
    assert_eq!(
        (low.to_string(), share.to_string(), high.to_string()),
        ("17.4%".into(), "25%".into(), "34.5%".into())
    );
    let (low, _, high) = interval(&probed(Panel::Whole, 200, 0)).unwrap();
    assert!(low.is_zero() && high > percent(3.) && high < percent(4.), "{high}");
    assert_eq!(interval(&probed(Panel::Treated, 16, 0)), None);
}

#[test]
fn more_users_at_an_edge_that_serves_something_else_need_a_reason() {
    let mut bench = bench();
    bench.tick(60_000);
    bench.flag_heard();
    whole(&mut bench, 190);
    let plan = gonogo::engine::plan(&bench.model, &bench.request(Verb::Widen, Some("free"))).unwrap();
    assert!(plan.needs_reason.is_some());
}
