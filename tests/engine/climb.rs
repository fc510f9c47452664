//! The autopilot at `full`: what it widens, and what it never does.

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Effect, Outcome};
use gonogo::engine::Autopilot;
use gonogo::engine::autopilot::RETRY;
use gonogo::event::Body;
use proptest::prelude::*;

use super::bench::{commands, name, percent};
use super::pilot::{BAKE, Pilot};

#[test]
fn full_takes_a_rollout_from_the_first_to_everybody_through_bake_goes_and_order() {
    let mut pilot = Pilot::new(Autopilot::Full, [0., 0.]);
    pilot.seconds(30);
    assert_eq!(pilot.steps(), [("free".into(), 5.)], "{}", pilot.obstacle("free"));
    assert_eq!(
        [pilot.obstacle("free"), pilot.obstacle("enterprise")],
        ["waits for captain's go", "begins after free"]
    );
    let effects = pilot.approve();
    assert!(commands(&effects).is_empty(), "{}", pilot.bench.refusal());
    pilot.seconds(120);
    let expected = [("free", 5.), ("free", 50.), ("free", 100.)];
    let after = [("enterprise", 5.), ("enterprise", 50.), ("enterprise", 100.)];
    let expected: Vec<_> = expected.into_iter().chain(after).map(|(s, p)| (s.to_owned(), p)).collect();
    assert_eq!(pilot.steps(), expected, "{} / {}", pilot.obstacle("free"), pilot.obstacle("enterprise"));
    for pair in pilot.log.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= BAKE, "each stage bakes");
    }
    for (_, command) in &pilot.log {
        assert_eq!((&command.actor, command.verb), (&Actor::Autopilot, Verb::Widen));
        assert!(command.reason.is_some() && command.evidence.is_some() && command.expected.is_some());
    }
    let reason = pilot.log[1].1.reason.as_ref().map(|reason| reason.to_string()).unwrap_or_default();
    assert!(reason.contains("baked at 5%") && reason.contains("errors GO: "), "{reason}");
    assert_eq!([pilot.obstacle("free"), pilot.obstacle("enterprise")], ["", ""], "the top is no obstacle");
    pilot.seconds(100);
    assert_eq!(pilot.log.len(), 6, "at the top there is nothing to do");
}

#[test]
fn guard_and_advise_never_widen() {
    for autopilot in [Autopilot::Off, Autopilot::Advise, Autopilot::Guard] {
        let mut pilot = Pilot::new(autopilot, [0., 0.]);
        pilot.seconds(60);
        assert!(pilot.log.is_empty(), "{autopilot:?}");
    }
}

/// Makes everything ready, spoils one thing, gives the missing go, and expects no widen and these words.
fn spoiled(words: &str, spoil: impl Fn(&mut Pilot)) {
    let mut pilot = Pilot::ready();
    spoil(&mut pilot);
    pilot.approve();
    let effects = pilot.bench.tick(0);
    let widens = commands(&effects).iter().filter(|command| command.verb == Verb::Widen).count();
    assert!(pilot.obstacle("free").contains(words), "{:?} is not {words:?}", pilot.obstacle("free"));
    assert_eq!((widens, pilot.steps()), (0, vec![]), "{words}");
}

#[test]
fn what_is_ready_and_not_spoiled_is_widened() {
    let mut pilot = Pilot::ready();
    pilot.approve();
    let effects = pilot.bench.tick(0);
    assert_eq!(commands(&effects)[0].change, Change::Shares([(name("free"), percent(50.))].into()));
}

