//! Several platforms, ramps that move by themselves, and variants.

use gonogo::action::{Request, Scope, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, Outcome};
use gonogo::engine::{Autopilot, acts};
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent, person, records, rollout};

fn two() -> Bench {
    let mut rollout = rollout();
    let mut ios = rollout.platforms[0].clone();
    ios.name = name("ios");
    ios.capabilities.pause = Pausing::Freezes;
    rollout.platforms.push(ios);
    let mut bench = Bench::live_of(rollout, Autopilot::Off, 5., 5.);
    bench.event(Body::Link { source: Source::new(SourceKind::Flags, "ios"), state: LinkState::Live });
    let state = bench.state(true, 5., 5.);
    read(&mut bench, "ios", state);
    bench
}

fn read(bench: &mut Bench, platform: &str, state: FlagState) -> Vec<Effect> {
    bench.event(Body::Flag { platform: name(platform), state })
}

fn ramping(bench: &mut Bench, share: f64) -> FlagState {
    let ramps = [(name("free"), Ramp { to: Some(Percent::FULL), until: None })].into();
    FlagState { ramps, ..bench.state(true, share, 5.) }
}

#[test]
fn what_goes_to_all_platforms_at_once_belongs_together() {
    let mut bench = two();
    let effects = bench.press(Verb::Kill, None);
    let sent = commands(&effects);
    assert_eq!(sent.len(), 2);
    assert_eq!((sent[0].part_of, sent[1].part_of), (None, Some(sent[0].id)));
    assert_eq!(sent[1].whole(), sent[0].whole());
    let other = bench.press(Verb::Kill, Some("free"));
    assert_ne!(commands(&other)[0].whole(), sent[0].id, "another request is another whole");
}

#[test]
fn a_segment_is_complete_only_when_every_platform_gives_it_to_everybody() {
    let mut bench = two();
    let everybody = bench.state(true, 100., 100.);
    read(&mut bench, "web", everybody.clone());
    assert_eq!((bench.phase("free"), bench.model.brief().topped), (Phase::Running, 0), "ios has 5 %");
    read(&mut bench, "ios", everybody);
    assert_eq!((bench.phase("free"), bench.model.brief().topped), (Phase::Complete, 2));
}

#[test]
fn a_kill_that_one_platform_has_not_confirmed_is_not_done() {
    let mut bench = two();
    let effects = bench.press(Verb::Kill, None);
    let sent: Vec<Command> = commands(&effects).into_iter().cloned().collect();
    let state = bench.state(false, 5., 5.);
    bench.confirm(&sent[0], state);
    bench.outcome(sent[1].id, Outcome::Unknown { cause: "no route".into(), attempts: 3 });
    assert_eq!(bench.model.phase(), Phase::Killing);
    assert!(bench.told("kill everything at ios: UNKNOWN after 3 attempts: no route"));
    let state = bench.state(false, 5., 5.);
    bench.confirm(&sent[1], state);
    assert_eq!(bench.model.phase(), Phase::Killed);
}

#[test]
fn a_ramp_is_told_when_it_begins_and_ends_and_not_at_each_step() {
    let mut bench = two();
    for share in [6., 7., 8.] {
        let state = ramping(&mut bench, share);
        read(&mut bench, "ios", state);
    }
    let told = |bench: &Bench, words: &str| {
        bench.model.timeline.iter().filter(|moment| moment.text.as_str().contains(words)).count()
    };
    assert_eq!(told(&bench, "free moves by itself at ios: now 6%, to 100%"), 1);
    assert_eq!(told(&bench, "outside this cockpit"), 0);
    assert_eq!(bench.model.platform(&name("ios")).unwrap().desired[&name("free")], percent(8.));
    let state = bench.state(true, 8., 5.);
    read(&mut bench, "ios", state);
    assert_eq!(told(&bench, "free stands still at ios: 8%"), 1);
}

#[test]
fn a_pause_freezes_a_ramp_where_the_backend_can_and_is_done_when_it_was_read_back() {
    let mut bench = two();
    for platform in ["web", "ios"] {
        let state = ramping(&mut bench, 6.);
        read(&mut bench, platform, state);
    }
    let effects = bench.press(Verb::Pause, Some("free"));
    assert_eq!(records(&effects).len(), 1);
    let sent = commands(&effects);
    assert_eq!(sent.len(), 1, "web cannot freeze");
    assert_eq!((sent[0].platform.as_str(), &sent[0].change), ("ios", &Change::Freeze([name("free")].into())));
    assert!(sent[0].is_urgent() && sent[0].expected.is_none());
    let moved = ramping(&mut bench, 7.);
    assert!(!sent[0].change.is_met_by(&moved));
    let frozen = bench.state(true, 7., 5.);
    assert!(sent[0].change.is_met_by(&frozen));
    bench.confirm(sent[0], frozen);
    assert!(bench.told("pause the ramp of free at ios: confirmed"));
    assert_eq!(bench.model.platform(&name("ios")).unwrap().desired[&name("free")], percent(7.));
}

#[test]
fn a_freeze_gives_way_to_a_share_and_never_takes_a_kill_back() {
    let freeze = Change::Freeze([name("free"), name("enterprise")].into());
    let share = Change::Shares([(name("free"), percent(0.))].into());
    assert_eq!(freeze.beside(&share), Some(Change::Freeze([name("enterprise")].into())));
    assert_eq!(share.beside(&freeze), Some(share.clone()));
    assert_eq!(freeze.beside(&freeze), None);
    assert_eq!(
        freeze.beside(&Change::Off),
        Some(freeze.clone()),
        "once it is on again, the ramp must not go on"
    );
}

