//! The goes of roles: who may give them, for what, and when they are void.

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Effect, Outcome, Record};
use gonogo::engine::Autopilot;
use gonogo::event::Body;

use super::bench::{commands, name, percent, person, records};
use super::pilot::Pilot;

/// What makes a go void.
type Spoil = Box<dyn Fn(&mut Pilot)>;

/// A rollout at 5 %, without an autopilot, whose next stage needs the captain's go. All else is GO.
fn at_five() -> Pilot {
    let mut pilot = Pilot::new(Autopilot::Off, [5., 0.]);
    pilot.seconds(20);
    pilot
}

fn people(pilot: &Pilot) -> (Verdict, String) {
    pilot.bench.cell("free", Station::People)
}

fn gives(pilot: &mut Pilot, role: &str, segment: Option<&str>) -> String {
    let request = Request { role: Some(name(role)), ..pilot.bench.request(Verb::Approve, segment) };
    pilot.bench.ask(request);
    pilot.bench.refusal().to_owned()
}

fn approved(effects: &[Effect]) -> usize {
    records(effects).iter().filter(|record| matches!(record, Record::Approved { .. })).count()
}

#[test]
fn a_stage_waits_for_the_go_of_its_role_and_is_go_when_a_person_gave_it() {
    let mut pilot = at_five();
    let wait = "50% needs captain's go: g, or gonogo approve --role captain";
    assert_eq!(people(&pilot), (Verdict::Wait, wait.into()));
    let asked = pilot.bench.model.timeline.iter().filter(|told| told.text.as_str().contains(wait)).count();
    assert_eq!(asked, 1, "a log says once whose go is missing");
    let effects = pilot.approve();
    assert_eq!(approved(&effects), 1, "it is written down");
    assert!(commands(&effects).is_empty(), "a go exposes nobody");
    assert_eq!(people(&pilot), (Verdict::Go, "ann@desk gave captain's go for 50%".into()));
    assert!(pilot.bench.told("gave captain's go for free at 50%"));
    let enterprise =
        pilot.bench.model.segment(&name("enterprise")).map(|s| s.board.contains_key(&Station::People));
    assert_eq!(enterprise, Some(false), "its ladder asks for nobody");
}

#[test]
fn only_a_person_with_that_role_gives_a_go_once_for_one_segment_that_needs_it() {
    let mut pilot = at_five();
    let refusals = [
        (gives(&mut pilot, "support", Some("free")), "needs captain's go; support's does not count"),
        (gives(&mut pilot, "captain", Some("enterprise")), "enterprise at 5% needs nobody's go"),
        (gives(&mut pilot, "captain", None), "choose one"),
        (gives(&mut pilot, "captain", Some("nobody")), "there is no segment nobody"),
    ];
    for (refusal, words) in refusals {
        assert!(refusal.contains(words), "{refusal:?} is not {words:?}");
    }
    pilot.bench.press(Verb::Approve, Some("free"));
    assert!(pilot.bench.refusal().contains("started with --role captain"), "{}", pilot.bench.refusal());
    let request = Request { role: Some(name("captain")), ..pilot.bench.request(Verb::Approve, Some("free")) };
    for actor in [Actor::Autopilot, Actor::Other("bob".into())] {
        pilot.bench.ask(Request { actor, ..request.clone() });
        assert_eq!(pilot.bench.refusal(), "only a person gives a go");
    }
    pilot.bench.ask(Request { to: Some(percent(100.)), ..request });
    assert!(pilot.bench.refusal().contains("next stage of free is 50%, not 100%"));
    assert_eq!(people(&pilot).0, Verdict::Wait, "none of these counted");
    assert_eq!(gives(&mut pilot, "captain", Some("free")), "");
    assert!(gives(&mut pilot, "captain", Some("free")).contains("already given, by ann@desk"));
}

#[test]
fn a_widen_past_a_missing_go_needs_a_reason_also_from_nobody() {
    let mut pilot = at_five();
    assert!(commands(&pilot.bench.press(Verb::Widen, Some("free"))).is_empty());
    assert!(
        pilot.bench.refusal().contains("needs captain's go, which was not given"),
        "{}",
        pilot.bench.refusal()
    );
    let over = Request { to: Some(percent(100.)), ..pilot.bench.request(Verb::Widen, Some("free")) };
    pilot.bench.ask(over);
    assert!(
        pilot.bench.refusal().contains("free at 50% needs captain's go"),
        "a stage that is jumped over counts"
    );
    let below = Request { to: Some(percent(10.)), ..pilot.bench.request(Verb::Widen, Some("free")) };
    assert_eq!(commands(&pilot.bench.ask(below)).len(), 1, "10% is below the stage that asks");

    let mut pilot = Pilot::new(Autopilot::Off, [0., 0.]);
    pilot.seconds(2);
    let request = Request { to: Some(percent(50.)), ..pilot.bench.request(Verb::Widen, Some("free")) };
    assert!(commands(&pilot.bench.ask(request.clone())).is_empty());
    assert!(pilot.bench.refusal().contains("needs captain's go"), "{}", pilot.bench.refusal());
    let reason = Some("the captain nodded".into());
    assert_eq!(commands(&pilot.bench.ask(Request { reason, ..request })).len(), 1);

    let mut pilot = at_five();
    pilot.approve();
    assert_eq!(commands(&pilot.bench.press(Verb::Widen, Some("free"))).len(), 1, "{}", pilot.bench.refusal());
}