#[test]
fn full_never_widens_on_stale_missing_or_one_sided_data() {
    spoiled("no errors data", |pilot| {
        for _ in 0..4 {
            pilot.bench.quick("free", 1000., 1000.);
            pilot.silence();
        }
    });
    spoiled("no latency data", |pilot| {
        for _ in 0..4 {
            pilot.bench.users("free", 1000., 10., 1000., 10.);
            pilot.silence();
        }
    });
    // The source is alive and tells of the other segment only.
    spoiled(" data of ", |pilot| {
        for _ in 0..4 {
            pilot.bench.users("enterprise", 0., 0., 1000., 10.);
            pilot.bench.quick("enterprise", 0., 1000.);
            pilot.silence();
        }
    });
    for arm in [Arm::Treatment, Arm::Control] {
        spoiled("errors has stopped telling about", |pilot| {
            for n in 1..=5 {
                pilot.bench.quick("free", 1000., 1000.);
                let mut arms = ByArm::default();
                let units = 1_000_000. + 1000. * f64::from(n);
                *arms.get_mut(arm) = Some(Counts { units, bad: units / 100. });
                pilot.bench.sample("errors", "free", SampleValue::Counts(arms));
                pilot.silence();
            }
        });
    }
}

#[test]
fn full_does_not_begin_with_a_segment_without_data() {
    let mut pilot = Pilot::new(Autopilot::Full, [0., 0.]);
    for _ in 0..30 {
        pilot.bench.users("enterprise", 0., 0., 1000., 10.);
        pilot.bench.quick("enterprise", 0., 1000.);
        let effects = pilot.bench.tick(0);
        pilot.obey(&effects);
    }
    assert_eq!((pilot.obstacle("free").as_str(), pilot.log.len()), ("no errors data of free yet", 0));
}

#[test]
fn full_never_widens_what_is_held_paused_killed_or_busy() {
    spoiled("data is HOLD", |pilot| {
        pilot.bench.now += 11_000;
        pilot.bench.tick(0);
    });
    spoiled("paused by ann@desk", |pilot| {
        pilot.approve();
        pilot.bench.press(Verb::Pause, None);
    });
    spoiled("killed by ann@desk", |pilot| {
        pilot.approve();
        let effects = pilot.bench.press(Verb::Kill, Some("free"));
        pilot.obey(&effects);
        pilot.log.clear();
    });
    spoiled("is under way", |pilot| {
        let reason = Some("by hand".into());
        pilot.bench.ask(Request {
            reason,
            to: Some(percent(10.)),
            ..pilot.bench.request(Verb::Widen, Some("free"))
        });
    });
    spoiled("NO-GO on errors", |pilot| {
        pilot.approve();
        let effects = pilot.bench.break_segment("free");
        pilot.obey(&effects);
        assert!(pilot.log.iter().all(|(_, command)| command.verb == Verb::Kill));
        pilot.log.clear();
    });
}

#[test]
fn a_new_stage_bakes_and_waits_for_its_own_users() {
    let mut pilot = Pilot::ready();
    pilot.approve();
    pilot.second();
    assert_eq!(pilot.steps(), [("free".into(), 50.)]);
    pilot.bench.tick(0);
    assert!(pilot.obstacle("free").contains("is WAIT"), "{}", pilot.obstacle("free"));
    pilot.seconds(4);
    assert!(pilot.obstacle("free").starts_with("bakes for "), "{}", pilot.obstacle("free"));
}

#[test]
fn a_refused_widen_is_tried_again_after_a_minute_and_an_unanswered_one_is_not_repeated() {
    let mut pilot = Pilot::ready();
    pilot.approve();
    let widen = commands(&pilot.bench.tick(0))[0].clone();
    pilot.bench.outcome(widen.id, Outcome::Unknown { cause: "timed out".into(), attempts: 1 });
    let widens = |pilot: &mut Pilot, seconds: u64| {
        (0..seconds)
            .map(|_| {
                pilot.users();
                commands(&pilot.bench.tick(0)).len()
            })
            .sum::<usize>()
    };
    assert_eq!(widens(&mut pilot, 100), 0);
    assert!(pilot.obstacle("free").contains("is under way"));
    pilot.bench.outcome(widen.id, Outcome::Refused { cause: "not in effect".into(), state: None });
    assert_eq!(widens(&mut pilot, RETRY.as_secs() - 1), 0);
    assert!(pilot.obstacle("free").contains("not in effect"), "{}", pilot.obstacle("free"));
    assert_eq!(widens(&mut pilot, 2), 1);
}

