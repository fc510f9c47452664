//! When the rollout will be done: what it waits for, that it comes true when all goes well, and when nobody knows.

use std::time::Duration;

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Outcome};
use gonogo::engine::forecast::completion::{Completion, End, Place, Wait, of};
use gonogo::engine::{Autopilot, Model};
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent};
use super::forecast::{busy, go_on, shop};

const SECOND: Duration = Duration::from_secs(1);

/// The shop with other stages: exposure, bake in seconds, least sample.
fn shop_of(stages: &[(f64, u64, u64)]) -> Rollout {
    let stage = |(p, bake, sample): &(f64, u64, u64)| {
        Stage::new(percent(*p), Span(Duration::from_secs(*bake)), *sample)
    };
    let mut shop = shop();
    shop.segments[0].ladder = Ladder::new(stages.iter().map(stage).collect()).expect("climbs");
    shop
}

fn left(model: &Model, found: &Completion) -> f64 {
    found.end.at().expect("there is an end").since(model.now).as_secs_f64()
}

fn why(bench: &Bench) -> String {
    match of(&bench.model).end {
        End::Unknown(why) => why,
        known => panic!("{known:?}"),
    }
}

#[test]
fn with_many_users_it_is_bake_after_bake() {
    let bench = busy(shop_of(&[(5., 60, 500), (25., 90, 500), (100., 30, 500)]), 5., 1_000., 0.005, 20, 1);
    let found = of(&bench.model);
    let [first, second, last] = found.segments[0].rungs.as_slice() else { panic!("three stages") };
    let baked = bench.model.bake_left(&bench.model.segments[0]).expect("it bakes");
    assert_eq!(first.ends, Some(bench.model.now.plus(baked)));
    assert_eq!([first.place, second.place, last.place], [Place::Here, Place::Ahead, Place::Ahead]);
    assert_eq!(second.begins, first.ends);
    assert_eq!(second.ends, first.ends.map(|at| at.plus(90 * SECOND)));
    assert_eq!(found.end, End::At(last.begins.expect("it begins").plus(30 * SECOND)));
    assert_eq!(found.segments[0].waits, [Wait::Bake]);
    let slowest = found.slowest.expect("something takes time");
    assert_eq!((slowest.exposure, slowest.takes, slowest.wait), (percent(25.), 90 * SECOND, Wait::Bake));
}

#[test]
fn with_few_users_it_waits_for_the_sample_and_more_exposure_is_faster() {
    // 100 users a second: 5 of them at 5 %.
    let bench = busy(shop_of(&[(5., 10, 1_000), (25., 10, 1_000), (100., 10, 0)]), 5., 100., 0.005, 40, 1);
    let found = of(&bench.model);
    let climb = &found.segments[0];
    assert_eq!(climb.waits, [Wait::Users(name("errors"))], "it has baked");
    assert_eq!(climb.rungs[0].counted, Some(200.));
    let takes = |index: usize| {
        let rung = &climb.rungs[index];
        rung.ends.expect("it ends").since(rung.begins.expect("it begins").max(bench.model.now)).as_secs_f64()
    };
    assert!((150. ..170.).contains(&takes(0)), "800 of 1,000 are missing at 5 a second: {}", takes(0));
    assert!((38. ..42.).contains(&takes(1)), "1,000 at 25 a second: {}", takes(1));
    assert_eq!(takes(2), 10., "the last stage waits for nobody's GO");
    assert_eq!(found.slowest.map(|slowest| slowest.wait), Some(Wait::Users(name("errors"))));
}

