//! What each action does, and when it is refused.

use gonogo::action::{ACTIONS, Danger, Request, Scope, Verb};
use gonogo::domain::{Actor, Phase, Text, Version};
use gonogo::effect::{Change, Outcome, Record};
use gonogo::engine::Autopilot;
use gonogo::engine::acts::plan;

use super::bench::{Bench, commands, name, percent, records};

fn healthy() -> Bench {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    for _ in 0..30 {
        bench.users("free", 50., 1., 950., 19.);
        bench.quick("free", 50., 950.);
    }
    bench
}

#[test]
fn widen_asks_for_the_next_stage_and_is_done_only_when_read_back() {
    let mut bench = healthy();
    let effects = bench.press(Verb::Widen, Some("free"));
    let command = commands(&effects)[0].clone();
    assert_eq!(command.change, Change::Shares([(name("free"), percent(25.))].into()));
    assert_eq!(command.expected, bench.model.platforms[0].state.as_ref().map(|s| s.version));
    let exposure = bench.model.segments[0].exposure;
    assert_eq!((exposure.desired, exposure.confirmed), (Some(percent(25.)), Some(percent(5.))));
    bench.outcome(command.id, Outcome::Sent);
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(5.)));
    let state = bench.state(true, 25., 5.);
    bench.confirm(&command, state);
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(25.)));
    assert!(bench.told("confirmed after"));
}

#[test]
fn widen_is_refused_when_somebody_changed_the_flag_since_it_was_seen() {
    let mut bench = healthy();
    let request = bench.request(Verb::Widen, Some("free"));
    bench.flag(true, 10., 5.);
    assert!(commands(&bench.ask(request)).is_empty());
    assert!(bench.refusal().contains("is newer than"), "{}", bench.refusal());
    assert!(bench.told("changed free at web from 5% to 10%"));
}

#[test]
fn widen_past_a_verdict_that_is_not_go_needs_a_reason() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    bench.users("free", 50., 1., 950., 19.);
    assert!(commands(&bench.press(Verb::Widen, Some("free"))).is_empty());
    assert!(bench.refusal().contains("give a reason"), "{}", bench.refusal());
    let request =
        Request { reason: Some(Text::new("launch day")), ..bench.request(Verb::Widen, Some("free")) };
    assert_eq!(commands(&bench.ask(request)).len(), 1);
}

#[test]
fn widen_is_refused_while_paused_silent_or_under_way() {
    let mut bench = healthy();
    bench.press(Verb::Pause, Some("free"));
    assert_eq!(bench.phase("free"), Phase::Paused);
    bench.press(Verb::Widen, Some("free"));
    assert!(bench.refusal().contains("paused by ann@desk"), "{}", bench.refusal());
    bench.press(Verb::Resume, Some("free"));
    assert_eq!(commands(&bench.press(Verb::Widen, Some("free"))).len(), 1);
    bench.press(Verb::Widen, Some("enterprise"));
    assert!(bench.refusal().contains("still under way"), "{}", bench.refusal());

    let mut bench = healthy();
    bench.tick(11_000);
    bench.press(Verb::Widen, Some("free"));
    assert!(bench.refusal().contains("silent"), "{}", bench.refusal());
}

#[test]
fn kill_is_never_refused_for_a_stale_unread_paused_or_busy_platform() {
    let mut unread = Bench::empty(Autopilot::Off);
    assert_eq!(commands(&unread.press(Verb::Kill, None))[0].change, Change::Off);

    let mut bench = healthy();
    bench.press(Verb::Widen, Some("free"));
    bench.press(Verb::Pause, None);
    bench.tick(600_000);
    let request = Request { seen: [(name("web"), Version(0))].into(), ..bench.request(Verb::Kill, None) };
    let effects = bench.ask(request);
    let command = commands(&effects)[0].clone();
    assert_eq!((command.change.clone(), command.expected), (Change::Off, None));
    assert_eq!(bench.phase("free"), Phase::Killing);
    bench.outcome(command.id, Outcome::Unknown { cause: "timed out".into(), attempts: 1 });
    assert_eq!(bench.phase("free"), Phase::Killing, "a kill that timed out is not over");
    let state = bench.state(false, 5., 5.);
    bench.confirm(&command, state);
    assert_eq!((bench.phase("free"), bench.model.phase()), (Phase::Killed, Phase::Killed));
}

#[test]
fn a_segment_is_killed_alone() {
    let mut bench = healthy();
    let effects = bench.press(Verb::Kill, Some("enterprise"));
    let command = commands(&effects)[0].clone();
    assert_eq!(command.change, Change::Shares([(name("enterprise"), percent(0.))].into()));
    let state = bench.state(true, 5., 0.);
    bench.confirm(&command, state);
    assert_eq!((bench.phase("enterprise"), bench.phase("free")), (Phase::Killed, Phase::Running));
    bench.press(Verb::Widen, Some("enterprise"));
    assert!(bench.refusal().contains("resume it first"));
}

