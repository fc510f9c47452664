//! Numbers of the report against numbers by hand.

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::engine::Autopilot;
use gonogo::report::{ActResult, At, Direction, Fate, Outcome, Reading, Retrospective};

use super::script::{BEGAN, Script};

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-6
}

fn at(ms: i64) -> At {
    At(Timestamp(BEGAN + ms))
}

fn story() -> Retrospective {
    Script::story(Autopilot::Guard).report().says
}

#[test]
fn each_moment_belongs_to_one_part_and_the_parts_add_up() {
    let said = story();
    let time = said.time;
    assert!(near(said.course.elapsed_s, 90.0), "{}", said.course.elapsed_s);
    // Asked at 10 and 52, read back half a second and a second later; the kill 0.3 s.
    assert!(near(time.active_s, 0.5 + 1.0 + 0.3), "{time:?}");
    assert!(near(time.paused_s, 10.0), "{time:?}");
    // 10.5 to 31, the first tick past the bake time; 53 to the NO-GO at 60.
    assert!(near(time.baking_s, 20.5 + 7.0), "{time:?}");
    // Until ann widened; 31 to 40; 50 to 52; and from the kill on enterprise could be begun.
    assert!(near(time.waiting_for_people_s, 10.0 + 9.0 + 2.0 + 29.7), "{time:?}");
    let sum = time.active_s
        + time.baking_s
        + time.gathering_s
        + time.paused_s
        + time.held_s
        + time.waiting_for_people_s
        + time.over_s
        + time.unknown_s;
    assert!(near(sum, 90.0), "{time:?}");
}

#[test]
fn a_no_go_is_told_from_the_first_bad_reading_to_proven_off() {
    let said = story();
    let [no_go] = said.no_gos.list.as_slice() else { panic!("{:?}", said.no_gos) };
    assert_eq!(no_go.first_bad_at, Some(at(60_000)));
    assert_eq!(no_go.detected_at, at(60_000), "45 more errors than expected are enough");
    assert_eq!((no_go.asked_by.as_deref(), no_go.answer.as_deref()), (Some("autopilot"), Some("kill")));
    assert_eq!((no_go.sent_at, no_go.off_at), (Some(at(60_100)), Some(at(60_300))));
    assert_eq!((no_go.confirmed_at, no_go.until), (no_go.off_at, "off"));
    let times = [no_go.detection_s, no_go.decision_s, no_go.sending_s, no_go.proof_s, no_go.total_s];
    assert_eq!(times, [0.0, 0.0, 0.1, 0.2, 0.3].map(Some));
    // One reading of 500 users, a tenth of them hurt.
    assert_eq!((no_go.exposed_units, no_go.bad_units), (Some(500.0), Some(50.0)));
}

#[test]
fn a_no_go_that_waits_for_a_person_counts_who_was_hurt_meanwhile() {
    let mut script = Script::new(Autopilot::Advise);
    script.begin();
    for second in 0..41 {
        script.second(second, if second >= 20 { 0.1 } else { 0.01 });
        if second == 2 {
            let commands = script.ask("ann@desk", Verb::Widen, "free", "go");
            script.carry_out(&commands, 100, 200);
        }
    }
    script.at(40_500);
    let commands = script.ask("ann@desk", Verb::Kill, "free", "errors");
    script.carry_out(&commands, 100, 400);
    let said = script.report().says;
    let no_go = &said.no_gos.list[0];
    assert_eq!(no_go.first_bad_at, Some(at(20_000)));
    let detected_s = (no_go.detected_at.0.0 - BEGAN) / 1000;
    assert!((20..26).contains(&detected_s), "{detected_s}");
    assert_eq!(no_go.decision_s, Some(40.5 - detected_s as f64));
    // 100 users a second from the 20th to the 40th, ten of them hurt each second.
    assert_eq!((no_go.exposed_units, no_go.bad_units), (Some(2_100.0), Some(210.0)));
    assert!(near(no_go.bad_units_after_detection, 10.0 * (40 - detected_s) as f64));
    assert_eq!(no_go.off_at, Some(at(40_900)));
    // The autopilot said so at once; ann did it later.
    let advice = said.autopilot.advice.list.iter().find(|a| a.what.starts_with("kill free")).expect("advice");
    assert_eq!((advice.fate, advice.by.as_deref()), (Fate::Followed, Some("ann@desk")));
    assert_eq!(advice.after_s, no_go.decision_s);
    assert_eq!(said.lessons.iter().any(|l| l.about == "decision"), no_go.decision_s > Some(30.0));
}

#[test]
fn advice_that_nobody_took_is_never_and_a_no_go_that_nobody_answered_is_a_lesson() {
    let said = Script::story(Autopilot::Advise).report().says;
    assert!(
        said.autopilot.advice.list.iter().any(|a| a.what.starts_with("kill free") && a.fate == Fate::Never)
    );
    assert_eq!(said.no_gos.list[0].asked_at, None);
    assert!(
        said.lessons.iter().any(|l| l.about == "decision" && l.text.contains("Nobody answered")),
        "{:?}",
        said.lessons
    );
}