/// A rollout that the autopilot climbs while users keep coming; seconds until it is done, and what was said at the beginning.
fn climbed(shop: Rollout, users: f64, most: u32) -> (f64, f64) {
    let mut share = shop.segments[0].ladder.stages()[0].exposure.as_f64();
    let mut said = None;
    let mut bench = Bench::of(shop, Autopilot::Full);
    bench.links();
    bench.flag(true, share, 0.);
    bench.users("free", 0., 0., 0., 0.);
    for second in 0..most {
        let effects = bench.tick(500);
        for command in commands(&effects) {
            if let Change::Shares(shares) = &command.change {
                share = shares[&name("free")].as_f64();
            }
            let state = bench.state(true, share, 0.);
            bench.outcome(command.id, Outcome::Confirmed { state, overwrote: None });
        }
        go_on(&mut bench, share, users, 0.005, 1, 1);
        bench.now -= 500;
        if second == 20 {
            said = Some((left(&bench.model, &of(&bench.model)), bench.model.now));
        }
        if let (End::Done, Some((said, at))) = (of(&bench.model).end, said) {
            return (said, bench.model.now.since(at).as_secs_f64());
        }
    }
    panic!("not done: {:?}", of(&bench.model))
}

#[test]
fn what_was_said_comes_true_when_all_goes_well() {
    let baked = shop_of(&[(5., 60, 500), (25., 60, 500), (100., 60, 500)]);
    let (said, took) = climbed(baked, 1_000., 600);
    assert!((took - said).abs() <= 6., "{said} s were said, {took} s it took");
    let mut proven = shop_of(&[(5., 5, 100), (25., 5, 100), (100., 5, 0)]);
    proven.guardrails[0].margin = Margin::Points(0.02);
    let (said, took) = climbed(proven, 100., 2_000);
    assert!(said > 60. && (0.6..1.6).contains(&(took / said)), "{said} s were said, {took} s it took");
    // Where the proof takes much longer than the sample, it is the proof that is forecast.
    let mut strict = shop_of(&[(20., 5, 100), (50., 5, 100), (100., 5, 0)]);
    strict.guardrails[0].margin = Margin::Points(0.01);
    let (said, took) = climbed(strict, 100., 2_000);
    let of_samples = 100. / 20. + 100. / 50. + 5.;
    assert!(said > 3. * of_samples, "{said} s were said, the samples alone take {of_samples} s");
    assert!((0.6..1.6).contains(&(took / said)), "{said} s were said, {took} s it took");
}

#[test]
fn without_users_there_is_no_time_and_it_says_so() {
    assert_eq!(why(&Bench::of(shop(), Autopilot::Off)), "free: web has not been read yet");
    assert_eq!(why(&busy(shop(), 5., 0., 0., 10, 1)), "no traffic seen in free lately");
    let mut silent = busy(shop(), 5., 1_000., 0.005, 30, 1);
    silent.tick(20_000);
    assert!(why(&silent).contains("HOLD on data"), "{}", why(&silent));
    let mut unguarded = shop();
    unguarded.guardrails.clear();
    let bench = busy(unguarded, 5., 10., 0., 10, 1);
    assert!(why(&bench).contains("there is no guardrail"), "{}", why(&bench));
}

#[test]
fn after_a_pause_a_kill_or_a_no_go_nobody_knows() {
    let world = || busy(shop(), 5., 1_000., 0.005, 30, 1);
    let mut paused = world();
    paused.press(Verb::Pause, Some("free"));
    assert_eq!(why(&paused), "free: paused by ann@desk");
    assert!(of(&paused.model).segments[0].rungs.iter().all(|rung| rung.ends.is_none()));
    let mut killed = world();
    let effects = killed.press(Verb::Kill, Some("free"));
    assert_eq!(why(&killed), "free: a kill is under way");
    let command = commands(&effects)[0].clone();
    let state = killed.state(true, 0., 0.);
    killed.confirm(&command, state);
    assert_eq!(why(&killed), "free: killed by ann@desk");
    let mut broken = world();
    broken.break_segment("free");
    assert_eq!(why(&broken), "free: NO-GO on errors");
    let mut lowered = world();
    let effects = lowered.press(Verb::RollBack, Some("free"));
    assert_eq!(why(&lowered), "free: a roll-back is under way");
    let command = commands(&effects)[0].clone();
    let state = lowered.state(true, 0.1, 0.);
    lowered.confirm(&command, state);
    assert_eq!(why(&lowered), "free: taken back by ann@desk");
}