#[test]
fn resuming_a_kill_needs_the_name_and_brings_back_what_was_exposed() {
    let mut bench = healthy();
    let command = commands(&bench.press(Verb::Kill, None))[0].clone();
    let state = bench.state(false, 5., 5.);
    bench.confirm(&command, state);
    bench.press(Verb::Resume, None);
    assert!(bench.refusal().contains("checkout-v2"), "{}", bench.refusal());
    let request = Request { typed_name: Some("checkout-v2".into()), ..bench.request(Verb::Resume, None) };
    let effects = bench.ask(request);
    let shares = [(name("enterprise"), percent(5.)), (name("free"), percent(5.))].into();
    assert_eq!(commands(&effects)[0].change, Change::On(shares));
    let command = commands(&effects)[0].clone();
    let state = bench.state(true, 5., 5.);
    bench.confirm(&command, state);
    assert!(bench.model.platforms[0].killed.is_none());
}

#[test]
fn a_segment_with_a_no_go_stays_off_when_everything_is_resumed() {
    let mut bench = healthy();
    bench.break_segment("enterprise");
    let command = commands(&bench.press(Verb::Kill, None))[0].clone();
    let state = bench.state(false, 5., 5.);
    bench.confirm(&command, state);
    let request = Request { typed_name: Some("checkout-v2".into()), ..bench.request(Verb::Resume, None) };
    let effects = bench.ask(request);
    let shares = [(name("enterprise"), percent(0.)), (name("free"), percent(5.))].into();
    assert_eq!(commands(&effects)[0].change, Change::On(shares));
}

#[test]
fn widening_a_flag_that_is_off_exposes_nobody_else() {
    let mut bench = Bench::empty(Autopilot::Off);
    bench.links();
    bench.flag(false, 0., 100.);
    bench.tick(10);
    let effects = bench.press(Verb::Widen, Some("free"));
    let shares = [(name("enterprise"), percent(0.)), (name("free"), percent(5.))].into();
    assert_eq!(commands(&effects)[0].change, Change::On(shares), "{}", bench.refusal());
}

#[test]
fn roll_back_goes_one_stage_down_and_below_the_first_to_nobody() {
    let mut bench = Bench::live(Autopilot::Off, 25., 5.);
    let change = |effects: &[_]| commands(effects)[0].change.clone();
    assert_eq!(
        change(&bench.press(Verb::RollBack, Some("free"))),
        Change::Shares([(name("free"), percent(5.))].into())
    );
    let down = bench.press(Verb::RollBack, Some("enterprise"));
    assert_eq!(change(&down), Change::Shares([(name("enterprise"), percent(0.))].into()));
}

#[test]
fn a_note_needs_words_and_a_clear_needs_a_person_with_a_reason() {
    let mut bench = healthy();
    bench.break_segment("enterprise");
    bench.press(Verb::Note, None);
    assert!(bench.refusal().contains("words"));
    let clear = bench.request(Verb::Clear, Some("enterprise"));
    bench.ask(Request { actor: gonogo::domain::Actor::Autopilot, reason: Some("x".into()), ..clear.clone() });
    assert!(bench.refusal().contains("only a person"));
    bench.ask(clear.clone());
    assert!(bench.refusal().contains("reason"));
    let effects = bench.ask(Request { reason: Some("known bot traffic".into()), ..clear });
    assert!(matches!(records(&effects)[0], Record::Cleared { .. }));
    assert!(bench.model.segments[1].latches.is_empty());
}

#[test]
fn a_read_only_model_refuses_even_a_kill() {
    let mut bench = healthy();
    bench.model.read_only = true;
    assert!(bench.press(Verb::Kill, None).is_empty());
    assert!(bench.refusal().contains("read-only"));
}

#[test]
fn an_unknown_target_is_named_with_those_that_exist() {
    let mut bench = healthy();
    bench.press(Verb::Kill, Some("entreprise"));
    assert_eq!(bench.refusal(), "there is no segment entreprise; there are free, enterprise");
}

#[test]
fn a_refused_widen_asks_for_nothing_any_more() {
    let mut bench = healthy();
    let command = commands(&bench.press(Verb::Widen, Some("free")))[0].clone();
    bench.outcome(command.id, Outcome::Refused { cause: "no permission".into(), state: None });
    assert_eq!(bench.model.segments[0].exposure.desired, Some(percent(5.)));
    assert!(bench.told("refused: no permission"));
}

#[test]
fn every_action_that_acts_on_a_rollout_can_be_planned() {
    let bench = healthy();
    for spec in ACTIONS.iter().filter(|spec| spec.danger != Danger::View) {
        let actor = Actor::Person(Text::new("ann"));
        let request = Request::new(actor, spec.verb, Scope::default());
        let refused = plan(&bench.model, &request).err();
        let is_forgotten = refused.is_some_and(|cause| cause.as_str().contains("not an action"));
        assert!(!is_forgotten, "{}", spec.name);
    }
}