#[test]
fn the_excess_is_what_controls_rate_would_not_have_given() {
    let said = story();
    let effect = said.effects.iter().find(|effect| effect.segment.as_str() == "free").expect("measured");
    // 42 readings of 100 users at 10 %, 7 of 500 at 50 % with the usual 1 %, and one with 10 %.
    assert!(near(effect.treatment.units, 4_200.0 + 8.0 * 500.0), "{effect:?}");
    assert!(near(effect.treatment.bad, 42.0 + 7.0 * 5.0 + 50.0), "{effect:?}");
    let excess = effect.excess_units.expect("both arms were measured");
    assert!(near(excess.estimate, 45.0), "{excess:?}");
    assert!(excess.lower < excess.estimate && excess.estimate < excess.upper);
    assert_ne!(effect.reading, Reading::Better);
}

#[test]
fn acts_say_who_why_and_how_long_it_took_to_confirm() {
    let said = story();
    let acts: Vec<_> =
        said.actions.list.iter().map(|a| (a.actor.as_str(), a.verb.as_str(), a.confirmed_after_s)).collect();
    let expected = [
        ("ann@desk", "widen", Some(0.5)),
        ("bob@desk", "pause", None),
        ("bob@desk", "resume", None),
        ("ann@desk", "widen", Some(1.0)),
        ("autopilot", "kill", Some(0.3)),
    ];
    assert_eq!(acts, expected);
    let [widen, pause, .., kill] = said.actions.list.as_slice() else { panic!("{:?}", said.actions) };
    assert_eq!((widen.result, widen.reason.as_deref()), (ActResult::Confirmed, Some("first customers")));
    assert_eq!((pause.result, pause.direction), (ActResult::Done, Direction::Same));
    assert!(
        kill.direction == Direction::Off
            && kill.reason.as_deref().is_some_and(|r| r.contains("users with errors"))
    );
    assert_eq!(said.course.outcome, Outcome::Killed);
    assert_eq!((said.autopilot.own_acts, said.autopilot.peoples_acts), (1, 4));
}

#[test]
fn a_change_from_outside_is_an_act_of_its_author_and_a_refused_one_is_refused() {
    use gonogo::event::Body;
    let mut script = Script::new(Autopilot::Off);
    script.begin();
    script.second(1, 0.01);
    // Nobody gave a reason to go past WAIT to a share that is no stage: refused.
    let far = gonogo::action::Request::new(
        Actor::Person("eve@desk".into()),
        Verb::Resume,
        gonogo::action::Scope::segment("free".parse().expect("a name")),
    );
    script.at(2_000).event(Body::Asked(far));
    let state = FlagState {
        version: Version(99),
        on: true,
        shares: [("free".parse().expect("a name"), Percent::new(25.).expect("a share"))].into(),
        by: Some(Actor::Other("carol".into())),
        changed_at: None,
        doubts: vec![],
        ..FlagState::default()
    };
    script.at(3_000).event(Body::Flag { platform: "web".parse().expect("a name"), state });
    let said = script.report().says;
    let acts: Vec<_> = said.actions.list.iter().map(|a| (a.actor.as_str(), a.result, a.direction)).collect();
    assert_eq!(
        acts,
        [
            ("eve@desk", ActResult::Refused, Direction::Same),
            ("carol", ActResult::Confirmed, Direction::Wider)
        ]
    );
}

#[test]
fn lost_links_and_stale_time_are_counted() {
    let mut script = Script::new(Autopilot::Off);
    script.begin();
    script.second(1, 0.01);
    let retrying = LinkState::Retrying { cause: "connection refused".into(), wait: Span::default() };
    script.at(5_000).link(SourceKind::Metrics, "errors", retrying.clone());
    script.at(6_000).link(SourceKind::Metrics, "errors", retrying);
    script.at(9_000).link(SourceKind::Metrics, "errors", LinkState::Live);
    script.second(10, 0.01);
    let said = script.report().says;
    let source = said.quality.sources.iter().find(|s| s.source == "metrics errors").expect("known");
    assert_eq!((source.losses, source.lost_s), (1, 4.0));
    // Read every second, so stale from the third on; then lost until the ninth, and heard again at the tenth.
    assert!(source.stale_s >= 6.0 && source.stale_s <= 7.0, "{source:?}");
    assert_eq!(source.last_cause.as_deref(), Some("connection refused"));
}

#[test]
fn what_is_kept_does_not_grow_with_the_recording() {
    let mut script = Script::new(Autopilot::Off);
    script.begin();
    for second in 0..2_000 {
        script.second(second, 0.01);
        script.feedback(&format!("f{second}"), Arm::Treatment, 2, &format!("comment {second}"));
        script.ask("ann@desk", Verb::Note, "free", "a note");
    }
    let said = script.report().says;
    assert_eq!((said.actions.list.len(), said.actions.left_out), (1_000, 1_000));
    let free = said.satisfaction.segments.iter().find(|v| v.segment.as_str() == "free").expect("heard");
    assert!(free.quotes.len() <= 4 && free.pieces == 2_000 && free.treatment.total == 2_000);
}