#[test]
fn a_missing_go_is_said_beside_the_time_and_takes_none() {
    let mut shop = shop_of(&[(5., 60, 500), (25., 60, 500), (100., 60, 500)]);
    let stages = shop.segments[0].ladder.stages().iter().cloned();
    let stages = stages.map(|stage| Stage { approval: Some(name("captain")), ..stage }).collect();
    shop.segments[0].ladder = Ladder::new(stages).expect("climbs");
    let mut bench = busy(shop, 5., 1_000., 0.005, 20, 1);
    let found = of(&bench.model);
    assert_eq!(found.people, [name("captain")]);
    assert_eq!(found.segments[0].waits, [Wait::Bake, Wait::Go(name("captain"))]);
    let before = left(&bench.model, &found);
    let request = bench.request(Verb::Approve, Some("free"));
    bench.ask(Request { role: Some(name("captain")), ..request });
    let found = of(&bench.model);
    assert_eq!(left(&bench.model, &found), before);
    assert_eq!(found.segments[0].waits, [Wait::Bake]);
    let go = found.segments[0].rungs[1].go.clone().expect("it asks for a go");
    assert_eq!(go.given_by, Some(super::bench::person()));
    assert_eq!(found.people, [name("captain")], "the stage after it asks again");
}

/// Two segments, the second after the first, both busy.
fn chain(then_first: bool) -> Bench {
    let mut shop = shop_of(&[(5., 60, 500), (100., 60, 500)]);
    let mut second = shop.segments[0].clone();
    (second.name, second.after) = (name("enterprise"), vec![name("free")]);
    shop.segments.push(second);
    if then_first {
        shop.segments[0].after = vec![name("enterprise")];
    }
    let mut bench = Bench::of(shop, Autopilot::Off);
    bench.links();
    bench.flag(true, 5., 0.);
    for _ in 0..20 {
        bench.users("free", 50., 0.25, 950., 4.75);
        bench.users("enterprise", 0., 0., 1_000., 5.);
    }
    bench.tick(0);
    bench
}

#[test]
fn a_segment_begins_when_those_before_it_are_done() {
    let mut bench = chain(false);
    let found = of(&bench.model);
    let [free, enterprise] = found.segments.as_slice() else { panic!("two segments") };
    let first = free.end.at().expect("it is known");
    assert_eq!(enterprise.rungs[0].begins, Some(first));
    assert_eq!(enterprise.waits, [Wait::After(name("free"))]);
    assert_eq!(found.end, End::At(first.plus(120 * SECOND)));
    bench.press(Verb::Pause, Some("free"));
    let found = of(&bench.model);
    assert_eq!(found.end, End::Unknown("free: paused by ann@desk".into()));
    let expected = "begins after free, which is not known: paused by ann@desk";
    assert_eq!(found.segments[1].end, End::Unknown(expected.into()));
}

#[test]
fn segments_that_wait_for_each_other_never_end() {
    let bench = chain(true);
    assert!(why(&bench).contains("waits for itself"), "{}", why(&bench));
}

#[test]
fn at_the_top_and_baked_it_is_done() {
    let mut bench = busy(shop_of(&[(5., 60, 500), (100., 30, 500)]), 100., 1_000., 0.005, 20, 1);
    assert!(left(&bench.model, &of(&bench.model)) <= 20.);
    go_on(&mut bench, 100., 1_000., 0.005, 20, 1);
    let found = of(&bench.model);
    assert_eq!((found.end, found.slowest), (End::Done, None));
    assert_eq!(bench.model.completion().end, End::Done, "and what is kept for the screen says the same");
}

#[test]
fn the_segment_that_nobody_knows_the_end_of_is_named_also_when_its_name_is_part_of_a_word() {
    let mut shop = shop();
    shop.segments[0].name = name("us");
    let mut bench = Bench::of(shop, Autopilot::Off);
    bench.links();
    let mut state = bench.state(true, 0., 0.);
    state.shares = [(name("us"), percent(5.))].into();
    bench.event(Body::Flag { platform: name("web"), state });
    bench.press(Verb::Pause, Some("us"));
    assert_eq!(why(&bench), "us: paused by ann@desk");
}
