//! What outlives a crash.

use gonogo::action::{Request, Verb};
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, EffectId, Outcome, Record};
use gonogo::engine::Autopilot;
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent, person, records};

fn command(verb: Verb, change: Change) -> Command {
    let (id, platform) = (EffectId(7), name("web"));
    Command {
        id,
        verb,
        platform,
        change,
        expected: None,
        actor: person(),
        reason: None,
        evidence: None,
        part_of: None,
    }
}

fn restored(bench: &mut Bench, record: Record) {
    let written_at = Timestamp(bench.now - 60_000);
    bench.event(Body::Restored { written_at, record });
}

#[test]
fn a_kill_left_open_is_sent_again_until_it_is_read_back() {
    let mut bench = Bench::empty(Autopilot::Off);
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    assert_eq!(bench.model.phase(), Phase::Killing);
    bench.links();
    let effects = bench.flag(true, 5., 5.);
    assert_eq!(commands(&effects).iter().map(|c| c.id).collect::<Vec<_>>(), [EffectId(7)]);
    assert!(bench.told("left open by an earlier run"));
    assert!(commands(&bench.flag(true, 5., 5.)).is_empty(), "the runner repeats it from here on");
}

#[test]
fn a_kill_left_open_that_did_happen_is_confirmed_by_reading() {
    let mut bench = Bench::empty(Autopilot::Off);
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    let effects = bench.flag(false, 5., 5.);
    assert!(commands(&effects).is_empty());
    assert_eq!(bench.model.phase(), Phase::Killed);
}

#[test]
fn a_kill_that_a_refused_resume_was_to_lift_stands() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    let effects = bench.press(Verb::Kill, None);
    let off = bench.state(false, 25., 25.);
    bench.confirm(commands(&effects)[0], off);
    let effects = bench.flag(false, 25., 25.);
    assert!(commands(&effects).is_empty());
    for _ in 0..2 {
        let typed_name = Some(Text::new(bench.model.rollout.name.as_str()));
        let effects = bench.ask(Request { typed_name, ..bench.request(Verb::Resume, None) });
        let id = commands(&effects).first().expect("it may be asked for again").id;
        bench.outcome(id, Outcome::Refused { cause: "somebody was quicker".into(), state: None });
        assert_eq!((bench.model.phase(), bench.phase("free")), (Phase::Killed, Phase::Killed));
    }
}

#[test]
fn a_widen_left_open_is_not_repeated_behind_anybody_s_back() {
    let mut bench = Bench::empty(Autopilot::Off);
    let change = Change::Shares([(name("free"), percent(25.))].into());
    restored(&mut bench, Record::Commanded { command: command(Verb::Widen, change) });
    let effects = bench.flag(true, 5., 5.);
    assert!(commands(&effects).is_empty());
    assert!(bench.told("not in effect"));
    assert_eq!(bench.model.segments[0].exposure.desired, Some(percent(5.)));
}

#[test]
fn a_roll_back_left_open_is_not_sent_again_where_less_is_exposed_by_now() {
    let mut bench = Bench::empty(Autopilot::Off);
    let change = Change::Shares([(name("free"), percent(25.))].into());
    restored(&mut bench, Record::Commanded { command: command(Verb::RollBack, change) });
    assert!(commands(&bench.flag(true, 0., 5.)).is_empty(), "it would expose 25 % again");
}

#[test]
fn an_older_roll_back_left_open_gives_way_to_the_kill_after_it() {
    let mut bench = Bench::empty(Autopilot::Off);
    let change = |free, enterprise| {
        Change::Shares([(name("free"), percent(free)), (name("enterprise"), percent(enterprise))].into())
    };
    restored(&mut bench, Record::Commanded { command: command(Verb::RollBack, change(5., 5.)) });
    let kill = Change::Shares([(name("free"), percent(0.))].into());
    let kill = Command { id: EffectId(8), ..command(Verb::Kill, kill) };
    restored(&mut bench, Record::Commanded { command: kill });
    let effects = bench.flag(true, 25., 25.);
    let sent: Vec<_> = commands(&effects).iter().map(|c| c.change.clone()).collect();
    let enterprise = Change::Shares([(name("enterprise"), percent(5.))].into());
    assert_eq!(sent, [enterprise, Change::Shares([(name("free"), percent(0.))].into())]);
}

#[test]
fn an_end_found_out_by_reading_is_written_down_for_the_next_run() {
    let mut bench = Bench::empty(Autopilot::Off);
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    let effects = bench.flag(false, 5., 5.);
    let end = |r: &&Record| matches!(r, Record::Finished { id: EffectId(7), outcome } if outcome.is_final());
    assert_eq!(records(&effects).iter().filter(|r| end(r)).count(), 1);
}