#[test]
fn a_go_is_void_after_a_kill_a_roll_back_and_a_no_go() {
    let press = |verb: Verb, segment: Option<&'static str>| {
        move |pilot: &mut Pilot| {
            let effects = pilot.bench.press(verb, segment);
            pilot.obey(&effects);
        }
    };
    let spoils: [(&str, Spoil); 5] = [
        ("a kill of the segment", Box::new(press(Verb::Kill, Some("free")))),
        ("a kill of everything", Box::new(press(Verb::Kill, None))),
        ("a roll-back", Box::new(press(Verb::RollBack, Some("free")))),
        ("a roll-back outside", Box::new(|pilot| drop(pilot.bench.flag(true, 1., 0.)))),
        ("a NO-GO", Box::new(|pilot| drop(pilot.bench.break_segment("free")))),
    ];
    for (what, spoil) in spoils {
        let mut pilot = at_five();
        pilot.approve();
        assert_eq!(people(&pilot).0, Verdict::Go);
        spoil(&mut pilot);
        pilot.bench.tick(0);
        assert!(!people(&pilot).1.contains("gave"), "{what}");
        assert!(pilot.bench.model.segments[0].approvals.is_empty(), "{what}");
    }
}

#[test]
fn a_go_that_a_kill_took_away_is_not_back_after_the_resume() {
    let mut pilot = at_five();
    pilot.approve();
    let effects = pilot.bench.press(Verb::Kill, Some("free"));
    pilot.obey(&effects);
    assert!(
        gives(&mut pilot, "captain", Some("free")).contains("needs nobody's go"),
        "the next stage is 5% now"
    );
    let typed_name = Some("checkout-v2".into());
    let resume = Request { typed_name, ..pilot.bench.request(Verb::Resume, Some("free")) };
    let effects = pilot.bench.ask(resume);
    pilot.obey(&effects);
    assert_eq!(pilot.shares[0], 5.);
    pilot.bench.tick(0);
    assert_eq!(people(&pilot).0, Verdict::Wait);
    assert_eq!(gives(&mut pilot, "captain", Some("free")), "");
}

#[test]
fn a_go_is_void_when_its_stage_was_reached_and_left_also_while_nobody_watched() {
    let mut pilot = at_five();
    pilot.approve();
    let effects = pilot.bench.press(Verb::Widen, Some("free"));
    pilot.obey(&effects);
    pilot.bench.flag(true, 5., 0.);
    pilot.bench.tick(0);
    assert_eq!(people(&pilot).0, Verdict::Wait);

    let mut restarted = Pilot::new(Autopilot::Off, [5., 0.]);
    let mut first = at_five();
    let mut effects = first.approve();
    let widen = first.bench.press(Verb::Widen, Some("free"));
    let command = commands(&widen)[0].clone();
    effects.push(Effect::Record(Record::Commanded { command: command.clone() }));
    let state = first.bench.state(true, 50., 0.);
    let outcome = Outcome::Confirmed { state, overwrote: None };
    effects.push(Effect::Record(Record::Finished { id: command.id, outcome }));
    for record in records(&effects) {
        restarted
            .bench
            .event(Body::Restored { written_at: Timestamp(first.bench.now), record: record.clone() });
    }
    restarted.bench.tick(0);
    assert_eq!(people(&restarted).0, Verdict::Wait, "50% was reached; now it is 5%");
}

#[test]
fn a_go_outlives_a_restart_and_comes_from_another_process() {
    let mut pilot = Pilot::new(Autopilot::Full, [5., 0.]);
    pilot.seconds(20);
    let record = |role: &str, exposure| Record::Approved {
        segment: name("free"),
        exposure: percent(exposure),
        role: name(role),
        actor: person(),
    };
    for foreign in [record("support", 50.), record("captain", 25.), record("captain", 100.)] {
        pilot.bench.event(Body::Restored { written_at: Timestamp(pilot.bench.now), record: foreign });
        pilot.seconds(2);
        assert_eq!(people(&pilot).0, Verdict::Wait, "no stage asks for that");
        assert!(pilot.log.is_empty() && pilot.bench.model.segments[0].approvals.is_empty());
    }
    pilot
        .bench
        .event(Body::Restored { written_at: Timestamp(pilot.bench.now), record: record("captain", 50.) });
    assert_eq!(people(&pilot).0, Verdict::Go);
    pilot.second();
    assert_eq!(pilot.steps(), [("free".into(), 50.)], "{}", pilot.obstacle("free"));
}

#[test]
fn a_request_without_a_role_is_read_as_one_of_an_older_version() {
    let request = Request::new(person(), Verb::Approve, Default::default());
    let text = serde_json::to_string(&request).expect("it is written");
    let old = text.replace(r#""role":null,"#, "");
    assert_ne!(text, old);
    assert_eq!(serde_json::from_str::<Request>(&old).expect("it is read"), request);
}