fn split() -> Vec<VariantShare> {
    let variant = |(called, share): (&str, f64)| VariantShare { name: called.into(), share: percent(share) };
    [("control", 70.), ("blue", 20.), ("green", 10.)].map(variant).into()
}

#[test]
fn the_winner_of_a_test_gets_everybody_past_a_reason() {
    let mut bench = two();
    for platform in ["web", "ios"] {
        let splits = [(name("free"), split())].into();
        let state = FlagState { splits, ..bench.state(true, 30., 5.) };
        read(&mut bench, platform, state);
    }
    let ask = |bench: &Bench, winner: &str| Request {
        winner: Some(winner.into()),
        reason: Some("it sells".into()),
        ..bench.request(Verb::Widen, Some("free"))
    };
    let request = ask(&bench, "red");
    bench.ask(request);
    assert!(
        bench.refusal().contains("there is no variant red; there are control, blue, green"),
        "{}",
        bench.refusal()
    );
    let request = ask(&bench, "blue");
    let effects = bench.ask(request);
    let Change::Weights(weights) = &commands(&effects)[0].change else { panic!("weights") };
    let shares: Vec<_> =
        weights[&name("free")].iter().map(|v| (v.name.to_string(), v.share.as_f64())).collect();
    assert_eq!(shares, [("control".into(), 0.), ("blue".into(), 100.), ("green".into(), 0.)]);
    let state = bench.state(true, 100., 5.);
    assert!(!commands(&effects)[0].change.is_met_by(&state), "shares alone do not show who won");
}

#[test]
fn a_segment_without_variants_has_no_winner() {
    let mut bench = two();
    let request = Request {
        winner: Some("blue".into()),
        reason: Some("x".into()),
        ..bench.request(Verb::Widen, Some("free"))
    };
    assert!(commands(&bench.ask(request)).is_empty());
    assert!(bench.refusal().contains("it has no variants to choose from"), "{}", bench.refusal());
}

#[test]
fn what_would_be_sent_can_be_tried_before_a_reason_is_given() {
    let bench = two();
    let request = Request::new(person(), Verb::Widen, Scope::segment(name("free")));
    let drafts = acts::drafts(&bench.model, &request);
    assert_eq!(drafts.len(), 2);
    assert_eq!(drafts[0].change, Change::Shares([(name("free"), percent(25.))].into()));
    assert!(drafts.iter().all(|draft| draft.expected.is_some()));
}

#[test]
fn a_rehearsal_is_remembered_with_the_change_that_it_was_about() {
    let mut bench = two();
    let change = Change::Off;
    let answer = Ok(vec!["approval is required".into()]);
    bench.event(Body::Rehearsed { platform: name("ios"), change: change.clone(), answer: answer.clone() });
    let rehearsal = bench.model.platform(&name("ios")).unwrap().rehearsal.as_ref().unwrap();
    assert_eq!((&rehearsal.change, &rehearsal.answer), (&change, &answer));
}

#[test]
fn a_ramp_elsewhere_and_a_late_step_take_nothing_of_a_segment_s_kill_back() {
    let mut bench = two();
    let state = ramping(&mut bench, 6.);
    read(&mut bench, "ios", state);
    let web = Scope { segment: Some(name("free")), platform: Some(name("web")) };
    let effects =
        bench.ask(Request { seen: bench.model.versions(), ..Request::new(person(), Verb::Kill, web) });
    let state = bench.state(true, 0., 5.);
    bench.confirm(commands(&effects)[0], state);
    let is_killed = |bench: &Bench| bench.model.segment(&name("free")).unwrap().killed.is_some();
    assert!(is_killed(&bench));
    let state = ramping(&mut bench, 7.);
    read(&mut bench, "ios", state);
    assert!(is_killed(&bench), "ios went on, web is killed");
    // On the platform itself: the ramp goes on until the kill is there.
    let effects = bench.ask(Request { ..bench.request(Verb::Kill, Some("free")) });
    let kill =
        commands(&effects).into_iter().find(|command| command.platform.as_str() == "ios").unwrap().clone();
    let state = ramping(&mut bench, 8.);
    read(&mut bench, "ios", state);
    assert!(is_killed(&bench));
    let state = bench.state(true, 0., 5.);
    bench.confirm(&kill, state);
    assert!(is_killed(&bench));
    assert_eq!(bench.model.platform(&name("ios")).unwrap().desired[&name("free")], percent(0.));
    // Somebody brings it back: everybody sees it.
    bench.now += 1_000;
    let state = bench.state(true, 5., 5.);
    read(&mut bench, "ios", state);
    assert!(!is_killed(&bench));
}

#[test]
fn a_roll_back_elsewhere_does_not_unlock_a_killed_segment() {
    let mut bench = two();
    for platform in ["web", "ios"] {
        let state = bench.state(true, 25., 5.);
        read(&mut bench, platform, state);
    }
    let web = Scope { segment: Some(name("free")), platform: Some(name("web")) };
    let effects =
        bench.ask(Request { seen: bench.model.versions(), ..Request::new(person(), Verb::Kill, web) });
    let state = bench.state(true, 0., 5.);
    bench.confirm(commands(&effects)[0], state);
    let effects = bench.press(Verb::RollBack, Some("free"));
    assert_eq!(commands(&effects).iter().map(|c| c.platform.as_str()).collect::<Vec<_>>(), ["ios"]);
    assert!(bench.model.segment(&name("free")).unwrap().killed.is_some());
}