#[test]
fn a_kill_without_its_last_line_is_not_sent_after_a_resume_that_was_confirmed() {
    let mut bench = Bench::empty(Autopilot::Off);
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    bench.links();
    let change = Change::On([(name("free"), percent(25.)), (name("enterprise"), percent(5.))].into());
    let resume = Command { id: EffectId(8), ..command(Verb::Resume, change) };
    restored(&mut bench, Record::Commanded { command: resume });
    let state = bench.state(true, 25., 5.);
    let outcome = Outcome::Confirmed { state, overwrote: None };
    restored(&mut bench, Record::Finished { id: EffectId(8), outcome });
    assert!(commands(&bench.flag(true, 25., 5.)).is_empty(), "a healthy rollout would be killed");
    assert_eq!(bench.phase("free"), Phase::Running);
}

#[test]
fn looking_at_a_rollout_touches_no_open_kill() {
    let mut bench = Bench::empty(Autopilot::Off);
    bench.model.read_only = true;
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    assert!(bench.flag(true, 5., 5.).is_empty(), "without rights it would be written down as refused");
    assert_eq!(bench.model.phase(), Phase::Killing);
}

#[test]
fn another_process_is_left_to_finish_its_own_commands_and_its_kill_is_taken_over_if_it_is_gone() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let write = |bench: &mut Bench, record| {
        let written_at = Timestamp(bench.now);
        bench.event(Body::Restored { written_at, record })
    };
    let change = Change::Shares([(name("free"), percent(25.))].into());
    let widen = command(Verb::Widen, change);
    let kill = Command { id: EffectId(8), ..command(Verb::Kill, Change::Off) };
    write(&mut bench, Record::Commanded { command: widen });
    bench.tick(1_000);
    let state = FlagState { doubts: vec![], ..bench.state(true, 5., 7.) };
    bench.event(Body::Flag { platform: name("web"), state });
    assert!(bench.model.commands.iter().any(|t| t.command.id == EffectId(7) && t.is_open()), "too early");
    write(&mut bench, Record::Commanded { command: kill });
    let mut sent = Vec::new();
    for second in 0..20 {
        let effects = bench.tick(1_000);
        bench.flag_heard();
        sent.extend(commands(&effects).iter().map(|c| (second, c.id)));
    }
    assert!(matches!(sent[..], [(14, EffectId(8))]), "{sent:?}");
    assert!(bench.told("ask again if it is still wanted"));
}

#[test]
fn a_kill_of_another_process_stops_what_this_one_repeats() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.press(Verb::RollBack, Some("free"));
    let kill = Command { id: EffectId(8), ..command(Verb::Kill, Change::Off) };
    let (written_at, record) = (Timestamp(bench.now), Record::Commanded { command: kill.clone() });
    let effects = bench.event(Body::Restored { written_at, record });
    assert_eq!(effects, [Effect::GiveWay(kill)]);
}

#[test]
fn what_the_journal_remembers_is_no_reading_and_a_restarted_server_is_believed() {
    let mut bench = Bench::empty(Autopilot::Off);
    let change = Change::Shares([(name("free"), percent(25.))].into());
    restored(&mut bench, Record::Commanded { command: command(Verb::Widen, change) });
    let state = FlagState { version: Version(1_000_000), ..bench.state(true, 25., 5.) };
    let outcome = Outcome::Confirmed { state, overwrote: None };
    restored(&mut bench, Record::Finished { id: EffectId(7), outcome });
    bench.links();
    bench.press(Verb::Widen, Some("free"));
    assert!(bench.refusal().contains("has not been read yet"), "{}", bench.refusal());
    assert_eq!(bench.model.segments[0].exposure.confirmed, None);
    bench.flag(true, 5., 5.);
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(5.)));
    assert!(bench.told("changed free at web from 25% to 5%, outside this cockpit"));
}

#[test]
fn a_kill_that_another_process_left_open_is_settled_by_a_flag_that_stays_as_it_is() {
    for (is_on, sent) in [(false, 0), (true, 1)] {
        let mut bench = Bench::live(Autopilot::Off, 5., 5.);
        bench.flag(is_on, 5., 5.);
        let record = Record::Commanded { command: command(Verb::Kill, Change::Off) };
        let written_at = Timestamp(bench.now);
        bench.event(Body::Restored { written_at, record });
        bench.flag_heard();
        assert_eq!(bench.model.phase(), Phase::Killing, "the other process has its time");
        let mut effects = bench.tick(16_000);
        effects.extend(bench.event(Body::Heard(Source::new(SourceKind::Flags, "web"))));
        assert_eq!(commands(&effects).len(), sent);
        assert_eq!(bench.model.phase(), if is_on { Phase::Killing } else { Phase::Killed });
    }
}

