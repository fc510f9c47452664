//! The autopilot and NO-GOs: each is answered once, also after a restart, and a refused kill is not let go.

use std::sync::Arc;

use gonogo::action::Verb;
use gonogo::domain::*;
use gonogo::effect::{Change, Command, Effect, EffectId, Outcome, Record};
use gonogo::engine::{Autopilot, Model};
use gonogo::event::Body;

use super::bench::{Bench, commands, name, percent, person, records};

fn latched(segment: &str) -> Record {
    let evidence = Evidence::of("31 of 100 users with errors against 1 of 100", Timestamp(0));
    Record::Latched {
        segment: name(segment),
        station: Station::Errors,
        guardrail: name("errors"),
        evidence,
        response: None,
    }
}

fn shares(segment: &str, share: f64) -> Change {
    Change::Shares([(name(segment), percent(share))].into())
}

/// Reads a line of the journal, written so many seconds ago.
fn restore(bench: &mut Bench, ago: i64, record: Record) -> Vec<Effect> {
    let written_at = Timestamp(bench.now - ago * 1000);
    bench.event(Body::Restored { written_at, record })
}

fn command(id: u64, verb: Verb, change: Change) -> Command {
    let platform = name("web");
    Command {
        id: EffectId(id),
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

/// A restart that finds a NO-GO of enterprise, and then these lines.
fn restarted(autopilot: Autopilot, later: Vec<Record>) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::empty(autopilot);
    let mut effects = restore(&mut bench, 60, latched("enterprise"));
    for (index, record) in later.into_iter().enumerate() {
        effects.extend(restore(&mut bench, 50 - index as i64, record));
    }
    assert!(commands(&effects).is_empty(), "a later line may be the answer");
    let effects = bench.tick(10);
    (bench, effects)
}

#[test]
fn a_no_go_that_nobody_answered_is_acted_on_after_a_restart_before_anything_is_read() {
    for autopilot in [Autopilot::Guard, Autopilot::Full] {
        let (mut bench, effects) = restarted(autopilot, vec![]);
        let sent = commands(&effects);
        assert_eq!(sent.iter().map(|c| &c.change).collect::<Vec<_>>(), [&shares("enterprise", 0.)]);
        assert_eq!((sent[0].verb, &sent[0].actor), (Verb::Kill, &Actor::Autopilot));
        let why = sent[0].evidence.as_deref().unwrap_or_default();
        assert!(why.contains("errors in enterprise: 31 of 100"), "{why}");
        let state = bench.state(true, 25., 0.);
        bench.confirm(sent[0], state);
        let again: usize = (0..20).map(|_| commands(&bench.tick(1_000)).len()).sum();
        assert_eq!(again, 0, "once for each NO-GO");
    }
}

#[test]
fn a_no_go_that_somebody_answered_is_not_acted_on_after_a_restart() {
    let end = |id, state: FlagState| Record::Finished {
        id: EffectId(id),
        outcome: Outcome::Confirmed { state, overwrote: None },
    };
    let mut scratch = Bench::empty(Autopilot::Off);
    let scope = gonogo::action::Scope::segment(name("enterprise"));
    let at = |scratch: &mut Bench, share| scratch.state(true, 25., share);
    let answers = [
        vec![Record::Paused { scope: scope.clone(), actor: person(), reason: None }],
        vec![Record::Paused { scope: Default::default(), actor: Actor::Autopilot, reason: None }],
        vec![Record::Resumed { scope, actor: person(), reason: Some("seen it".into()) }],
        vec![
            Record::Commanded { command: command(7, Verb::Widen, shares("enterprise", 50.)) },
            end(7, at(&mut scratch, 50.)),
        ],
        vec![
            Record::Commanded { command: command(7, Verb::RollBack, shares("enterprise", 5.)) },
            end(7, at(&mut scratch, 5.)),
        ],
        vec![Record::Cleared { segment: name("enterprise"), actor: person(), reason: "bots".into() }],
    ];
    for answer in answers {
        let words = format!("{answer:?}");
        let (mut bench, mut effects) = restarted(Autopilot::Guard, answer);
        bench.links();
        effects.extend(bench.flag(true, 25., 25.));
        effects.extend(bench.tick(1_000));
        assert!(commands(&effects).is_empty(), "{words}");
    }
}

#[test]
fn what_was_about_another_segment_or_came_before_the_no_go_is_no_answer() {
    let pause = |segment: &str| Record::Paused {
        scope: gonogo::action::Scope::segment(name(segment)),
        actor: person(),
        reason: None,
    };
    let (_, effects) = restarted(Autopilot::Guard, vec![pause("free")]);
    assert_eq!(commands(&effects).len(), 1);
    let mut bench = Bench::empty(Autopilot::Guard);
    restore(&mut bench, 10, latched("enterprise"));
    restore(&mut bench, 20, pause("enterprise"));
    assert_eq!(commands(&bench.tick(10)).len(), 1);
}

#[test]
fn a_no_go_of_a_segment_that_nobody_has_is_acted_on_when_somebody_gets_it() {
    let mut bench = Bench::empty(Autopilot::Guard);
    bench.flag(true, 25., 0.);
    restore(&mut bench, 60, latched("enterprise"));
    assert!(commands(&bench.tick(1_000)).is_empty());
    assert_eq!(commands(&bench.flag(true, 25., 5.)).len(), 1);
}

#[test]
fn two_segments_left_bad_by_a_restart_stop_everything_with_one_command() {
    let mut bench = Bench::empty(Autopilot::Guard);
    restore(&mut bench, 60, latched("free"));
    restore(&mut bench, 60, latched("enterprise"));
    let effects = bench.tick(10);
    let sent = commands(&effects);
    assert_eq!(sent.iter().map(|c| &c.change).collect::<Vec<_>>(), [&Change::Off]);
    let why = sent[0].reason.as_ref().map(|reason| reason.to_string()).unwrap_or_default();
    assert!(why.contains("errors in free: ") && why.contains("errors in enterprise: "), "{why}");
}

#[test]
fn advise_and_a_read_only_guard_say_once_what_they_would_do_about_a_no_go() {
    for (autopilot, read_only) in [(Autopilot::Advise, false), (Autopilot::Guard, true)] {
        let mut bench = Bench::empty(autopilot);
        bench.model.read_only = read_only;
        restore(&mut bench, 60, latched("enterprise"));
        for _ in 0..600 {
            assert!(bench.tick(1_000).is_empty());
        }
        let told =
            bench.model.timeline.iter().filter(|m| m.text.as_str().starts_with("would kill enterprise"));
        assert_eq!(told.count(), 1);
    }
}

#[test]
fn advise_says_once_that_data_are_missing_until_they_were_back() {
    let mut bench = Bench::live(Autopilot::Advise, 25., 25.);
    let mut told = Vec::new();
    for round in 0..2 {
        for _ in 0..70 {
            bench.tick(1_000);
            bench.flag_heard();
            // Much else goes on meanwhile.
            bench.event(Body::Problem {
                source: Source::new(SourceKind::Flags, "x"),
                problem: Text::new(&format!("{round} {}", bench.now)),
            });
        }
        told.push(
            bench
                .model
                .timeline
                .iter()
                .filter(|m| m.text.as_str().starts_with("would pause everything"))
                .count(),
        );
        for segment in ["free", "enterprise"] {
            bench.users(segment, 10., 0., 10., 0.);
            bench.quick(segment, 10., 10.);
        }
    }
    assert_eq!(told, [1, 2]);
}

#[test]
fn a_platform_that_cannot_stop_one_segment_is_stopped_as_a_whole() {
    let mut bench = Bench::empty(Autopilot::Guard);
    let mut rollout = super::bench::rollout();
    let mut store =
        Platform::new(name("store"), name("checkout-v2"), Span(std::time::Duration::from_secs(5)));
    store.capabilities.kill = KillScope::Flag;
    rollout.platforms.push(store);
    bench.model = Model::new(Arc::new(rollout), Autopilot::Guard, false);
    restore(&mut bench, 60, latched("enterprise"));
    let effects = bench.tick(10);
    let sent: Vec<_> =
        commands(&effects).iter().map(|c| (c.platform.to_string(), c.change.clone())).collect();
    assert_eq!(sent, [("web".to_owned(), shares("enterprise", 0.)), ("store".to_owned(), Change::Off)]);
}

#[test]
fn a_kill_of_one_segment_that_is_refused_stops_everything_there_and_says_why() {
    let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
    let effects = bench.break_segment("enterprise");
    let kill = commands(&effects)[0].clone();
    let refused = Outcome::Refused { cause: "403: not this strategy".into(), state: None };
    let effects = bench.outcome(kill.id, refused.clone());
    let all = commands(&effects);
    assert_eq!(all.iter().map(|c| (&c.change, c.verb)).collect::<Vec<_>>(), [(&Change::Off, Verb::Kill)]);
    let why = all[0].reason.as_ref().map(|reason| reason.to_string()).unwrap_or_default();
    assert!(
        why.contains("web refused to kill enterprise")
            && why.contains("403")
            && why.contains("times as many"),
        "{why}"
    );
    let effects = bench.outcome(all[0].id, refused);
    assert!(commands(&effects).is_empty());
    let again: usize = (0..20).map(|_| commands(&bench.tick(1_000)).len()).sum();
    assert_eq!((again, bench.refusal()), (0, "403: not this strategy"), "that is for a person");
}

#[test]
fn a_refused_kill_is_let_go_where_nobody_is_exposed_any_more_or_a_person_has_acted() {
    let refused = |state| Outcome::Refused { cause: "no".into(), state };
    let killed = || {
        let mut bench = Bench::live(Autopilot::Guard, 25., 25.);
        let effects = bench.break_segment("enterprise");
        let kill = commands(&effects)[0].clone();
        (bench, kill)
    };
    let (mut bench, kill) = killed();
    let off = bench.state(true, 25., 0.);
    assert!(commands(&bench.outcome(kill.id, refused(Some(off)))).is_empty());
    let (mut bench, kill) = killed();
    bench.press(Verb::Kill, None);
    assert!(
        commands(&bench.outcome(kill.id, refused(None))).is_empty(),
        "everything is being killed already"
    );
}

#[test]
fn a_kill_that_was_refused_before_a_crash_stops_everything_after_it() {
    let kill = Command { actor: Actor::Autopilot, ..command(7, Verb::Kill, shares("enterprise", 0.)) };
    let refused = Outcome::Refused { cause: "403".into(), state: None };
    let lines =
        vec![Record::Commanded { command: kill }, Record::Finished { id: EffectId(7), outcome: refused }];
    let (_, effects) = restarted(Autopilot::Guard, lines);
    assert_eq!(commands(&effects).iter().map(|c| &c.change).collect::<Vec<_>>(), [&Change::Off]);
}

#[test]
fn a_pause_of_the_autopilot_carries_its_evidence_into_the_journal() {
    let mut bench = Bench::empty(Autopilot::Guard);
    bench.flag(true, 25., 25.);
    let evidence = Evidence::of("9 of 10 users slower than 800 ms", Timestamp(0));
    let record = Record::Latched {
        segment: name("free"),
        station: Station::Latency,
        guardrail: name("latency"),
        evidence,
        response: None,
    };
    restore(&mut bench, 60, record);
    let effects = bench.tick(10);
    let reasons: Vec<_> = records(&effects)
        .into_iter()
        .filter_map(|record| match record {
            Record::Paused { reason, actor: Actor::Autopilot, .. } => reason.as_ref().map(|r| r.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["latency in free: 9 of 10 users slower than 800 ms"]);
    assert!(commands(&effects).is_empty());
}

#[test]
fn a_restart_goes_on_with_the_bake_time_of_a_stage_that_is_as_the_journal_left_it() {
    for (read, baked) in [(25., true), (5., false)] {
        let mut bench = Bench::empty(Autopilot::Off);
        let then = bench.now - 30_000;
        restore(&mut bench, 31, Record::Commanded { command: command(7, Verb::Widen, shares("free", 25.)) });
        let state = bench.state(true, 25., 5.);
        let outcome = Outcome::Confirmed { state, overwrote: None };
        restore(&mut bench, 30, Record::Finished { id: EffectId(7), outcome });
        // A later command about another segment does not make the stage younger.
        restore(
            &mut bench,
            8,
            Record::Commanded { command: command(8, Verb::Widen, shares("enterprise", 25.)) },
        );
        let state = bench.state(true, 25., 25.);
        let outcome = Outcome::Confirmed { state, overwrote: None };
        restore(&mut bench, 7, Record::Finished { id: EffectId(8), outcome });
        bench.flag(true, read, 25.);
        let now = bench.now;
        let since = |bench: &Bench, index: usize| bench.model.segments[index].stage_since.map(|at| at.0);
        assert_eq!(since(&bench, 0), Some(if baked { then } else { now }));
        assert_eq!(since(&bench, 1), Some(now - 7_000));
        // What changes from here on begins anew, also when it comes back to what the journal said.
        bench.now += 1_000;
        bench.flag(true, 50., 25.);
        bench.now += 1_000;
        bench.flag(true, 25., 25.);
        assert_eq!(since(&bench, 0), Some(bench.now));
    }
}