#[test]
fn what_a_person_or_somebody_outside_took_back_is_not_taken_up_again_behind_their_back() {
    let by_hand = |pilot: &mut Pilot| {
        let effects = pilot.bench.press(Verb::RollBack, Some("free"));
        pilot.obey(&effects);
    };
    let outside = |pilot: &mut Pilot| {
        pilot.shares[0] = 0.;
        pilot.bench.flag(true, 0., 0.);
    };
    for (who, take_back) in [("ann@desk", &by_hand as &dyn Fn(&mut Pilot)), ("bob", &outside)] {
        let mut pilot = Pilot::ready();
        take_back(&mut pilot);
        pilot.log.clear();
        pilot.seconds(60);
        assert!(pilot.log.is_empty());
        assert!(
            pilot.obstacle("free").starts_with(&format!("taken back by {who}")),
            "{}",
            pilot.obstacle("free")
        );
        let effects = pilot.bench.press(Verb::Widen, Some("free"));
        pilot.obey(&effects);
        assert_eq!(pilot.steps(), [("free".into(), 5.)], "{}", pilot.bench.refusal());
        pilot.approve();
        pilot.seconds(15);
        assert_eq!(pilot.steps().last(), Some(&("free".into(), 50.)), "{}", pilot.obstacle("free"));
    }
}

#[test]
fn a_read_only_full_says_what_it_would_do_once_for_each_stage() {
    let mut pilot = Pilot::new(Autopilot::Full, [0., 0.]);
    pilot.bench.model.read_only = true;
    pilot.seconds(60);
    pilot.shares[0] = 5.;
    pilot.bench.flag(true, 5., 0.);
    pilot.bench.event(Body::Restored {
        written_at: Timestamp(pilot.bench.now),
        record: gonogo::effect::Record::Approved {
            segment: name("free"),
            exposure: percent(50.),
            role: name("captain"),
            actor: super::bench::person(),
        },
    });
    pilot.seconds(60);
    assert!(pilot.log.is_empty());
    let told = |words: &str| {
        pilot.bench.model.timeline.iter().filter(|m| m.text.as_str().starts_with(words)).count()
    };
    assert_eq!((told("would widen free to 5%"), told("would widen free to 50%")), (1, 1));
}

