//! Kills among other commands: what was killed stays killed, whatever else is under way.

use gonogo::action::{Request, Verb};
use gonogo::domain::{Phase, Text};
use gonogo::effect::{Change, Outcome, Record};
use gonogo::engine::Autopilot;

use super::bench::{Bench, commands, name, percent, records};

fn free(share: f64) -> Change {
    Change::Shares([(name("free"), percent(share))].into())
}

fn widening() -> (Bench, gonogo::effect::Command) {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let request = Request { reason: Some("launch".into()), ..bench.request(Verb::Widen, Some("free")) };
    let widen = commands(&bench.ask(request))[0].clone();
    bench.outcome(widen.id, Outcome::Sent);
    (bench, widen)
}

fn refused(cause: &str) -> Outcome {
    Outcome::Refused { cause: cause.into(), state: None }
}

#[test]
fn a_widen_given_up_for_a_kill_takes_nothing_of_the_kill_back() {
    let (mut bench, widen) = widening();
    let kill = commands(&bench.press(Verb::Kill, None))[0].clone();
    bench.outcome(widen.id, refused("given up: overtaken by what stops"));
    let state = bench.state(false, 5., 5.);
    bench.confirm(&kill, state);
    assert_eq!(bench.model.phase(), Phase::Killed);
    bench.press(Verb::Resume, None);
    assert!(bench.refusal().contains("checkout-v2"), "{}", bench.refusal());
}

#[test]
fn a_segment_killed_during_its_widen_comes_back_with_what_was_confirmed_before() {
    let (mut bench, widen) = widening();
    let kill = commands(&bench.press(Verb::Kill, Some("free")))[0].clone();
    bench.outcome(widen.id, refused("given up: overtaken by what stops"));
    let state = bench.state(true, 0., 5.);
    bench.confirm(&kill, state);
    assert_eq!(bench.phase("free"), Phase::Killed);
    let typed_name = Some(Text::new("checkout-v2"));
    let effects = bench.ask(Request { typed_name, ..bench.request(Verb::Resume, Some("free")) });
    assert_eq!(commands(&effects)[0].change, free(5.), "not the 25 % that were never read back");
}

#[test]
fn a_refused_resume_leaves_it_killed() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let kill = commands(&bench.press(Verb::Kill, None))[0].clone();
    let state = bench.state(false, 5., 5.);
    bench.confirm(&kill, state);
    let typed_name = Some(Text::new("checkout-v2"));
    let resume = commands(&bench.ask(Request { typed_name, ..bench.request(Verb::Resume, None) }))[0].clone();
    bench.outcome(resume.id, refused("no permission"));
    assert_eq!(bench.model.phase(), Phase::Killed);
    assert!(bench.model.platforms[0].killed.is_some());
}

#[test]
fn a_refused_kill_is_shouted() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let kill = commands(&bench.press(Verb::Kill, None))[0].clone();
    bench.outcome(kill.id, refused("403: this token may not write"));
    assert_eq!(bench.refusal(), "403: this token may not write");
    assert!(bench.model.platforms[0].killed.is_none());
    assert_ne!(bench.model.phase(), Phase::Killed);
}

#[test]
fn the_same_kill_again_is_written_down_and_not_sent_beside_the_first() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let kill = commands(&bench.press(Verb::Kill, None))[0].clone();
    bench.outcome(kill.id, Outcome::Unknown { cause: "timed out".into(), attempts: 1 });
    for _ in 0..200 {
        let effects = bench.press(Verb::Kill, None);
        assert!(commands(&effects).is_empty());
        assert!(matches!(records(&effects)[..], [Record::Noted { .. }]));
    }
    assert!(bench.model.commands.iter().any(|tracked| tracked.command.id == kill.id && tracked.is_open()));
    let narrower = bench.press(Verb::Kill, Some("free"));
    assert_eq!(commands(&narrower).len(), 1, "another kill goes out at once");
    let state = bench.state(false, 5., 5.);
    bench.confirm(&kill, state);
    assert_eq!(commands(&bench.press(Verb::Kill, None)).len(), 1, "the first one is over");
}

#[test]
fn a_roll_back_never_comes_after_an_open_kill() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.press(Verb::Kill, Some("free"));
    assert!(commands(&bench.press(Verb::RollBack, Some("free"))).is_empty());
    assert!(bench.refusal().contains("being killed"), "{}", bench.refusal());
    assert_eq!(commands(&bench.press(Verb::RollBack, Some("enterprise"))).len(), 1);
}

#[test]
fn an_open_kill_is_never_forgotten_for_lack_of_room() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let kill = commands(&bench.press(Verb::Kill, Some("enterprise")))[0].clone();
    for n in 0..500 {
        let to = Some(percent(4.9 - f64::from(n) * 0.009));
        bench.ask(Request { to, ..bench.request(Verb::RollBack, Some("free")) });
    }
    assert!(bench.model.commands.iter().any(|tracked| tracked.command.id == kill.id));
    assert!(bench.model.commands.len() <= gonogo::engine::model::MAX_OPEN);
    assert_eq!(bench.phase("enterprise"), Phase::Killing);
}

#[test]
fn a_read_only_guard_only_says_what_it_would_do_and_says_it_once() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    bench.model.read_only = true;
    for _ in 0..300 {
        assert!(bench.tick(1_000).is_empty());
        bench.flag_heard();
    }
    let told = bench.model.timeline.iter().filter(|m| m.text.as_str().contains("pause everything")).count();
    assert_eq!(told, 1);
}

#[test]
fn what_has_no_end_yet_is_named_for_whoever_leaves() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let kill = commands(&bench.press(Verb::Kill, None))[0].clone();
    bench.outcome(kill.id, Outcome::Unknown { cause: "timed out".into(), attempts: 3 });
    let open: Vec<_> = bench.model.unfinished().map(|tracked| tracked.what()).collect();
    assert_eq!(open, ["kill everything at web"]);
    let state = bench.state(false, 5., 5.);
    bench.confirm(&kill, state);
    assert_eq!(bench.model.unfinished().count(), 0);
}