#[test]
fn what_another_process_has_read_does_not_overrule_what_we_read() {
    let mut bench = Bench::live(Autopilot::Off, 5., 5.);
    let change = Change::Shares([(name("free"), percent(25.))].into());
    restored(&mut bench, Record::Commanded { command: command(Verb::Widen, change) });
    let state = FlagState { version: Version(1_000_000), ..bench.state(true, 25., 5.) };
    restored(
        &mut bench,
        Record::Finished { id: EffectId(7), outcome: Outcome::Confirmed { state, overwrote: None } },
    );
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(5.)));
    bench.flag(true, 25., 5.);
    assert_eq!(bench.model.segments[0].exposure.confirmed, Some(percent(25.)));
}

#[test]
fn a_kill_of_an_earlier_run_comes_back_with_the_stored_shares_and_never_with_more_than_before() {
    for (stored, expected) in [(20., 20.), (90., 25.)] {
        let mut bench = Bench::empty(Autopilot::Off);
        let change = Change::Shares([(name("free"), percent(25.))].into());
        restored(&mut bench, Record::Commanded { command: command(Verb::Widen, change) });
        let kill = Command { id: EffectId(8), ..command(Verb::Kill, Change::Off) };
        restored(&mut bench, Record::Commanded { command: kill });
        bench.links();
        bench.flag(false, stored, 5.);
        let typed_name = Some(Text::new(bench.model.rollout.name.as_str()));
        let effects = bench.ask(Request { typed_name, ..bench.request(Verb::Resume, None) });
        let sent = commands(&effects);
        let wanted = [(name("free"), percent(expected)), (name("enterprise"), percent(5.))].into();
        assert_eq!(sent.first().map(|c| &c.change), Some(&Change::On(wanted)));
    }
}

#[test]
fn pauses_latches_and_notes_come_back() {
    let mut first = Bench::live(Autopilot::Off, 25., 25.);
    let mut effects = first.break_segment("enterprise");
    effects.extend(first.press(Verb::Pause, None));
    effects.extend(first.ask(Request { reason: Some("odd".into()), ..first.request(Verb::Note, None) }));
    let mut second = Bench::empty(Autopilot::Off);
    for record in records(&effects) {
        restored(&mut second, record.clone());
    }
    second.links();
    second.flag(true, 25., 25.);
    assert_eq!(
        (second.cell("enterprise", Station::Errors).0, second.phase("free")),
        (Verdict::NoGo, Phase::Paused)
    );
    assert!(second.told("odd"));
}

#[test]
fn who_may_only_look_leaves_an_open_kill_open() {
    let mut bench = Bench::empty(Autopilot::Off);
    bench.model.read_only = true;
    restored(&mut bench, Record::Commanded { command: command(Verb::Kill, Change::Off) });
    bench.links();
    for on in [true, false] {
        assert!(bench.flag(on, 5., 5.).is_empty());
        assert_eq!(bench.model.phase(), Phase::Killing);
    }
}

#[test]
fn a_resume_of_another_process_that_is_read_late_takes_nothing_of_a_newer_kill_back() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.now += 5_000;
    let effects = bench.press(Verb::Kill, None);
    let off = bench.state(false, 25., 25.);
    bench.confirm(commands(&effects)[0], off);
    assert_eq!(bench.model.phase(), Phase::Killed);
    // Its id is older: it was asked for before.
    let shares = [(name("free"), percent(25.)), (name("enterprise"), percent(25.))].into();
    restored(&mut bench, Record::Commanded { command: command(Verb::Resume, Change::On(shares)) });
    assert_eq!(bench.model.phase(), Phase::Killed);
    assert!(bench.model.platforms[0].killed.is_some());
}

#[test]
fn a_resume_that_is_read_late_lifts_no_pause_that_began_after_it() {
    let mut bench = Bench::live(Autopilot::Off, 25., 25.);
    bench.press(Verb::Pause, Some("free"));
    let scope = gonogo::action::Scope::segment(name("free"));
    restored(&mut bench, Record::Resumed { scope: scope.clone(), actor: person(), reason: None });
    assert_eq!(bench.phase("free"), Phase::Paused);
    let written_at = Timestamp(bench.now + 1_000);
    bench.event(Body::Restored {
        written_at,
        record: Record::Resumed { scope, actor: person(), reason: None },
    });
    assert_ne!(bench.phase("free"), Phase::Paused);
}