/// Something that happens to the rollout, by chance.
#[derive(Debug, Clone)]
enum Chance {
    Well(&'static str),
    Bad(&'static str),
    /// So many seconds with errors of treatment alone.
    OneArm(&'static str, i64),
    Silence,
    Press(Verb, Option<&'static str>),
    Clear,
    Approve,
    Outside(f64),
    Refuse,
}

fn chance() -> impl Strategy<Value = Chance> {
    let segment = || prop_oneof![Just("free"), Just("enterprise")];
    prop_oneof![
        30 => segment().prop_map(Chance::Well),
        1 => segment().prop_map(Chance::Bad),
        4 => (segment(), 1..6i64).prop_map(|(segment, seconds)| Chance::OneArm(segment, seconds)),
        3 => Just(Chance::Silence),
        1 => (prop_oneof![Just(Verb::Pause), Just(Verb::Resume), Just(Verb::Kill), Just(Verb::RollBack)],
              proptest::option::of(segment())).prop_map(|(verb, segment)| Chance::Press(verb, segment)),
        1 => Just(Chance::Clear),
        6 => Just(Chance::Approve),
        1 => prop_oneof![Just(0.), Just(5.), Just(50.)].prop_map(Chance::Outside),
        1 => Just(Chance::Refuse),
    ]
}

/// The widens among effects, each checked against what the test itself knows.
fn check(pilot: &Pilot, effects: &[Effect], heard: &[[i64; 2]; 2]) -> Result<(), TestCaseError> {
    for command in commands(effects).into_iter().filter(|command| command.verb == Verb::Widen) {
        prop_assert_eq!(&command.actor, &Actor::Autopilot);
        let Change::Shares(shares) = &command.change else { continue };
        for (index, segment) in pilot.bench.model.segments.iter().enumerate() {
            if !shares.contains_key(&segment.name) {
                continue;
            }
            prop_assert!(segment.latches.is_empty() && segment.paused.is_none() && segment.killed.is_none());
            prop_assert!(segment.verdict <= Verdict::Wait);
            for at in heard[index] {
                prop_assert!(pilot.bench.now - at <= 3_000, "stale for {} ms", pilot.bench.now - at);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happens_full_never_widens_past_a_no_go_a_pause_or_stale_data(
        chances in proptest::collection::vec(chance(), 0..150),
        share in prop_oneof![Just(0.), Just(5.), Just(50.)],
    ) {
        let mut pilot = Pilot::new(Autopilot::Full, [share, 0.]);
        pilot.seconds(12);
        pilot.log.clear();
        // When both arms of a segment were last heard of: errors, latency.
        let mut heard = [[pilot.bench.now; 2]; 2];
        let mut is_refused = false;
        for chance in chances {
            let index = |segment: &str| usize::from(segment == "enterprise");
            let mut effects = match chance {
                Chance::Well(segment) => {
                    pilot.bench.quick(segment, 1000., 1000.);
                    let effects = pilot.bench.users(segment, 1000., 10., 1000., 10.);
                    heard[index(segment)] = [pilot.bench.now; 2];
                    effects
                }
                Chance::Bad(segment) => {
                    let effects = pilot.bench.users(segment, 1000., 200., 1000., 10.);
                    heard[index(segment)][0] = pilot.bench.now;
                    effects
                }
                Chance::OneArm(segment, seconds) => {
                    let mut effects = Vec::new();
                    for _ in 0..seconds {
                        pilot.bench.now += 1_000;
                        pilot.bench.flag_heard();
                        // Grows with time, and is far above what the other readings count.
                        let counts = Some(Counts { units: 1e7 + (pilot.bench.now % 100_000_000) as f64, bad: 0. });
                        let value = SampleValue::Counts(ByArm { treatment: counts, control: None });
                        effects.extend(pilot.bench.sample("errors", segment, value));
                        pilot.bench.quick(segment, 1000., 1000.);
                        heard[index(segment)][1] = pilot.bench.now;
                    }
                    effects
                }
                Chance::Silence => pilot.silence(),
                Chance::Press(verb, segment) => {
                    let typed_name = Some(Text::new("checkout-v2"));
                    let reason = Some(Text::new("because"));
                    let request = pilot.bench.request(verb, segment);
                    pilot.bench.ask(Request { typed_name, reason, ..request })
                }
                Chance::Clear => {
                    let reason = Some(Text::new("known"));
                    let request = pilot.bench.request(Verb::Clear, None);
                    pilot.bench.ask(Request { reason, ..request })
                }
                Chance::Approve => pilot.approve(),
                Chance::Outside(share) => {
                    pilot.shares[0] = share;
                    let enterprise = pilot.shares[1];
                    pilot.bench.flag(true, share, enterprise)
                }
                Chance::Refuse => {
                    is_refused = true;
                    Vec::new()
                }
            };
            check(&pilot, &effects, &heard)?;
            let ticked = pilot.bench.tick(0);
            check(&pilot, &ticked, &heard)?;
            effects.extend(ticked);
            if std::mem::take(&mut is_refused) {
                for command in commands(&effects) {
                    pilot.bench.outcome(command.id, Outcome::Refused { cause: "no".into(), state: None });
                }
            } else {
                pilot.obey(&effects);
            }
        }
    }
}
